"""Items with conditions and global tables, secrets with replicas, rules and alarms; by boto3 and by the AWS CLI."""
import datetime
import json

from cloud import ACCOUNT, Cloud, error_of

WORLD = """
Regions:
  us-east-1:
    dynamodb: { Tables: { state: { Key: id, Replicas: [us-west-2], Lag: 2, Items: [ { id: active, region: us-east-1, epoch: 1 } ] } } }
    secretsmanager: { Secrets: { shop/db: { Value: { user: shop, password: hidden }, Replicas: [us-west-2] } } }
  us-west-2:
    sqs: { Queues: { failures: {} } }
    events: { Rules: { failed: { Pattern: { source: [shop], detail: { state: [FAILED] } }, Targets: [failures] } } }
    cloudwatch: { Metrics: [{ Namespace: Shop, MetricName: Orders, Dimensions: { Region: us-west-2 }, Value: 7 }] }
"""


def test_a_state_record_is_changed_by_one_alone():
    with Cloud(WORLD) as cloud:
        west, east = cloud.client("dynamodb"), cloud.client("dynamodb", "us-east-1")
        key = {"id": {"S": "active"}}
        assert west.get_item(TableName="state", Key=key, ConsistentRead=True)["Item"]["epoch"] == {"N": "1"}
        take = dict(TableName="state", Key=key, UpdateExpression="SET #r = :r, epoch = epoch + :one", ConditionExpression="epoch = :e",
                    ExpressionAttributeNames={"#r": "region"},
                    ExpressionAttributeValues={":r": {"S": "us-west-2"}, ":one": {"N": "1"}, ":e": {"N": "1"}}, ReturnValues="ALL_NEW")
        assert west.update_item(**take)["Attributes"] == {"id": {"S": "active"}, "region": {"S": "us-west-2"}, "epoch": {"N": "2"}}
        assert error_of(west.update_item, **take) == "ConditionalCheckFailedException"
        try:
            west.update_item(**take)
        except west.exceptions.ConditionalCheckFailedException:  # the modelled exception
            pass
        assert east.get_item(TableName="state", Key=key)["Item"]["epoch"] == {"N": "1"}, "replicas take their time"
        cloud.advance(5)
        assert east.get_item(TableName="state", Key=key)["Item"]["epoch"] == {"N": "2"}
        assert "Item" not in west.get_item(TableName="state", Key={"id": {"S": "none"}})
        assert error_of(west.get_item, TableName="none", Key=key) == "ResourceNotFoundException"
        table = west.describe_table(TableName="state")["Table"]
        assert table["TableStatus"] == "ACTIVE" and table["TableArn"] == f"arn:aws:dynamodb:us-west-2:{ACCOUNT}:table/state", table


def test_items_come_in_pages_and_tables_with_waiters():
    with Cloud(WORLD, 60) as cloud:
        dynamodb = cloud.client("dynamodb")
        dynamodb.create_table(TableName="many", KeySchema=[{"AttributeName": "p", "KeyType": "HASH"}, {"AttributeName": "n", "KeyType": "RANGE"}],
                              AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}, {"AttributeName": "n", "AttributeType": "N"}],
                              BillingMode="PAY_PER_REQUEST")
        dynamodb.get_waiter("table_exists").wait(TableName="many", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        dynamodb.batch_write_item(RequestItems={"many": [{"PutRequest": {"Item": {"p": {"S": "x"}, "n": {"N": str(number)}}}} for number in range(25)]})
        found = [int(item["n"]["N"]) for page in dynamodb.get_paginator("query").paginate(
            TableName="many", KeyConditionExpression="p = :p AND n >= :n", ExpressionAttributeValues={":p": {"S": "x"}, ":n": {"N": "5"}},
            PaginationConfig={"PageSize": 7}) for item in page["Items"]]
        assert found == list(range(5, 25)), found
        assert cloud.cli("dynamodb", "list-tables")["TableNames"] == ["many", "state"]
        assert len(cloud.cli("dynamodb", "scan", "--table-name", "many", "--page-size", "10")["Items"]) == 25


def test_secrets():
    with Cloud(WORLD) as cloud:
        west = cloud.client("secretsmanager")
        assert json.loads(west.get_secret_value(SecretId="shop/db")["SecretString"])["password"] == "hidden"
        assert error_of(west.put_secret_value, SecretId="shop/db", SecretString="x") == "InvalidRequestException"
        assert error_of(west.get_secret_value, SecretId="none") == "ResourceNotFoundException"
        west.stop_replication_to_replica(SecretId="shop/db")
        west.put_secret_value(SecretId="shop/db", SecretString="new")
        got = west.get_secret_value(SecretId="shop/db")
        assert got["SecretString"] == "new" and "AWSCURRENT" in got["VersionStages"] and got["CreatedDate"].tzinfo, got
        assert json.loads(west.get_secret_value(SecretId="shop/db", VersionStage="AWSPREVIOUS")["SecretString"])["password"] == "hidden"
        assert cloud.cli("secretsmanager", "list-secrets", "--query", "SecretList[].Name") == ["shop/db"]


def test_rules_and_metrics():
    with Cloud(WORLD) as cloud:
        events, sqs = cloud.client("events"), cloud.client("sqs")
        sent = events.put_events(Entries=[{"Source": "shop", "DetailType": "step", "Detail": json.dumps({"state": state})} for state in ("DONE", "FAILED")])
        assert sent["FailedEntryCount"] == 0 and len(sent["Entries"]) == 2, sent
        cloud.advance(5)
        url = sqs.get_queue_url(QueueName="failures")["QueueUrl"]
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert [json.loads(message["Body"])["detail"]["state"] for message in messages] == ["FAILED"], messages
        cloudwatch, now = cloud.client("cloudwatch"), datetime.datetime.now(datetime.timezone.utc)
        cloud.advance(600)
        asked = dict(Namespace="Shop", MetricName="Orders", Dimensions=[{"Name": "Region", "Value": "us-west-2"}], StartTime=now,
                     EndTime=now + datetime.timedelta(minutes=10), Period=60, Statistics=["Average"])
        points = cloudwatch.get_metric_statistics(**asked)["Datapoints"]
        assert points and all(point["Average"] == 7 for point in points), points
        cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Lag", "Value": 3}])
        assert cloud.cli("cloudwatch", "list-metrics", "--namespace", "Shop")["Metrics"][0]["MetricName"] == "Orders"
