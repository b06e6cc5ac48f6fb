"""Objects by boto3 and by the AWS CLI's high-level commands: versions, conditions, large bodies, chunks, presigned URLs, replication."""
import io
import os
import tempfile

import cloud as world
from boto3.s3.transfer import TransferConfig
from cloud import Cloud, error_of

WORLD = """
Regions:
  us-east-1: { s3: { Buckets: { shop-east: { ReplicateTo: { Bucket: shop-west, Lag: 20 }, Objects: { a.txt: hello } } } } }
  us-west-2: { s3: { Buckets: { shop-west: {}, plain: {} } } }
"""


def test_objects():
    with Cloud(WORLD) as cloud:
        s3 = cloud.client("s3")
        body = bytes(range(256)) * 16
        put = s3.put_object(Bucket="plain", Key="dir/a b+c.bin", Body=body, ContentType="application/x-thing", Metadata={"who": "me"})
        got = s3.get_object(Bucket="plain", Key="dir/a b+c.bin")
        assert got["Body"].read() == body and got["ETag"] == put["ETag"] and got["ContentType"] == "application/x-thing", got
        assert got["Metadata"] == {"who": "me"} and got["LastModified"].tzinfo, got
        head = s3.head_object(Bucket="plain", Key="dir/a b+c.bin")
        assert head["ContentLength"] == len(body), head
        assert s3.get_object(Bucket="plain", Key="dir/a b+c.bin", Range="bytes=1-3")["Body"].read() == body[1:4]
        assert error_of(s3.get_object, Bucket="plain", Key="none") == "NoSuchKey"
        assert error_of(s3.head_object, Bucket="plain", Key="none") == "404"
        assert error_of(s3.get_object, Bucket="none-such-bucket", Key="a") == "NoSuchBucket"
        assert error_of(s3.put_object, Bucket="plain", Key="k", Body=b"x", ContentMD5="AAAAAAAAAAAAAAAAAAAAAA==") == "BadDigest"
        s3.copy_object(Bucket="plain", Key="copy", CopySource={"Bucket": "plain", "Key": "dir/a b+c.bin"})
        listed = s3.list_objects_v2(Bucket="plain", Delimiter="/")
        assert [item["Key"] for item in listed["Contents"]] == ["copy"] and listed["CommonPrefixes"] == [{"Prefix": "dir/"}], listed
        s3.delete_object(Bucket="plain", Key="copy")
        assert error_of(s3.head_object, Bucket="plain", Key="copy") == "404"
        assert s3.list_objects_v2(Bucket="plain", Prefix="nothing/")["KeyCount"] == 0


def test_large_bodies_and_parts():
    with Cloud(WORLD) as cloud:
        s3 = cloud.client("s3")
        big = os.urandom(1 << 20) * 20
        s3.put_object(Bucket="plain", Key="big", Body=big)
        assert s3.get_object(Bucket="plain", Key="big")["Body"].read() == big
        s3.upload_fileobj(io.BytesIO(big), "plain", "parts", Config=TransferConfig(multipart_threshold=1 << 23, multipart_chunksize=1 << 23))
        assert s3.head_object(Bucket="plain", Key="parts")["ETag"].endswith('-3"')
        assert s3.get_object(Bucket="plain", Key="parts")["Body"].read() == big


def test_virtual_hosts_and_presigned_urls():
    with Cloud(WORLD) as cloud:
        s3 = cloud.client("s3")
        s3.put_object(Bucket="plain", Key="shared", Body=b"for all")
        old = s3.generate_presigned_url("get_object", Params={"Bucket": "plain", "Key": "shared"}, ExpiresIn=60)
        if "X-Amz-Signature" not in old:
            status, _, text = cloud.raw("GET", old.removeprefix(cloud.endpoint))
            assert status == 400 and b"Please use AWS4-HMAC-SHA256" in text, (status, text)
        url = cloud.client("s3", signature_version="s3v4").generate_presigned_url("get_object", Params={"Bucket": "plain", "Key": "shared"}, ExpiresIn=60)
        status, headers, text = cloud.raw("GET", url.removeprefix(cloud.endpoint))
        assert status == 200 and text == b"for all" and headers["Content-Length"] == "7", (status, headers, text)
        port = cloud.address.split(":")[1]
        signed = world.boto3.client("s3", region_name="us-west-2", endpoint_url=f"http://localhost:{port}", aws_access_key_id=cloud.about["accessKeyId"],
                                    aws_secret_access_key=cloud.about["secretAccessKey"],
                                    config=world.botocore.config.Config(s3={"addressing_style": "virtual"}, signature_version="s3v4"))
        url = signed.generate_presigned_url("get_object", Params={"Bucket": "plain", "Key": "shared"}, ExpiresIn=60)
        assert url.startswith(f"http://plain.localhost:{port}/"), url
        status, _, text = cloud.raw("GET", url.split(f":{port}", 1)[1], headers={"Host": f"plain.localhost:{port}"})
        assert status == 200 and text == b"for all", (status, text)


def test_documents_are_as_other_clients_want_them():
    """Names of roots and namespaces, which boto3 does not look at."""
    with Cloud(WORLD) as cloud:
        s3 = cloud.client("s3", signature_version="s3v4")
        for method, members, root in [("list_objects_v2", {"Bucket": "plain"}, "ListBucketResult"), ("list_buckets", {}, "ListAllMyBucketsResult"),
                                      ("list_object_versions", {"Bucket": "plain"}, "ListVersionsResult"),
                                      ("get_bucket_versioning", {"Bucket": "plain"}, "VersioningConfiguration")]:
            url = s3.generate_presigned_url(method, Params=members, ExpiresIn=60)
            status, headers, text = cloud.raw("GET", url.removeprefix(cloud.endpoint))
            wanted = f'<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'.encode()
            assert status == 200 and text.startswith(b"<?xml version=") and wanted in text, (method, status, text)
            assert headers["x-amz-request-id"] and headers["Content-Type"] == "application/xml", headers
        status, _, text = cloud.raw("GET", s3.generate_presigned_url("get_object", Params={"Bucket": "plain", "Key": "none"}).removeprefix(cloud.endpoint))
        assert status == 404 and b"<RequestId>" in text and b"<HostId>" in text and b"<Key>none</Key>" in text, text


def test_versions_and_replication():
    with Cloud(WORLD) as cloud:
        east, west = cloud.client("s3", "us-east-1"), cloud.client("s3")
        first = east.put_object(Bucket="shop-east", Key="order", Body=b"1")["VersionId"]
        second = east.put_object(Bucket="shop-east", Key="order", Body=b"2")["VersionId"]
        assert first != second
        assert east.get_object(Bucket="shop-east", Key="order", VersionId=first)["Body"].read() == b"1"
        assert east.head_object(Bucket="shop-east", Key="order")["ReplicationStatus"] == "PENDING"
        assert error_of(west.head_object, Bucket="shop-west", Key="order") == "404"
        cloud.advance(60)
        assert east.head_object(Bucket="shop-east", Key="order")["ReplicationStatus"] == "COMPLETED"
        assert west.get_object(Bucket="shop-west", Key="order")["Body"].read() == b"2"
        assert west.head_object(Bucket="shop-west", Key="order")["ReplicationStatus"] == "REPLICA"
        marker = east.delete_object(Bucket="shop-east", Key="order")
        assert marker["DeleteMarker"] is True, marker
        assert error_of(east.get_object, Bucket="shop-east", Key="order") == "NoSuchKey"
        versions = east.list_object_versions(Bucket="shop-east", Prefix="order")
        assert len(versions["Versions"]) == 2 and len(versions["DeleteMarkers"]) == 1, versions


def test_pages_and_the_cli():
    with Cloud(WORLD) as cloud:
        s3 = cloud.client("s3")
        for number in range(25):
            s3.put_object(Bucket="plain", Key=f"many/{number:02}", Body=b"x")
        keys = [item["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket="plain", Prefix="many/", PaginationConfig={"PageSize": 10})
                for item in page["Contents"]]
        assert keys == [f"many/{number:02}" for number in range(25)], keys
        folder = tempfile.mkdtemp(dir=world.HOME)
        with open(os.path.join(folder, "file.txt"), "w", encoding="utf-8") as file:
            file.write("from the CLI")
        cloud.cli("s3", "cp", os.path.join(folder, "file.txt"), "s3://plain/cli/file.txt", parse=False)
        cloud.cli("s3", "cp", "s3://plain/cli/file.txt", os.path.join(folder, "back.txt"), parse=False)
        with open(os.path.join(folder, "back.txt"), encoding="utf-8") as file:
            assert file.read() == "from the CLI"
        assert "shop-west" in cloud.cli("s3", "ls", parse=False)
        cloud.cli("s3", "rm", "--recursive", "s3://plain/many/", parse=False)
        assert s3.list_objects_v2(Bucket="plain", Prefix="many/")["KeyCount"] == 0
