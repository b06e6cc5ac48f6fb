"""What drrun sends, header by header, against what the AWS CLI sends for the same calls to the same server, which answers nothing of use."""
import json
import os
import re
import subprocess
import sys
import unittest
import urllib.parse
import xml.etree.ElementTree as xml

import support

support.need("boto3", "aws")
sys.path.insert(0, os.path.dirname(support.HERE))
from client_server import Server, check_signature  # noqa: E402

RECORDS = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {"Name": "a.example", "Type": "A", "TTL": 60,
                                                                  "ResourceRecords": [{"Value": "192.0.2.1"}]}}]}
# The CLI's words, and the Resource and Arguments of the same call. One of each protocol at least.
CALLS = {
    "query": (["sts", "get-caller-identity"], "aws-sdk:sts:getCallerIdentity", {}),
    "query, with arguments": (["rds", "describe-db-instances", "--db-instance-identifier", "shop"], "aws-sdk:rds:describeDBInstances", {"DbInstanceIdentifier": "shop"}),
    "ec2": (["ec2", "describe-instances", "--instance-ids", "i-0123456789abcdef0"], "aws-sdk:ec2:describeInstances", {"InstanceIds": ["i-0123456789abcdef0"]}),
    "json 1.0": (["dynamodb", "get-item", "--table-name", "hosts", "--key", '{"id": {"S": "ü"}}'], "aws-sdk:dynamodb:getItem", {"TableName": "hosts", "Key": {"id": {"S": "ü"}}}),
    "json 1.1": (["ecs", "describe-clusters", "--clusters", "a", "b"], "aws-sdk:ecs:describeClusters", {"Clusters": ["a", "b"]}),
    "json 1.1, ssm": (["ssm", "get-parameter", "--name", "/a", "--with-decryption"], "aws-sdk:ssm:getParameter", {"Name": "/a", "WithDecryption": True}),
    "rest-json, GET": (["lambda", "list-functions", "--no-paginate", "--function-version", "ALL"], "aws-sdk:lambda:listFunctions", {"FunctionVersion": "ALL"}),
    "rest-json, a blob": (["lambda", "invoke", "--function-name", "f", "--cli-binary-format", "raw-in-base64-out", "--payload", '{"a":1}', "/dev/null"],
                          "aws-sdk:lambda:invoke", {"FunctionName": "f", "Payload": {"a": 1}}),
    "rest-json, POST": (["eks", "tag-resource", "--resource-arn", "arn:aws:eks:us-west-2:123456789012:cluster/c", "--tags", "k=v w"],
                        "aws-sdk:eks:tagResource", {"ResourceArn": "arn:aws:eks:us-west-2:123456789012:cluster/c", "Tags": {"k": "v w"}}),
    "rest-xml, GET": (["route53", "list-resource-record-sets", "--hosted-zone-id", "Z1", "--no-paginate", "--start-record-name", "a b.example"],
                      "aws-sdk:route53:listResourceRecordSets", {"HostedZoneId": "Z1", "StartRecordName": "a b.example"}),
    "rest-xml, POST": (["route53", "change-resource-record-sets", "--hosted-zone-id", "Z1", "--change-batch", json.dumps(RECORDS)],
                       "aws-sdk:route53:changeResourceRecordSets", {"HostedZoneId": "Z1", "ChangeBatch": RECORDS}),
    "s3, GET": (["s3api", "get-object", "--bucket", "shop", "--key", "a b/c+d", "/dev/null"], "aws-sdk:s3:getObject", {"Bucket": "shop", "Key": "a b/c+d"}),
    "s3, PUT": (["s3api", "put-object", "--bucket", "shop", "--key", "ü", "--body", "BODY", "--metadata", "a=b", "--content-type", "text/plain"],
                "aws-sdk:s3:putObject", {"Bucket": "shop", "Key": "ü", "Body": "text", "Metadata": {"a": "b"}, "ContentType": "text/plain"}),
    "s3, a listing": (["s3api", "list-objects-v2", "--bucket", "shop", "--prefix", "a b/", "--no-paginate"], "aws-sdk:s3:listObjectsV2", {"Bucket": "shop", "Prefix": "a b/"}),
}
# What the two may differ in: how the connection is used, and who it is.
OURS = {"accept", "user-agent", "content-length"}
THEIRS = {"accept-encoding", "user-agent", "content-length", "connection", "expect"}
# SDKs of today send these; the CLI of 2022 tells no attempts, signs a body's digest on S3 only, and sums it with Content-MD5 where it must.
NEWER = {"amz-sdk-invocation-id", "amz-sdk-request", "x-amz-content-sha256", "x-amz-sdk-checksum-algorithm", "x-amz-checksum-crc32", "x-amz-checksum-mode", "content-md5"}
# botocore gives these bodies no type; the services that look at it want one.
NO_TYPE = {"rest-json, a blob": "application/octet-stream", "rest-xml, POST": "application/xml"}


def answer(request):
    """Enough for either client to be content, or to give up at once."""
    return {"status": 400, "headers": {"Content-Type": "application/xml"}, "body": "<Error><Code>No</Code><Message>No.</Message></Error>"}


def headers(request):
    found = {}
    for name, value in request.headers:
        assert name.lower() not in found, name + " is there twice"
        found[name.lower()] = value
    return found


def authorization(request):
    match = re.fullmatch(r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([\w-]+)/([\w-]+)/aws4_request, SignedHeaders=([\w;-]+), Signature=[0-9a-f]{64}",
                         request.header("Authorization"))
    assert match, request.header("Authorization")
    return {"key": match[1], "day": match[2], "scope": (match[3], match[4]), "signed": set(match[5].split(";"))}


def content(request):
    body, kind = request.body, request.header("Content-Type") or ""
    if "form-urlencoded" in kind:
        return sorted(urllib.parse.parse_qsl(body.decode(), keep_blank_values=True))
    if "json" in kind:
        return json.loads(body or b"{}")
    return xml.canonicalize(body.decode(), strip_text=True) if body.startswith(b"<") else body


def told(request):
    """Method, path and query as they were spelt. botocore asks S3 to encode the keys of a listing."""
    return request.method, request.path, sorted(part for part in request.query.split("&") if part != "encoding-type=url")


class Headers(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = support.Place()
        cls.addClassCleanup(cls.place.close)
        cls.server = Server(answer)
        cls.addClassCleanup(cls.server.close)
        cls.place.environment["AWS_ENDPOINT_URL"] = cls.server.url
        cls.place.environment["AWS_MAX_ATTEMPTS"] = "1"
        with open(cls.place.path("BODY"), "w") as file:
            file.write("text")

    def sent(self, run):
        before = len(self.server.requests)
        run()
        self.assertEqual(1, len(self.server.requests) - before, "requests")
        return self.server.requests[-1]

    def both(self, words, resource, arguments):
        path = self.place.path("call.json")
        with open(path, "w") as file:
            json.dump({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": resource, "Arguments": arguments, "End": True}}}, file)
        ours = self.sent(lambda: self.place.drrun(path))
        theirs = self.sent(lambda: subprocess.run([support.AWS_CLI, *words, "--endpoint-url", self.server.url], env=self.place.environment,
                                                  cwd=self.place.folder, capture_output=True, timeout=60))
        return ours, theirs

    def test_the_same_calls(self):
        for name, call in CALLS.items():
            with self.subTest(name):
                ours, theirs = self.both(*call)
                a, b = authorization(ours), authorization(theirs)
                signed = a["signed"]
                self.assertIsNone(check_signature(ours, {support.KEY: support.SECRET}))
                self.assertEqual(told(theirs), told(ours))
                self.assertEqual(content(theirs), content(ours))
                mine, other = headers(ours), headers(theirs)
                if name in NO_TYPE:
                    self.assertNotIn("content-type", other)
                    self.assertEqual(NO_TYPE[name], mine.pop("content-type"))
                    signed.remove("content-type")
                self.assertEqual(set(other) - THEIRS - NEWER, set(mine) - OURS - NEWER)
                for field in ("host", "content-type", "x-amz-target"):
                    kind = [(found.get(field) or "").split(";")[0].strip().lower() for found in (other, mine)]
                    self.assertEqual(kind[0], kind[1], field)
                self.assertRegex(other["x-amz-date"], r"^\d{8}T\d{6}Z$")
                self.assertRegex(mine["x-amz-date"], r"^\d{8}T\d{6}Z$")
                self.assertRegex(mine["amz-sdk-invocation-id"], r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
                self.assertEqual("attempt=1; max=1", mine["amz-sdk-request"])
                if "x-amz-content-sha256" in other:
                    self.assertEqual(other["x-amz-content-sha256"], mine["x-amz-content-sha256"])
                self.assertEqual((b["key"], b["scope"]), (a["key"], a["scope"]))
                self.assertEqual(b["signed"] - NEWER, signed - NEWER)
                self.assertIn("x-amz-content-sha256", signed)
                self.assertEqual(mine["x-amz-date"][:8], a["day"])

    def test_a_session_token_is_sent_and_signed(self):
        self.place.environment["AWS_SESSION_TOKEN"] = "a/session+token=="
        self.addCleanup(self.place.environment.pop, "AWS_SESSION_TOKEN")
        for found in self.both(*CALLS["json 1.1"]):
            self.assertEqual("a/session+token==", found.header("X-Amz-Security-Token"))
            self.assertIn("x-amz-security-token", authorization(found)["signed"])

    def test_a_user_agent_tells_the_execution(self):
        ours, _ = self.both(*CALLS["query"])
        self.assertRegex(ours.header("User-Agent"), r"^drrun/[\d.]+ .*exec/\w+")


if __name__ == "__main__":
    support.main(__doc__)
