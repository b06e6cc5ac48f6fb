#!/usr/bin/env python3
"""AWS's Common Runtime signs with SigV4A; drrun's verifier, which derives the key and rebuilds the request on its own, must agree. And the
other way round: what drrun signs, drrun's verifier accepts, so that both sides are the Common Runtime's."""
import datetime
import sys

from oracle import ACCESS, SECRET, ask, finish, skip

try:
    from awscrt import auth, http
except ImportError:
    skip("python3-awscrt is not installed")

NOW = datetime.datetime(2026, 11, 21, 3, 4, 5, tzinfo=datetime.timezone.utc)


def sign(it, algorithm):
    request = http.HttpRequest(it["method"], it["path"] + ("?" + it["query"] if it["query"] else ""))
    request.headers.add("Host", it["host"])
    for name, value in it["headers"]:
        request.headers.add(name, value)
    if it["body"]:
        import io
        request.body_stream = io.BytesIO(it["body"].encode())
    config = auth.AwsSigningConfig(
        algorithm=algorithm, signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
        credentials_provider=auth.AwsCredentialsProvider.new_static(ACCESS, SECRET, it["token"] or None),
        region=it["region"], service=it["service"], date=NOW, use_double_uri_encode=not it["s3"], should_normalize_uri_path=not it["s3"],
        signed_body_header_type=auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256)
    signed = auth.aws_sign_request(request, config).result(10)
    return [[name, value] for name, value in signed.headers if name.lower() != "host"]


def main():
    base = {"now_ms": int(NOW.timestamp() * 1000), "method": "PUT", "host": "b.accesspoint.s3-global.amazonaws.com", "query": "",
            "headers": [], "body": "", "token": "", "s3": True, "service": "s3", "region": "*", "content_sha256": True}
    variants = [{}, {"region": "us-east-1,us-west-2"}, {"path": "/k%20/..//%C3%A9"}, {"query": "a=b&versionId=%2B"}, {"body": "hello"},
                {"token": "a/token=="}, {"headers": [["x-amz-meta-a", " b  c "], ["Content-Type", "text/plain"]]},
                {"s3": False, "service": "events", "path": "/a/./b%20c/../d", "method": "POST", "body": "{}"}]
    requests = [{"path": "/", **base, **variant} for variant in variants]
    verifying, symmetric = [], []
    for it in requests:
        verifying.append({**it, "do": "verify", "headers": sign(it, auth.AwsSigningAlgorithm.V4_ASYMMETRIC)})
        if it["region"] == "*":
            plain = {**it, "region": "us-east-1"}
            verifying.append({**plain, "do": "verify", "headers": sign(plain, auth.AwsSigningAlgorithm.V4)})
            symmetric.append((plain, sign(plain, auth.AwsSigningAlgorithm.V4)))
    wrong = [f"{it}: {answer}" for it, answer in zip(verifying, ask(sys.argv[1], verifying)) if not answer["good"]]
    for (it, headers), answer in zip(symmetric, ask(sys.argv[1], [{**it, "do": "sign", "all_headers": True} for it, _ in symmetric])):
        authorization = next(value for name, value in headers if name.lower() == "authorization")
        if answer["authorization"] != authorization:
            wrong.append(f"{it}: {answer['authorization']}, not {authorization}")
    altered = [{**it, "do": "verify", "path": it["path"] + "x"} for it in verifying]
    wrong += [f"accepted although altered: {it}" for it, answer in zip(altered, ask(sys.argv[1], altered)) if answer["good"]]
    finish("SigV4A and SigV4 of the Common Runtime", len(verifying) + len(symmetric) + len(altered), wrong, 30)


main()
