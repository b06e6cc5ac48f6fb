"""A distributed Map that reads from and writes to S3, on s3rver, with files that boto3 wrote; and a Map of writes to dynalite that is killed again and
again."""
import csv
import gzip
import io
import json
import os
import signal
import subprocess
import unittest

import support

support.need("s3rver", "dynalite", "boto3", "aws")

HOSTS = [{"host": "a", "note": "plain"}, {"host": "b", "note": 'with "quotes", a comma'}, {"host": "ç", "note": "two\nlines"}]


class Map(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = support.Place()
        cls.addClassCleanup(cls.place.close)
        cls.place.s3rver()
        cls.place.dynalite()
        cls.s3, cls.dynamodb = cls.place.boto("s3"), cls.place.boto("dynamodb")
        cls.s3.create_bucket(Bucket="files", CreateBucketConfiguration={"LocationConstraint": support.REGION})

    def tearDown(self):
        self.assertEqual([], self.place.refused)

    def read(self, key, body, config, resource="getObject"):
        self.s3.put_object(Bucket="files", Key=key, Body=body)
        parameters = {"Bucket": "files", **({"Key": key} if resource == "getObject" else {"Prefix": key})}
        return self.place.output(self.runbook(config, resource), input={"parameters": parameters})

    def runbook(self, config, resource):
        """The reader's configuration is constant in a runbook: one is made for each."""
        path = self.place.path("reader.json")
        with open(path, "w") as file:
            json.dump({"QueryLanguage": "JSONata", "StartAt": "Each", "States": {"Each": {
                "Type": "Map", "ItemReader": {"Resource": f"arn:aws:states:::s3:{resource}", "Arguments": "{% $states.input.parameters %}",
                                              "ReaderConfig": config},
                "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Keep",
                                  "States": {"Keep": {"Type": "Pass", "End": True}}}, "End": True}}}, file)
        return path

    def test_csv(self):
        text = io.StringIO()
        writer = csv.DictWriter(text, ["host", "note"], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        writer.writerows(HOSTS)
        self.assertEqual(HOSTS, self.read("in/hosts +1.csv", text.getvalue().encode(), {"InputType": "CSV", "CSVHeaderLocation": "FIRST_ROW"}))
        self.assertEqual([{"x": "1", "y": "2"}, {"x": "3", "y": "4"}], self.read(
            "given.csv", b"1;2\n3;4\n", {"InputType": "CSV", "CSVHeaderLocation": "GIVEN", "CSVHeaders": ["x", "y"], "CSVDelimiter": "SEMICOLON"}))

    def test_json(self):
        self.assertEqual(HOSTS, self.read("hosts.json", json.dumps(HOSTS).encode(), {"InputType": "JSON"}))
        self.assertEqual(HOSTS[:2], self.read("hosts.jsonl.gz", gzip.compress("".join(json.dumps(one) + "\n" for one in HOSTS).encode()),
                                              {"InputType": "JSONL", "MaxItems": 2}))

    def test_a_listing(self):
        for i in range(40):
            self.s3.put_object(Bucket="files", Key=f"list/{i:02} & more", Body=b"x" * i)
        told = self.read("list/", b"", {"MaxItems": 100}, "listObjectsV2")
        seen = self.place.cli("s3api", "list-objects-v2", "--bucket", "files", "--prefix", "list/")["Contents"]
        self.assertEqual([(one["Key"], one["Size"], one["ETag"]) for one in seen], [(one["Key"], one["Size"], one["ETag"]) for one in told])

    def test_an_object_that_is_not_there(self):
        told = self.place.drrun(self.runbook({"InputType": "JSON"}, "getObject"), input={"parameters": {"Bucket": "files", "Key": "none"}})
        self.assertEqual("States.ItemReaderFailed", told["error"])
        self.assertIn("S3.NoSuchKeyException: The specified key does not exist.", told["cause"])

    def test_results_are_written(self):
        told = self.place.output("s3_results.yaml", input=[1, 2, 3, 4, 5])
        where = told["ResultWriterDetails"]
        self.assertEqual("files", where["Bucket"])
        self.assertRegex(where["Key"], r"^out of it/[^/]+/manifest\.json$")
        self.place.cli("s3api", "get-object", "--bucket", "files", "--key", where["Key"], self.place.path("manifest"))
        with open(self.place.path("manifest")) as file:
            manifest = json.load(file)
        self.assertEqual("files", manifest["DestinationBucket"])
        files = manifest["ResultFiles"]
        rows = {}
        for kind in ("SUCCEEDED", "FAILED", "PENDING"):
            rows[kind] = []
            for one in files[kind]:
                body = self.s3.get_object(Bucket="files", Key=one["Key"])["Body"].read()
                self.assertEqual(one["Size"], len(body))
                rows[kind] += json.loads(body)
        self.assertEqual(["1", "2", "4", "5"], sorted(row["Input"] for row in rows["SUCCEEDED"]))
        self.assertEqual([10, 20, 40, 50], sorted(json.loads(row["Output"]) for row in rows["SUCCEEDED"]))
        self.assertEqual([("3", "Test.Three")], [(row["Input"], row["Error"]) for row in rows["FAILED"]])
        self.assertEqual([], rows["PENDING"])

    def test_killed_in_a_map_of_puts_nothing_is_lost_and_nothing_doubled(self):
        self.dynamodb.create_table(TableName="counts", AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
                                   KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}], BillingMode="PAY_PER_REQUEST")
        self.dynamodb.get_waiter("table_exists").wait(TableName="counts", WaiterConfig={"Delay": 1})
        items, kills = 400, 0
        at = [37, 120, 121, 300]
        running, done = None, []

        def passed_on(request):
            done.append(request)
            if kills < len(at) and len(done) >= at[kills]:
                running.send_signal(signal.SIGKILL)
                running.wait()

        self.place.passed_on = passed_on
        self.addCleanup(setattr, self.place, "passed_on", None)
        command = self.place.command("dynamodb_count.yaml", "--id", "killed", input={"count": items})
        while True:
            with open(self.place.path("run.log"), "ab") as log:
                running = subprocess.Popen(command, env=self.place.environment, cwd=self.place.folder, stdout=subprocess.PIPE, stderr=log)
            printed = running.communicate()[0]
            if running.returncode != -signal.SIGKILL:
                break
            kills += 1
            command = self.place.command("killed", "--yes", verb="resume")
        told = json.loads(printed)
        self.assertEqual(len(at), kills)
        self.assertEqual("SUCCEEDED", told.get("status"), told)
        self.assertEqual(list(range(1, items + 1)), [one["item"] for one in told["output"]])
        seen = {int(item["id"]["N"]): item for page in self.dynamodb.get_paginator("scan").paginate(TableName="counts") for item in page["Items"]}
        self.assertEqual(list(range(1, items + 1)), sorted(seen))
        # What was put twice, because the kill came between the effect and its record, was refused by the condition: each item was written once.
        self.assertEqual({"1"}, {item["writes"]["N"] for item in seen.values()})
        # Each kill came when at least one write was done and not known to drrun; only what was under way, ten at the most, was asked for again.
        again = sum(one["again"] for one in told["output"])
        self.assertLessEqual(kills, again)
        self.assertLessEqual(again, kills * 10)
        self.assertLessEqual(len(done), items + kills * 10)


if __name__ == "__main__":
    support.main(__doc__)
