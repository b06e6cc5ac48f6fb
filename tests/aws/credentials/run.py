#!/usr/bin/python3
"""The chain of credentials beside botocore's: the same files, environment and servers must give the same access key from
the same source, or none. And what botocore cannot tell: a person at a terminal, a proxy, renewals, who may be asked.

    tests/aws/credentials/run.py DRIVER DRRUN [NAME ...]

Debian's botocore is the oracle. Everything is on loopback: one server that is STS, IAM Identity Center, a container's agent
and an instance's metadata service at once. STS checks signatures.
"""
import contextlib
import datetime
import hashlib
import hmac
import http.server
import json
import os
import pty
import re
import select
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

home = tempfile.mkdtemp(prefix="drrun-credentials-")
os.environ.clear()
os.environ.update(HOME=home, PATH="/usr/bin:/bin")  # before botocore comes: it remembers where home is
KEPT = dict(os.environ)
try:
    import botocore.session
    import botocore.utils
except ImportError:
    os.rmdir(home)
    print("skipped: botocore is not there (Debian: python3-botocore)")
    sys.exit(77)

DRIVER, DRRUN = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
botocore.utils.ContainerMetadataFetcher.SLEEP_TIME = 0  # between attempts
SECRETS = {}  # by access key, of all that were given out or written into a file


def secret_of(key):
    return SECRETS.setdefault(key, f"hidden-{hashlib.sha1(key.encode()).hexdigest()}")


def later(minutes):
    return (datetime.datetime.utcnow() + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- The server ---------------------------------------------------------------------------------------------------------


def hash_of(data):
    return hashlib.sha256(data).hexdigest()


def chain_hmac(key, *parts):
    for part in parts:
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


class Refused(Exception):
    pass


class Server(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def log_message(self, *_):
        pass

    def answer(self, status, body, content_type="application/json"):
        body = body if isinstance(body, bytes) else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def serve(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path, _, self.query = self.path.partition("?")
        Server.seen.append((self.command, self.path, dict(self.headers.items()), self.body.decode()))
        what = path.split("/")[1]
        try:
            getattr(self, "serve_" + (what or "sts").replace("-", "_"))(path)
        except Refused as why:
            code, message = why.args
            self.answer(403, f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
                             "<RequestId>r-1</RequestId></ErrorResponse>", "text/xml")

    do_GET = do_POST = do_PUT = serve

    # STS

    def caller(self):
        """The access key that signed this request, if the signature is right."""
        parts = dict(re.findall(r"(\w+)=([^, ]+)", self.headers.get("Authorization", "")))
        if not parts:
            raise Refused("MissingAuthenticationToken", "Request is missing Authentication Token")
        key, date, region, service, _ = parts["Credential"].split("/")
        if key not in SECRETS:
            raise Refused("InvalidClientTokenId", "The security token included in the request is invalid")
        signed = parts["SignedHeaders"].split(";")
        lines = "".join(f"{name}:{' '.join(self.headers[name].split())}\n" for name in signed)
        canonical = "\n".join([self.command, "/", "", lines, ";".join(signed), hash_of(self.body)])
        scope = f"{date}/{region}/{service}/aws4_request"
        text = "\n".join(["AWS4-HMAC-SHA256", self.headers["X-Amz-Date"], scope, hash_of(canonical.encode())])
        signing = chain_hmac(("AWS4" + SECRETS[key]).encode(), date, region, service, "aws4_request")
        if chain_hmac(signing, text).hex() != parts["Signature"]:
            raise Refused("SignatureDoesNotMatch", "The request signature we calculated does not match")
        if key.startswith("ASIA") and self.headers.get("X-Amz-Security-Token") != "token of " + key:
            raise Refused("InvalidClientTokenId", "The session token is missing or another's")
        return key

    def serve_sts(self, _):
        form = dict(urllib.parse.parse_qsl(self.body.decode()))
        action, role = form["Action"], form.get("RoleArn", "").rsplit("/", 1)[-1]
        if action == "GetCallerIdentity":
            self.answer(200, f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result>"
                             f"<Arn>arn:aws:iam::123456789012:user/{self.caller()}</Arn><UserId>x</UserId>"
                             f"<Account>123456789012</Account></{action}Result></{action}Response>", "text/xml")
            return
        if action == "AssumeRole":
            caller = self.caller()
        else:
            caller = form["WebIdentityToken"].split(".")[1]
            assert "Authorization" not in self.headers
        if role == "denied":
            raise Refused("AccessDenied", f"{caller} is not authorized to perform: sts:{action}")
        if role == "mfa" and form.get("TokenCode") != "123456":
            raise Refused("AccessDenied", "MultiFactorAuthentication failed with invalid MFA one time pass code.")
        if role == "external" and form.get("ExternalId") != "the id":
            raise Refused("AccessDenied", "not for that external id")
        key = f"ASIA-{role}-by-{caller}"
        self.answer(200, f"<{action}Response xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><{action}Result><Credentials>"
                         f"<AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret_of(key)}</SecretAccessKey>"
                         f"<SessionToken>token of {key}</SessionToken><Expiration>{later(60)}</Expiration></Credentials>"
                         f"<AssumedRoleUser><Arn>arn:aws:sts::123456789012:assumed-role/{role}/{form['RoleSessionName']}</Arn>"
                         f"<AssumedRoleId>x:y</AssumedRoleId></AssumedRoleUser></{action}Result></{action}Response>", "text/xml")

    # IAM Identity Center

    def serve_federation(self, _):
        query = dict(urllib.parse.parse_qsl(self.query))
        token = self.headers.get("x-amz-sso_bearer_token")
        if token == "revoked":
            self.answer(401, {"message": "Session token not found or invalid", "__type": "UnauthorizedException"})
            return
        key = f"ASIA-{query['role_name']}-{query['account_id']}-{token}"
        self.answer(200, {"roleCredentials": {"accessKeyId": key, "secretAccessKey": secret_of(key),
                                              "sessionToken": "token of " + key,
                                              "expiration": int((time.time() + 3600) * 1000)}})

    def serve_token(self, _):
        asked = json.loads(self.body)
        assert asked["grantType"] == "refresh_token", asked
        if asked["refreshToken"] != "good":
            self.answer(400, {"error": "invalid_grant", "error_description": "Invalid refresh token provided"})
        else:
            self.answer(200, {"accessToken": "refreshed", "tokenType": "Bearer", "expiresIn": 28800, "refreshToken": "next"})

    # A container's agent

    def serve_container(self, path):
        key, minutes, token = "ASIA-container", 60, self.headers.get("Authorization")
        name = path.rsplit("/", 1)[1]
        if name == "locked" and token != "open sesame":
            self.answer(403, {"code": "AccessDenied", "message": "no"})
            return
        if name == "broken":
            self.answer(500, "oops")
            return
        if name == "html":
            self.answer(200, "<html>", "text/html")
            return
        if name == "recovers" and sum(seen[1] == path for seen in Server.seen) < 3:
            self.answer(503, "")
            return
        if name.startswith("minutes"):
            minutes = int(name[7:])
        self.answer(200, {"RoleArn": "arn:aws:iam::1:role/c", "AccessKeyId": key, "SecretAccessKey": secret_of(key),
                          "Token": "token of " + key, "Expiration": later(minutes)})

    # An instance's metadata service; the first word of the path says how it behaves

    def serve_imds(self, path):
        self.serve_instance(path, want_token=True)

    def serve_imds_v1(self, path):
        self.serve_instance(path, want_token=False)

    def serve_imds_norole(self, path):
        self.answer(404, "") if path.endswith("security-credentials/") else self.serve_instance(path, want_token=True)

    def serve_imds_slow(self, path):
        if self.command == "PUT":
            time.sleep(1.5)
            self.close_connection = True
        else:
            self.serve_instance(path, want_token=False)

    def serve_instance(self, path, want_token):
        if self.command == "PUT":
            if not want_token:
                self.answer(403, "")
            else:
                assert self.headers["x-aws-ec2-metadata-token-ttl-seconds"] == "21600"
                self.answer(200, "imds-token", "text/plain")
        elif (self.headers.get("x-aws-ec2-metadata-token") == "imds-token") != want_token:
            self.answer(401, "")
        elif path.endswith("/security-credentials/"):
            self.answer(200, "the-role", "text/plain")
        else:
            assert path.endswith("/security-credentials/the-role"), path
            key = "ASIA-instance"
            self.answer(200, {"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": key, "SecretAccessKey": secret_of(key),
                              "Token": "token of " + key, "Expiration": later(360), "LastUpdated": later(0)})


# --- One configuration, given to both ------------------------------------------------------------------------------------

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
URL = f"http://127.0.0.1:{server.server_port}"
with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as taken:
    CLOSED = f"http://127.0.0.1:{taken.getsockname()[1]}"

BASE = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_REGION": "us-west-2", "AWS_MAX_ATTEMPTS": "1"}
OURS = {"AWS_ENDPOINT_URL_STS": URL, "AWS_ENDPOINT_URL_SSO": URL, "AWS_ENDPOINT_URL_SSO_OIDC": URL}


def keys(name, *, token=False):
    return (f"aws_access_key_id = {name}\naws_secret_access_key = {secret_of(name)}\n"
            + (f"aws_session_token = token of {name}\n" if token else ""))


def prepare(case):
    shutil.rmtree(home)
    os.makedirs(f"{home}/.aws/sso/cache")
    for name, text in {".aws/config": case.get("config"), ".aws/credentials": case.get("credentials"),
                       **case.get("files", {})}.items():
        if text is not None:
            with open(f"{home}/{name}", "w", encoding="utf-8") as file:
                file.write(text.replace("HOME", home))
    Server.seen.clear()
    return {**KEPT, **BASE, **{k: v.replace("HOME", home) for k, v in case.get("env", {}).items()}}


def ask_botocore(case):
    environment = prepare(case)
    os.environ.clear()
    os.environ.update(environment)
    session = botocore.session.Session(profile=case.get("profile"))
    create = session.create_client

    def create_here(service, *arguments, **options):
        return create(service, *arguments, **{**options, "endpoint_url": URL, "region_name": "us-west-2"})

    session.create_client = create_here
    try:
        found = session.get_credentials()
        frozen = found and found.get_frozen_credentials()
        return (frozen.access_key, frozen.secret_key, frozen.token, found.method) if found else (None, None, None, "nothing")
    except Exception as why:  # pylint: disable=broad-except
        return None, None, None, f"failed: {type(why).__name__}: {why}"
    finally:
        os.environ.clear()
        os.environ.update(KEPT)


def ask_us(case, *words):
    environment = {**prepare(case), **OURS}
    command = [DRIVER] + (["--profile", case["profile"]] if case.get("profile") else []) + list(words)
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=60, check=True,
                          start_new_session=True)
    answer = json.loads(done.stdout)
    for secret in SECRETS.values():
        assert secret not in answer.get("problem", ""), "a secret is in the message"
    return answer


SOURCES = {  # botocore's method: what we say
    "env": r"environment$", "assume-role": r"profile .*\(role arn:.*\)$", "assume-role-with-web-identity": r"web identity \(role ",
    "sso": r"profile .*\(SSO, ", "shared-credentials-file": r"profile .*\(credentials file\)$",
    "custom-process": r"profile .*\(credential_process ", "config-file": r"profile .*\(config file\)$",
    "container-role": r"container$", "iam-role": r"instance metadata \(role the-role\)$",
}

# --- The configurations --------------------------------------------------------------------------------------------------

ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "AKIA-env", "AWS_SECRET_ACCESS_KEY": secret_of("AKIA-env")}
ROLE = "arn:aws:iam::123456789012:role/"
DEFAULT, DEV = "[default]\n" + keys("AKIA-default"), "[dev]\n" + keys("AKIA-dev", token=True)
PROCESS = """import json; print(json.dumps({'Version': 1, 'AccessKeyId': 'AKIA-process', 'SecretAccessKey': '%s'%s}))"""
SSO = ("[default]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = admin\n"
       "[sso-session corp]\nsso_region = us-west-2\nsso_start_url = https://corp.awsapps.com/start#/\n")
SSO_OF_OLD = ("[default]\nsso_account_id = 111122223333\nsso_role_name = admin\nsso_region = us-west-2\n"
              "sso_start_url = https://corp.awsapps.com/start#/\n")


def token_file(name):
    return f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json"


def token(access, minutes, **more):
    return json.dumps({"startUrl": "https://corp.awsapps.com/start#/", "region": "us-west-2", "accessToken": access,
                       "expiresAt": later(minutes), **more})


def refreshable(refresh="good", registration=10000):
    return {"clientId": "c", "clientSecret": "cs", "refreshToken": refresh, "registrationExpiresAt": later(registration)}


def instance(kind="imds", **more):  # patient: this machine may be busy
    return {"AWS_METADATA_SERVICE_TIMEOUT": "10", "AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{URL}/{kind}", **more}


CASES = {
    "nothing": {},
    "environment": {"env": ENVIRONMENT},
    "environment with a session": {"env": {**ENVIRONMENT, "AWS_SESSION_TOKEN": "t"}},
    "environment with the session's old name": {"env": {**ENVIRONMENT, "AWS_SECURITY_TOKEN": "t"}},
    "environment without secret": {"env": {"AWS_ACCESS_KEY_ID": "AKIA-env"}},
    "environment empty": {"env": {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "credentials": DEFAULT},
    "environment before the files": {"env": ENVIRONMENT, "credentials": DEFAULT},
    "environment before AWS_PROFILE": {"env": {**ENVIRONMENT, "AWS_PROFILE": "dev"}, "credentials": DEV},
    "a profile before the environment": {"env": ENVIRONMENT, "credentials": DEV, "profile": "dev"},
    "a profile that is not there": {"credentials": DEV, "profile": "nosuch"},
    "AWS_PROFILE that is not there": {"credentials": DEV, "env": {"AWS_PROFILE": "nosuch"}},
    "credentials file": {"credentials": DEFAULT},
    "credentials file, a profile by AWS_PROFILE": {"credentials": DEFAULT + DEV, "env": {"AWS_PROFILE": "dev"}},
    "credentials file without secret": {"credentials": "[default]\naws_access_key_id = AKIA-x\n"},
    "credentials file before the config": {"credentials": DEFAULT, "config": "[default]\n" + keys("AKIA-config")},
    "config": {"config": "[default]\n" + keys("AKIA-config")},
    "config, a profile": {"config": "[profile dev]\n" + keys("AKIA-config"), "profile": "dev"},
    "config, a quoted profile": {"config": '[profile "my dev"]\n' + keys("AKIA-config"), "profile": "my dev"},
    "config, a profile without its word": {"config": "[dev]\n" + keys("AKIA-config"), "profile": "dev"},
    "files elsewhere": {"files": {"c1": "[profile dev]\nregion = x\n", "c2": DEV}, "profile": "dev",
                        "env": {"AWS_CONFIG_FILE": "HOME/c1", "AWS_SHARED_CREDENTIALS_FILE": "~/c2"}},
    "keys in capitals, with colons": {"credentials": "[default]\nAWS_ACCESS_KEY_ID: AKIA-default\n"
                                                     f"Aws_Secret_Access_Key: {secret_of('AKIA-default')}\n"},
    "indented keys, comments, blank lines": {"credentials": "# c\n\n[default]\n  ; c\n  aws_access_key_id = AKIA-default\n\n"
                                             f"  # c\n  aws_secret_access_key = {secret_of('AKIA-default')}\n"},
    "broken credentials file": {"credentials": "[default\n" + keys("AKIA-default")},
    "broken config": {"config": "[default]\nnonsense\n", "credentials": DEFAULT},
    "role with source_profile": {"config": f"[default]\nrole_arn = {ROLE}one\nsource_profile = dev\n", "credentials": DEV},
    "role before keys": {"config": f"[default]\nrole_arn = {ROLE}one\nsource_profile = base\n", "credentials": DEFAULT
                         + "[base]\n" + keys("AKIA-base")},
    "role of itself": {"config": f"[default]\nrole_arn = {ROLE}one\nsource_profile = default\n", "credentials": DEFAULT},
    "role by role": {"config": f"[profile a]\nrole_arn = {ROLE}a\nsource_profile = b\n[profile b]\nrole_arn = {ROLE}b\n"
                               "source_profile = base\n", "credentials": "[base]\n" + keys("AKIA-base"), "profile": "a"},
    "role whose source has keys and a role": {
        "config": f"[profile a]\nrole_arn = {ROLE}a\nsource_profile = b\n[profile b]\nrole_arn = {ROLE}b\nsource_profile = c\n"
                  + keys("AKIA-b"), "profile": "a"},
    "role by process": {"config": f"[profile a]\nrole_arn = {ROLE}a\nsource_profile = b\n[profile b]\ncredential_process = "
                                  "/usr/bin/python3 HOME/p.py\n",
                        "files": {"p.py": PROCESS % (secret_of("AKIA-process"), "")}, "profile": "a"},
    "role by web identity": {"config": f"[profile a]\nrole_arn = {ROLE}a\nsource_profile = b\n[profile b]\nrole_arn = {ROLE}w\n"
                                       "web_identity_token_file = HOME/token\n", "files": {"token": "a.jwt"}, "profile": "a"},
    "role with an external id": {"config": f"[default]\nrole_arn = {ROLE}external\nsource_profile = dev\nexternal_id = the id\n",
                                 "credentials": DEV},
    "role without its external id": {"config": f"[default]\nrole_arn = {ROLE}external\nsource_profile = dev\n", "credentials": DEV},
    "role that is denied": {"config": f"[default]\nrole_arn = {ROLE}denied\nsource_profile = dev\n", "credentials": DEV},
    "roles in a loop": {"config": f"[profile a]\nrole_arn = {ROLE}a\nsource_profile = b\n[profile b]\nrole_arn = {ROLE}b\n"
                                  "source_profile = a\n", "profile": "a"},
    "role without source": {"config": f"[default]\nrole_arn = {ROLE}a\n"},
    "role with both sources": {"config": f"[default]\nrole_arn = {ROLE}a\nsource_profile = dev\ncredential_source = Environment\n",
                               "credentials": DEV, "env": ENVIRONMENT, "profile": "default"},
    "role by the environment": {"config": f"[profile a]\nrole_arn = {ROLE}a\ncredential_source = Environment\n",
                                "env": ENVIRONMENT, "profile": "a"},
    "role by the instance": {"config": f"[default]\nrole_arn = {ROLE}a\ncredential_source = Ec2InstanceMetadata\n",
                             "env": instance()},
    "role by the container": {"config": f"[default]\nrole_arn = {ROLE}a\ncredential_source = EcsContainer\n",
                              "env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/x"}},
    "role by nobody": {"config": f"[default]\nrole_arn = {ROLE}a\ncredential_source = Nobody\n"},
    "role whose source has nothing": {"config": f"[default]\nrole_arn = {ROLE}a\nsource_profile = b\n[profile b]\nregion = x\n",
                                      "env": instance()},
    "role whose source is not there": {"config": f"[default]\nrole_arn = {ROLE}a\nsource_profile = b\n"},
    "web identity": {"env": {"AWS_ROLE_ARN": ROLE + "w", "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}, "files": {"token": "a.jwt"},
                     "credentials": DEFAULT},
    "web identity of the profile": {"config": f"[default]\nrole_arn = {ROLE}w\nweb_identity_token_file = HOME/token\n",
                                    "files": {"token": "a.jwt"}},
    "web identity, environment and profile mixed": {"config": f"[default]\nrole_arn = {ROLE}w\n"
                                                              "web_identity_token_file = HOME/none\n",
                                                    "env": {"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}, "files": {"token": "a.jwt"}},
    "web identity behind a named profile": {"env": {"AWS_ROLE_ARN": ROLE + "w", "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
                                            "files": {"token": "a.jwt"}, "credentials": DEV, "profile": "dev"},
    "web identity without token": {"env": {"AWS_ROLE_ARN": ROLE + "w", "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/none"},
                                   "credentials": DEFAULT},
    "web identity without role": {"env": {"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}, "files": {"token": "a.jwt"}},
    "web identity denied": {"env": {"AWS_ROLE_ARN": ROLE + "denied", "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"},
                            "files": {"token": "a.jwt"}},
    "SSO": {"config": SSO, "files": {token_file("corp"): token("fresh", 600, **refreshable())}},
    "SSO before keys": {"config": SSO, "credentials": DEFAULT, "files": {token_file("corp"): token("fresh", 600)}},
    "SSO to be refreshed": {"config": SSO, "files": {token_file("corp"): token("old", 5, **refreshable())}},
    "SSO expired, refreshed": {"config": SSO, "files": {token_file("corp"): token("old", -5, **refreshable())}},
    "SSO near its end, not to be refreshed": {"config": SSO, "files": {token_file("corp"): token("old", 5, **refreshable("bad"))}},
    "SSO expired, not to be refreshed": {"config": SSO, "files": {token_file("corp"): token("old", -5, **refreshable("bad"))}},
    "SSO expired, registration too": {"config": SSO, "files": {token_file("corp"): token("old", -5, **refreshable("good", -1))}},
    "SSO revoked": {"config": SSO, "files": {token_file("corp"): token("revoked", 600)}},
    "SSO never logged in": {"config": SSO},
    "SSO of old": {"config": SSO_OF_OLD, "files": {token_file("https://corp.awsapps.com/start#/"): token("fresh", 600)}},
    "SSO half set up": {"config": "[default]\nsso_account_id = 1\nsso_role_name = x\n"},
    "SSO without its session": {"config": SSO.split("[sso-session")[0]},
    "SSO with two regions": {"config": SSO.replace("sso_role_name", "sso_region = eu-west-1\nsso_role_name"),
                             "files": {token_file("corp"): token("fresh", 600)}},
    "process": {"config": '[default]\ncredential_process = /usr/bin/python3 "HOME/p 1.py" \'$HOME\' ; true\n',
                "files": {"p 1.py": "import sys; assert sys.argv[1] != '';" + PROCESS % (secret_of("AKIA-process"), "")}},
    "process with a session and an end": {
        "config": "[default]\ncredential_process = /usr/bin/python3 HOME/p.py\n",
        "files": {"p.py": PROCESS % (secret_of("AKIA-process"), f", 'SessionToken': 't', 'Expiration': '{later(60)}'")}},
    "process behind the credentials file": {"config": "[default]\ncredential_process = /bin/false\n", "credentials": DEFAULT},
    "process before the config": {"config": "[default]\ncredential_process = /usr/bin/python3 HOME/p.py\n" + keys("AKIA-config"),
                                  "files": {"p.py": PROCESS % (secret_of("AKIA-process"), "")}},
    "process in the credentials file": {"credentials": "[default]\ncredential_process = /usr/bin/python3 HOME/p.py\n",
                                        "files": {"p.py": PROCESS % (secret_of("AKIA-process"), "")}},
    "process that fails": {"config": "[default]\ncredential_process = /bin/false\n"},
    "process that is not there": {"config": "[default]\ncredential_process = /nowhere/get x\n"},
    "process of another version": {"config": "[default]\ncredential_process = /bin/echo '{\"Version\": 2}'\n"},
    "container": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/x"}},
    "container with a token": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/locked",
                                       "AWS_CONTAINER_AUTHORIZATION_TOKEN": "open sesame"}},
    "container that recovers": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/recovers"}},
    "container that is broken": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/broken"}},
    "container that speaks HTML": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/html"}},
    "container that is not there": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{CLOSED}/x"}},
    "container that may not be asked": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://198.51.100.1/x"}},
    "container behind the files": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/x"}, "credentials": DEFAULT},
    "container before the instance": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/x", **instance()}},
    "instance": {"env": instance()},
    "instance by the config": {"config": f"[default]\nec2_metadata_service_endpoint = {URL}/imds\n",
                               "env": {"AWS_EC2_METADATA_DISABLED": "false"}},
    "instance of version 1": {"env": instance("imds-v1")},
    "instance whose token does not come": {"env": instance("imds-slow", AWS_METADATA_SERVICE_TIMEOUT="1")},
    "instance without role": {"env": instance("imds-norole")},
    "instance that is not there": {"env": {**instance(), "AWS_EC2_METADATA_SERVICE_ENDPOINT": CLOSED}},
    "instance switched off": {"env": {**instance(), "AWS_EC2_METADATA_DISABLED": "TRUE"}},
}


def compare(name, case):
    theirs, ours = ask_botocore(case), ask_us(case)
    key, secret, session, method = theirs
    if key is None:
        assert "access_key" not in ours, f"{name}: found {ours['access_key']} ({ours['source']}), botocore: {method}"
        nothing = ours["problem"].startswith("there are no AWS credentials:")
        assert nothing == (method == "nothing"), f"{name}: botocore: {method}; we: {ours['problem']}"
        return
    assert "access_key" in ours, f"{name}: botocore found {key} ({method}); we: {ours.get('problem')}"
    got = (ours["access_key"], ours["secret_key"], ours["token"])
    assert got == (key, secret, session), f"{name}: {got} instead of {theirs}"
    assert re.match(SOURCES[method], ours["source"]), f"{name}: {ours['source']} instead of {method}"


# --- What botocore cannot tell -------------------------------------------------------------------------------------------


def requests_to(path):
    return [seen for seen in Server.seen if seen[1].startswith(path)]


def a_tasks_role():
    answer = ask_us({"env": ENVIRONMENT}, "--role", ROLE + "task", "--region", "eu-west-3", "--times", "3")
    assert answer["access_key"] == "ASIA-task-by-AKIA-env", answer
    assert answer["account_id"] == "123456789012", answer
    assert len(Server.seen) == 1, "it is asked for once"
    assert "/eu-west-3/sts/aws4_request" in Server.seen[0][2]["Authorization"], "in the task's Region"
    assert "RoleSessionName=drrun-driver" in Server.seen[0][3]
    answer = ask_us({"env": ENVIRONMENT}, "--role", ROLE + "denied", "--region", "eu-west-3")
    assert "AccessDenied: AKIA-env is not authorized to perform: sts:AssumeRole" in answer["problem"], answer


def a_refreshed_token_is_kept():
    ask_us({"config": SSO, "files": {token_file("corp"): token("old", -5, **refreshable())}})
    path = f"{home}/{token_file('corp')}"
    with open(path, encoding="utf-8") as file:
        kept = json.load(file)
    assert kept["accessToken"] == "refreshed" and kept["refreshToken"] == "next", kept
    assert kept["startUrl"] == "https://corp.awsapps.com/start#/" and kept["clientId"] == "c", kept
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, "readable to the user only"
    assert os.listdir(f"{home}/.aws/sso/cache") == [os.path.basename(path)], "nothing is left beside it"
    # Now botocore goes on with what we wrote.
    os.environ.update(BASE)
    session = botocore.session.Session()
    create = session.create_client
    session.create_client = lambda service, *a, **o: create(service, *a, **{**o, "endpoint_url": URL, "region_name": "us-west-2"})
    assert session.get_credentials().get_frozen_credentials().access_key == "ASIA-admin-111122223333-refreshed"
    os.environ.clear()
    os.environ.update(KEPT)


def a_short_life_is_renewed():
    for minutes, requests in ((60, 1), (16, 1), (14, 2), (5, 2)):
        ask_us({"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/minutes{minutes}"}}, "--times", "3")
        assert len(requests_to("/container")) == requests, (minutes, len(requests_to("/container")))


def a_proxy_never_sees_it():
    proxies = {"http_proxy": CLOSED, "HTTP_PROXY": CLOSED, "all_proxy": CLOSED, "ALL_PROXY": CLOSED}
    answer = ask_us({"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/x", **proxies}})
    assert answer.get("access_key") == "ASIA-container", answer
    answer = ask_us({"env": {**instance(), **proxies}})
    assert answer.get("access_key") == "ASIA-instance", answer


def a_token_file_comes_first():
    answer = ask_us({"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/locked",
                             "AWS_CONTAINER_AUTHORIZATION_TOKEN": "wrong", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "HOME/t"},
                     "files": {"t": "open sesame\n"}})
    assert answer.get("access_key") == "ASIA-container", answer


def version_1_may_be_switched_off():
    answer = ask_us({"env": instance("imds-v1", AWS_EC2_METADATA_V1_DISABLED="true")})
    assert "version 1 is switched off" in answer["problem"], answer


def an_instance_that_says_nothing_costs_little():
    start = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        answer = ask_us({"env": {"AWS_EC2_METADATA_DISABLED": "false",
                                 "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}"}})
    assert "names no role of this instance" in answer["problem"], answer
    assert time.monotonic() - start < 8, "a second for the token, a second for the role's name"


MFA = {"config": f"[default]\nrole_arn = {ROLE}mfa\nsource_profile = dev\nmfa_serial = arn:aws:iam::1:mfa/me\n", "credentials": DEV}


def without_a_terminal_nobody_is_asked():
    answer = ask_us(MFA)
    assert "needs the code of arn:aws:iam::1:mfa/me, and there is no terminal to ask for it" in answer["problem"], answer
    assert not Server.seen, "no request was made"


def talk(lines, command=(DRIVER,), files=None):
    """Runs a program on a terminal of its own, answers its questions, and returns what the terminal showed."""
    environment = {**prepare({**MFA, "files": files or {}}), **OURS, "TERM": "xterm"}
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(home)
        os.execve(command[0], command, environment)
    shown, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.1)[0]:
            continue
        try:
            more = os.read(terminal, 4096)
        except OSError:
            break
        shown += more
        if b"MFA code of arn:aws:iam::1:mfa/me:" in more and lines:
            os.write(terminal, lines.pop(0))
    os.close(terminal)
    os.waitpid(child, 0)
    return shown.decode()


def a_person_types_the_code():
    shown = talk([b"12 34\n", b"123 456\n"])
    assert "That is not a code of six digits." in shown, shown
    assert '"access_key":"ASIA-mfa-by-AKIA-dev"' in shown, shown
    shown = talk([b"654321\n"])
    assert "MultiFactorAuthentication failed" in shown, shown
    shown = talk([b"\x04"])  # the end of what is typed
    assert "the terminal was closed" in shown, shown


WHOAMI = """
Runbook: { Name: who, Region: eu-west-3 }
StartAt: Chain
States:
  Chain: { Type: Task, Resource: "aws-sdk:sts:getCallerIdentity", Parameters: {}, ResultSelector: { "Arn.$": "$.Arn" }, Next: Role }
  Role:
    Type: Task
    Resource: aws-sdk:sts:getCallerIdentity
    Parameters: {}
    Credentials: { RoleArn: "arn:aws:iam::123456789012:role/task", ExternalId: the id }
    ResultSelector: { "Arn.$": "$.Arn" }
    Next: Denied
  Denied:
    Type: Task
    Resource: aws-sdk:sts:getCallerIdentity
    Parameters: {}
    Credentials: { RoleArn: "arn:aws:iam::123456789012:role/denied" }
    Catch: [{ ErrorEquals: [States.ALL], Next: Done }]
    Next: Done
  Done: { Type: Succeed }
"""


def a_run_writes_no_secret_down():
    sources = {"container": {"env": {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{URL}/container/locked",
                                     "AWS_CONTAINER_AUTHORIZATION_TOKEN": "open sesame"}},
               "SSO": {"config": SSO, "files": {token_file("corp"): token("old", -5, **refreshable())}},
               "process": CASES["process with a session and an end"], "web identity": CASES["web identity"],
               "role": CASES["role with an external id"]}
    for name, case in sources.items():
        case = {**case, "files": {**case.get("files", {}), "who.yaml": WHOAMI}}
        environment = {**prepare(case), **OURS}
        done = subprocess.run([DRRUN, "run", "who.yaml", "--name", "a b", "--trace", "--json", "--store", "store"], cwd=home,
                              env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                              timeout=60, check=False)
        text = done.stdout.decode()
        assert done.returncode == 0, f"{name}: {text}"
        assert "AccessDenied" in text and "user/ASIA-task-by-" in text, f"{name}: {text}"
        assert any("RoleSessionName=drrun-a-b" in seen[3] for seen in Server.seen), "the session is named after the execution"
        assert any("ExternalId=the+id" in seen[3] or "ExternalId=the%20id" in seen[3] for seen in Server.seen)
        for folder, _, files in os.walk(f"{home}/store"):
            for file in files:
                with open(f"{folder}/{file}", encoding="utf-8", errors="replace") as journal:
                    text += journal.read()
        assert "ASIA-task-by-" in text, "the journal was read"
        for secret in [*SECRETS.values(), "token of ", "a.jwt", "open sesame", '"refreshed"', "AWS4-HMAC"]:
            assert secret not in text, f"{name}: {secret} is written down"


def a_simulation_knows_nothing_of_this_machine():
    case = {"env": {**ENVIRONMENT, "AWS_ENDPOINT_URL": URL}, "files": {"who.yaml": WHOAMI}}
    done = subprocess.run([DRRUN, "run", "--simulate", "who.yaml", "--trace", "--json"], cwd=home, timeout=60, check=False,
                          env={**prepare(case), **OURS}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = done.stdout.decode()
    assert not Server.seen and URL not in text and "AKIA-env" not in text, text
    assert "Sts." in text or "SUCCEEDED" in text, text


def a_person_is_asked_above_the_live_view():
    shown = talk([b"123456\n"], (DRRUN, "run", "who.yaml", "--store", "store"), {"who.yaml": WHOAMI})
    assert "SUCCEEDED" in shown, shown
    start = time.monotonic()
    shown = talk([b"\x03"], (DRRUN, "run", "who.yaml", "--store", "store"), {"who.yaml": WHOAMI})  # Ctrl-C
    assert "is checkpointed" in shown, shown
    assert time.monotonic() - start < 10, "nobody waits for the code any more"


OTHERS = [a_run_writes_no_secret_down, a_simulation_knows_nothing_of_this_machine, a_person_is_asked_above_the_live_view,
          a_tasks_role, a_refreshed_token_is_kept, a_short_life_is_renewed, a_proxy_never_sees_it, a_token_file_comes_first,
          version_1_may_be_switched_off, an_instance_that_says_nothing_costs_little, without_a_terminal_nobody_is_asked,
          a_person_types_the_code]


def main():
    wanted, failures = sys.argv[3:], 0
    tests = [(name, lambda name=name, case=case: compare(name, case)) for name, case in CASES.items()]
    tests += [(test.__name__, test) for test in OTHERS]
    for name, test in tests:
        if wanted and name not in wanted:
            continue
        try:
            test()
        except AssertionError as why:
            failures += 1
            print(f"FAILED {name}: {why}")
    shutil.rmtree(home)
    print(f"{len(CASES)} configurations as in botocore {botocore.__version__}, {len(OTHERS)} tests of our own: {failures} failed")
    return 1 if failures else 0


sys.exit(main())
