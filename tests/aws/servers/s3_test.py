"""drrun against s3rver, behind a judge of every signature; what s3rver holds afterwards is read by the AWS CLI and boto3, and what they wrote by drrun."""
import hashlib
import os
import unittest

import support

support.need("s3rver", "boto3", "aws")

# s3rver itself answers 404 where a path has "//", to any client, and takes out "." and ".." as a part of a path; S3 does neither.
KEYS = ["plain", "a b", "a  b", "a+b", "a%b", "a%2Fb", "a%20b", "%", "ünï/✓/日本", "deep/er/still", "end/", "?q=1&z=2", "a;b,c:d@e$f", "x#y", "~t_-.!*'()", "back\\slash",
        "[x]{y}", '"q"', "<x>&amp;", " lead", "trail ", "=", "a^`|", "tab\there", "...", "1/" + 200 * "k"]
BY_BOTH = ["a//b", "//", "x//"]


class S3(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.place = support.Place()
        cls.addClassCleanup(cls.place.close)
        cls.place.s3rver()
        cls.client = cls.place.boto("s3")
        for bucket in ("keys", "theirs", "shop", "pages"):
            cls.client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": support.REGION})
        cls.client.put_object(Bucket="shop", Key="kept", Body=b"x")

    def tearDown(self):
        self.assertEqual([], self.place.refused)

    def test_a_wrong_secret_is_refused(self):
        # Else the other tests would prove nothing about signatures.
        told = self.place.drrun("s3_small.yaml", environment={"AWS_SECRET_ACCESS_KEY": "other"})
        self.assertEqual("FAILED", told["status"])
        self.assertEqual("S3.S3Exception", told["error"])
        self.assertIn("Status Code: 403", told["cause"])
        self.assertTrue(self.place.refused)
        self.place.refused.clear()

    def test_awkward_keys(self):
        told = self.place.output("s3_keys.yaml", input={"bucket": "keys", "keys": KEYS})
        self.assertEqual(KEYS, [one["key"] for one in told])
        copied = []
        for key, one in zip(KEYS, told):
            with self.subTest(key):
                value = "value of " + key
                tag = '"' + hashlib.md5(value.encode()).hexdigest() + '"'
                self.assertEqual(value, one["got"]["Body"])
                self.assertEqual([tag] * 3, [one["put"], one["got"]["ETag"], one["head"]["ETag"]])
                self.assertEqual("text/plain; charset=utf-8", one["got"]["ContentType"])
                self.assertEqual({"origin": "drrun", "mixed-case": "a  b"}, one["got"]["Metadata"])
                self.assertEqual("value", one["part"]["Body"])
                self.assertEqual('text/x; a="b c"', one["part"]["ContentType"])
                self.assertEqual(f"bytes 0-4/{len(value.encode())}", one["part"]["ContentRange"])
                self.assertEqual(len(value.encode()), one["head"]["ContentLength"])
                self.assertRegex(one["head"]["LastModified"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
                self.assertRegex(one["cause"], r"^The specified key does not exist\. \(Service: S3, Status Code: 404, Request ID: \w+")
                if one["copied"] is None:
                    # s3rver undoes only some of a CopySource's encoding: then boto3 must fail too.
                    self.client.put_object(Bucket="keys", Key=key, Body=b"x")
                    with self.assertRaises(self.client.exceptions.NoSuchKey):
                        self.client.copy_object(Bucket="keys", Key="copy/" + key, CopySource={"Bucket": "keys", "Key": key})
                    self.client.delete_object(Bucket="keys", Key=key)
                    continue
                # The copy is there for the others too, under the same name.
                copied.append("copy/" + key)
                self.assertEqual(tag, one["copied"])
                theirs = self.client.get_object(Bucket="keys", Key="copy/" + key)
                self.assertEqual((value.encode(), "drrun"), (theirs["Body"].read(), theirs["Metadata"]["origin"]))
        listed = self.place.cli("s3api", "list-objects-v2", "--bucket", "keys")["Contents"]
        self.assertEqual(sorted(copied), sorted(one["Key"] for one in listed))
        for key in ("copy/a%2Fb", "copy/ünï/✓/日本"):
            self.place.cli("s3api", "get-object", "--bucket", "keys", "--key", key, self.place.path("got"))
            with open(self.place.path("got"), encoding="utf-8") as file:
                self.assertEqual("value of " + key[5:], file.read())

    def test_where_the_server_refuses_it_refuses_boto3_too(self):
        for key in BY_BOTH:
            with self.subTest(key):
                with self.assertRaises(self.client.exceptions.ClientError) as theirs:
                    self.client.put_object(Bucket="keys", Key=key, Body=b"x")
                self.assertEqual(404, theirs.exception.response["ResponseMetadata"]["HTTPStatusCode"])
                told = self.place.drrun("s3_keys.yaml", input={"bucket": "keys", "keys": [key]})
                self.assertEqual("S3.S3Exception", told["error"])
                self.assertIn("Status Code: 404", told["cause"])

    def test_pages_of_a_listing(self):
        for i in range(250):
            self.client.put_object(Bucket="pages", Key=f"logs/{i:03} +%", Body=b"")
        runbook = self.place.path("list.yaml")
        with open(runbook, "w") as file:
            file.write("QueryLanguage: JSONata\nStartAt: L\nStates:\n  L:\n    Type: Task\n    Resource: aws-sdk:s3:listObjectsV2.allPages\n"
                       "    Arguments: { Bucket: pages, MaxKeys: 30, Prefix: logs/ }\n    Output: \"{% $states.result %}\"\n    End: true\n")
        told = self.place.output(runbook)
        seen = [one for page in self.client.get_paginator("list_objects_v2").paginate(Bucket="pages") for one in page["Contents"]]
        self.assertEqual(250, len(told["Contents"]))
        self.assertEqual([(one["Key"], one["ETag"], one["Size"]) for one in seen],
                         [(one["Key"], one["ETag"], one["Size"]) for one in told["Contents"]])

    def test_buckets_errors_and_many_deletions(self):
        told = self.place.output("s3_small.yaml")
        self.assertIn("second", [one["Name"] for one in told["buckets"]])
        self.assertEqual('{"data":["2 & 3"]}', told["body"])
        self.assertEqual(["2 & 3", "<4>", "one"], sorted(told["deleted"]))
        self.assertEqual((0, "second"), (told["left"]["KeyCount"], told["left"]["Name"]))
        # An answer to HEAD has no body: the status alone tells.
        self.assertEqual("S3.NoSuchKeyException", told["head"]["Error"])
        self.assertRegex(told["head"]["Cause"], r"\(Service: S3, Status Code: 404, Request ID: \w+")
        self.assertEqual("S3.NoSuchBucketException", told["bucket"]["Error"])
        self.assertEqual("S3.S3Exception", told["full"]["Error"])
        self.assertRegex(told["full"]["Cause"], r"^The bucket .* is not empty \(Service: S3, Status Code: 409, ")
        self.assertNotIn("second", [one["Name"] for one in self.place.cli("s3api", "list-buckets")["Buckets"]])

    def test_an_upload_in_parts(self):
        told = self.place.output("s3_multipart.yaml")
        theirs = self.client.get_object(Bucket="shop", Key="large file.txt")
        body = theirs["Body"].read()
        self.assertEqual((5242890, b"a" * 5242880 + b"b" * 10, told["ETag"], "text/plain"), (len(body), body, theirs["ETag"], theirs["ContentType"]))

    def test_what_the_cli_uploads_in_parts_is_read(self):
        # The CLI sends more than 8 MiB in parts.
        path = self.place.path("nine")
        with open(path, "wb") as file:
            file.write(b"0123456789abcdef" * (9 << 16))
        self.place.cli("s3", "cp", path, "s3://theirs/nine", "--no-progress", "--only-show-errors")
        runbook = self.place.path("read.yaml")
        with open(runbook, "w") as file:
            file.write("QueryLanguage: JSONata\nStartAt: G\nStates:\n  G:\n    Type: Task\n    Resource: aws-sdk:s3:getObject\n"
                       "    Arguments: { Bucket: theirs, Key: nine }\n"
                       "    Output: { size: \"{% $length($states.result.Body) %}\", tag: \"{% $states.result.ETag %}\" }\n    End: true\n")
        told = self.place.output(runbook)
        self.assertEqual({"size": os.path.getsize(path), "tag": self.client.head_object(Bucket="theirs", Key="nine")["ETag"]}, told)


if __name__ == "__main__":
    support.main(__doc__)
