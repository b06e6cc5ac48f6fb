"""Faults on the wire, as boto3 sees them: the kind of exception, and whether the effect happened."""
import datetime
import email.utils
import http.client
import socket

import botocore.exceptions
from cloud import Cloud, error_of

WORLD = "Regions: { us-west-2: { ssm: { Parameters: { /a: '1' } } }, us-east-1: { ssm: { Parameters: { /a: '1' } } } }"


def put(cloud, value):
    return cloud.client("ssm", read_timeout=3).put_parameter(Name="/a", Value=value, Overwrite=True)


def value(cloud):
    return cloud.client("ssm").get_parameter(Name="/a")["Parameter"]["Value"]


def fails(kind, call, *arguments):
    try:
        call(*arguments)
    except kind as error:
        return error
    raise AssertionError(f"no {kind}")


def test_a_reset_before_the_effect():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="ResetBefore", Operation="PutParameter", Count=1)
        fails((botocore.exceptions.ConnectionClosedError, botocore.exceptions.EndpointConnectionError), put, cloud, "2")
        assert value(cloud) == "1"


def test_a_reset_after_the_effect():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="ResetAfter", Operation="PutParameter", Count=1)
        fails((botocore.exceptions.ConnectionClosedError, botocore.exceptions.EndpointConnectionError), put, cloud, "2")
        assert value(cloud) == "2"


def test_a_reset_is_a_reset_and_no_end():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="ResetBefore")
        host, port = cloud.address.split(":")
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            plain.sendall(b"POST / HTTP/1.1\r\nHost: ssm.us-west-2.amazonaws.com\r\nX-Amz-Target: AmazonSSM.GetParameter\r\nContent-Length: 2\r\n"
                          b"Authorization: AWS4-HMAC-SHA256 Credential=AKIDSIMULATED/20261121/us-west-2/ssm/aws4_request, SignedHeaders=host, "
                          b"Signature=0\r\n\r\n{}")
            answer = plain.recv(4096)  # the signature is looked at first
            assert answer.startswith(b"HTTP/1.1 4"), answer
        error = fails(botocore.exceptions.ConnectionClosedError, value, cloud)
        assert "closed" in str(error), error


def test_a_truncated_answer_and_a_wrong_one_come_after_the_effect():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="TruncatedAnswer", Operation="PutParameter", Count=1)
        try:
            put(cloud, "2")  # this botocore does not notice that JSON is cut off
        except (botocore.exceptions.HTTPClientError, botocore.exceptions.ClientError):
            pass
        assert value(cloud) == "2"
        cloud.fault(Fault="TruncatedAnswer", Count=1)
        url = cloud.client("sts").generate_presigned_url("get_caller_identity", HttpMethod="GET")
        try:
            cloud.raw("GET", url.removeprefix(cloud.endpoint))
            raise AssertionError("the answer was whole")
        except http.client.IncompleteRead as error:
            assert error.partial and error.expected > 0, error
        cloud.fault(Fault="WrongAnswer", Operation="PutParameter", Count=1)
        error = fails(botocore.exceptions.ClientError, put, cloud, "3")
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 502, error.response
        assert value(cloud) == "3"


def test_throttling_ends_and_is_mended_by_retries():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="Throttled", Service="ssm", Count=2)
        assert cloud.client("ssm", attempts=3).get_parameter(Name="/a")["Parameter"]["Value"] == "1"
        cloud.fault(Fault="Throttled", Service="sts", Count=1)
        assert error_of(cloud.client("sts").get_caller_identity) == "Throttling"
        cloud.fault(Fault="ServerError", Service="sts", Count=1)
        assert error_of(cloud.client("sts").get_caller_identity) == "InternalFailure"


def test_a_region_that_is_down_never_answers_and_comes_back():
    with Cloud(WORLD) as cloud:
        number = cloud.fault(Fault="RegionDown", Region="us-west-2")
        fails(botocore.exceptions.ReadTimeoutError, put, cloud, "2")
        assert cloud.client("ssm", "us-east-1").get_parameter(Name="/a")["Parameter"]["Value"] == "1"
        cloud.end_fault(number)
        assert value(cloud) == "1"


def test_a_control_plane_that_is_down_leaves_the_data_plane():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="ControlPlaneDown", Region="us-west-2", For="1h")
        assert value(cloud) == "1"
        assert error_of(cloud.client("ssm").delete_parameter, Name="/a") == "ServiceUnavailable"
        cloud.advance(3600)
        cloud.client("ssm").delete_parameter(Name="/a")


def test_credentials_expire():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="CredentialsExpire", Count=2)
        assert error_of(cloud.client("ssm").get_parameter, Name="/a") == "ExpiredTokenException"
        assert error_of(cloud.client("sts").get_caller_identity) == "ExpiredToken"
        assert value(cloud) == "1"


def test_the_clocks_of_clients_and_services_differ():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="ClockSkew", Seconds=3600)
        try:
            cloud.client("sts").get_caller_identity()
            raise AssertionError("a clock that is an hour off was fine")
        except botocore.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "SignatureDoesNotMatch", error  # sts says so: "Signature expired: ..."
            assert "expired" in error.response["Error"]["Message"], error
            date = email.utils.parsedate_to_datetime(error.response["ResponseMetadata"]["HTTPHeaders"]["date"])
            ahead = (date - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
            assert 3500 < ahead < 3700, ahead


def test_latency():
    with Cloud(WORLD) as cloud:
        cloud.fault(Fault="Latency", Service="ssm", Milliseconds=2000, Count=1)
        began = datetime.datetime.now()
        assert value(cloud) == "1"
        assert (datetime.datetime.now() - began).total_seconds() >= 2
