#!/usr/bin/env python3
"""Signs thousands of random requests with Debian's botocore and with drrun: every signature must be the same."""
import datetime
import random
import sys
import urllib.parse

from oracle import ACCESS, SECRET, ask, botocore, finish

botocore()
from botocore import auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

NOW = datetime.datetime(2026, 11, 21, 3, 4, 5)
MILLISECONDS = int(NOW.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000)


class Clock(datetime.datetime):
    @classmethod
    def utcnow(cls):
        return NOW


class Module:  # what botocore.auth calls `datetime`
    datetime = Clock


auth.datetime = Module
draw = random.Random(20261121)
PIECES = ["a", "key", "Z", "0", " ", "  ", "+", "%", "%2F", "é", "ሴ", "🐱", "..", ".", "...", "~", "!", "'", "(", ")", "*", ":", ";", "@",
          "&", "=", "$", ",", "?", "#", "[", "]", "{", "}", "|", "^", "`", "\"", "<", ">", "\\", "-", "_", "arn:aws:rds:us-east-1:1:db:x"]


def word(least=1, most=5):
    return "".join(draw.choice(PIECES) for _ in range(draw.randint(least, most)))


def path():
    parts = [draw.choice(["", "", ".", "..", word(), word(), word(), word()]) for _ in range(draw.randint(0, 5))]
    return "/" + "/".join(urllib.parse.quote(part, safe="-._~") for part in parts)


def query():
    pairs = [(word(0 if draw.random() < 0.05 else 1), draw.choice(["", word(), word()])) for _ in range(draw.choice([0, 0, 1, 2, 5]))]
    pairs = [pair for pair in pairs if pair[0]]
    if pairs and draw.random() < 0.3:
        pairs.append((pairs[0][0], word()))  # twice the same name
    return "&".join(urllib.parse.quote(k, safe="-._~") + "=" + urllib.parse.quote(v, safe="-._~") for k, v in pairs)


def headers():
    found = []
    for name in ["Content-Type", "content-md5", "X-Amz-Target", "x-amz-meta-A", "x-amz-acl", "X-Amz-Copy-Source"]:
        if draw.random() < 0.4:
            found.append([name, draw.choice(["text/plain", "a  b", " padded ", "x,y; q=1", "AmazonRDSv19.X", "/b/k%20k?versionId=1"])])
    if draw.random() < 0.2:
        found += [["x-amz-meta-twice", "one"], ["X-Amz-Meta-Twice", " two  2 "]]
    if draw.random() < 0.3:
        found.append(["User-Agent", "never signed"])
    draw.shuffle(found)
    return found


def make():
    s3 = draw.random() < 0.5
    return {"do": "sign", "method": draw.choice(["GET", "PUT", "POST", "DELETE", "HEAD"]),
            "host": draw.choice(["b.s3.us-east-1.amazonaws.com", "127.0.0.1:4566", "localhost:8000", "rds.eu-west-1.amazonaws.com"]),
            "path": path(), "query": query(), "headers": headers(), "body": draw.choice(["", "", word(1, 20), "{}"]),
            "region": draw.choice(["us-east-1", "eu-west-1", "cn-north-1"]), "service": "s3" if s3 else draw.choice(["rds", "ecs"]),
            "now_ms": MILLISECONDS, "s3": s3, "token": draw.choice(["", "a/token+with=signs=="]), "content_sha256": True,
            "unsigned": False, "presign": draw.choice([0, 0, 0, 900])}


def expected(it):
    url = f"https://{it['host']}{it['path']}" + ("?" + it["query"] if it["query"] else "")
    request = AWSRequest(method=it["method"], url=url, data=it["body"].encode())
    for name, value in it["headers"]:
        request.headers.add_header(name, value)
    who = Credentials(ACCESS, SECRET, it["token"] or None)
    request.context["payload_signing_enabled"] = True
    if it["presign"]:
        signer = (auth.S3SigV4QueryAuth if it["s3"] else auth.SigV4QueryAuth)(who, it["service"], it["region"], expires=it["presign"])
        signer.add_auth(request)
        return urllib.parse.parse_qs(urllib.parse.urlsplit(request.url).query)["X-Amz-Signature"][0]
    if it["s3"]:
        signer = auth.S3SigV4Auth(who, it["service"], it["region"])
    else:
        signer = auth.SigV4Auth(who, it["service"], it["region"])
        request.headers["X-Amz-Content-SHA256"] = signer.payload(request)
    signer.add_auth(request)
    return request.headers["Authorization"].rpartition("Signature=")[2]


def plain_for_presigning(it):
    """botocore moves bodies into presigned queries and drops repeated names; that is not about signatures."""
    if it["presign"]:
        it["body"], it["unsigned"] = "", it["s3"]
        names = [pair.partition("=")[0] for pair in it["query"].split("&")]
        if len(names) != len(set(names)) or "=&" in it["query"] + "&":
            it["query"] = ""
    return it


def sent_in_chunks():
    """What botocore sends when the body's checksum comes behind it, for drrun's verifier."""
    request = AWSRequest(method="PUT", url="http://b.s3.us-east-1.amazonaws.com/k", data=b"abc")
    request.context["checksum"] = {"request_algorithm": {"in": "trailer", "algorithm": "crc32", "name": "x-amz-checksum-crc32"}}
    auth.S3SigV4Auth(Credentials(ACCESS, SECRET), "s3", "us-east-1").add_auth(request)
    return {"do": "verify", "method": "PUT", "host": "b.s3.us-east-1.amazonaws.com", "path": "/k", "query": "", "body": "3\r\nabc\r\n0\r\n",
            "headers": [[k, v] for k, v in request.headers.items()], "region": "us-east-1", "service": "s3", "now_ms": MILLISECONDS, "s3": True}


def main():
    requests = [plain_for_presigning(make()) for _ in range(6000)]
    wrong = []
    for it, answer in zip(requests, ask(sys.argv[1], requests)):
        if answer["signature"] != expected(it):
            wrong.append(f"{it}\n{answer['canonical']}")
    for answer in ask(sys.argv[1], [sent_in_chunks()]):
        if not answer["good"]:
            wrong.append(answer["message"])
    finish("signatures", len(requests), wrong, 6000)


main()
