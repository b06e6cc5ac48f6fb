#!/usr/bin/env python3
"""Where calls go: Debian's botocore and drrun, for every service and a set of Regions, with FIPS, dual-stack and a URL of one's own, and for
S3's special cases. URL, signing name and signing Region must be the same. Then the interpreters alone: random parameters for every rule set."""
import glob
import importlib
import json
import os
import random
import sys

from oracle import ask, botocore, finish

botocore()
import botocore.session
from botocore.config import Config
from botocore.endpoint_provider import EndpointProvider

draw = random.Random(4)
session = botocore.session.Session()
session.set_credentials("AKIDEXAMPLE", "secret")
loader = session.get_component("data_loader")
# These two do not take SigV4 signatures: nobody minds for whom they are not made. Two have moved since (resolve.c knows where to).
ELSEWHERE = ("codecatalyst", "importexport", "route53-recovery-control-config", "support")
ALL = session.get_available_services()
SERVICES = [name for name in ALL if name not in ELSEWHERE]

REGIONS = [("us-east-1", {}), ("eu-central-1", {}), ("cn-north-1", {}), ("us-gov-west-1", {}), ("us-iso-east-1", {}),
           ("us-east-1", {"fips": True}), ("us-gov-west-1", {"fips": True}), ("eu-west-1", {"dualstack": True}),
           ("us-west-2", {"url": "http://127.0.0.1:4566"})]


def make_client(service, region, options):
    s3 = {"us_east_1_regional_endpoint": "regional", "use_accelerate_endpoint": options.get("accelerate", False),
          "use_arn_region": options.get("use_arn_region", True)}
    if "style" in options:
        s3["addressing_style"] = options["style"]
    config = Config(use_fips_endpoint=options.get("fips"), use_dualstack_endpoint=options.get("dualstack"), s3=s3)
    return session.create_client(service, region_name=region, endpoint_url=options.get("url"), config=config)


def where(client, operation, parameters):
    """(URL, signing name, signing Region) of a call, or the problem."""
    model = client.meta.service_model.operation_model(operation)
    context = {"client_region": client.meta.region_name, "client_config": client.meta.config, "has_streaming_input": False,
               "auth_type": model.auth_type}
    try:
        parameters = client._emit_api_params(dict(parameters), model, context)
        url = client._resolve_endpoint_ruleset(model, parameters, context)[0]  # newer ones give more
    except Exception as error:  # of many kinds
        return f"problem: {error}"
    signing = context.get("signing") or {}
    return (url.rstrip("/"), signing.get("signing_name") or client._request_signer.signing_name,
            signing.get("region") or client._request_signer.region_name)


def ours(answer):
    if "url" not in answer:
        return "problem: " + answer.get("problem", answer.get("no_model", ""))
    return (answer["url"], answer["signing_name"], answer["signing_region"])


def same(expected, found):
    if isinstance(expected, str) and "botocore[crt]" in expected:  # it cannot sign with SigV4A here; drrun can
        return True
    if isinstance(expected, str) or isinstance(found, str):
        return isinstance(expected, str) and isinstance(found, str)  # both refuse, each in its words
    if expected[2] == "aws-global":  # no server takes a signature for that: drrun signs for the Region behind it
        expected = (*expected[:2], "us-east-1")
    return expected == found


def compare_services(probe, models):
    requests, expected = [], []
    for service in SERVICES:
        for region, options in REGIONS:
            client = make_client(service, region, options)
            operation = sorted(client.meta.service_model.operation_names)[0]
            requests.append({"do": "resolve", "service": service, "operation": operation, "region": region, "use_arn_region": True, "input": {},
                             **options, "path_style": "url" in options})
            expected.append(where(client, operation, {}))
    wrong = [f"{it['service']} {it['region']} {it.get('fips', '')} {it.get('dualstack', '')}: {want} {ours(answer)}"
             for it, want, answer in zip(requests, expected, ask(probe, requests, models)) if not same(want, ours(answer))]
    return wrong, len(requests)


# Not "my.bucket": botocore before 2023 wanted three characters in each label, which the specification does not.
BUCKETS = ["bucket", "mine.bucket", "My-Bucket", "under_score", "192.168.5.4", "a-b-c.d-e-f", "bu", "x" * 63, "x" * 64, "-a-b",
           "arn:aws:s3:us-west-2:123456789012:accesspoint:reports", "arn:aws:s3:us-west-2:123456789012:accesspoint/reports",
           "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap", "arn:aws:s3:us-west-2:123456789012:accesspoint",
           "arn:aws:s3-outposts:us-west-2:123456789012:outpost/op-01234567890123456/accesspoint/reports",
           "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:accesspoint:reports",
           "arn:aws:s3-object-lambda:us-west-2:123456789012:accesspoint/banner", "arn:aws-cn:s3:cn-north-1:123456789012:accesspoint:r",
           "arn:aws:s3:us-west-2::accesspoint:reports", "arn:aws:sns:us-west-2:123456789012:topic"]


def compare_s3(probe, models):
    requests, expected = [], []
    styles = [{}, {"style": "path"}, {"style": "virtual"}, {"url": "http://127.0.0.1:9000"}, {"url": "https://minio.example:9000/base"},
              {"url": "http://localhost:4566", "style": "virtual"}, {"accelerate": True}, {"fips": True}, {"dualstack": True},
              {"use_arn_region": False}]
    for region in ["us-east-1", "us-west-2", "cn-north-1"]:
        for options in styles:
            client = make_client("s3", region, options)
            for bucket in BUCKETS:
                for operation in ["GetObject", "ListObjectsV2", "GetBucketLocation"]:
                    style = options.get("style")
                    requests.append({"do": "resolve", "service": "s3", "operation": operation, "region": region, "use_arn_region": True,
                                     "input": {"Bucket": bucket, "Key": "k"}, **options,
                                     "path_style": style == "path" or ("url" in options and style != "virtual")})
                    expected.append(where(client, operation, {"Bucket": bucket, "Key": "k"}))
    wrong = [f"{it}: {want} {ours(answer)}" for it, want, answer in zip(requests, expected, ask(probe, requests, models))
             if not same(want, ours(answer))]
    return wrong, len(requests)


CONTROL = [("GetAccessPoint", {"AccountId": "123456789012", "Name": "reports"}),
           ("GetAccessPoint", {"AccountId": "123456789012",
                               "Name": "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:accesspoint:reports"}),
           ("GetBucket", {"AccountId": "123456789012", "Bucket": "bucket"}),
           ("GetBucket", {"AccountId": "123456789012",
                          "Bucket": "arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:bucket:mybucket"}),
           ("CreateBucket", {"Bucket": "bucket", "OutpostId": "op-123"}), ("ListJobs", {"AccountId": "123456789012"}), ("ListJobs", {}),
           ("ListRegionalBuckets", {"AccountId": "123456789012", "OutpostId": "op-123"}), ("GetBucket", {"AccountId": "a.b", "Bucket": "bucket"})]
GLOBAL = [("sts", "GetCallerIdentity", {}), ("route53", "ListHostedZones", {}), ("iam", "ListUsers", {}), ("cloudfront", "ListDistributions", {}),
          ("organizations", "ListAccounts", {}), ("events", "PutEvents", {"Entries": []}), ("health", "DescribeEvents", {}),
          ("globalaccelerator", "ListAccelerators", {}), ("dynamodb", "ListTables", {}), ("s3", "ListBuckets", {})]


def compare_special(probe, models):
    requests, expected = [], []
    cases = [("s3control", operation, parameters, region, options) for operation, parameters in CONTROL for region in ["us-west-2", "us-east-1"]
             for options in [{}, {"fips": True}, {"dualstack": True}, {"url": "http://127.0.0.1:9000"}]]
    cases += [(service, operation, parameters, region, options) for service, operation, parameters in GLOBAL
              for region in ["aws-global", "us-east-2", "ap-southeast-3", "cn-northwest-1", "us-gov-east-1", "us-isob-east-1", "il-central-1"]
              for options in [{}, {"fips": True}, {"dualstack": True}, {"url": "https://example.com:8443/base"}]]
    for service, operation, parameters, region, options in cases:
        client = make_client(service, region, options)
        requests.append({"do": "resolve", "service": service, "operation": operation, "region": region, "use_arn_region": True,
                         "input": parameters, **options, "path_style": "url" in options})
        expected.append(where(client, operation, parameters))
    wrong = [f"{it}: {want} {ours(answer)}" for it, want, answer in zip(requests, expected, ask(probe, requests, models))
             if not same(want, ours(answer))]
    return wrong, len(requests)


VALUES = {"Region": ["us-east-1", "us-west-2", "cn-north-1", "us-gov-east-1", "us-iso-west-1", "us-isob-east-1", "aws-global", "aws-cn-global",
                     "eu-moon-3", "local", "a b", ""],
          "Endpoint": [None, None, None, "https://example.com", "http://127.0.0.1:80/x", "https://[::1]:8443", "ftp://x", "https://h/p?q=1"],
          "Bucket": [None, *BUCKETS], "AccountId": [None, "123456789012", "a.b"], "EndpointId": [None, "abc.xyz", "a b"],
          "OutpostId": [None, "op-123", "a.b"], "AccessPointName": [None, "reports", BUCKETS[14]],
          "StreamARN": [None, "arn:aws:kinesis:us-east-1:123:stream/x", "arn:aws:kinesis:eu-west-1:1:x"], "OperationType": [None, "data", "control"]}


def read_json(*path):
    with open(os.path.join(*path), encoding="utf-8") as file:
        return json.load(file)


def evaluate(provider, parameters):
    try:
        found = provider.resolve_endpoint(**parameters)
        return {"url": found.url.rstrip("/"), "headers": found.headers or None, "properties": found.properties or None}
    except Exception as error:  # also a rule set that meets what it does not expect: then in no words that matter
        return {"problem": getattr(error, "kwargs", {}).get("msg")}


def same_evaluation(want, answer):
    if "problem" in want:
        ours_only = ("no rule gives", "the endpoint", "booleanEquals", "stringEquals", "substring")
        return "problem" in answer and (want["problem"] in (None, answer["problem"]) or answer["problem"].startswith(ours_only))
    return all(want[name] == answer.get(name) for name in want)


def compare_public_cases(probe, models):
    """The public cases of August 2026, not by what they expect, but by what each botocore here makes of them with its own rule sets."""
    del models
    cases = os.path.join(os.environ.get("DRRUN_VECTORS", "../shared/vectors"), "aws-endpoints", "services")
    if not os.path.isdir(cases):
        print("the public endpoint cases are not here: see DRRUN_VECTORS")
        return [], 0
    wrong, compared = [], 0
    for module in ("botocore", "awscli.botocore"):
        try:
            provider_of = importlib.import_module(module + ".endpoint_provider").EndpointProvider
        except ImportError:
            print(f"{module} is not installed")
            continue
        data = os.path.join(os.path.dirname(sys.modules[module].__file__), "data")
        partitions, requests, expected = read_json(data, "partitions.json"), [], []
        for name in sorted(os.listdir(cases)):
            service = name.removesuffix(".json")
            rules = sorted(glob.glob(os.path.join(data, service, "*", "endpoint-rule-set-1.json")))
            if rules:
                provider = provider_of(read_json(rules[-1]), partitions)
                for case in read_json(cases, name)["testCases"]:
                    parameters = {k: v for k, v in case.get("params", {}).items() if k in provider.ruleset.parameters}
                    requests.append({"do": "rules", "service": service, "parameters": parameters})
                    expected.append(evaluate(provider, parameters))
        wrong += [f"{module} {it}: {want} {answer}" for it, want, answer in zip(requests, expected, ask(probe, requests, data))
                  if not same_evaluation(want, answer) and not is_younger_partition(it)]
        compared += len(requests)
    return wrong, compared


def is_younger_partition(it):
    """drrun knows partitions that these files do not."""
    return str(it["parameters"].get("Region")).startswith(("eusc-", "eu-isoe-", "us-isof-"))


def compare_rule_sets(probe, models):
    partitions = read_json(os.path.dirname(botocore.__file__), "data", "partitions.json")
    requests, expected = [], []
    for service in ALL:
        rules = loader.load_service_model(service, "endpoint-rule-set-1")
        provider = EndpointProvider(rules, partitions)
        for _ in range(1500 if service in ("s3", "s3control") else 12):
            parameters = {}
            for name, definition in rules["parameters"].items():
                boolean = definition["type"].lower() == "boolean"
                value = draw.choice([None, True, False, False]) if boolean else draw.choice(VALUES.get(name, [None, "x"]))
                if value is not None:
                    parameters[name] = value
            requests.append({"do": "rules", "service": service, "parameters": parameters})
            expected.append(evaluate(provider, parameters))
    wrong = [f"{it}: {want} {answer}" for it, want, answer in zip(requests, expected, ask(probe, requests, models))
             if not same_evaluation(want, answer)]
    return wrong, len(requests)


def main():
    probe, models = sys.argv[1], sys.argv[2]
    for what, compare, least in [("rule sets", compare_rule_sets, 5000), ("public cases", compare_public_cases, 0), ("S3 calls", compare_s3, 1500), ("special calls", compare_special, 300),
                                 ("services and Regions", compare_services, 2900)]:
        wrong, compared = compare(probe, models)
        finish(what, compared, wrong, least)


main()
