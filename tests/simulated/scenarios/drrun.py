"""drrun itself as a client of the simulated cloud on its socket: real time, real connections, faults, a kill -9 and a resume."""
import json
import os
import signal
import subprocess
import tempfile
import time

import cloud as world
from cloud import Cloud

WORLD = """
Regions:
  us-east-1: { rds: { Instances: { shop: { Engine: postgres } } } }
  us-west-2:
    rds: { Instances: { shop-west: { ReplicaOf: shop, Lag: 2 } } }
    ssm: { Parameters: { /shop/region: us-east-1 } }
    sqs: { Queues: { told: {} } }
"""
RUNBOOK = """
Runbook: { Name: switch, Region: us-west-2 }
QueryLanguage: JSONata
StartAt: Promote
States:
  Promote:
    Type: Task
    Resource: rds.promote
    Arguments: { DbInstanceIdentifier: shop-west }
    Next: Tell
  Tell:
    Type: Task
    Resource: aws-sdk:sqs:sendMessage
    Arguments: { QueueUrl: "https://sqs.us-west-2.amazonaws.com/111122223333/told", MessageBody: promoted }
    Next: Switch
  Switch:
    Type: Task
    Resource: aws-sdk:ssm:putParameter
    Arguments: { Name: /shop/region, Value: us-west-2, Overwrite: true }
    Output: done
    End: true
"""


def command(cloud, *words):
    folder = tempfile.mkdtemp(dir=world.HOME)
    with open(os.path.join(folder, "switch.yaml"), "w", encoding="utf-8") as file:
        file.write(RUNBOOK)
    environment = dict(world.KEPT, AWS_ENDPOINT_URL=cloud.endpoint, AWS_ACCESS_KEY_ID=cloud.about["accessKeyId"],
                       AWS_SECRET_ACCESS_KEY=cloud.about["secretAccessKey"])
    return folder, environment, lambda *words: [world.DRRUN, *words, "--store", os.path.join(folder, "store"), "--json", "--quiet"]


def holds(cloud):
    assert cloud.client("ssm").get_parameter(Name="/shop/region")["Parameter"]["Value"] == "us-west-2"
    database = cloud.client("rds").describe_db_instances(DBInstanceIdentifier="shop-west")["DBInstances"][0]
    assert "ReadReplicaSourceDBInstanceIdentifier" not in database and database["DBInstanceStatus"] == "available", database
    url = cloud.client("sqs").get_queue_url(QueueName="told")["QueueUrl"]
    count = cloud.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    assert count["Attributes"]["ApproximateNumberOfMessages"] == "1", count


def test_a_run_with_faults():
    with Cloud(WORLD, 200) as cloud:
        folder, environment, words = command(cloud)
        cloud.fault(Fault="Throttled", Operation="PromoteReadReplica", Count=2)
        cloud.fault(Fault="ResetBefore", Operation="DescribeDBInstances", Count=2)
        done = subprocess.run(words("run", "switch.yaml"), cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and json.loads(done.stdout)["output"] == "done", done
        holds(cloud)


def test_a_run_that_is_killed_is_resumed():
    with Cloud(WORLD, 100) as cloud:
        folder, environment, words = command(cloud)
        run = subprocess.Popen(words("run", "switch.yaml"), cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(400):  # until the promotion has begun
            if cloud.client("rds").describe_db_instances(DBInstanceIdentifier="shop-west")["DBInstances"][0]["DBInstanceStatus"] != "available":
                break
            time.sleep(0.02)
        run.send_signal(signal.SIGKILL)
        run.wait()
        done = subprocess.run(words("resume"), cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0 and json.loads(done.stdout)["output"] == "done", done
        holds(cloud)


def test_an_unknown_outcome_stops_for_a_person():
    with Cloud(WORLD, 200) as cloud:
        folder, environment, words = command(cloud)
        cloud.fault(Fault="ResetAfter", Operation="SendMessage", Count=1)
        done = subprocess.run(words("run", "switch.yaml"), cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode != 0, done
        done = subprocess.run(words("resume", "--unknown", "succeed"), cwd=folder, env=environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done
        holds(cloud)
