#!/usr/bin/python3
"""Compares the requests that drrun makes with those that botocore makes, for generated inputs of every operation of every
service. Debian's botocore is the oracle: its serialisers and its handlers, without a client and without a network.

    tests/aws/serialize_oracle/run.py DRIVER MODELS [--sets N] [--seed N] [--service NAME ...] [--show N]

The inputs come from a seed: the same seed, the same inputs. Where the two differ on purpose, `Known` says how and why; the
comparison knows nothing else, and a known difference that no longer shows is an error too.
"""
import argparse
import base64
import binascii
import collections
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
import urllib.parse
import zlib
from xml.etree import ElementTree

try:
    import botocore.awsrequest
    import botocore.handlers
    import botocore.httpchecksum
    import botocore.serialize
    import botocore.session
except ImportError:
    print("skipped: botocore is not there (Debian: python3-botocore)")
    sys.exit(77)

TOKEN = "11111111-2222-4333-8444-555555555555"
REGION, SOURCE = "us-west-2", "us-east-1"
PRESIGNED_URL = "https://presigned.example.com/"

# Handlers of botocore that change what an author wrote, and that Step Functions does not have: a definition must mean the
# same in both. (User data is sent as it is given: already base64. Keys in listings are asked for as they are.)
NOT_OURS = [
    ("before-parameter-build.ec2.RunInstances", botocore.handlers.base64_encode_user_data),
    ("before-parameter-build.autoscaling.CreateLaunchConfiguration", botocore.handlers.base64_encode_user_data),
    ("before-parameter-build.s3.ListObjects", botocore.handlers.set_list_objects_encoding_type_url),
    ("before-parameter-build.s3.ListObjectsV2", botocore.handlers.set_list_objects_encoding_type_url),
    ("before-parameter-build.s3.ListObjectVersions", botocore.handlers.set_list_objects_encoding_type_url),
    # The bucket stays in our path until the endpoint is known.
    ("before-parameter-build.s3", botocore.handlers.remove_bucket_from_url_paths_from_model),
    # They need a file object, which we have no use for.
    ("before-parameter-build.s3.UploadPart", botocore.handlers.convert_body_to_file_like_object),
    ("before-parameter-build.s3.PutObject", botocore.handlers.convert_body_to_file_like_object),
]
# This botocore prepares SSE-C keys for some of the operations that take them; ours, for all.
SSE_CUSTOMER_KEYS = ["CompleteMultipartUpload", "GetObjectAttributes", "ListParts"]


class Known:
    """Differences on purpose. Each counts how often it was met."""

    REASONS = {
        "form-charset": "botocore adds '; charset=utf-8' to the Content-Type of a form; the official vectors do not",
        "content-type": "this botocore sends no Content-Type for XML, blobs and text; the official vectors want one",
        "crc32": "since January 2025 the SDKs send CRC32 wherever the model supports a checksum; this botocore is older and"
                 " sends an MD5 or nothing",
        "list-header": "lists in headers are joined with ', ' (official vectors); this botocore joins with ','",
        "python-boolean": "this botocore prints Python's True and False into paths, headers and lists of the query",
        "content-length": "a length that the author gives is left out: the transport counts the bytes that it sends",
    }

    def __init__(self):
        self.met = collections.Counter()

    def meet(self, reason):
        assert reason in self.REASONS
        self.met[reason] += 1


KNOWN = Known()


# --- Inputs ------------------------------------------------------------------------------------------------------------------

WORDS = ["a", "Name", "my-resource", "x y", "1", "prod/eu", "Größe", "日本", "a&b=c", "<tag>", "50% + 1", "'q'", '"d"', "~.-_", "e\u0301",
         "\U0001f680", "arn:aws:rds:us-west-2:123456789012:db:x", "#?;:@", "tab\there", "line\nbreak", "[0]{1}", "\\back", "$ref", "*"]
PLAIN = ["a", "Name", "my-resource", "prod1", "x.y", "A_b", "value-9", "0"]
TIMES = ["2026-11-21T03:04:05Z", "1999-12-31T23:59:59Z", "2024-02-29T00:00:00Z", 1576540098, 0]


class Inputs:
    """Random inputs of a shape. `full` gives every member, otherwise optional ones come and go."""

    def __init__(self, seed, full):
        self.random = random.Random(seed)
        self.full = full

    def top(self, operation):
        shape = operation.input_shape
        if shape is None:
            return {}
        return self.structure(shape, 0, True)

    def structure(self, shape, depth, top=False):
        if getattr(shape, "is_document_type", False):
            return self.document(0)
        required = set(shape.required_members)
        value = {}
        members = list(shape.members.items())
        if getattr(shape, "is_tagged_union", False):
            members = [self.random.choice(members)] if members else []
            required = {name for name, _ in members}
        for name, member in members:
            wanted = name in required or (depth < 4 and self.random.random() < (0.9 if self.full and depth < 2 else 0.35))
            if name in ("PresignedUrl", "PreSignedUrl", "DestinationRegion") or (depth > 6 and name not in required):
                continue
            if wanted and depth < 12:
                given = self.value(member, depth + 1, member.serialization.get("location") if top else None, name)
                if given is not None:
                    value[name] = given
        return value

    def value(self, shape, depth, location=None, name=None):
        if shape.serialization.get("jsonvalue"):
            return {"key": "value", "n": 1} if location else '{"key": "value"}'
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            count = self.random.choice([1, 1, 2, 3] if depth < 4 else [1])
            if location is None and self.random.random() < 0.05 and not shape.metadata.get("min"):
                count = 0
            return [self.value(shape.member, depth + 1, location) for _ in range(count)]
        if kind == "map":
            keys = [self.string(shape.key, "header" if location else None) for _ in range(self.random.choice([1, 2]))]
            return {key: self.value(shape.value, depth + 1, location) for key in keys}
        if kind in ("integer", "long"):
            low = int(shape.metadata.get("min", -3 if location is None else 0))
            high = int(shape.metadata.get("max", 2**31 - 1 if kind == "integer" else 2**63 - 1))
            return self.random.choice([low, high, self.random.randint(low, max(low, high))])
        if kind in ("float", "double"):
            return self.random.choice([0.5, 1.25, 3.0, -2.75, 100.0, 1234567.5])
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind == "timestamp":
            return self.random.choice(TIMES)
        if kind == "blob":
            return self.blob(location)
        return self.string(shape, location, name)

    def blob(self, location):
        if location is None and self.random.random() < 0.3:
            return bytes(self.random.randrange(256) for _ in range(self.random.choice([1, 5, 40])))
        return self.random.choice(["blob", "text blob", "ünï", "{\"json\": 1}"])

    def string(self, shape, location=None, name=None):
        if getattr(shape, "enum", None):
            return self.random.choice(shape.enum)
        if name == "Bucket":
            return self.random.choice(["my-bucket", "bucket.example.com", "b123"])
        if name == "SourceRegion":
            return SOURCE
        if name == "CopySource":
            return self.random.choice(["bucket/key", "bucket/key with space", "bucket/ключ?versionId=abc", "b/a+b"])
        plain = location in ("header", "headers") or shape.serialization.get("hostLabel") or name in ("Metadata",)
        text = self.random.choice(PLAIN if plain else WORDS)
        if shape.serialization.get("hostLabel"):
            text = "label-1"
        low, high = shape.metadata.get("min", 0), shape.metadata.get("max", 100)
        if name == "Key" or location == "uri":
            text = self.random.choice(["key", "a/b/c", "with space", "ü/ñ", "a+b&c", "~x"])
        text = (text * (int(low) // len(text) + 1)) if len(text) < low else text
        return text[: max(1, int(high))]

    def document(self, depth):
        return self.random.choice([{"a": [1, "two", None, True, {"b": 2.5}]}, "text", 5, [1, 2], {"k": "v"}])


def as_json(value):
    """The input as a runbook would have it: bytes in an object."""
    if isinstance(value, bytes):
        return {"Base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    return value


# --- Botocore's side -----------------------------------------------------------------------------------------------------------


class Signer:
    """Stands in for the signer: says what it was asked to presign."""

    def __init__(self):
        self._region_name = REGION
        self.presigned = None

    def generate_presigned_url(self, request, **_):
        self.presigned = dict(request["body"])
        return PRESIGNED_URL


class Oracle:
    def __init__(self):
        self.session = botocore.session.Session()
        self.events = self.session.get_component("event_emitter")
        for event, handler in NOT_OURS:
            self.events.unregister(event, handler)
        for name in SSE_CUSTOMER_KEYS:
            self.events.register("before-parameter-build.s3." + name, botocore.handlers.sse_md5)
        botocore.handlers.uuid.uuid4 = lambda: TOKEN

    def services(self):
        return self.session.get_available_services()

    def model(self, service):
        return self.session.get_service_model(service)

    def request(self, model, operation, params):
        """(prepared request, what was presigned, host prefix)"""
        name = "%s.%s" % (model.service_id.hyphenize(), operation.name)
        context, signer = {"client_region": REGION}, Signer()
        params = dict(params)
        self.events.emit("before-parameter-build." + name, params=params, model=operation, context=context)
        serializer = botocore.serialize.create_serializer(operation.metadata["protocol"], include_validation=False)
        made = serializer.serialize_to_request(params, operation)
        prefix = made.pop("host_prefix", None)
        botocore.awsrequest.prepare_request_dict(made, endpoint_url="https://host.example.com", context=context)
        botocore.httpchecksum.resolve_checksum_context(made, operation, params)
        self.events.emit("before-call." + name, model=operation, params=made, request_signer=signer, context=context)
        botocore.httpchecksum.apply_request_checksum(made)
        request = botocore.awsrequest.create_request_object(made)
        request.context = {}
        self.events.emit("request-created." + name, request=request, operation_name=operation.name)
        return request.prepare(), signer.presigned, prefix


# --- Comparing -----------------------------------------------------------------------------------------------------------------


def xml_tree(element):
    children = [xml_tree(child) for child in element]
    # Members of a structure have no order; items of a list are equal elements, whose order the stable sort keeps.
    children.sort(key=lambda child: child[0])
    text = "" if children else (element.text or "")
    return (element.tag, sorted(element.attrib.items()), children, text)


def form(text):
    return sorted(urllib.parse.parse_qsl(text, keep_blank_values=True))


def booleans(pairs):
    """Python's True is our true."""
    plain = [(name, {"True": "true", "False": "false"}.get(value, value)) for name, value in pairs]
    if plain != list(pairs):
        KNOWN.meet("python-boolean")
    return plain


def body_of(request):
    body = request.body
    if body is None:
        return b""
    if hasattr(body, "read"):  # chunks with the checksum behind them
        body.seek(0)
        return unchunk(body.read())
    return body.encode() if isinstance(body, str) else bytes(body)


def unchunk(body):
    whole = b""
    while True:
        size, _, rest = body.partition(b"\r\n")
        if int(size, 16) == 0:
            return whole
        whole += rest[: int(size, 16)]
        body = rest[int(size, 16) + 2 :]


def decode_json(body):
    return json.loads(body) if body else None


CHECKSUMS = {
    "x-amz-checksum-crc32": lambda body: base64.b64encode(zlib.crc32(body).to_bytes(4, "big")),
    "x-amz-checksum-sha1": lambda body: base64.b64encode(hashlib.sha1(body).digest()),
    "x-amz-checksum-sha256": lambda body: base64.b64encode(hashlib.sha256(body).digest()),
    "content-md5": lambda body: base64.b64encode(hashlib.md5(body).digest()),
}
# What the client, the signature and the transport add.
CLIENTS = {"user-agent", "expect", "content-length", "transfer-encoding", "x-amz-trailer", "x-amz-decoded-content-length", "x-amz-content-sha256"}


def crc32c(body):
    crc = 0xFFFFFFFF
    for byte in body:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return base64.b64encode((crc ^ 0xFFFFFFFF).to_bytes(4, "big"))


CHECKSUMS["x-amz-checksum-crc32c"] = crc32c


class Comparison:
    def __init__(self, model, operation, params, theirs, presigned, prefix, ours):
        self.model, self.operation, self.params = model, operation, params
        self.theirs, self.presigned, self.prefix, self.ours = theirs, presigned, prefix, ours
        self.protocol = operation.metadata["protocol"]
        self.our_body = base64.b64decode(ours["body"]) if ours.get("body") is not None else b""

    def differences(self):
        if "problem" in self.ours:
            return ["we refuse: " + self.ours["problem"]]
        found = []
        for what in ("method", "address", "body", "headers", "copies"):
            difference = getattr(self, "compare_" + what)()
            if difference:
                found.append("%s: %s" % (what, difference))
        return found

    def compare_method(self):
        if self.theirs.method != self.ours["method"]:
            return "%s, ours %s" % (self.theirs.method, self.ours["method"])

    def compare_address(self):
        url = urllib.parse.urlsplit(self.theirs.url)
        if (self.prefix or None) != self.ours["host_prefix"]:
            return "host prefix %s, ours %s" % (self.prefix, self.ours["host_prefix"])
        path, our_path = url.path or "/", self.ours["path"]
        if path != our_path:
            plain = path.replace("/True", "/true").replace("/False", "/false")
            if plain == our_path:
                KNOWN.meet("python-boolean")
            elif url.netloc == "host.example.com":
                return "path %s, ours %s" % (path, our_path)
        theirs, ours = booleans(form(url.query)), form(self.ours["query"])
        if sorted(theirs) != ours:
            return "query %s, ours %s" % (theirs, ours)
        if ("+" in self.ours["query"]) or ("+" in our_path):
            return "a space as + in %s" % self.ours["query"]

    def compare_copies(self):
        ours = self.ours.get("presigned")
        if (self.presigned is None) != (ours is None):
            return "presigned: %s, ours %s" % (self.presigned, ours)
        if ours:
            theirs = sorted((name, str(value)) for name, value in self.presigned.items())
            if theirs != form(ours["query"]) or ours["method"] != "GET" or ours["body"] or ours["headers"]:
                return "presigned: %s, ours %s" % (theirs, ours)

    def compare_body(self):
        theirs, ours = body_of(self.theirs), self.our_body
        if theirs == ours:
            return None
        kind = {name.lower(): value for name, value in self.ours["headers"]}.get("content-type", "")
        try:
            if kind == "application/x-www-form-urlencoded":
                same = booleans(form(theirs.decode())) == form(ours.decode())
            elif "json" in kind:
                same = decode_json(theirs) == decode_json(ours)
            elif kind == "application/xml":
                same = bool(theirs) == bool(ours) and xml_tree(ElementTree.fromstring(theirs)) == xml_tree(ElementTree.fromstring(ours))
            else:
                same = False
        except (ValueError, ElementTree.ParseError) as error:
            return "%s: %r, ours %r" % (error, theirs, ours)
        return None if same else "%r, ours %r" % (theirs, ours)

    def compare_headers(self):
        theirs = {name.lower(): value.decode() if isinstance(value, bytes) else str(value) for name, value in self.theirs.headers.items()}
        ours = {}
        for name, value in self.ours["headers"]:
            if name.lower() in ours:
                return "twice: " + name
            ours[name.lower()] = value
        if "content-length" in theirs and "content-length" not in ours and "ContentLength" in self.params:
            KNOWN.meet("content-length")
        for name in list(theirs):
            if name in CLIENTS or name.startswith("amz-sdk-"):
                del theirs[name]
        problem = self.compare_checksums(theirs, ours)
        if problem:
            return problem
        self.forgive_content_type(theirs, ours)
        for name in sorted(set(theirs) | set(ours)):
            if theirs.get(name) != ours.get(name) and not self.forgive(theirs.get(name), ours.get(name)):
                return "%s: %r, ours %r" % (name, theirs.get(name), ours.get(name))

    def compare_checksums(self, theirs, ours):
        given = [name for name in ours if name in CHECKSUMS]
        for name in given:
            if theirs.get(name) == ours[name]:
                continue
            if ours[name] != CHECKSUMS[name](self.our_body).decode():
                return "%s is %s" % (name, ours[name])
            if theirs.get(name) == CHECKSUMS[name](body_of(self.theirs)).decode():
                theirs[name] = ours[name]  # both right, of bodies that are spelt differently
        algorithm = (self.operation.http_checksum or {}).get("requestAlgorithmMember")
        if algorithm and "x-amz-checksum-crc32" in ours and "x-amz-checksum-crc32" not in theirs:
            theirs.pop("content-md5", None)
            ours.pop("content-md5", None)
            del ours["x-amz-checksum-crc32"]
            member = self.operation.input_shape.members[algorithm]
            header = member.serialization.get("name", "").lower()
            if ours.get(header) == "CRC32":
                theirs.pop(header, None)
                del ours[header]
            KNOWN.meet("crc32")
        encodings = theirs.get("content-encoding", "").split(",")
        if "aws-chunked" in encodings:  # theirs is a trailer
            encodings.remove("aws-chunked")
            theirs["content-encoding"] = ",".join(encodings)
            if not encodings:
                del theirs["content-encoding"]
            for name in given:
                if name in ours and name not in theirs:
                    del ours[name]
        if "content-md5" in theirs and "content-md5" not in ours and algorithm:
            del theirs["content-md5"]
            KNOWN.meet("crc32")

    def forgive_content_type(self, theirs, ours):
        mine, other = ours.get("content-type"), theirs.get("content-type")
        if mine == "application/x-www-form-urlencoded" and other == mine + "; charset=utf-8":
            KNOWN.meet("form-charset")
            del theirs["content-type"]
            del ours["content-type"]
        elif other is None and mine in ("application/xml", "application/octet-stream", "text/plain"):
            KNOWN.meet("content-type")
            del ours["content-type"]

    def forgive(self, theirs, ours):
        if theirs is None or ours is None:
            return False
        if theirs in ("True", "False") and theirs.lower() == ours:
            KNOWN.meet("python-boolean")
            return True
        if "," in theirs and theirs.split(",") == [part.strip() for part in ours.split(",")]:
            KNOWN.meet("list-header")
            return True
        try:  # a jsonvalue: base64 of JSON, spaced differently
            return json.loads(base64.b64decode(theirs, validate=True)) == json.loads(base64.b64decode(ours, validate=True))
        except (binascii.Error, ValueError):
            return False


# --- All of it -----------------------------------------------------------------------------------------------------------------


def make_calls(oracle, services, sets, seed):
    """Yields (model, operation, params)."""
    for service in services:
        model = oracle.model(service)
        for name in model.operation_names:
            operation = model.operation_model(name)
            if operation.has_event_stream_input:
                continue  # we refuse them, and say so
            for number in range(sets):
                inputs = Inputs("%s/%s/%s/%d" % (seed, service, name, number), number % 2 == 0)
                yield model, operation, inputs.top(operation)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("driver")
    parser.add_argument("models")
    parser.add_argument("--sets", type=int, default=1, help="inputs for each operation")
    parser.add_argument("--seed", default="1")
    parser.add_argument("--service", action="append", help="only these")
    parser.add_argument("--show", type=int, default=20, help="differences to show")
    options = parser.parse_args()

    start = time.monotonic()
    oracle = Oracle()
    services = options.service or oracle.services()
    calls = list(make_calls(oracle, services, options.sets, options.seed))
    with tempfile.TemporaryFile("w+") as lines:
        for model, operation, params in calls:
            # A token that our overlays have added since is none of botocore's.
            token = TOKEN if operation.idempotent_members else None
            call = {"service": model.service_name, "operation": operation.name, "input": as_json(params), "token": token}
            lines.write(json.dumps(call) + "\n")
        lines.seek(0)
        ran = subprocess.run([options.driver, options.models], stdin=lines, stdout=subprocess.PIPE, check=False)
    if ran.returncode != 0:
        print("the driver ended with status %d" % ran.returncode)
        return 1
    answers = ran.stdout.decode().splitlines()
    if len(answers) != len(calls):
        print("%d calls, %d answers" % (len(calls), len(answers)))
        return 1
    failed, shown = 0, 0
    for (model, operation, params), line in zip(calls, answers):
        try:
            theirs, presigned, prefix = oracle.request(model, operation, params)
        except Exception as error:  # what the oracle cannot do is told like a difference
            differences = ["botocore refuses: %r" % error]
        else:
            differences = Comparison(model, operation, params, theirs, presigned, prefix, json.loads(line)).differences()
        if differences:
            failed += 1
            if shown < options.show:
                shown += 1
                print("%s.%s (%s): %s\n  input %s" % (model.service_name, operation.name, operation.metadata["protocol"], "; ".join(differences)[:1500], json.dumps(as_json(params))[:1000]))
    usual = not options.service and options.sets == 1 and options.seed == "1"
    unmet = sorted(set(KNOWN.REASONS) - set(KNOWN.met)) if usual else []
    for reason in unmet:
        failed += 1
        print("%s: this difference on purpose does not show any more: take it off the list" % reason)
    print("%d calls of %d services compared in %.0f s, %d differ; on purpose: %s" % (
        len(calls), len(services), time.monotonic() - start, failed, dict(KNOWN.met)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
