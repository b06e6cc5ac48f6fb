"""A simulated cloud in a process of its own, and clients for it.

    with Cloud(WORLD, speed=60) as cloud:
        cloud.client("rds", "us-west-2").describe_db_instances()      # boto3
        cloud.cli("rds", "describe-db-instances", region="us-west-2")  # the AWS CLI: its JSON
        cloud.advance(600)
        fault = cloud.fault(Fault="RegionDown", Region="us-east-1")
"""
import http.client
import json
import os
import signal
import subprocess
import tempfile

HOME = tempfile.mkdtemp(prefix="drrun-simulated-")
KEPT = dict(PATH="/usr/bin:/bin", HOME=HOME, AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")
os.environ.clear()
os.environ.update(KEPT)  # before boto3 comes: it remembers where home is

import boto3  # noqa: E402
import botocore.config  # noqa: E402
import botocore.exceptions  # noqa: E402

DRRUN = None  # run.py sets it
ACCOUNT = "111122223333"


class CliError(Exception):
    pass


class Cloud:
    def __init__(self, world="", speed=1, *options):
        self.folder = tempfile.mkdtemp(prefix="drrun-world-", dir=HOME)
        self.path = os.path.join(self.folder, "world.yaml")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(world if "Account:" in world else f"Account: '{ACCOUNT}'\n{world}")
        self.command = [DRRUN, "simulate", "--json", "--listen", "127.0.0.1:0", "--world", self.path, "--speed", str(speed), "--seed", "7", *options]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError(f"{' '.join(self.command)}: {self.process.stderr.read()}")
        self.about = json.loads(line)
        self.endpoint = self.about["endpoint"]
        self.address = self.endpoint.removeprefix("http://")
        return self

    def __exit__(self, kind, value, trace):
        self.process.send_signal(signal.SIGINT)
        _, errors = self.process.communicate(timeout=30)
        if kind is None:
            assert self.process.returncode == 0, (self.process.returncode, errors)

    def client(self, service, region="us-west-2", key=None, secret=None, token=None, attempts=1, **config):
        return boto3.client(service, region_name=region, endpoint_url=self.endpoint,
                            aws_access_key_id=key or self.about["accessKeyId"], aws_secret_access_key=secret or self.about["secretAccessKey"],
                            aws_session_token=token,
                            config=botocore.config.Config(retries={"total_max_attempts": attempts, "mode": "standard"}, **config))

    def cli(self, *words, region="us-west-2", parse=True):
        environment = dict(KEPT, AWS_ACCESS_KEY_ID=self.about["accessKeyId"], AWS_SECRET_ACCESS_KEY=self.about["secretAccessKey"],
                           AWS_DEFAULT_REGION=region, AWS_MAX_ATTEMPTS="1")
        done = subprocess.run(["aws", "--endpoint-url", self.endpoint, "--output", "json", *words], env=environment, capture_output=True, text=True,
                              timeout=120)
        if done.returncode != 0:
            raise CliError(done.stderr.strip())
        return json.loads(done.stdout) if parse and done.stdout.strip() else done.stdout

    def raw(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, dict(answer.getheaders()), text

    def admin(self, method, what, body=None):
        status, _, text = self.raw(method, f"/_drrun/{what}", json.dumps(body) if body is not None else None)
        assert status < 300, (status, text)
        return json.loads(text)

    def advance(self, seconds):
        return self.admin("POST", "time", {"AdvanceSeconds": seconds})["now"]

    def fault(self, **fault):
        return self.admin("POST", "faults", fault)["Id"]

    def end_fault(self, number):
        self.admin("DELETE", f"faults/{number}")


def error_of(call, *arguments, **members):
    """The AWS error code that a boto3 call fails with."""
    try:
        call(*arguments, **members)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    raise AssertionError(f"{call} did not fail")
