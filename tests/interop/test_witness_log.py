"""Witnesses and logs that we did not write: `witness-log`, and a log made by hand."""

import hashlib
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from witness_log import WitnessService

from mledger.core.note import open_note, parse_vkey
from mledger.core.submission import Submission, format_submission
from mledger.cosigning import ask, keep
from mledger.errors import DivergedError, NotFoundError
from mledger.exchange.post import post
from mledger.exchange.witness import Logs, Witness
from mledger.exchange.witness_server import WitnessServer
from mledger.keys.ed25519 import Ed25519Signer, verify
from mledger.testing.simulator import Simulator

pytestmark = pytest.mark.interop


def grown(size, seed=""):
    """A simulated ledger of so many entries."""
    sim = Simulator(seed=seed)
    for number in range(size - 1):
        sim.append("comment.added", "model/m", {"on": "0", "text": f"{seed} {number}"})
    return sim.ledger()


def submission(ledger, old):
    """What our ledger sends to a witness."""
    note = ledger.checkpoint()
    size = ledger.read_checkpoint(note).size
    hashes = tuple(ledger.consistency(old, size)) if 0 < old <= size else ()
    return format_submission(Submission(old, hashes, note)).decode()


@pytest.fixture
def theirs():
    """A witness of theirs that knows our ledger."""
    service = WitnessService.new("witness.example/theirs", b"w" * 32)
    assert service.add_log("sim.example/ledger", grown(1).vkey_text)
    return service


def test_their_witness_cosigns_our_growth(theirs):
    """From nothing to every size and on: their rule takes our proofs, our rule their cosignatures."""
    sim, old = Simulator(), 0
    ledger, key = sim.ledger(), parse_vkey(theirs.vkey())
    for number in range(40):
        status, lines = theirs.handle_add_checkpoint(submission(ledger, old), 1_700_000_000 + number)
        assert status == 200, lines
        note = ledger.checkpoint()
        assert len(open_note(note + lines.encode(), [ledger.vkey, key], verify).verified) == 2
        old = ledger.head.size
        sim.append("comment.added", "model/m", {"on": "0", "text": str(number)})


def test_their_witness_refuses_our_forgeries(theirs):
    """A fork of the same size or longer, an older copy and a stale head, each by its status."""
    assert theirs.handle_add_checkpoint(submission(grown(9), 0))[0] == 200
    # The text has 409 here; theirs says, with as much right, that the proof does not verify.
    assert theirs.handle_add_checkpoint(submission(grown(9, "fork"), 9))[0] in {409, 422}
    assert theirs.handle_add_checkpoint(submission(grown(14, "fork"), 9))[0] == 422
    assert theirs.handle_add_checkpoint_http(submission(grown(7), 7)) == (409, "text/x.tlog.size", "9\n")
    assert theirs.handle_add_checkpoint_http(submission(grown(12), 7)) == (409, "text/x.tlog.size", "9\n")
    assert theirs.handle_add_checkpoint(submission(grown(12), 9))[0] == 200


@pytest.fixture
def their_url(theirs):
    """Their witness over HTTP on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, type_, answer = theirs.handle_add_checkpoint_http(body)
            self.send_response(status)
            self.send_header("Content-Type", type_)
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(60)


def test_we_ask_their_witness(theirs, their_url):
    """What `mledger witness ask` does, against their rule: growth, an older copy, a fork."""
    keys = [parse_vkey(theirs.vkey())]
    ledger = grown(9)
    (one,) = ask(ledger, ledger.checkpoint(), their_url, keys)
    assert (one.witness, one.size) == ("witness.example/theirs", 9)
    assert b"witness.example/theirs" in keep(ledger, ledger.checkpoint(), [one])
    longer, older, fork = grown(12), grown(7), grown(14, "fork")
    assert ask(longer, longer.checkpoint(), their_url, keys)
    for wrong in (older, fork):
        with pytest.raises(DivergedError):
            ask(wrong, wrong.checkpoint(), their_url, keys)
    other = Simulator(origin="other.example").ledger()
    with pytest.raises(NotFoundError):
        ask(other, other.checkpoint(), their_url, keys)


# --- a log made by hand: hashlib, base64 and an Ed25519 key, as the specifications say


class Log:
    """A log of texts."""

    def __init__(self, texts, name="hand.example/log"):
        """Hold the texts."""
        self.key, self.name = Ed25519PrivateKey.from_private_bytes(b"h" * 32), name
        self.leaves = [hashlib.sha256(b"\0" + text.encode()).digest() for text in texts]

    def root(self, leaves):
        if len(leaves) == 1:
            return leaves[0]
        half = 1 << (len(leaves) - 1).bit_length() - 1
        return hashlib.sha256(b"\1" + self.root(leaves[:half]) + self.root(leaves[half:])).digest()

    def proof(self, old, leaves, whole=True):
        if old == len(leaves):
            return [] if whole else [self.root(leaves)]
        half = 1 << (len(leaves) - 1).bit_length() - 1
        if old <= half:
            return [*self.proof(old, leaves[:half], whole), self.root(leaves[half:])]
        return [*self.proof(old - half, leaves[half:], False), self.root(leaves[:half])]

    def id(self, alg, public):
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([alg]) + public).digest()[:4]

    @property
    def vkey(self):
        public = self.key.public_key().public_bytes_raw()
        return f"{self.name}+{self.id(1, public).hex()}+{b64encode(bytes([1]) + public).decode()}"

    def text(self, size):
        return f"{self.name}\n{size}\n{b64encode(self.root(self.leaves[:size])).decode()}\nextension\n"

    def request(self, old, size):
        text = self.text(size)
        public = self.key.public_key().public_bytes_raw()
        signature = b64encode(self.id(1, public) + self.key.sign(text.encode())).decode()
        hashes = [b64encode(h).decode() for h in self.proof(old, self.leaves[:size])] if old else []
        lines = [f"old {old}", *hashes, "", f"{text}\n— {self.name} {signature}\n"]
        return "\n".join(lines).encode()


def test_our_witness_serves_a_log_made_by_hand(tmp_path):
    """Growth is cosigned as the specification says, checked without our code; forgeries are refused."""
    witness = Ed25519PrivateKey.from_private_bytes(b"w" * 32)
    log, fork = Log(map(str, range(30))), Log([*map(str, range(6)), *("x" * 24)])
    logs = Logs(tmp_path)
    logs.add(log.vkey)
    name = "witness.example/ours"
    with WitnessServer(Witness(name, Ed25519Signer(witness), logs, clock=lambda: 1_700_000_000)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        url = f"{server.url}/add-checkpoint"
        for old, size in ((0, 1), (1, 2), (2, 7), (7, 8), (8, 19), (19, 19)):
            reply = post(url, log.request(old, size), "text/plain")
            assert reply.status == 200
            public = witness.public_key()
            dash, by, value = reply.body.decode().removesuffix("\n").split(" ")
            hash_ = hashlib.sha256(f"{name}\n".encode() + b"\4" + public.public_bytes_raw()).digest()[:4]
            message = f"cosignature/v1\ntime 1700000000\n{log.text(size)}".encode()
            assert (dash, by) == ("—", name)
            raw = b64decode(value)
            assert raw[:12] == hash_ + (1_700_000_000).to_bytes(8)
            public.verify(raw[12:], message)
        assert post(url, fork.request(19, 25), "text/plain").status == 422
        assert post(url, fork.request(19, 19), "text/plain").status == 409
        assert post(url, log.request(8, 12), "text/plain").body == b"19\n"
        assert post(url, log.request(8, 25), "text/plain").body == b"19\n"
        server.shutdown()
        thread.join(60)
