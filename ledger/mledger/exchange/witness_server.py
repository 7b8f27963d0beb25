"""A witness over HTTP (C2SP tlog-witness): POST /add-checkpoint, bounded.

At most `MAX_CONNECTIONS` at once, each for `CONNECTION_SECONDS` at most; a request has a length and is
no longer than a checkpoint with its proof can be. Whoever sends more is let go, not waited for.
"""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

from mledger._version import __version__
from mledger.core.submission import MAX_SUBMISSION
from mledger.errors import InputError, MledgerError
from mledger.exchange.witness import Answer, Witness

MAX_CONNECTIONS = 32
CONNECTION_SECONDS = 60.0
IDLE_SECONDS = 10.0
PATH = "/add-checkpoint"


class WitnessServer(ThreadingHTTPServer):
    """The server of one witness; `serve_forever` until `shutdown`."""

    daemon_threads = True
    request_queue_size = MAX_CONNECTIONS
    block_on_close = False

    def __init__(self, witness: Witness, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; a `port` of 0 is any that is free. Errors: InputError if the address cannot be had."""
        self.witness = witness
        self._places = threading.BoundedSemaphore(MAX_CONNECTIONS)
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(f"{host} port {port}: {reason}", fix="choose another --host or --port") from None

    @property
    def url(self) -> str:
        """Where the witness is reached."""
        host, port = self.server_address[:2]
        name = host.decode() if isinstance(host, bytes) else host
        return f"http://{f'[{name}]' if ':' in name else name}:{port}"

    def server_bind(self) -> None:
        """Bind, without asking who the host is called: that may take long, and nobody needs it."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]

    def process_request(self, request: Any, client_address: Any) -> None:
        """Serve in a thread of its own if there is a place; let go otherwise."""
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection for as long as one may take."""
        watch = threading.Timer(CONNECTION_SECONDS, _hang_up, [request])
        watch.daemon = True
        watch.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            watch.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a connection that breaks off is no news, and the log is not for strangers to fill."""


def _hang_up(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class _Handler(BaseHTTPRequestHandler):
    """One connection, which may carry several requests."""

    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = f"mledger-witness/{__version__}"
    sys_version = ""
    timeout = IDLE_SECONDS

    def do_POST(self) -> None:
        """Answer to a checkpoint."""
        length = self.headers.get("Content-Length", "")
        if self.path != PATH:
            self._say(Answer(404, b"what can be asked for is POST /add-checkpoint\n"), close=True)
        elif "Transfer-Encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            self._say(Answer(411, b"say the length of the request: Content-Length\n"), close=True)
        elif len(length) > 9 or int(length) > MAX_SUBMISSION:
            self._say(Answer(413, b"no checkpoint with its proof is that long\n"), close=True)
        else:
            data = self.rfile.read(int(length))
            self._say(_answer(self.server.witness, data))

    def do_GET(self) -> None:
        """Answer that there is nothing to read."""
        self._say(Answer(405, b"what can be asked for is POST /add-checkpoint\n"), close=True)

    def _say(self, answer: Answer, *, close: bool = False) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.type)
        self.send_header("Content-Length", str(len(answer.body)))
        if close:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: see `handle_error`."""


def _answer(witness: Witness, data: bytes) -> Answer:
    """What the witness says; what goes wrong here is for its owner to read, not for a stranger."""
    try:
        return witness.answer(data)
    except MledgerError as error:
        witness.tell(error.message)
        return Answer(500, b"this witness cannot answer now\n")
