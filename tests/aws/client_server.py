"""A scripted AWS endpoint on loopback: each connection and request is answered as the script says, and everything that
arrives is checked against botocore's own signer.

A script is a list of steps, taken in turn (the last one stays), or a function of the request that gives a step:
  {"status", "headers": {}, "body", "delay": seconds, "do": what is done instead of an answer}
do: "reset" (after the request was read), "reset-early" (before it is read), "close", "truncate" (half of the body),
    "silent" (never answers), "garbage" (no HTTP)
"""
import datetime
import hashlib
import json
import socket
import ssl
import struct
import threading
import time
import urllib.parse

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class Closed(Exception):
    pass


class Request:
    """As it came over the wire, byte by byte."""

    def __init__(self, method, target, headers, body, at, connection):
        self.method, self.target, self.headers, self.body, self.at = method, target, headers, body, at
        self.connection = connection
        self.path, _, self.query = target.partition("?")

    def header(self, name):
        values = [v for k, v in self.headers if k.lower() == name.lower()]
        assert len(values) <= 1, f"{name} was sent {len(values)} times"
        return values[0] if values else None

    @property
    def form(self):
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def scope(self):
        """The credential's parts: key, date, region, service."""
        credential = self.header("Authorization").split("Credential=")[1].split(",")[0]
        return credential.split("/")[:4]

    @property
    def time(self):
        return datetime.datetime.strptime(self.header("X-Amz-Date"), "%Y%m%dT%H%M%SZ").replace(
            tzinfo=datetime.timezone.utc).timestamp()


def check_signature(request, secrets):
    """None, or what is wrong with the request's signature. `secrets`: {access key: secret}."""
    authorization = request.header("Authorization")
    if authorization is None:
        return "not signed"
    fields = dict(part.strip().split("=", 1) for part in authorization.split(" ", 1)[1].split(","))
    key, date, region, service, _ = fields["Credential"].split("/")
    signed = fields["SignedHeaders"].split(";")
    for name, _ in request.headers:
        if name.lower().startswith("x-amz-") and name.lower() not in signed:
            return f"{name} is not signed"
    for name in ("host", "x-amz-date", "x-amz-content-sha256"):
        if name not in signed:
            return f"{name} is not signed"
    digest = request.header("X-Amz-Content-Sha256")
    if digest not in ("UNSIGNED-PAYLOAD", hashlib.sha256(request.body).hexdigest()):
        return "the body's digest is another"
    # botocore's signer, fed with exactly the signed headers of the wire.
    url = f"http://{request.header('Host')}{request.target}"
    theirs = AWSRequest(method=request.method, url=url, data=request.body)
    for name, value in request.headers:
        if name.lower() in signed and name.lower() not in ("host", "x-amz-date"):
            theirs.headers.add_header(name, value)
    theirs.context["timestamp"] = request.header("X-Amz-Date")
    kind = S3SigV4Auth if service.startswith("s3") else SigV4Auth
    signer = kind(Credentials(key, secrets[key]), service, region)
    theirs.headers["X-Amz-Date"] = request.header("X-Amz-Date")
    signer.headers_to_sign = lambda r: _only(r, signed, request.header("Host"))
    signer.payload = lambda r: digest
    canonical = signer.canonical_request(theirs)
    expected = signer.signature(signer.string_to_sign(theirs, canonical), theirs)
    return None if expected == fields["Signature"] else f"SignatureDoesNotMatch; expected of:\n{canonical}"


def _only(request, signed, host):
    from botocore.compat import HTTPHeaders
    headers = HTTPHeaders()
    for name, value in request.headers.items():
        if name.lower() in signed:
            headers[name.lower()] = value
    headers["host"] = host
    return headers


class Server:
    """Serves in threads from its making until close()."""

    def __init__(self, script, context=None):
        self.script, self.context = script, context
        self.requests, self.connections, self.resumed = [], 0, 0
        self.lock, self.taken, self.open = threading.Lock(), 0, []
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.socket.getsockname()[1]
        self.url = f"{'https' if context else 'http'}://localhost:{self.port}"
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        try:
            self.socket.shutdown(socket.SHUT_RDWR)  # wakes accept(), which would hold it open
        except OSError:
            pass
        self.socket.close()
        for sock in self.open:
            sock.close()

    def accept(self):
        while True:
            try:
                sock, _ = self.socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
            threading.Thread(target=self.serve, args=(sock, number), daemon=True).start()

    def next_step(self, request):
        with self.lock:
            if request:
                self.requests.append(request)
            step = None if callable(self.script) else self.script[min(self.taken, len(self.script) - 1)]
            self.taken += 1
        return step or self.script(request)

    def peek(self):
        with self.lock:
            if callable(self.script):
                return {}
            return self.script[min(self.taken, len(self.script) - 1)]

    def serve(self, sock, number):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.context:
                sock = self.context.wrap_socket(sock, server_side=True)
                with self.lock:
                    self.resumed += sock.session_reused
            self.open.append(sock)
            buffer = b""
            while True:
                if self.peek().get("do") == "reset-early":
                    self.next_step(None)
                    while not sock.recv(1, socket.MSG_PEEK):
                        pass
                    self.reset(sock)
                request, buffer = self.read(sock, buffer, number)
                self.answer(sock, self.next_step(request), request)
        except (Closed, OSError):
            pass
        finally:
            sock.close()

    def read(self, sock, buffer, number):
        def more():
            data = sock.recv(65536)
            if not data:
                raise Closed
            return data
        while b"\r\n\r\n" not in buffer:
            buffer += more()
        head, buffer = buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        headers = [(line.split(":", 1)[0], line.split(":", 1)[1].strip()) for line in lines[1:]]
        size = int(dict((k.lower(), v) for k, v in headers).get("content-length", 0))
        while len(buffer) < size:
            buffer += more()
        return Request(method, target, headers, buffer[:size], time.monotonic(), number), buffer[size:]

    @staticmethod
    def reset(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed

    def answer(self, sock, step, request):
        if "delay" in step:
            time.sleep(step["delay"])
        do = step.get("do")
        if do == "reset":
            self.reset(sock)
        if do == "close":
            raise Closed
        if do == "silent":
            time.sleep(60)
            raise Closed
        if do == "garbage":
            sock.sendall(b"\x16\x03\x01 what?\r\n\r\n")
            raise Closed
        body = step.get("body", "")
        body = body if isinstance(body, bytes) else (body if isinstance(body, str) else json.dumps(body)).encode()
        headers = {"Content-Length": str(len(body)), "Date": date(time.time()), **step.get("headers", {})}
        head = f"HTTP/1.1 {step.get('status', 200)} Scripted\r\n"
        head += "".join(f"{k}: {v}\r\n" for k, v in headers.items() if v is not None)
        sent = b"" if request.method == "HEAD" else body
        if do == "truncate":
            sock.sendall(head.encode("latin-1") + b"\r\n" + sent[:len(sent) // 2])
            raise Closed
        sock.sendall(head.encode("latin-1") + b"\r\n" + sent)
        if headers.get("Connection") == "close":
            raise Closed


def date(seconds):
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(seconds))
