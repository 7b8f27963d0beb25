"""A time-stamping authority on loopback: `openssl ts` behind a small server."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

CONFIG = """
[tsa]
default_tsa = config
[config]
serial = serial
signer_cert = tsa.pem
signer_key = tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
ess_cert_id_alg = sha256
[req]
distinguished_name = name
prompt = no
[name]
CN = nobody
[ca]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = CA:false
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-config", "tsa.cnf"]


class Authority:
    """A time-stamping authority in a folder: its root certificate, its address, what it answers."""

    def __init__(self, folder: Path, openssl: str) -> None:
        """Make a root and a certificate under it."""
        self.folder, self.openssl, self.url, self.status = folder, openssl, "", 200
        self.answer: bytes | None = None
        (folder / "tsa.cnf").write_text(CONFIG)
        root = ["req", "-x509", *KEY, "-keyout", "root.key", "-out", "root.pem", "-days", "9000"]
        self.run(
            *root,
            "-extensions",
            "ca",
            "-subj",
            "/O=Those who make certificates longer than those of a clock/CN=Authority of tests",
        )
        self.run("req", *KEY, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Clock of tests")
        under = ["-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-days", "9000"]
        extensions = ["-extfile", "tsa.cnf", "-extensions", "stamping"]
        self.run("x509", "-req", "-in", "tsa.csr", "-out", "tsa.pem", *under, *extensions)
        self.root = folder / "root.pem"

    def run(self, *args: str) -> bytes:
        """What openssl prints."""
        done = subprocess.run([self.openssl, *args], cwd=self.folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def stamp(self, query: bytes, *more: str) -> bytes:
        """The answer to a query; `more` are options, as of certificates to bring along."""
        (self.folder / "query").write_bytes(query)
        return self.run("ts", "-reply", "-queryfile", "query", "-config", "tsa.cnf", *more)

    def verify(self, data: bytes, token: bytes) -> bool:
        """Whether openssl finds a token good."""
        (self.folder / "data").write_bytes(data)
        (self.folder / "token").write_bytes(token)
        command = [self.openssl, "ts", "-verify", "-data", "data", "-in", "token", "-CAfile", "root.pem"]
        return not subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode


@contextmanager
def serving(folder: Path, openssl: str) -> Iterator[Authority]:
    """An authority of its own folder that serves until the block is over."""
    made = Authority(folder, openssl)

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            reply = made.stamp(query) if made.answer is None else made.answer
            self.send_response(made.status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(reply)))
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        made.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join(60)
