"""Everything that can be looked at without saying at what, of every service that is simulated: an empty cloud answers too, in a form that
boto3 reads, with a request id; and input that the model does not allow is refused as AWS refuses it."""
import botocore.exceptions
import botocore
from cloud import Cloud

READS = ("Describe", "List", "Get")
# What these say of an empty account is an error in AWS too.
ERRORS = {
    "events:DescribeEventBus": "ResourceNotFoundException",
    "ecr:GetRegistryPolicy": "RegistryPolicyNotFoundException",
    "ecr:GetLifecyclePolicy": "LifecyclePolicyNotFoundException",
}
FLAT = ("s3", "sqs")  # an empty list is no element at all
ASKED = ("cloudwatch:ListMetrics",)  # OwningAccounts comes only to who asks for linked accounts


def test_an_empty_cloud_answers():
    wrong, asked = [], 0
    with Cloud() as cloud:
        for service, operations in cloud.admin("GET", "health")["services"].items():
            if not operations:
                continue
            client = cloud.client(service)
            model = client.meta.service_model
            for name in operations:
                if name not in model.operation_names:
                    continue  # newer than this boto3
                operation = model.operation_model(name)
                if not name.startswith(READS) or (operation.input_shape and operation.input_shape.required_members):
                    continue
                asked += 1
                try:
                    answer = getattr(client, botocore.xform_name(name))()
                    if not answer["ResponseMetadata"].get("RequestId"):
                        wrong.append(f"{service}:{name}: no request id")
                    method = botocore.xform_name(name)
                    if client.can_paginate(method) and service not in FLAT and f"{service}:{name}" not in ASKED:
                        for key in client.get_paginator(method).result_keys:
                            if key.search(answer) is None:
                                wrong.append(f"{service}:{name}: no {key.expression}, where AWS has an empty list")
                except botocore.exceptions.ClientError as error:
                    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                    code = error.response["Error"]["Code"]
                    if status >= 500 or (service + ":" + name in ERRORS and code != ERRORS[service + ":" + name]):
                        wrong.append(f"{service}:{name}: {error}")
                    elif not error.response["ResponseMetadata"].get("RequestId"):
                        wrong.append(f"{service}:{name}: no request id with {code}")
                except Exception as error:
                    wrong.append(f"{service}:{name}: {type(error).__name__}: {error}")
    assert asked > 10, asked
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_is_an_internal_failure():
    """Every operation without any input: a validation error at most."""
    wrong = []
    with Cloud() as cloud:
        for service, operations in cloud.admin("GET", "health")["services"].items():
            if not operations:
                continue
            client = cloud.client(service, parameter_validation=False)
            for name in operations:
                if name not in client.meta.service_model.operation_names:
                    continue
                operation = client.meta.service_model.operation_model(name)
                in_path = [member for member, shape in (operation.input_shape.members if operation.input_shape else {}).items()
                           if shape.serialization.get("location") == "uri"]
                try:
                    getattr(client, botocore.xform_name(name))(**{member: "x-none-such" for member in in_path})
                except botocore.exceptions.ClientError as error:
                    if error.response["ResponseMetadata"]["HTTPStatusCode"] >= 500:
                        wrong.append(f"{service}:{name}: {error}")
                except TypeError:
                    pass  # boto3 itself needs more to presign (ec2:CopySnapshot)
                except Exception as error:
                    wrong.append(f"{service}:{name}: {type(error).__name__}: {error}")
    assert not wrong, "\n" + "\n".join(wrong)
