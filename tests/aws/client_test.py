"""The AWS client against a scripted server on loopback, over real sockets, with botocore's signer as the judge of every
signature. usage: client_test.py PROBE    (exit status 77: botocore is not there)"""
import glob
import json
import os
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import zlib

try:
    import botocore
except ImportError:
    print("skipped: python3-botocore is not installed", file=sys.stderr)
    sys.exit(77)
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from client_server import Server, check_signature, date  # noqa: E402

PROBE = None
KEY = {"key": "AKIDEXAMPLE", "secret": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
SESSION = {**KEY, "token": "IQoJb3JpZ2luX2VjE/+=="}
SECRETS = {KEY["key"]: KEY["secret"]}
MODELS = {}


def model(service):
    """botocore's own, cut down to what the tests call, as the probe wants it."""
    if service not in MODELS:
        folder = sorted(glob.glob(os.path.join(os.path.dirname(botocore.__file__), "data", service, "*", "service-2.json")))
        folder = os.path.dirname(folder[-1])
        MODELS[service] = {}
        for key, name in (("service", "service-2"), ("paginators", "paginators-1"), ("rules", "endpoint-rule-set-1")):
            try:
                with open(os.path.join(folder, name + ".json")) as file:
                    MODELS[service][key] = json.load(file)
            except FileNotFoundError:
                pass
    return MODELS[service]


def probe(calls, together=False, timeout=60, proxy=None, **environment):
    """The calls' outcomes. With an endpoint from ENDPOINT or `AWS_ENDPOINT_URL`."""
    environment.setdefault("AWS_REGION", "us-west-2")
    told = {"models": {call["service"]: model(call["service"]) for call in calls}, "calls": calls,
            "environment": environment, "together": together}
    env = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy") and not k.startswith("AWS_")}
    if proxy:
        env["http_proxy"] = env["https_proxy"] = proxy
    done = subprocess.run([PROBE], input=json.dumps(told), capture_output=True, text=True, timeout=timeout, env=env)
    if done.returncode != 0:
        raise AssertionError(f"the probe ended with {done.returncode}: {done.stderr}")
    return json.loads(done.stdout)


def call(service, operation, input=None, identity=KEY, **more):
    return {"service": service, "operation": operation, "input": input or {}, **({"identity": identity} if identity else {}),
            **more}


IDENTITY = ("<GetCallerIdentityResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><GetCallerIdentityResult>"
            "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>U</UserId>"
            "</GetCallerIdentityResult><ResponseMetadata><RequestId>req-1</RequestId></ResponseMetadata>"
            "</GetCallerIdentityResponse>")
WHOAMI = {"status": 200, "body": IDENTITY, "headers": {"x-amzn-RequestId": "req-ok"}}
HTML = "<html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


def query_error(code, status=400, message="No.", **headers):
    return {"status": status, "headers": {"x-amzn-RequestId": "req-" + code, **headers},
            "body": f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                    f"<RequestId>req-{code}</RequestId></ErrorResponse>"}


def json_error(code, status=400, **headers):
    return {"status": status, "body": {"__type": "com.amazonaws#" + code, "message": "No."},
            "headers": {"Content-Type": "application/x-amz-json-1.0", **headers}}


def s3_error(code, status, more="", **headers):
    return {"status": status, "headers": headers,
            "body": f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>No.</Message>{more}</Error>"}


class Case(unittest.TestCase):
    def serve(self, script, context=None):
        server = Server(script, context)
        self.addCleanup(server.close)
        return server

    def run_one(self, script, what, **environment):
        self.server = self.serve(script)
        outcome, = probe([what], AWS_ENDPOINT_URL=self.server.url, **environment)
        for request in self.server.requests:
            if request.header("Authorization"):
                self.assertIsNone(check_signature(request, SECRETS))
        return outcome

    def whoami(self, script, **more):
        return self.run_one(script, call("sts", "GetCallerIdentity", mayRepeat=True, **more))

    def publish(self, script, **more):
        return self.run_one(script, call("sns", "Publish", {"TopicArn": "arn:aws:sns:us-west-2:1:t", "Message": "m"},
                                         **more))

    def assertSucceeded(self, outcome, attempts=1):
        self.assertIsNone(outcome["problem"])
        self.assertIsNone(outcome["error"])
        self.assertIsNotNone(outcome["output"])
        self.assertEqual(len(outcome["attempts"]), attempts)
        self.assertEqual(outcome["attempts"][-1]["code"], "")


class Requests(Case):
    """What leaves is correctly signed and says who sent it."""

    def test_a_call_is_signed_and_answered(self):
        outcome = self.whoami([WHOAMI])
        self.assertSucceeded(outcome)
        self.assertEqual(outcome["output"]["Account"], "123456789012")
        self.assertEqual(outcome["attempts"][0]["requestId"], "req-ok")
        self.assertEqual(outcome["attempts"][0]["status"], 200)
        self.assertEqual((outcome["region"], outcome["status"], outcome["pages"]), ("us-west-2", 200, 1))
        self.assertEqual(outcome["host"], f"localhost:{self.server.port}")
        request, = self.server.requests
        self.assertEqual(request.scope, ["AKIDEXAMPLE", request.header("X-Amz-Date")[:8], "us-west-2", "sts"])
        self.assertIsNone(request.header("X-Amz-Security-Token"))
        self.assertRegex(request.header("amz-sdk-invocation-id"),
                         "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

    def test_a_session_sends_its_token(self):
        self.assertSucceeded(self.whoami([WHOAMI], identity=SESSION))
        self.assertEqual(self.server.requests[0].header("X-Amz-Security-Token"), SESSION["token"])

    def test_the_user_agent_says_which_execution_asks(self):
        self.server = self.serve([WHOAMI])
        probe([call("sts", "GetCallerIdentity", userAgent="exec/drill-7")], AWS_ENDPOINT_URL=self.server.url,
              AWS_EXECUTION_ENV="CI 5", AWS_SDK_UA_APP_ID="dr")
        self.assertRegex(self.server.requests[0].header("User-Agent"),
                         r"^drrun/\d+\.\d+\.\d+ exec-env/CI 5 app/dr exec/drill-7$")

    def test_anonymous_calls_are_not_signed(self):
        outcome = self.run_one([WHOAMI], call("sts", "GetCallerIdentity", anonymous=True))
        self.assertSucceeded(outcome)
        self.assertIsNone(self.server.requests[0].header("Authorization"))

    def test_bodies_paths_and_queries_of_all_protocols_are_signed_as_they_are_sent(self):
        odd = "a b/ü?&=+%*~'(){}\n€"
        calls = [
            call("sns", "Publish", {"TopicArn": "t", "Message": odd}),
            call("ec2", "DescribeInstances", {"Filters": [{"Name": "tag:x y", "Values": [odd, "*"]}]}),
            call("dynamodb", "PutItem", {"TableName": "t", "Item": {"k": {"S": odd}}}),
            call("lambda", "Invoke", {"FunctionName": "arn:aws:lambda:us-west-2:123456789012:function:f o", "Payload": odd}),
            call("s3", "PutObject", {"Bucket": "bucket", "Key": "/a//b/../c d/ü&+~*.txt", "Body": odd}),
            call("s3", "ListObjectsV2", {"Bucket": "bucket", "Prefix": odd, "Delimiter": "/"}),
            call("route53", "ListHostedZonesByName", {"DNSName": "a b.example.com/&=", "MaxItems": "3"}),
            call("ssm", "GetParameter", {"Name": "/a/b", "WithDecryption": True}),
        ]
        server = self.serve([{"status": 400, "body": ""}])
        probe(calls, AWS_ENDPOINT_URL=server.url)
        self.assertEqual(len(server.requests), len(calls))
        for request in server.requests:
            self.assertIsNone(check_signature(request, SECRETS), request.target)


class Retries(Case):
    def test_throttling_is_retried(self):
        outcome = self.publish([query_error("Throttling"), {"status": 200, "body": "<PublishResponse><PublishResult>"
                                                            "<MessageId>7</MessageId></PublishResult></PublishResponse>"}])
        self.assertSucceeded(outcome, attempts=2)
        self.assertEqual([a["code"] for a in outcome["attempts"]], ["Throttling", ""])
        self.assertEqual([r.header("amz-sdk-request") for r in self.server.requests],
                         ["attempt=1; max=3", "attempt=2; max=3"])
        self.assertEqual(len({r.header("amz-sdk-invocation-id") for r in self.server.requests}), 1)

    def test_three_attempts_are_made(self):
        for status in (500, 502, 503, 504):
            outcome = self.publish([query_error("InternalFailure", status)])
            self.assertEqual(len(self.server.requests), 3)
            self.assertEqual((outcome["error"]["code"], outcome["error"]["status"]), ("InternalFailure", status))
            self.assertFalse(outcome["unknown"])
            self.assertIn("3 attempts in", outcome["note"])

    def test_dynamodb_gets_four(self):
        outcome = self.run_one([json_error("ThrottlingException")],
                               call("dynamodb", "GetItem", {"TableName": "t", "Key": {"k": {"S": "x"}}}, mayRepeat=True))
        self.assertEqual(len(outcome["attempts"]), 4)
        self.assertTrue(outcome["throttled"])

    def test_the_number_of_attempts_is_configured(self):
        for attempts in (1, 5):
            self.server = self.serve([query_error("ServiceUnavailable", 503)])
            outcome, = probe([call("sts", "GetCallerIdentity", mayRepeat=True)], AWS_ENDPOINT_URL=self.server.url,
                             AWS_MAX_ATTEMPTS=str(attempts))
            self.assertEqual(len(self.server.requests), attempts)
        for name, value in (("AWS_MAX_ATTEMPTS", "0"), ("AWS_MAX_ATTEMPTS", "many"), ("AWS_RETRY_MODE", "eager")):
            outcome, = probe([call("sts", "GetCallerIdentity")], **{name: value, "AWS_ENDPOINT_URL": "http://localhost:1"})
            self.assertIn(f'"{value}"', outcome["problem"])
            self.assertEqual(outcome["attempts"], [])

    def test_a_limit_may_be_a_quota(self):
        outcome = self.run_one([json_error("LimitExceededException")],
                               call("ssm", "GetParameter", {"Name": "n"}, mayRepeat=True))
        self.assertEqual(len(outcome["attempts"]), 3)
        self.assertTrue(outcome["throttled"])
        self.assertIn("quota", outcome["note"])

    def test_what_is_wrong_with_the_request_is_not_retried(self):
        outcome = self.whoami([query_error("AccessDenied", 403)])
        self.assertEqual(len(outcome["attempts"]), 1)
        self.assertEqual(outcome["error"]["code"], "AccessDenied")
        self.assertEqual(outcome["error"]["requestId"], "req-AccessDenied")
        self.assertIsNone(outcome["note"])

    def test_the_server_may_ask_for_a_longer_wait(self):
        outcome = self.whoami([query_error("ServiceUnavailable", 503, **{"x-amz-retry-after": "700"}), WHOAMI])
        self.assertSucceeded(outcome, attempts=2)
        first, second = self.server.requests
        self.assertGreaterEqual(second.at - first.at, 0.69)

    def test_resets_before_the_request_was_read_are_retried_where_that_is_safe(self):
        outcome = self.whoami([{"do": "reset-early"}, WHOAMI])
        self.assertSucceeded(outcome, attempts=2)
        outcome = self.publish([{"do": "reset-early"}, WHOAMI])
        self.assertTrue(outcome["unknown"])  # bytes had left: nobody here knows that they were not read

    def test_no_answer_is_unknown(self):
        for do in ("reset", "close", "garbage"):
            outcome = self.publish([{"do": do}])
            self.assertEqual(len(self.server.requests), 1, do)
            self.assertTrue(outcome["unknown"])
            self.assertEqual(outcome["problemKind"], "Connection")
            self.assertIn("sns Publish in us-west-2 at localhost:", outcome["problem"])
            self.assertIn("not safe to repeat", outcome["problem"])
            outcome = self.whoami([{"do": do}])
            self.assertEqual(len(self.server.requests), 3, do)
            self.assertFalse(outcome["unknown"])

    def test_nobody_listening_is_no_effect(self):
        server = self.serve([WHOAMI])
        server.close()
        outcome, = probe([call("sns", "Publish", {"TopicArn": "t", "Message": "m"})], AWS_ENDPOINT_URL=server.url)
        self.assertEqual(len(outcome["attempts"]), 3)
        self.assertFalse(outcome["unknown"])
        self.assertIn("refused", outcome["problem"])
        self.assertEqual(outcome["attempts"][0]["status"], 0)

    def test_gateways_and_truncated_answers(self):
        for step, kind in (({"status": 502, "body": HTML}, "Response"), ({"status": 500, "body": ""}, "Response"),
                           ({"status": 504, "body": '{"message": "Endpoint request timed out"}'}, "Response"),
                           ({**WHOAMI, "do": "truncate"}, "Connection"), ({"status": 200, "body": HTML}, "Response"),
                           ({"status": 200, "body": IDENTITY[:200]}, "Response")):
            outcome = self.publish([step])
            self.assertEqual((len(self.server.requests), outcome["unknown"], outcome["problemKind"]), (1, True, kind), step)
            outcome = self.whoami([step, step, WHOAMI])
            self.assertSucceeded(outcome, attempts=3)
        outcome = self.publish([{"status": 503, "body": HTML}])
        self.assertEqual((len(self.server.requests), outcome["unknown"]), (3, False))
        self.assertEqual(outcome["error"]["status"], 503)
        self.assertFalse(outcome["error"]["isModelled"])

    def test_an_error_of_another_protocol(self):
        outcome = self.run_one([s3_error("AccessDenied", 403)], call("ssm", "GetParameter", {"Name": "n"}))
        self.assertEqual(len(outcome["attempts"]), 1)
        self.assertEqual(outcome["error"]["status"], 403)

    def test_slow_answers_time_out_and_are_retried_if_that_is_safe(self):
        begun = time.monotonic()
        outcome = self.whoami([{"do": "silent"}, WHOAMI], attemptTimeoutMs=300)
        self.assertSucceeded(outcome, attempts=2)
        self.assertLess(time.monotonic() - begun, 10)
        outcome = self.publish([{"do": "silent"}], attemptTimeoutMs=300)
        self.assertTrue(outcome["unknown"])
        self.assertEqual(outcome["problemKind"], "Timeout")

    def test_the_deadline_is_kept(self):
        begun = time.monotonic()
        outcome = self.whoami([{"do": "silent"}], deadlineMs=400)
        self.assertLess(time.monotonic() - begun, 5)
        self.assertEqual((outcome["problemKind"], len(outcome["attempts"])), ("Timeout", 1))
        outcome = self.whoami([query_error("ServiceUnavailable", 503, **{"x-amz-retry-after": "4000"})], deadlineMs=400)
        self.assertEqual(len(outcome["attempts"]), 1)
        self.assertEqual(outcome["error"]["code"], "ServiceUnavailable")
        self.assertIn("too short for the wait", outcome["note"])

    def test_damaged_answers_of_dynamodb(self):
        body = json.dumps({"Item": {"k": {"S": "x"}}}).encode()
        good = {"status": 200, "body": body, "headers": {"x-amz-crc32": str(zlib.crc32(body))}}
        bad = {"status": 200, "body": body, "headers": {"x-amz-crc32": "1"}}
        what = call("dynamodb", "GetItem", {"TableName": "t", "Key": {"k": {"S": "x"}}}, mayRepeat=True)
        self.assertSucceeded(self.run_one([bad, good], what), attempts=2)
        outcome = self.run_one([bad], {**what, "mayRepeat": False})
        self.assertTrue(outcome["unknown"])
        self.assertIn("x-amz-crc32", outcome["problem"])

    def test_a_cancelled_call_says_nothing_more(self):
        self.server = self.serve([{"do": "silent"}])
        self.assertEqual(probe([call("sts", "GetCallerIdentity", cancelAfterMs=200)], AWS_ENDPOINT_URL=self.server.url),
                         ["cancelled"])
        server = self.serve([query_error("ServiceUnavailable", 503, **{"x-amz-retry-after": "4000"})])
        self.assertEqual(probe([call("sts", "GetCallerIdentity", cancelAfterMs=300)], AWS_ENDPOINT_URL=server.url),
                         ["cancelled"])


class Clocks(Case):
    def check_skew(self, code, ahead, protocol=query_error, service="sts", operation="GetCallerIdentity", status=403):
        def script(request):
            if abs(request.time - (time.time() + ahead)) > 120:
                return {**protocol(code, status), "headers": {"Date": date(time.time() + ahead)}}
            return WHOAMI
        server = self.serve(script)
        outcomes = probe([call(service, operation)] * 2, AWS_ENDPOINT_URL=server.url)
        self.assertSucceeded(outcomes[0], attempts=2)
        self.assertSucceeded(outcomes[1], attempts=1)  # what was learned stays
        for request in server.requests:
            self.assertIsNone(check_signature(request, SECRETS))

    def test_a_wrong_clock_is_put_right(self):
        for code in ("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture", "SignatureDoesNotMatch",
                     "InvalidSignatureException", "AuthFailure"):
            for ahead in (3600, -7200):
                self.check_skew(code, ahead)

    def test_a_wrong_key_is_not_a_wrong_clock(self):
        outcome = self.whoami([query_error("SignatureDoesNotMatch", 403)])
        self.assertEqual(len(outcome["attempts"]), 1)

    def test_it_is_tried_once(self):
        outcome = self.whoami([query_error("RequestTimeTooSkewed", 403, Date=date(time.time() + 9999))])
        self.assertEqual(len(outcome["attempts"]), 2)
        self.assertEqual(outcome["error"]["code"], "RequestTimeTooSkewed")
        outcome = self.whoami([query_error("RequestTimeTooSkewed", 403, Date="yesterday")])
        self.assertEqual(len(outcome["attempts"]), 1)


class Sessions(Case):
    """Credentials of the chain, here a process that gives others each time."""

    def chain(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        program, config = os.path.join(folder.name, "give"), os.path.join(folder.name, "config")
        with open(program, "w") as file:
            file.write(f"""#!/bin/sh
echo x >>{folder.name}/asked
echo '{{"Version": 1, "AccessKeyId": "{KEY['key']}", "SecretAccessKey": "{KEY['secret']}",
        "SessionToken": "session-'$(wc -l <{folder.name}/asked | tr -d ' ')'", "Expiration": "2099-01-01T00:00:00Z"}}'
""")
        os.chmod(program, 0o755)
        with open(config, "w") as file:
            file.write(f"[default]\ncredential_process = {program}\n")
        return {"AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}

    def test_an_expired_session_is_renewed_at_once(self):
        for code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired"):
            outcome = self.run_one([query_error(code), WHOAMI], call("sts", "GetCallerIdentity", identity=None),
                                   AWS_MAX_ATTEMPTS="1", **self.chain())
            self.assertSucceeded(outcome, attempts=2)
            self.assertEqual([r.header("X-Amz-Security-Token") for r in self.server.requests], ["session-1", "session-2"])

    def test_it_is_renewed_once(self):
        outcome = self.run_one([query_error("ExpiredToken")], call("sts", "GetCallerIdentity", identity=None),
                               **self.chain())
        self.assertEqual(len(outcome["attempts"]), 2)
        self.assertEqual(outcome["error"]["code"], "ExpiredToken")
        self.assertIn("renewed once", outcome["note"])

    def test_ones_own_identity_is_not(self):
        outcome = self.whoami([query_error("ExpiredToken"), WHOAMI], identity=SESSION)
        self.assertEqual(len(outcome["attempts"]), 1)

    def test_without_credentials_nothing_leaves(self):
        nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                   "AWS_EC2_METADATA_DISABLED": "true"}
        outcome = self.run_one([WHOAMI], call("sts", "GetCallerIdentity", identity=None), **nothing)
        self.assertEqual(self.server.requests, [])
        self.assertEqual(outcome["problemKind"], "Credentials")
        self.assertIn("sts GetCallerIdentity in us-west-2: ", outcome["problem"])
        outcome = self.run_one(
            [{"status": 200, "body": {"IdentityId": "us-west-2:x"}}],
            call("cognito-identity", "GetId", {"IdentityPoolId": "us-west-2:p"}, identity=None), **nothing)
        self.assertSucceeded(outcome)  # for those who have none yet
        self.assertIsNone(self.server.requests[0].header("Authorization"))


class Buckets(Case):
    def test_the_request_follows_the_bucket_to_its_region(self):
        listing = {"status": 200, "body": "<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>"}

        def by_region(refusal):
            return lambda request: listing if request.scope[2] == "eu-west-1" else refusal
        for refusal in (
                s3_error("PermanentRedirect", 301, "<Endpoint>b.s3-eu-west-1.amazonaws.com</Endpoint>",
                         **{"x-amz-bucket-region": "eu-west-1"}),
                s3_error("TemporaryRedirect", 307, **{"x-amz-bucket-region": "eu-west-1",
                                                      "Location": "http://evil.example/"}),
                s3_error("AuthorizationHeaderMalformed", 400, "<Region>eu-west-1</Region>")):
            server = self.serve(by_region(refusal))
            outcomes = probe([call("s3", "ListObjectsV2", {"Bucket": "b"})] * 2, AWS_ENDPOINT_URL=server.url)
            self.assertSucceeded(outcomes[0], attempts=2)
            self.assertSucceeded(outcomes[1], attempts=1)
            self.assertEqual(outcomes[0]["region"], "eu-west-1")
            for request in server.requests:
                self.assertIsNone(check_signature(request, SECRETS))

    def test_head_bucket_tells_if_the_answer_does_not(self):
        def script(request):
            if request.scope[2] == "eu-west-1":
                return {"status": 200, "headers": {"x-amz-bucket-region": "eu-west-1", "Content-Length": "3"}}
            if request.target in ("/b", "/b/"):
                return {"status": 400, "headers": {"x-amz-bucket-region": "eu-west-1"}}
            return {"status": 400}
        server = self.serve(script)
        outcome, = probe([call("s3", "HeadObject", {"Bucket": "b", "Key": "k"})], AWS_ENDPOINT_URL=server.url)
        self.assertSucceeded(outcome, attempts=4)  # two of them HeadBucket's
        self.assertEqual(outcome["output"]["ContentLength"], 3)

    def test_it_is_followed_once_and_never_to_what_is_no_region(self):
        refusal = s3_error("PermanentRedirect", 301, **{"x-amz-bucket-region": "eu-west-1"})
        outcome = self.run_one([refusal], call("s3", "ListObjectsV2", {"Bucket": "b"}))
        self.assertEqual(len(self.server.requests), 2)
        self.assertEqual(outcome["error"]["code"], "PermanentRedirect")
        refusal = s3_error("PermanentRedirect", 301, **{"x-amz-bucket-region": "evil.example/x"})
        outcome = self.run_one([refusal], call("s3", "ListObjectsV2", {"Bucket": "b"}))
        self.assertEqual(outcome["error"]["code"], "PermanentRedirect")
        self.assertIn("does not tell", outcome["note"])

    def test_other_redirects_are_not_followed(self):
        elsewhere = self.serve([WHOAMI])
        for status in (301, 302, 303, 307, 308):
            outcome = self.whoami([{"status": status, "headers": {"Location": elsewhere.url + "/x"}}])
            self.assertEqual(len(outcome["attempts"]), 1)
            self.assertIn(f"redirect ({status}) to {elsewhere.url}/x: not followed", outcome["problem"])
        self.assertEqual(elsewhere.requests, [])


class Pages(Case):
    def test_pages_are_joined(self):
        def script(request):
            marker = request.form.get("Marker")
            number = int(marker or 0)
            more = f"<Marker>{number + 1}</Marker>" if number < 4 else ""
            if number == 2 and len(server.requests) == 3:
                return query_error("Throttling")
            return {"status": 200, "headers": {"x-amzn-RequestId": f"page-{number}"},
                    "body": "<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance>"
                            f"<DBInstanceIdentifier>db{number}</DBInstanceIdentifier></DBInstance></DBInstances>"
                            f"{more}</DescribeDBInstancesResult></DescribeDBInstancesResponse>"}
        server = self.serve(script)
        outcome, = probe([call("rds", "DescribeDBInstances", {"MaxRecords": 20}, allPages=True, mayRepeat=True)],
                         AWS_ENDPOINT_URL=server.url)
        self.assertSucceeded(outcome, attempts=6)
        self.assertEqual(outcome["pages"], 5)
        self.assertEqual([d["DBInstanceIdentifier"] for d in outcome["output"]["DBInstances"]],
                         ["db0", "db1", "db2", "db3", "db4"])
        self.assertEqual(list(outcome["output"]), ["DBInstances"])
        self.assertEqual({r.form["MaxRecords"] for r in server.requests}, {"20"})
        self.assertEqual(len({r.connection for r in server.requests}), 1)

    def test_without_a_paginator_there_is_one(self):
        self.assertSucceeded(self.whoami([WHOAMI], allPages=True))

    def test_the_same_token_again_is_an_error(self):
        body = ("<DescribeDBInstancesResponse><DescribeDBInstancesResult><Marker>x</Marker>"
                "</DescribeDBInstancesResult></DescribeDBInstancesResponse>")
        outcome = self.run_one([{"status": 200, "body": body}], call("rds", "DescribeDBInstances", {}, allPages=True))
        self.assertEqual(len(self.server.requests), 2)
        self.assertIn("page 2 ends with the same Marker", outcome["problem"])


class Copies(Case):
    def test_copies_across_regions_bring_a_url_signed_for_the_source(self):
        outcome = self.run_one(
            [{"status": 200, "body": "<CopyDBSnapshotResponse><CopyDBSnapshotResult/></CopyDBSnapshotResponse>"}],
            call("rds", "CopyDBSnapshot", {"SourceDBSnapshotIdentifier": "arn:aws:rds:us-east-1:1:snapshot:s",
                                           "TargetDBSnapshotIdentifier": "t", "SourceRegion": "us-east-1"},
                 identity=SESSION))
        self.assertSucceeded(outcome)
        form = self.server.requests[0].form
        self.assertNotIn("SourceRegion", form)
        url = form["PreSignedUrl"]
        from urllib.parse import parse_qs, urlsplit
        query = parse_qs(urlsplit(url).query)
        self.assertEqual(query["Action"], ["CopyDBSnapshot"])
        self.assertEqual(query["X-Amz-Expires"], ["3600"])
        self.assertEqual(query["X-Amz-Security-Token"], [SESSION["token"]])
        self.assertEqual(query["X-Amz-Credential"][0].split("/")[2:4], ["us-east-1", "rds"])
        self.assertEqual(query["SourceDBSnapshotIdentifier"], ["arn:aws:rds:us-east-1:1:snapshot:s"])
        # The same request, presigned by botocore at the same moment.
        from botocore.auth import SigV4QueryAuth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        bare = url.split("&X-Amz-Algorithm")[0] if "&X-Amz-Algorithm" in url else None
        if bare:
            theirs = AWSRequest(method="GET", url=bare)
            signer = SigV4QueryAuth(Credentials(KEY["key"], KEY["secret"], SESSION["token"]), "rds", "us-east-1", 3600)
            import datetime
            from unittest import mock
            moment = datetime.datetime.strptime(query["X-Amz-Date"][0], "%Y%m%dT%H%M%SZ")
            with mock.patch("botocore.auth.datetime") as clock:
                clock.datetime.utcnow.return_value = moment
                signer.add_auth(theirs)
            self.assertEqual(parse_qs(urlsplit(theirs.url).query)["X-Amz-Signature"], query["X-Amz-Signature"])


    def test_the_url_has_the_servers_time_and_the_fresh_session(self):
        def script(request):
            if abs(request.time - time.time() - 7200) > 60:
                return query_error("RequestTimeTooSkewed", 403, Date=date(time.time() + 7200))
            if request.header("X-Amz-Security-Token") == "session-1":
                return query_error("ExpiredToken")
            return {"status": 200, "body": "<CopyDBSnapshotResponse><CopyDBSnapshotResult/></CopyDBSnapshotResponse>"}
        outcome = self.run_one(script, call("rds", "CopyDBSnapshot", {
            "SourceDBSnapshotIdentifier": "arn:aws:rds:us-east-1:1:snapshot:s", "TargetDBSnapshotIdentifier": "t",
            "SourceRegion": "us-east-1"}, identity=None), **Sessions.chain(self))
        self.assertSucceeded(outcome, attempts=3)
        last = self.server.requests[-1]
        self.assertIn("X-Amz-Date=" + last.header("X-Amz-Date")[:11], last.form["PreSignedUrl"])
        self.assertIn("X-Amz-Security-Token=session-2", last.form["PreSignedUrl"])


class Connections(Case):
    def tls(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        os.chdir(folder.name)
        subprocess.run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -keyout k.pem "
                       "-out c.pem -subj /CN=localhost -addext subjectAltName=DNS:localhost", shell=True, check=True,
                       capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("c.pem", "k.pem")
        return context, os.path.abspath("c.pem")

    def test_the_authority_may_be_named_from_home(self):
        context, authority = self.tls()
        server = self.serve([WHOAMI], context)
        config = os.path.join(os.path.dirname(authority), "config")
        with open(config, "w") as file:
            file.write("[default]\nca_bundle = ~/c.pem\n")
        outcome, = probe([call("sts", "GetCallerIdentity")], AWS_ENDPOINT_URL=server.url, AWS_CONFIG_FILE=config,
                         HOME=os.path.dirname(authority))
        self.assertSucceeded(outcome)

    def test_one_connection_serves_all_calls_to_a_host(self):
        server = self.serve([WHOAMI])
        outcomes = probe([call("sts", "GetCallerIdentity")] * 50, AWS_ENDPOINT_URL=server.url)
        self.assertEqual((len(outcomes), len(server.requests), server.connections), (50, 50, 1))

    def test_hundreds_of_polls_at_once_on_one_loop(self):
        together = threading.Barrier(400)

        def wait_for_all(request):
            together.wait(30)  # nobody is answered before all have asked
            return WHOAMI
        servers = [self.serve(wait_for_all), self.serve(wait_for_all)]
        calls = [call(service, operation, mayRepeat=False) for _ in range(200)
                 for service, operation in (("sts", "GetCallerIdentity"), ("sns", "ListTopics"))]
        begun = time.monotonic()
        outcomes = probe(calls, together=True, AWS_ENDPOINT_URL_STS=servers[0].url, AWS_ENDPOINT_URL_SNS=servers[1].url)
        self.assertEqual(sum(o["output"] is not None and len(o["attempts"]) == 1 for o in outcomes), 400)
        self.assertEqual([server.connections for server in servers], [200, 200])
        self.assertLess(time.monotonic() - begun, 30)

    def test_proxies_of_the_environment_are_used(self):
        proxy = self.serve([WHOAMI])
        outcome, = probe([call("sts", "GetCallerIdentity")], proxy=proxy.url, AWS_ENDPOINT_URL="http://sts.internal.example")
        self.assertSucceeded(outcome)
        request, = proxy.requests
        self.assertEqual((request.target, request.header("Host")), ("http://sts.internal.example/", "sts.internal.example"))
        request.target = "/"
        self.assertIsNone(check_signature(request, SECRETS))

    def test_what_a_proxy_does_not_let_through_had_no_effect(self):
        for step in ({"status": 502, "body": HTML}, {"status": 407}, {"do": "close"}, {"do": "reset"}):
            proxy = self.serve([step])
            outcome, = probe([call("sns", "Publish", {"TopicArn": "t", "Message": "m"})], proxy=proxy.url,
                             AWS_ENDPOINT_URL="https://sns.internal.example")
            self.assertEqual((len(outcome["attempts"]), outcome["unknown"], outcome["problemKind"]),
                             (3, False, "Connection"), step)
            self.assertEqual({r.method for r in proxy.requests}, {"CONNECT"})

    def test_tls_is_verified_with_the_users_authority_and_its_session_kept(self):
        context, authority = self.tls()
        server = self.serve([{**WHOAMI, "headers": {"Connection": "close"}}], context)
        outcomes = probe([call("sts", "GetCallerIdentity")] * 6, AWS_ENDPOINT_URL=server.url, AWS_CA_BUNDLE=authority)
        self.assertEqual(sum(o["output"] is not None for o in outcomes), 6)
        self.assertEqual(server.connections, 6)
        self.assertEqual(server.resumed, 5)
        outcome, = probe([call("sts", "GetCallerIdentity")], AWS_ENDPOINT_URL=server.url)
        self.assertIsNone(outcome["output"])
        self.assertIn("certificate", outcome["problem"])
        self.assertFalse(outcome["unknown"])


if __name__ == "__main__":
    PROBE = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
