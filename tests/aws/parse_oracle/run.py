#!/usr/bin/python3
"""Compares what drrun reads in answers with what botocore reads, for generated outputs and errors of every operation of
every service, written as bytes by the renderers below: they know the protocols, and nothing of our code.

    tests/aws/parse_oracle/run.py DRIVER MODELS [--sets N] [--seed N] [--service NAME ...] [--show N]

The answers come from a seed: the same seed, the same answers. What `to_ours` does is all that the two may differ in: our
outputs hold JSON (timestamps as ISO 8601 text, blobs as text or base64).
"""
import argparse
import base64
import datetime
import json
import math
import random
import subprocess
import sys
import time
import zlib
from email.utils import format_datetime
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

try:
    import botocore.eventstream
    import botocore.loaders
    import botocore.model
    import botocore.parsers
except ImportError:
    print("skipped: botocore is not there (Debian: python3-botocore)")
    sys.exit(77)

DEPTH_MAX = 5  # of generated values; recursive shapes end there
UTC = datetime.timezone.utc
LETTERS = "abcXYZ019 .-_/:é漢😀<>&\"'"


# --- Values ------------------------------------------------------------------------------------------------------------------
# A value is Python's: dict, list, str, bytes, int, float, bool, datetime. `place` is where it will stand: a header takes less.


class Generator:
    def __init__(self, rng):
        self.rng = rng

    def value(self, shape, depth=0, place="body"):
        if getattr(shape, "is_document_type", False):
            return self.rng.choice(["text", 7, True, [1, {"a": None}], {"b": {"c": 1.5}}, {}])
        kind = shape.type_name
        return getattr(self, kind, self.string)(shape, depth, place)

    def structure(self, shape, depth, place):
        members = list(shape.members.items())
        if getattr(shape, "is_tagged_union", False):
            plain = [item for item in members if item[1].type_name not in ("structure", "list", "map")] or members
            members = [self.rng.choice(members if depth < DEPTH_MAX else plain)]
        result = {}
        for name, member in members:
            ends = depth >= DEPTH_MAX and member.type_name in ("structure", "list", "map")
            if ends and not getattr(shape, "is_tagged_union", False):
                continue
            if depth > DEPTH_MAX + 8 or (len(members) > 1 and self.rng.random() < min(0.8, 0.2 + 0.12 * depth)):
                continue
            result[name] = self.value(member, depth + 1, member.serialization.get("location", "body"))
        return result

    def list(self, shape, depth, place):
        count = 0 if depth > DEPTH_MAX else self.rng.choice([0, 1, 1, 2, 3])
        if place == "header" or shape.serialization.get("flattened"):
            count = max(count, 1)  # an empty one cannot be told from none
        return [self.value(shape.member, depth + 1, place) for _ in range(count)]

    def map(self, shape, depth, place):
        count = 0 if depth > DEPTH_MAX else self.rng.choice([0, 1, 2])
        if place == "headers" or shape.serialization.get("flattened"):
            count = max(count, 1)
        keys = shape.key.enum if getattr(shape.key, "enum", None) else ["key-%d" % n for n in range(9)] + ["k é"]
        if place == "headers":
            keys = ["key-%d" % n for n in range(9)]
        return {self.rng.choice(keys): self.value(shape.value, depth + 1, place) for _ in range(count)}

    def string(self, shape, depth, place):
        if getattr(shape, "enum", None) and self.rng.random() < 0.9:
            return self.rng.choice(shape.enum)
        if place in ("header", "headers"):
            return "".join(self.rng.choice("abcXYZ019-_/:") for _ in range(self.rng.randint(1, 12)))
        return "".join(self.rng.choice(LETTERS) for _ in range(self.rng.randint(0, 12)))

    def integer(self, shape, depth, place):
        return self.rng.choice([0, 1, -1, 7, 2**31 - 1, -(2**31), self.rng.randint(0, 10**6)])

    def long(self, shape, depth, place):
        return self.rng.choice([0, 2**53 + 1, 2**63 - 1, -(2**63), self.rng.randint(0, 10**12)])

    def float(self, shape, depth, place):
        return self.rng.choice([0.0, 1.0, -2.5, 1e-9, 1.7e300, self.rng.random() * 1000, 3])

    double = float

    def boolean(self, shape, depth, place):
        return self.rng.random() < 0.5

    def blob(self, shape, depth, place):
        return self.rng.choice([b"", b"plain text", "é".encode(), bytes(self.rng.randrange(256) for _ in range(9))])

    def timestamp(self, shape, depth, place):
        moment = datetime.datetime.fromtimestamp(self.rng.randint(0, 4 * 10**9), UTC)
        return moment.replace(microsecond=self.rng.choice([0, 0, 1000, 500000, 999000]))


# --- Bytes -------------------------------------------------------------------------------------------------------------------


def timestamp_text(moment, form, rng):
    if form == "rfc822":
        return format_datetime(moment.replace(microsecond=0), usegmt=True)
    if form == "unixtimestamp":
        return repr(moment.timestamp()) if moment.microsecond else str(int(moment.timestamp()))
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    if moment.microsecond or rng.random() < 0.3:
        text += ".%03d" % (moment.microsecond // 1000)
    return text + rng.choice(["Z", "Z", "+00:00"])


def scalar_text(value, shape, form, rng):
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        return timestamp_text(value, shape.serialization.get("timestampFormat", form), rng)
    return repr(value) if isinstance(value, float) else str(value)


class Xml:
    """The body of query, ec2 and rest-xml."""

    def __init__(self, rng):
        self.rng = rng

    def space(self):
        return self.rng.choice(["", "", "\n  ", "\t", "<!-- between -->"])

    def element(self, name, shape, value):
        """The element, or elements, of a member."""
        flattened = shape.serialization.get("flattened")
        if shape.type_name == "list":
            if flattened:
                return self.space().join(self.one(name, shape.member, item) for item in value)
            item_name = shape.member.serialization.get("name", "member")
            inner = "".join(self.space() + self.one(item_name, shape.member, item) for item in value)
            return "<%s>%s%s</%s>" % (name, inner, self.space() if inner else "", name)
        if shape.type_name == "map":
            entries = [self.one(shape.key.serialization.get("name", "key"), shape.key, key) +
                       self.one(shape.value.serialization.get("name", "value"), shape.value, item)
                       for key, item in value.items()]
            if flattened:
                return "".join("<%s>%s</%s>" % (name, entry, name) for entry in entries)
            return "<%s>%s</%s>" % (name, "".join("<entry>%s</entry>" % entry for entry in entries), name)
        return self.one(name, shape, value)

    def one(self, name, shape, value):
        if shape.type_name in ("list", "map"):
            return self.element(name, shape, value)
        if shape.type_name == "structure":
            attributes, inner = self.members(shape, value)
            return "<%s%s>%s</%s>" % (name, attributes, inner, name)
        text = self.escaped(scalar_text(value, shape, "iso8601", self.rng))
        return "<%s/>" % name if not text and self.rng.random() < 0.5 else "<%s>%s</%s>" % (name, text, name)

    def escaped(self, text):
        if text and "]]>" not in text and self.rng.random() < 0.1:
            return "<![CDATA[%s]]>" % text
        return escape(text, {"\r": "&#xD;"})

    def members(self, shape, value):
        attributes, inner = "", ""
        for name, item in value.items():
            member = shape.members[name]
            if "location" in member.serialization:
                continue
            wire = member.serialization.get("name", name)
            if member.serialization.get("xmlAttribute"):
                prefix = wire.split(":")[0] if ":" in wire else None
                attributes += ' xmlns:%s="urn:p"' % prefix if prefix else ""
                attributes += " %s=%s" % (wire, quoteattr(scalar_text(item, member, "iso8601", self.rng)))
                continue
            if member.type_name == "list" and member.serialization.get("flattened"):
                wire = member.member.serialization.get("name", wire)
            inner += self.space() + self.element(wire, member, item)
        if not getattr(shape, "is_tagged_union", False) and self.rng.random() < 0.1:
            inner += "<UnknownToModel a='1'><Name>x</Name></UnknownToModel>"
        return attributes, inner + self.space() if inner else ""

    def document(self, root, attributes, inner):
        start = self.rng.choice(["", '<?xml version="1.0" encoding="UTF-8"?>\n'])
        return ("%s<%s xmlns=\"https://example.com/doc/\"%s>%s</%s>" % (start, root, attributes, inner, root)).encode()


def to_json(value, shape, rng):
    """The value as the json protocols write it."""
    if getattr(shape, "is_document_type", False):
        return value
    if shape.type_name == "structure":
        result = {shape.members[name].serialization.get("name", name): to_json(item, shape.members[name], rng)
                  for name, item in value.items() if "location" not in shape.members[name].serialization}
        if not getattr(shape, "is_tagged_union", False):
            for name, member in shape.members.items():
                if name not in value and "location" not in member.serialization and rng.random() < 0.1:
                    result[member.serialization.get("name", name)] = None
            if rng.random() < 0.1:
                result["unknownToModel"] = {"a": [1]}
        return result
    if shape.type_name == "list":
        return [to_json(item, shape.member, rng) for item in value]
    if shape.type_name == "map":
        return {key: to_json(item, shape.value, rng) for key, item in value.items()}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime.datetime):
        form = shape.serialization.get("timestampFormat", "unixtimestamp")
        if form != "unixtimestamp":
            return timestamp_text(value, form, rng)
        return value.timestamp() if value.microsecond else int(value.timestamp())
    return value


def json_bytes(value, rng):
    return json.dumps(value, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, None, 1])).encode()


class Answer:
    def __init__(self, status):
        self.status, self.headers, self.body = status, [], b""


def put_headers(answer, shape, value, rng):
    for name, item in value.items():
        member = shape.members[name]
        location, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if location == "headers":
            answer.headers += [(wire + key, text) for key, text in item.items()]
        elif location == "header" and isinstance(item, list):
            answer.headers.append((wire, ", ".join(scalar_text(one, member.member, "rfc822", rng) for one in item)))
        elif location == "header" and member.serialization.get("jsonvalue"):
            answer.headers.append((wire, base64.b64encode(json.dumps({"v": item}).encode()).decode()))
        elif location == "header":
            answer.headers.append((wire, scalar_text(item, member, "rfc822", rng)))


def render_output(operation, value, rng):
    protocol, shape = operation.service_model.metadata["protocol"], operation.output_shape
    answer = Answer(operation.http.get("responseCode", 200))
    xml = Xml(rng)
    if protocol in ("query", "ec2"):
        attributes, inner = xml.members(shape, value) if shape else ("", "")
        wrapper = shape and shape.serialization.get("resultWrapper")
        if wrapper:
            inner = "<%s%s>%s</%s>" % (wrapper, attributes, inner, wrapper)
        inner += "<requestId>r</requestId>" if protocol == "ec2" else (
            "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>")
        answer.body = xml.document(operation.name + "Response", "" if wrapper else attributes, inner)
    elif protocol == "json":
        answer.body = json_bytes(to_json(value, shape, rng), rng) if shape else rng.choice([b"", b"{}"])
    elif shape:
        put_headers(answer, shape, value, rng)
        payload = shape.serialization.get("payload")
        if payload and payload in value:
            member, item = shape.members[payload], value[payload]
            if member.type_name in ("blob", "string"):
                answer.body = item if isinstance(item, bytes) else item.encode()
            elif protocol == "rest-xml":
                attributes, inner = xml.members(member, item)
                answer.body = xml.document(member.serialization.get("name", payload), attributes, inner)
            else:
                answer.body = json_bytes(to_json(item, member, rng), rng)
        elif not payload and protocol == "rest-xml":
            attributes, inner = xml.members(shape, value)
            answer.body = xml.document(operation.name + "Result", attributes, inner)
        elif not payload:
            answer.body = json_bytes(to_json(value, shape, rng), rng)
    return answer


def render_error(operation, shape, code, message, value, rng):
    protocol = operation.service_model.metadata["protocol"]
    answer = Answer(shape.metadata.get("error", {}).get("httpStatusCode", 400))
    if answer.status < 301:
        answer.status = 400
    if protocol in ("query", "ec2", "rest-xml"):
        xml = Xml(rng)
        value = {name: item for name, item in value.items() if name.lower() not in ("message", "code")}
        if protocol == "rest-xml":
            put_headers(answer, shape, value, rng)
        inner = "<Code>%s</Code><Message>%s</Message>%s" % (code, escape(message), xml.members(shape, value)[1])
        if protocol == "ec2":
            answer.body = ("<Response><Errors><Error>%s</Error></Errors><RequestID>r-1</RequestID></Response>" % inner).encode()
        else:
            answer.body = xml.document("ErrorResponse", "", "<Error><Type>Sender</Type>%s</Error><RequestId>r-1</RequestId>" % inner)
        return answer
    body = to_json(value, shape, rng)
    body.pop("unknownToModel", None)
    if protocol == "rest-json":  # the header that names the error may be modelled too
        value = {name: item for name, item in value.items()
                 if shape.members[name].serialization.get("name", "").lower() != "x-amzn-errortype"}
        put_headers(answer, shape, value, rng)
        answer.headers.append(("x-amzn-errortype", code + rng.choice(["", ":http://internal.amazon.com/coral/"])))
    else:
        body["__type"] = rng.choice(["", "com.amazonaws.example#"]) + code
    answer.headers.append(("x-amzn-requestid", "r-1"))
    for name in ("message", "Message"):
        body.pop(name, None)
    wires = [m.serialization.get("name", n) for n, m in shape.members.items() if n.lower() == "message"]
    body[wires[0] if wires else "message"] = message
    answer.body = json_bytes(body, rng)
    return answer


def event_message(headers, payload):
    """A message of an event stream; the headers are text."""
    head = b"".join(bytes([len(name)]) + name.encode() + b"\7" + len(value.encode()).to_bytes(2, "big") + value.encode()
                    for name, value in headers.items())
    message = (len(head) + len(payload) + 16).to_bytes(4, "big") + len(head).to_bytes(4, "big")
    message += zlib.crc32(message).to_bytes(4, "big")
    message += head + payload
    return message + zlib.crc32(message).to_bytes(4, "big")


def render_stream(operation, rng):
    """Some events of the kinds that the stream knows, and one that it does not."""
    stream, protocol = operation.get_event_stream_output(), operation.service_model.metadata["protocol"]
    answer = Answer(200)
    if protocol == "json":
        answer.body += event_message({":message-type": "event", ":event-type": "initial-response"}, b"{}")
    kinds = [(name, shape) for name, shape in stream.members.items() if shape.serialization.get("event")]
    for name, shape in [rng.choice(kinds) for _ in range(rng.randint(0, 5))]:
        value, payload = Generator(rng).value(shape), b""
        carried = [member for member, of in shape.members.items() if of.serialization.get("eventpayload")]
        member = shape.members[carried[0]] if carried else shape
        item = value.get(carried[0]) if carried else value
        if isinstance(item, (bytes, str)):
            payload = item if isinstance(item, bytes) else item.encode()
        elif protocol == "rest-xml" and (item is not None or carried):
            attributes, inner = Xml(rng).members(member, item or {})
            payload = Xml(rng).document(carried[0] if carried else name, attributes, inner)
        elif protocol != "rest-xml":
            payload = json_bytes(to_json(item or {}, member, rng), rng)
        answer.body += event_message({":message-type": "event", ":event-type": name, ":content-type": "any"}, payload)
        if rng.random() < 0.2:
            answer.body += event_message({":message-type": "event", ":event-type": "Unheard"}, b"{}")
    return answer


# --- Comparing ---------------------------------------------------------------------------------------------------------------


def to_ours(value, shape):
    """botocore's value as our outputs have it."""
    if value is None or getattr(shape, "is_document_type", False):
        return value
    kind = shape.type_name
    if kind == "structure":
        return {name: to_ours(item, shape.members[name]) for name, item in value.items()
                if name in shape.members and item is not None}
    if kind == "list":
        return [to_ours(item, shape.member) for item in value]
    if kind == "map":
        return {key: to_ours(item, shape.value) for key, item in value.items()}
    if kind == "blob":
        value = value if isinstance(value, bytes) else value.encode()
        try:
            return value.decode()
        except UnicodeDecodeError:
            return base64.b64encode(value).decode()
    if kind == "timestamp":
        moment = value.astimezone(UTC)
        fraction = ".%03d" % (moment.microsecond // 1000) if moment.microsecond // 1000 else ""
        return moment.strftime("%Y-%m-%dT%H:%M:%S") + fraction + "Z"
    if kind in ("float", "double"):  # botocore leaves those of rest-json's headers as text
        value = float(value)
        return value if math.isfinite(value) else {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if kind in ("integer", "long"):
        return int(value)
    if kind == "boolean":  # so too
        return value if isinstance(value, bool) else value == "true"
    if shape.serialization.get("jsonvalue") and shape.serialization.get("location") == "header":
        return json.dumps(value)
    return value


class Headers(dict):
    """As botocore gets them: any case."""

    def __init__(self, pairs):
        super().__init__((name.lower(), value) for name, value in pairs)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def get(self, name, default=None):
        return super().get(name.lower(), default)


def botocore_reads(operation, shape, answer):
    parser = botocore.parsers.create_parser(operation.service_model.metadata["protocol"])
    return parser.parse({"status_code": answer.status, "headers": Headers(answer.headers), "body": answer.body,
                         "context": {"operation_name": operation.name}}, shape)


def blob_payload(shape):
    """The member whose bytes botocore takes for text; None: there is none."""
    name = shape.serialization.get("payload") if shape else None
    return name if name and shape.members[name].type_name == "blob" else None


def first_of_repeated(value):
    """botocore hands out the elements where a member that must not repeat does; ours is the first."""
    if isinstance(value, dict):
        return {key: first_of_repeated(item) for key, item in value.items()}
    if isinstance(value, list):
        return value[0].text or "" if value and isinstance(value[0], Element) else [first_of_repeated(item) for item in value]
    return value


def expected_output(operation, answer):
    shape = operation.output_shape
    payload = blob_payload(shape)
    body, answer.body = answer.body, b"" if payload else answer.body
    parsed = botocore_reads(operation, shape, answer)
    answer.body = body
    if payload:
        streaming = shape.members[payload].serialization.get("streaming")
        parsed.pop(payload, None)
        if body or streaming:
            parsed[payload] = body
    elif shape and shape.serialization.get("payload") and not body:
        parsed.pop(shape.serialization["payload"], None)  # botocore makes {} or "" of nothing
    return {"output": first_of_repeated(to_ours(parsed, shape)) if shape else {}}


class RawStream:
    def __init__(self, body):
        self.body = body

    def stream(self):
        yield self.body


def expected_stream(operation, answer):
    stream, protocol = operation.get_event_stream_output(), operation.service_model.metadata["protocol"]
    parser = botocore.parsers.create_parser(protocol)._event_stream_parser
    events = list(botocore.eventstream.EventStream(RawStream(answer.body), stream, parser, operation.name))
    events = [{name: value for name, value in event.items() if name != "ResponseMetadata"} for event in events]
    return {"output": {operation.output_shape.event_stream_name: [to_ours(event, stream) for event in events if event]}}


def expected_error(operation, shape, answer):
    generic = botocore_reads(operation, operation.output_shape, answer)
    details = to_ours(botocore_reads(operation, shape, answer), shape)
    message = generic["Error"].get("Message") or ""
    for name, member in shape.members.items():  # we put the message where the model has it, however it is spelt
        if name.lower() == "message" and message and name not in details and member.type_name == "string":
            details[name] = message
    return {"error": {"code": generic["Error"]["Code"], "message": message,
                      "request_id": generic["ResponseMetadata"].get("RequestId", ""), "details": details, "shape": shape.name}}


def cases_of(name, model, sets, seed):
    for operation_name in model.operation_names:
        operation = model.operation_model(operation_name)
        for number in range(sets * (10 if operation.has_event_stream_output else 1)):
            rng = random.Random("%s %s %s %d" % (seed, name, operation_name, number))
            if operation.has_event_stream_output:
                answer = render_stream(operation, rng)
                yield name, operation, None, answer, expected_stream(operation, answer)
                continue
            value = Generator(rng).value(operation.output_shape) if operation.output_shape else {}
            if getattr(operation.output_shape, "serialization", {}).get("payload"):
                # Without its payload an answer has no body, which no service does.
                payload = operation.output_shape.serialization["payload"]
                value.setdefault(payload, Generator(rng).value(operation.output_shape.members[payload], 1))
            answer = render_output(operation, value, rng)
            yield name, operation, None, answer, expected_output(operation, answer)
            if operation.error_shapes:
                shape = rng.choice(operation.error_shapes)
                code = shape.metadata.get("error", {}).get("code", shape.name)
                details = Generator(rng).value(shape)
                message = Generator(rng).string(shape, 0, "body").strip() or "m"
                answer = render_error(operation, shape, code, message, details, rng)
                yield name, operation, shape, answer, expected_error(operation, shape, answer)


def same(ours, theirs):
    if isinstance(ours, bool) or isinstance(theirs, bool):
        return ours is theirs
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(same(ours[key], theirs[key]) for key in ours)
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == theirs


def main():
    arguments = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    arguments.add_argument("driver")
    arguments.add_argument("models")
    arguments.add_argument("--sets", type=int, default=1)
    arguments.add_argument("--seed", default="1")
    arguments.add_argument("--service", nargs="*")
    arguments.add_argument("--show", type=int, default=10)
    options = arguments.parse_args()
    started = time.monotonic()
    loader = botocore.loaders.Loader(extra_search_paths=None, include_default_search_paths=False)
    loader.search_paths.append(loader.BUILTIN_DATA_PATH)
    services = options.service or loader.list_available_services("service-2")
    driver = subprocess.Popen([options.driver, options.models], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    compared = errors = wrong = 0
    for name in services:
        model = botocore.model.ServiceModel(loader.load_service_model(name, "service-2"), name)
        for service, operation, shape, answer, expected in cases_of(name, model, options.sets, options.seed):
            line = {"service": service, "operation": operation.name, "status": answer.status, "headers": answer.headers,
                    "body": base64.b64encode(answer.body).decode()}
            driver.stdin.write(json.dumps(line) + "\n")
            driver.stdin.flush()
            reply = driver.stdout.readline()
            if not reply:
                sys.exit("the driver ended at %s" % json.dumps(line))
            compared += 1
            errors += shape is not None
            if not same(json.loads(reply), expected):
                wrong += 1
                if wrong <= options.show:
                    print("%s.%s %d %s\n  %s\n  botocore: %s\n  drrun:    %s" % (
                        service, operation.name, answer.status, answer.headers, answer.body.decode(errors="replace")[:1500],
                        json.dumps(expected, ensure_ascii=False)[:1500], reply.strip()[:1500]))
    driver.stdin.close()
    driver.wait()
    print("%d answers of %d services compared, %d of them errors: %d differ; %.1f s" % (
        compared, len(services), errors, wrong, time.monotonic() - started))
    sys.exit(1 if wrong or driver.returncode or compared == 0 else 0)


if __name__ == "__main__":
    main()
