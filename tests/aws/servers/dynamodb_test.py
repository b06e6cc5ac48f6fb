"""drrun against dynalite, which checks DynamoDB's rules and answers with DynamoDB's errors; what it holds afterwards is read by the AWS CLI and boto3."""
import unittest

import support

support.need("dynalite", "boto3", "aws")


def create_table(client, name):
    client.create_table(TableName=name, AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"},
                                                              {"AttributeName": "part", "AttributeType": "N"}],
                        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}, {"AttributeName": "part", "KeyType": "RANGE"}],
                        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5})
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})


class DynamoDB(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = support.Place()
        cls.addClassCleanup(cls.place.close)
        cls.place.dynalite()
        cls.client = cls.place.boto("dynamodb")

    def tearDown(self):
        self.assertEqual([], self.place.refused)

    def test_a_table_s_life(self):
        told = self.place.output("dynamodb_life.yaml")
        self.assertEqual("CREATING", told["created"])
        self.assertEqual(1, told["capacity"])
        self.assertEqual(200, told["codes"])
        self.assertEqual({}, told["nothing"])

        # Step Functions' words: the SDK's for aws-sdk, the wire's for the optimised integration.
        self.assertEqual("DynamoDb.ConditionalCheckFailedException", told["sdk"]["Error"])
        self.assertRegex(told["sdk"]["Cause"], r"^The conditional request failed \(Service: DynamoDb, Status Code: 400, Request ID: \w+\)")
        self.assertEqual("DynamoDB.ConditionalCheckFailedException", told["optimised"]["Error"])
        self.assertRegex(told["optimised"]["Cause"], r"^The conditional request failed \(Service: AmazonDynamoDBv2; Status Code: 400; "
                                                     r"Error Code: ConditionalCheckFailedException; Request ID: \w+; Proxy: null\)$")
        self.assertRegex(told["missing"]["Cause"], r"^Requested resource not found \(Service: DynamoDb, Status Code: 400, ")
        self.assertRegex(told["invalid"]["Cause"], r"^The provided key element does not match the schema \(Service: DynamoDb, ")

        key = '{"id": {"S": "web"}, "part": {"N": "1"}}'
        seen = self.place.cli("dynamodb", "get-item", "--table-name", "hosts", "--key", key)["Item"]
        self.assertEqual("changed", seen["text"]["S"])
        self.assertEqual("12345678901234567890123456789012345678", seen["big"]["N"])
        self.assertEqual({"NULL": True}, seen["none"])
        self.assertNotIn("yes", seen)
        # Bytes are text where they are text, else Base64; the CLI knows only Base64.
        self.assertEqual("aGVsbG8=", seen["plain"].pop("B"))
        for item in (told["got"], told["gotOptimised"], told["updated"]):
            self.assertEqual("hello", item["plain"].pop("B"))
            self.assertEqual("AAECAwT/", item["bytes"]["B"])
        # The optimised form has DynamoDB's own names, as the CLI has; sets have no order.
        for item in (seen, told["gotOptimised"], told["updated"]):
            item["words"]["SS"].sort()
            item["numbers"]["NS"].sort()
        self.assertEqual(seen, told["gotOptimised"])
        self.assertEqual(seen, told["updated"])
        # aws-sdk respells members, never an attribute's own name.
        self.assertEqual({"Nul": True}, told["got"]["none"])
        self.assertEqual(["a", "b"], sorted(told["got"]["words"]["Ss"]))
        self.assertEqual({"S": "changed"}, told["got"]["text"])
        self.assertEqual([{"S": "x"}, {"N": "2"}, {"M": {"deep": {"L": []}}}], told["got"]["list"]["L"])
        self.assertEqual(bytes([0, 1, 2, 3, 4, 255]), self.client.get_item(
            TableName="hosts", Key={"id": {"S": "web"}, "part": {"N": "1"}})["Item"]["bytes"]["B"])

        described = self.place.cli("dynamodb", "describe-table", "--table-name", "hosts")["Table"]
        self.assertEqual(described["TableArn"], told["table"]["TableArn"])
        self.assertEqual(described["KeySchema"], told["table"]["KeySchema"])
        self.assertRegex(told["table"]["CreationDateTime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$")

    def test_hundreds_of_items_in_pages(self):
        # 2 KB each: 1,200 of them are more than the megabyte of a query's page.
        create_table(self.client, "many")
        told = self.place.output("dynamodb_fill.yaml", input={"table": "many", "count": 1200})
        self.assertEqual(7, told["page"])
        self.assertTrue(told["more"])
        self.assertEqual(list(range(1, 1201)), told["parts"])
        self.assertEqual(1200, told["read"])
        self.assertEqual(list(range(1200, 0, -2)), told["even"])
        seen = [int(item["part"]["N"]) for page in self.client.get_paginator("scan").paginate(TableName="many") for item in page["Items"]]
        self.assertEqual(list(range(1, 1201)), sorted(seen))

    def test_tables_in_pages(self):
        for name in ("list.a", "list-b", "list_c"):
            create_table(self.client, name)
        with open(self.place.path("list.yaml"), "w") as file:
            file.write("QueryLanguage: JSONata\nStartAt: L\nStates:\n  L:\n    Type: Task\n    Resource: aws-sdk:dynamodb:listTables.allPages\n"
                       "    Arguments: { Limit: 1 }\n    Output: \"{% $states.result.TableNames %}\"\n    End: true\n")
        told = self.place.output(self.place.path("list.yaml"))
        self.assertEqual(self.place.cli("dynamodb", "list-tables")["TableNames"], told)
        self.assertLessEqual({"list.a", "list-b", "list_c"}, set(told))


if __name__ == "__main__":
    support.main(__doc__)
