"""The state of a failover: taken once, in both Regions after a while; queried by boto3's own serializers."""

from cloud import Cloud, error_of

WORLD = """
Regions:
  us-east-1: { dynamodb: { Tables: { state: { Key: id, Replicas: [us-west-2], Lag: 2, Items: [ { id: active, region: us-east-1, epoch: 1 } ] }, log: { Key: run, Sort: "at:N" } } } }
"""
KEY = {"id": {"S": "active"}}
TAKE = dict(TableName="state", Key=KEY, UpdateExpression="SET #r = :new, epoch = epoch + :one", ConditionExpression="#r = :old",
            ExpressionAttributeNames={"#r": "region"},
            ExpressionAttributeValues={":new": {"S": "us-west-2"}, ":old": {"S": "us-east-1"}, ":one": {"N": "1"}})


def test_a_lock_and_its_replica():
    with Cloud(WORLD) as cloud:
        east, west = cloud.client("dynamodb", "us-east-1"), cloud.client("dynamodb", "us-west-2")
        assert east.update_item(ReturnValues="UPDATED_NEW", **TAKE)["Attributes"]["epoch"] == {"N": "2"}
        assert error_of(east.update_item, **TAKE) == "ConditionalCheckFailedException"
        assert west.get_item(TableName="state", Key=KEY)["Item"]["region"] == {"S": "us-east-1"}
        cloud.advance(3)
        assert west.get_item(TableName="state", Key=KEY)["Item"]["region"] == {"S": "us-west-2"}
        assert west.describe_table(TableName="state")["Table"]["Replicas"][0]["RegionName"] == "us-east-1"
        east.put_item(TableName="state", Item={"id": {"S": "bytes"}, "b": {"B": b"\x00\xff"}, "s": {"NS": ["1.0", "2"]}})
        item = east.get_item(TableName="state", Key={"id": {"S": "bytes"}})["Item"]
        assert item["b"] == {"B": b"\x00\xff"} and sorted(item["s"]["NS"]) == ["1", "2"], item
        assert error_of(east.get_item, TableName="none", Key=KEY) == "ResourceNotFoundException"
        assert error_of(east.transact_write_items, TransactItems=[{"Update": TAKE}]) == "TransactionCanceledException"


def test_tables_pages_and_waiters():
    with Cloud(WORLD) as cloud:
        client = cloud.client("dynamodb", "us-east-1")
        client.create_table(TableName="new", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
        assert client.describe_table(TableName="new")["Table"]["TableStatus"] == "CREATING"
        cloud.advance(6)
        client.get_waiter("table_exists").wait(TableName="new")
        for number in range(25):
            client.put_item(TableName="log", Item={"run": {"S": "a"}, "at": {"N": str(number)}})
        pages = client.get_paginator("query").paginate(TableName="log", KeyConditionExpression="run = :r", ScanIndexForward=False,
                                                       ExpressionAttributeValues={":r": {"S": "a"}}, PaginationConfig={"PageSize": 10})
        numbers = [int(item["at"]["N"]) for page in pages for item in page["Items"]]
        assert numbers == list(range(24, -1, -1)), numbers


def test_the_cli():
    with Cloud(WORLD) as cloud:
        assert cloud.cli("dynamodb", "list-tables", region="us-east-1")["TableNames"] == ["log", "state"]
        got = cloud.cli("dynamodb", "get-item", "--table-name", "state", "--key", '{"id": {"S": "active"}}', region="us-east-1")
        assert got["Item"]["epoch"] == {"N": "1"}, got
