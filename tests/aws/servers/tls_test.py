"""dynalite behind nginx with TLS, under a certificate authority of our own: who is trusted, how many connections are opened, and that a session is taken up again."""
import os
import shutil
import subprocess
import unittest

import support

support.need("dynalite", "nginx", "openssl")


def certificates(folder):
    """An authority, and a server's certificate from it."""
    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *curve, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Authority of a test")
    openssl("req", *curve, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost")
    with open(os.path.join(folder, "names"), "w") as file:
        file.write("subjectAltName=DNS:localhost\n")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", "server.pem")


CONFIGURATION = """daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{
    log_format calls '$connection $ssl_session_reused $connection_requests';
    access_log {folder}/calls calls;
    keepalive_requests {requests};
    client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c; uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
    ssl_certificate {folder}/server.pem;
    ssl_certificate_key {folder}/server.key;
    ssl_session_cache shared:s:1m;
    server {{ listen 127.0.0.1:{port} ssl backlog=1024; location / {{ proxy_pass http://127.0.0.1:{upstream}; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host; }} }}
}}
"""


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.place = support.Place()
        cls.addClassCleanup(cls.place.close)
        cls.place.dynalite()
        certificates(cls.place.folder)
        # The second closes a connection after 10 requests, as a load balancer may.
        cls.ports = {"patient": cls.nginx("patient", 100000), "impatient": cls.nginx("impatient", 10)}

    @classmethod
    def nginx(cls, name, requests):
        folder, port = cls.place.path(name), support.free_port()
        os.mkdir(folder)
        for file in ("server.pem", "server.key"):
            shutil.copy(cls.place.path(file), folder)
        upstream = cls.place.judges[0].port
        with open(os.path.join(folder, "nginx.conf"), "w") as file:
            file.write(CONFIGURATION.format(folder=folder, port=port, upstream=upstream, requests=requests))
        nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/sbin")
        cls.place.start([nginx, "-e", os.path.join(folder, "start.log"), "-c", os.path.join(folder, "nginx.conf")], port)
        return port

    def run_calls(self, name, count, concurrency, **environment):
        """(the run, [(connection, session reused, number on its connection)])"""
        log = self.place.path(name, "calls")
        open(log, "w").close()
        told = self.place.drrun("polls.yaml", input={"count": count, "concurrency": concurrency}, environment={
            "AWS_ENDPOINT_URL_DYNAMODB": f"https://localhost:{self.ports[name]}", "AWS_CA_BUNDLE": self.place.path("ca.pem"), **environment})
        with open(log) as file:
            return told, [(words[0], words[1] == "r", int(words[2])) for words in map(str.split, file)]

    def test_an_authority_that_is_not_trusted(self):
        told, calls = self.run_calls("patient", 1, 1, AWS_CA_BUNDLE="")
        self.assertEqual(("FAILED", "DynamoDb.SdkClientException"), (told["status"], told["error"]))
        self.assertRegex(told["cause"], r"(?i)certificate")
        self.assertEqual([], calls)

    def test_a_name_that_is_another(self):
        told, calls = self.run_calls("patient", 1, 1, AWS_ENDPOINT_URL_DYNAMODB=f"https://127.0.0.1:{self.ports['patient']}")
        self.assertEqual(("FAILED", "DynamoDb.SdkClientException"), (told["status"], told["error"]))
        self.assertEqual([], calls)

    def test_calls_in_a_row_share_one_connection(self):
        told, calls = self.run_calls("patient", 200, 1)
        self.assertEqual("SUCCEEDED", told["status"], told)
        self.assertEqual(200, len(calls))
        self.assertEqual(1, len({connection for connection, _, _ in calls}))

    def test_a_new_connection_takes_up_the_session(self):
        told, calls = self.run_calls("impatient", 100, 1)
        self.assertEqual("SUCCEEDED", told["status"], told)
        self.assertEqual(100, len(calls))
        connections = list(dict.fromkeys(connection for connection, _, _ in calls))
        self.assertEqual(10, len(connections))
        self.assertEqual(set(connections[1:]), {connection for connection, reused, _ in calls if reused})

    def test_hundreds_at_once_on_one_loop(self):
        told, calls = self.run_calls("patient", 300, 300)
        self.assertEqual("SUCCEEDED", told["status"], told)
        self.assertEqual(300, len(calls))
        self.assertLessEqual(len({connection for connection, _, _ in calls}), 300)


if __name__ == "__main__":
    support.main(__doc__)
