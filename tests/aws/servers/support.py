"""What the tests of this folder share: servers by others on loopback, drrun, the AWS CLI and boto3, all with the same fake keys.
A test ends with status 77 when a program that it needs is missing: `npm ci` in this folder brings the servers, scripts/install-packages the rest."""
import http.client
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
AWS_CLI = "/usr/bin/aws"
# s3rver knows this pair only; dynalite takes any.
KEY = SECRET = "S3RVER"
REGION = "us-west-2"


def skip(why):
    print("skipped:", why, file=sys.stderr)
    sys.exit(77)


def need(*names):
    """Ends the test with 77 unless all are there: "boto3", "aws", a program, or an npm package of this folder."""
    for name in names:
        if name == "boto3":
            if not importlib.util.find_spec("boto3"):
                skip("python3-boto3 is not installed")
        elif name == "aws":
            if not os.access(AWS_CLI, os.X_OK):
                skip("awscli is not installed")
        elif name in ("dynalite", "s3rver"):
            if not shutil.which("node"):
                skip("node is not installed")
            if not os.path.exists(os.path.join(HERE, "node_modules", name)):
                skip(f"{name} is not installed: npm ci --prefix tests/aws/servers")
        elif not shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin"):
            skip(f"{name} is not installed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Place:
    """A folder, the servers that run in it, and an environment that leads everyone to them and to nothing else."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="drrun-servers-")
        self.store = os.path.join(self.folder, "store")
        self.processes, self.judges, self.refused, self.endpoints = [], [], [], {}
        # Called with each of drrun's requests when the server has done it and drrun does not know yet.
        self.passed_on = None
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_") and not k.lower().endswith("_proxy")}
        self.environment = {
            **kept, "HOME": self.folder, "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "AWS_PAGER": "", "LC_ALL": "C.UTF-8",
            # Whatever has no server of its own ends here at once.
            "AWS_ENDPOINT_URL": "http://127.0.0.1:1", "XDG_CACHE_HOME": os.path.join(self.folder, "cache"),
        }

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def start(self, command, port):
        path = self.path(f"server-{port}.log")
        with open(path, "wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.folder, env=self.environment)
        self.processes.append(process)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return process
            except OSError:
                time.sleep(0.02)
        with open(path) as log:
            raise AssertionError(f"{command[0]} did not start: {log.read()}")

    def judged(self, service, port):
        """Puts a judge before the server, for drrun only: a request that botocore would have signed otherwise never reaches the server, which does
        not look. The judge keeps the requests."""
        sys.path.insert(0, os.path.dirname(HERE))
        from client_server import Server, check_signature

        def pass_on(request):
            wrong = check_signature(request, {KEY: SECRET})
            if wrong:
                self.refused.append(wrong)
                return {"status": 403, "headers": {"Content-Type": "application/xml"},
                        "body": "<Error><Code>SignatureDoesNotMatch</Code><Message>No.</Message></Error>" if service == "s3" else
                                '{"__type": "SignatureDoesNotMatch", "message": "No."}'}
            upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
            upstream.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers:
                if name.lower() != "expect":
                    upstream.putheader(name, value)
            upstream.endheaders(request.body)
            answer = upstream.getresponse()
            body = answer.read()
            # A HEAD's answer tells the length of what it does not send.
            headers = {k: v for k, v in answer.getheaders() if k.lower() not in ("transfer-encoding", "connection", "keep-alive", "content-length", "date")}
            headers["Content-Length"] = answer.getheader("Content-Length") or str(len(body))
            upstream.close()
            if self.passed_on:
                self.passed_on(request)
            return {"status": answer.status, "headers": headers, "body": body}

        judge = Server(pass_on)
        self.judges.append(judge)
        self.endpoints[service] = f"http://127.0.0.1:{port}"
        self.environment[f"AWS_ENDPOINT_URL_{service.upper()}"] = judge.url
        return judge

    def dynalite(self):
        """Starts it, with a judge. Returns the judge."""
        port = free_port()
        # Port 0 of dynalite's own would be told on its output only; tables are there quickly, but not at once.
        self.start(["node", os.path.join(HERE, "node_modules/dynalite/cli.js"), "--port", str(port), "--createTableMs", "300",
                    "--deleteTableMs", "100", "--updateTableMs", "100"], port)
        return self.judged("dynamodb", port)

    def s3rver(self):
        """Starts it, with a judge. Returns the judge."""
        port = free_port()
        # Its tokens for pages are made with DES.
        self.start(["node", "--openssl-legacy-provider", os.path.join(HERE, "node_modules/s3rver/bin/s3rver.js"), "--directory", self.path("s3"),
                    "--address", "127.0.0.1", "--port", str(port)], port)
        return self.judged("s3", port)

    def close(self):
        for judge in self.judges:
            judge.close()
        for process in self.processes:
            process.kill()
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- The three clients ---

    def command(self, runbook, *arguments, input=None, verb="run"):
        if verb == "run":
            runbook = runbook if os.path.isabs(runbook) else os.path.join(HERE, "runbooks", runbook)
        more = [] if input is None else ["--input", json.dumps(input)]
        return [DRRUN, verb, runbook, *more, *arguments, "--store", self.store, "--json"]

    def drrun(self, runbook, *arguments, input=None, verb="run", environment=None):
        """Runs it; what drrun says of the execution, with `output` as data. Messages go to the test's log when it fails."""
        done = subprocess.run(self.command(runbook, *arguments, input=input, verb=verb), capture_output=True, text=True, timeout=120,
                              cwd=self.folder, env={**self.environment, **(environment or {})})
        try:
            result = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(f"drrun ended with {done.returncode}: {done.stdout}{done.stderr}") from None
        if "status" not in result:
            raise AssertionError(done.stdout + done.stderr)
        return result

    def journal(self, execution):
        with open(os.path.join(self.store, "executions", execution, "journal.jsonl")) as file:
            return [json.loads(line) for line in file if line.strip("\0\n ")]

    def output(self, runbook, *arguments, **options):
        """Runs it, and expects that it succeeds."""
        result = self.drrun(runbook, *arguments, **options)
        if result["status"] != "SUCCEEDED":
            raise AssertionError(f"{runbook}: {json.dumps(result, indent=1)}")
        return result["output"]

    def cli(self, service, *arguments):
        """What the AWS CLI answers, as data; None when it prints nothing. `aws s3api` and `aws s3` share S3's server."""
        done = subprocess.run([AWS_CLI, service, *arguments, "--output", "json", "--endpoint-url",
                               self.endpoints["s3" if service == "s3api" else service]],
                              capture_output=True, text=True, timeout=60, cwd=self.folder, env=self.environment)
        if done.returncode != 0:
            raise AssertionError(f"aws {service} {' '.join(arguments)}: {done.stderr}")
        return json.loads(done.stdout) if done.stdout.strip() else None

    def boto(self, service):
        import boto3
        from botocore.config import Config
        return boto3.client(service, endpoint_url=self.endpoints[service], region_name=REGION, aws_access_key_id=KEY,
                            aws_secret_access_key=SECRET, config=Config(s3={"addressing_style": "path"}))


DRRUN = None


def main(about):
    """Runs the tests of the calling program: PROGRAM DRRUN [TEST...]"""
    global DRRUN
    if len(sys.argv) < 2:
        sys.exit(f"usage: {sys.argv[0]} DRRUN [TEST...]    {about}")
    DRRUN = os.path.abspath(sys.argv.pop(1))
    # A test is a program, and support a module that knows DRRUN.
    sys.modules["support"].DRRUN = DRRUN
    # boto3 of Debian leaves its connections to the garbage collector.
    unittest.main(module="__main__", warnings="ignore")
