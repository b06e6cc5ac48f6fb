"""Parameters, by boto3 and by the AWS CLI, with its paginators."""
import botocore.exceptions
from cloud import ACCOUNT, Cloud, CliError, error_of

WORLD = "Regions: { us-west-2: { ssm: { Parameters: { /shop/region: us-east-1, /shop/password: { Value: hidden, Type: SecureString } } } } }"


def test_the_life_of_a_parameter():
    with Cloud(WORLD) as cloud:
        ssm = cloud.client("ssm")
        got = ssm.get_parameter(Name="/shop/region")["Parameter"]
        assert got["Value"] == "us-east-1" and got["Version"] == 1 and got["Type"] == "String", got
        assert got["ARN"] == f"arn:aws:ssm:us-west-2:{ACCOUNT}:parameter/shop/region", got
        assert got["LastModifiedDate"].year >= 2026, got
        assert error_of(ssm.put_parameter, Name="/shop/region", Value="x", Type="String") == "ParameterAlreadyExists"
        assert error_of(ssm.put_parameter, Name="/shop/new", Value="x") == "ValidationException"
        assert error_of(ssm.put_parameter, Name="/shop/new", Value="x", Type="Sting") == "ValidationException"
        assert ssm.put_parameter(Name="/shop/region", Value="us-west-2", Overwrite=True)["Version"] == 2
        assert ssm.get_parameter(Name="/shop/region:1")["Parameter"]["Value"] == "us-east-1"
        assert error_of(ssm.get_parameter, Name="/shop/region:9") == "ParameterVersionNotFound"
        try:
            ssm.get_parameter(Name="/none")
            raise AssertionError("a parameter that is not there was given")
        except ssm.exceptions.ParameterNotFound:  # the modelled exception
            pass
        both = ssm.get_parameters(Names=["/shop/region", "/none"])
        assert [item["Value"] for item in both["Parameters"]] == ["us-west-2"] and both["InvalidParameters"] == ["/none"], both
        assert ssm.get_parameter(Name="/shop/password")["Parameter"]["Value"] != "hidden"
        assert ssm.get_parameter(Name="/shop/password", WithDecryption=True)["Parameter"]["Value"] == "hidden"
        ssm.delete_parameter(Name="/shop/region")
        assert error_of(ssm.delete_parameter, Name="/shop/region") == "ParameterNotFound"


def test_pages():
    with Cloud(WORLD) as cloud:
        ssm = cloud.client("ssm")
        for number in range(23):
            ssm.put_parameter(Name=f"/many/p{number:02}", Value=str(number), Type="String")
        pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path="/many"))
        assert [len(page["Parameters"]) for page in pages] == [10, 10, 3], [len(page["Parameters"]) for page in pages]
        assert error_of(ssm.get_parameters_by_path, Path="/many", NextToken="made-up") == "InvalidNextToken"
        assert ssm.get_parameters_by_path(Path="/nothing")["Parameters"] == []
        assert len(cloud.cli("ssm", "get-parameters-by-path", "--path", "/many", "--page-size", "4")["Parameters"]) == 23
        part = cloud.cli("ssm", "get-parameters-by-path", "--path", "/many", "--max-items", "5")
        assert len(part["Parameters"]) == 5 and part["NextToken"], part


def test_the_cli():
    with Cloud(WORLD) as cloud:
        cloud.cli("ssm", "put-parameter", "--name", "/shop/region", "--value", "us-west-2", "--overwrite")
        assert cloud.cli("ssm", "get-parameter", "--name", "/shop/region")["Parameter"]["Value"] == "us-west-2"
        try:
            cloud.cli("ssm", "get-parameter", "--name", "/none")
            raise AssertionError("a parameter that is not there was given")
        except CliError as error:
            assert "(ParameterNotFound)" in str(error), error
