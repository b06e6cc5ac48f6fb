"""A small server for tests of the command line: enough of STS, Systems Manager, Secrets Manager, SQS and S3 to see what drrun sends.

Usage: aws_server.py FOLDER      Writes its port to FOLDER/port and one line a request to FOLDER/log:
       "METHOD PATH OPERATION scope=... session=... BODY". Objects of S3 are the files under FOLDER/objects.
       While FOLDER/slow exists, answers take 30 seconds.
"""
import http.server
import json
import os
import sys
import threading
import time
import urllib.parse

folder = sys.argv[1]
lock = threading.Lock()
PARAMETERS = {"/shop/token": "correct-horse-battery"}
SECRETS = {"shop": json.dumps({"user": "admin", "password": "hunter2-hunter2"})}


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def reply(self, status, body, kind="text/xml"):
        body = body if isinstance(body, bytes) else body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", "request-1")
        self.end_headers()
        self.wfile.write(body)

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target", "")
        form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace"))) if b"Action=" in body[:60] else {}
        operation = target.split(".")[-1] or form.get("Action", "-")
        scope = self.headers.get("Authorization", "").partition("Credential=")[2].partition(",")[0]
        with lock, open(os.path.join(folder, "log"), "a") as log:
            log.write(f"{self.command} {self.path} {operation} scope={scope} session={self.headers.get('X-Amz-Security-Token', '')} "
                      f"{body.decode('utf-8', 'replace')}\n".replace("\n", " ").rstrip() + "\n")
        if os.path.exists(os.path.join(folder, "slow")):
            time.sleep(30)
        self.answer(operation, form, body)

    def answer(self, operation, form, body):
        if operation == "AssumeRole":
            self.reply(200, "<AssumeRoleResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><AssumeRoleResult><Credentials>"
                            "<AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>role-secret</SecretAccessKey><SessionToken>role-session</SessionToken>"
                            "<Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>")
        elif operation == "GetParameter":
            value = PARAMETERS.get(json.loads(body)["Name"])
            if json.loads(body)["Name"] == "/shop/refused":
                self.reply(400, json.dumps({"__type": "UnrecognizedClientException", "message": "The security token is invalid."}), "application/x-amz-json-1.1")
            elif value is None:
                self.reply(400, json.dumps({"__type": "ParameterNotFound"}), "application/x-amz-json-1.1")
            else:
                self.reply(200, json.dumps({"Parameter": {"Value": value, "Type": "SecureString"}}), "application/x-amz-json-1.1")
        elif operation == "GetSecretValue":
            self.reply(200, json.dumps({"SecretString": SECRETS[json.loads(body)["SecretId"]]}), "application/x-amz-json-1.1")
        elif operation == "SendMessage":
            if form:
                self.reply(200, "<SendMessageResponse><SendMessageResult><MessageId>m-1</MessageId></SendMessageResult></SendMessageResponse>")
            else:
                self.reply(200, json.dumps({"MessageId": "m-1"}), "application/x-amz-json-1.0")
        else:
            self.objects(body)

    def objects(self, body):
        path = urllib.parse.unquote(self.path.partition("?")[0])
        place = os.path.join(folder, "objects", path.lstrip("/"))
        if self.command == "PUT":
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "wb") as file:
                file.write(body)
            self.reply(200, "")
        elif os.path.isfile(place):
            with open(place, "rb") as file:
                self.reply(200, file.read(), "application/octet-stream")
        else:
            self.reply(404, "<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>")

    do_GET = do_PUT = do_POST = handle_one


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
with open(os.path.join(folder, "port.new"), "w") as file:
    file.write(str(server.server_port))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
server.serve_forever()
