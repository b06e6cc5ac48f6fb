"""Secrets in two Regions, and events that reach a queue."""
import json

from cloud import ACCOUNT, Cloud, error_of

WORLD = """
Regions:
  us-east-1: { secretsmanager: { Secrets: { shop/db: { Value: { password: one }, Replicas: [us-west-2] } } } }
  us-west-2: { sqs: { Queues: [jobs] }, events: { Rules: { failed: { Pattern: { source: [shop] }, Targets: [jobs] } } } }
Global: { iam: { Roles: [recovery] } }
"""


def test_a_replica_is_promoted():
    with Cloud(WORLD) as cloud:
        east, west = cloud.client("secretsmanager", "us-east-1"), cloud.client("secretsmanager", "us-west-2")
        assert json.loads(west.get_secret_value(SecretId="shop/db")["SecretString"]) == {"password": "one"}
        east.put_secret_value(SecretId="shop/db", SecretString="two")
        cloud.advance(5)
        assert west.get_secret_value(SecretId="shop/db")["SecretString"] == "two"
        assert error_of(west.put_secret_value, SecretId="shop/db", SecretString="x") == "InvalidRequestException"
        cloud.fault(Fault="RegionDown", Region="us-east-1")
        west.stop_replication_to_replica(SecretId="shop/db")
        west.put_secret_value(SecretId="shop/db", SecretBinary=b"\x00\xff")
        assert west.get_secret_value(SecretId="shop/db")["SecretBinary"] == b"\x00\xff"
        assert error_of(west.get_secret_value, SecretId="none") == "ResourceNotFoundException"


def test_events_reach_a_queue():
    with Cloud(WORLD) as cloud:
        events, sqs = cloud.client("events", "us-west-2"), cloud.client("sqs", "us-west-2")
        answer = events.put_events(Entries=[{"Source": "shop", "DetailType": "x", "Detail": "{}"}, {"Source": "shop", "DetailType": "x", "Detail": "x"}])
        assert answer["FailedEntryCount"] == 1 and answer["Entries"][1]["ErrorCode"] == "MalformedDetail", answer
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        assert json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])["source"] == "shop"
        assert events.describe_rule(Name="failed")["State"] == "ENABLED"


def test_the_cli_and_roles():
    with Cloud(WORLD) as cloud:
        assert cloud.cli("iam", "get-role", "--role-name", "recovery")["Role"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/recovery"
        got = cloud.cli("secretsmanager", "get-secret-value", "--secret-id", "shop/db", region="us-west-2")
        assert got["VersionStages"] == ["AWSCURRENT"], got
        made = cloud.cli("ssm", "create-ops-item", "--title", "Failover", "--description", "us-east-1 is gone", "--source", "drrun", region="us-west-2")
        assert cloud.cli("ssm", "get-ops-item", "--ops-item-id", made["OpsItemId"], region="us-west-2")["OpsItem"]["Status"] == "Open"
