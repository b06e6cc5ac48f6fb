"""The front door: signatures, what is not simulated, HTTP itself, the administration."""
import http.client
import json
import os
import socket
import stat
import subprocess
import tempfile

import botocore.exceptions
import cloud as world
from cloud import Cloud, CliError, error_of

WORLD = """
Regions:
  us-west-2: { ssm: { Parameters: { /shop/region: us-east-1 } } }
Global: { iam: { Roles: { recovery: {}, partner: { ExternalId: "4711" } } } }
AccessKeys: { AKIDOTHER: { Secret: other-secret } }
"""


def test_who_signs_is_known_and_a_wrong_signature_is_refused():
    with Cloud(WORLD) as cloud:
        answer = cloud.client("sts").get_caller_identity()
        assert answer["Account"] == world.ACCOUNT, answer
        assert answer["ResponseMetadata"]["RequestId"], answer
        assert cloud.client("sts", key="AKIDOTHER", secret="other-secret").get_caller_identity()["Account"] == world.ACCOUNT
        assert error_of(cloud.client("sts", secret="wrong").get_caller_identity) == "SignatureDoesNotMatch"
        assert error_of(cloud.client("sts", key="AKIDNOBODY").get_caller_identity) == "InvalidClientTokenId"
        assert error_of(cloud.client("ssm", secret="wrong").get_parameter, Name="/shop/region") == "InvalidSignatureException"
        assert error_of(cloud.client("ssm", key="AKIDNOBODY").get_parameter, Name="/shop/region") == "UnrecognizedClientException"
        assert cloud.cli("sts", "get-caller-identity")["Account"] == world.ACCOUNT


def test_roles_are_assumed_and_sessions_expire():
    with Cloud(WORLD) as cloud:
        sts = cloud.client("sts")
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{world.ACCOUNT}:role/recovery", RoleSessionName="drill", DurationSeconds=900)
        assert role["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{world.ACCOUNT}:assumed-role/recovery/drill", role
        keys = role["Credentials"]
        session = dict(key=keys["AccessKeyId"], secret=keys["SecretAccessKey"], token=keys["SessionToken"])
        assert cloud.client("sts", **session).get_caller_identity()["Arn"] == role["AssumedRoleUser"]["Arn"]
        assert error_of(sts.assume_role, RoleArn=f"arn:aws:iam::{world.ACCOUNT}:role/none", RoleSessionName="drill") == "AccessDenied"
        assert error_of(sts.assume_role, RoleArn=f"arn:aws:iam::{world.ACCOUNT}:role/partner", RoleSessionName="drill") == "AccessDenied"
        sts.assume_role(RoleArn=f"arn:aws:iam::{world.ACCOUNT}:role/partner", RoleSessionName="drill", ExternalId="4711")
        cloud.advance(901)
        assert error_of(cloud.client("sts", **session).get_caller_identity) == "ExpiredToken"
        assert error_of(cloud.client("ssm", **session).get_parameter, Name="/shop/region") == "ExpiredTokenException"


def test_what_is_not_simulated_says_so():
    with Cloud(WORLD) as cloud:
        for service, operation in [("kms", "list_keys"), ("ssm", "describe_instance_information"), ("sts", "get_access_key_info")]:
            members = {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"} if service == "sts" else {}
            try:
                getattr(cloud.client(service), operation)(**members)
                raise AssertionError(f"{service} {operation} succeeded")
            except botocore.exceptions.ClientError as error:
                assert error.response["Error"]["Code"] == "NotSimulated", error
                assert "not simulated" in error.response["Error"]["Message"], error
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 501, error
        try:
            cloud.cli("kms", "list-keys")
            raise AssertionError("kms list-keys succeeded")
        except CliError as error:
            assert "not simulated" in str(error), error


def test_connections_are_kept_and_requests_may_come_in_pieces():
    with Cloud(WORLD) as cloud:
        host, port = cloud.address.split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        for _ in range(3):
            connection.request("GET", "/_drrun/health")
            answer = connection.getresponse()
            assert answer.status == 200 and json.loads(answer.read())["status"] == "ok"
            assert answer.getheader("Connection") == "keep-alive"
            kept = connection.sock
        assert kept is connection.sock
        connection.close()
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            for piece in [b"GET /_drrun/he", b"alth HTTP/1.1\r\nHost: localhost\r\n", b"\r\nGET /_drrun/health HTTP/1.0\r\nHost: localhost\r\n\r\n"]:
                plain.sendall(piece)
            answer = b""
            while block := plain.recv(65536):
                answer += block
        assert answer.count(b'"status": "ok"') == 2, answer
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            plain.sendall(b"PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
            assert plain.recv(100).startswith(b"HTTP/1.1 100 "), "no 100 Continue"
            plain.sendall(b"hello")
            assert plain.recv(65536).startswith(b"HTTP/1.1 404 ")
        for bad, status in [(b"GET / HTTP/1.1\r\nA : b\r\n\r\n", b"400"), (b"GET / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n", b"413"),
                            (b"GET / HTTP/1.1\r\nA: " + b"x" * 70000, b"431")]:
            with socket.create_connection((host, int(port)), timeout=10) as plain:
                plain.sendall(bad)
                assert plain.recv(65536).split()[1] == status, bad[:40]


def test_the_administration_is_for_this_machine_alone():
    with Cloud(WORLD) as cloud:
        assert cloud.raw("GET", "/_drrun/state", headers={"Origin": "https://page.example"})[0] == 403
        assert cloud.raw("GET", "/_drrun/state", headers={"Host": "rebound.example"})[0] == 403
        assert cloud.raw("POST", "/_drrun/faults", '{"Fault": "RegionDwn"}')[0] == 400
        assert cloud.raw("POST", "/_drrun/faults", "not JSON")[0] == 400
        assert cloud.raw("POST", "/_drrun/time", '{"AdvanceSeconds": -1}')[0] == 400
        assert cloud.raw("DELETE", "/_drrun/faults/99")[0] == 404
        assert cloud.raw("PUT", "/_drrun/health")[0] == 405
        before, after = cloud.admin("GET", "health")["now"], cloud.advance(3600)
        assert after[11:13] != before[11:13], (before, after)
        state = cloud.admin("GET", "state")
        assert state["tables"][world.ACCOUNT]["us-west-2"]["ssm.parameter"]["/shop/region"], state


def test_the_state_is_dumped_for_the_users_eyes_alone():
    path = os.path.join(tempfile.mkdtemp(dir=world.HOME), "after.json")
    with Cloud(WORLD, 1, "--dump", path) as cloud:
        cloud.client("ssm").put_parameter(Name="/shop/new", Value="1", Type="String")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, encoding="utf-8") as file:
        assert "/shop/new" in json.load(file)["tables"][world.ACCOUNT]["us-west-2"]["ssm.parameter"]


def test_a_presigned_url_needs_no_signature_of_its_own():
    with Cloud(WORLD) as cloud:
        url = cloud.client("sts").generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
        status, _, text = cloud.raw("GET", url.removeprefix(cloud.endpoint))
        assert status == 200 and world.ACCOUNT.encode() in text, (status, text)
        status, _, text = cloud.raw("GET", url.removeprefix(cloud.endpoint) + "0")
        assert status == 403 and b"SignatureDoesNotMatch" in text, (status, text)


def test_speed_and_faults_of_the_command_line():
    with Cloud(WORLD, 1000, "--fault", "Throttled:/ssm*2", "--fault", "RegionDown:us-west-2@1h") as cloud:
        ssm = cloud.client("ssm")
        assert error_of(ssm.get_parameter, Name="/shop/region") == "ThrottlingException"
        assert cloud.client("ssm", attempts=3).get_parameter(Name="/shop/region")["Parameter"]["Value"] == "us-east-1"
        cloud.advance(3600)
        try:
            cloud.client("ssm", read_timeout=1, connect_timeout=1).get_parameter(Name="/shop/region")
            raise AssertionError("a Region that is down answered")
        except botocore.exceptions.ReadTimeoutError:
            pass
    for wrong, said in [(["--fault", "RegionDwn"], "Did you mean RegionDown?"), (["--speed", "0"], "--speed"), (["--listen", "nowhere:x"], "nowhere:x"),
                        (["--seed", "-1"], "--seed")]:
        done = subprocess.run([world.DRRUN, "simulate", "--listen", "127.0.0.1:0", *wrong], capture_output=True, text=True, timeout=30)
        assert done.returncode in (2, 4) and said in done.stderr, (wrong, done)
