"""An HTTP server that does what its path says, most of it wrong. Prints its port and serves until it is killed.

Each path counts its requests; /requests?of=PATH tells the number."""

import collections
import json
import random
import socket
import struct
import sys
import threading
import time
import urllib.parse

counts = collections.Counter()


class Closed(Exception):
    pass


class Connection:
    def __init__(self, sock):
        self.sock, self.buffer, self.requests = sock, b"", 0

    def fill(self):
        more = self.sock.recv(65536)
        if not more:
            raise Closed
        self.buffer += more

    def read_request(self):
        while b"\r\n\r\n" not in self.buffer:
            self.fill()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = [line.split(": ", 1) if ": " in line else [line.rstrip(":"), ""] for line in lines[1:]]
        size = int(dict((k.lower(), v) for k, v in self.headers).get("content-length", 0))
        while len(self.buffer) < size:
            self.fill()
        self.body, self.buffer = self.buffer[:size], self.buffer[size:]
        url = urllib.parse.urlsplit(self.target)
        self.path, self.query = url.path, dict(urllib.parse.parse_qsl(url.query))
        counts[self.path] += 1

    def answer(self, body, status="200 OK", headers=(), content_type="text/plain"):
        body = body if isinstance(body, bytes) else body.encode()
        head = [f"HTTP/1.1 {status}", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
        self.send("\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + (b"" if self.method == "HEAD" else body))

    def send(self, data):
        self.sock.sendall(data)

    def reset(self):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        raise Closed

    def serve(self):
        try:
            while True:
                self.read_request()
                behaviours[self.path.split("/")[1]](self)
        except (Closed, OSError):
            pass
        finally:
            self.sock.close()


def echo(c):
    seen = {"method": c.method, "target": c.target, "headers": c.headers, "body": c.body.decode("utf-8", "replace")}
    c.answer(json.dumps(seen), content_type="application/json; charset=utf-8")


def requests(c):
    c.answer(str(counts[c.query["of"]]))


def close(c):
    raise Closed


def reset(c):
    c.reset()


def second_closes(c):
    """The first such request of a connection is answered, the next one is read and then answered with a close."""
    c.requests += 1
    if c.requests > 1:
        raise Closed
    c.answer("first")


def slow(c):
    time.sleep(float(c.query.get("s", 20)))
    c.answer("late")


def stalls(c):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    time.sleep(20)


def truncated(c):
    c.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
    raise Closed


def truncated_chunks(c):
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
    raise Closed


def until_close(c):
    c.send(b"HTTP/1.1 200 OK\r\n\r\nno length at all")
    raise Closed


def huge(c):
    c.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while True:
        c.send(b"10000\r\n" + b"x" * 65536 + b"\r\n")


def size(c):
    c.answer("x" * int(c.query["n"]))


def huge_head(c):
    c.send(b"HTTP/1.1 200 OK\r\n")
    for i in range(100000):
        c.send(b"X-%d: " % i + b"y" * 1000 + b"\r\n")


def garbage(c):
    c.send(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    raise Closed


def html_error(c):
    c.answer("<html><h1>Service Unavailable</h1></html>", "503 Service Unavailable", content_type="text/html")


def status(c):
    c.answer(c.query.get("body", ""), c.query["line"], content_type=c.query.get("type", "text/plain"))


def redirect(c):
    c.answer("elsewhere", f"{c.query.get('status', 302)} Found", [f"Location: {c.query['to']}"])


def circle(c):
    c.answer("round", "302 Found", ["Location: /circle"])


def strange_head(c):
    c.send(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 Quite   OK \r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Empty:\r\n"
           b"X-Folded: one\r\n   two\r\nX-Latin: caf\xe9\r\nContent-Length: 2\r\n\r\nok")


def binary(c):
    c.answer(b"\x00\xff\xfe\x01", content_type="application/octet-stream")


def bad_json(c):
    c.answer("{not json", content_type="application/json")


def problem_json(c):
    c.answer('{"big":12345678901234567890,"n":1.0}', content_type="application/problem+json")


def no_content(c):
    c.send(b"HTTP/1.1 204 No Content\r\n\r\n")


def early(c):
    """Answers before it has read the body, and closes."""
    c.answer("no", "413 Content Too Large", ["Connection: close"])
    raise Closed


def noise(c):
    """A sound answer, with some of its bytes changed, doubled or lost."""
    draw = random.Random(int(c.query["seed"]))
    data = bytearray(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-A: 1\r\n  2\r\nTransfer-Encoding: chunked\r\n\r\n7\r\n[1,2,3]\r\n0\r\nX-T: 1\r\n\r\n")
    for _ in range(draw.randrange(1, 12)):
        at = draw.randrange(len(data))
        data[at:at + draw.randrange(3)] = bytes(draw.choice([draw.randrange(256), 10, 13, 32, 58, 48]) for _ in range(draw.randrange(3)))
    c.send(bytes(data))
    raise Closed


behaviours = {name.replace("_", "-"): f for name, f in list(globals().items()) if callable(f) and f.__module__ == "__main__" and name.islower()}

listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
print(listener.getsockname()[1], flush=True)
sys.stdout.close()
while True:
    sock, _ = listener.accept()
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    threading.Thread(target=Connection(sock).serve, daemon=True).start()
