"""A witness on disk and over HTTP: what it answers, what it keeps, and that it cannot be held up."""

import http.client
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.note import (
    COSIGNATURE,
    Note,
    NoteSignature,
    format_note,
    format_vkey,
    key_hash,
    open_note,
    parse_vkey,
)
from mledger.core.submission import MAX_SUBMISSION, Submission, format_submission, parse_size
from mledger.errors import FormatError, InputError, UnreachableError
from mledger.exchange import witness_server
from mledger.exchange.post import post
from mledger.exchange.witness import MAX_EVIDENCE, Logs, Witness
from mledger.exchange.witness_server import WitnessServer
from mledger.keys.ed25519 import Ed25519Signer, verify
from mledger.testing.tamper.mirrors import WITNESS_ATTACKS
from mledger.testing.tamper.world import FIRST_CHECKPOINT
from tests.core.trees import leaves, mth, subproof

ORIGIN, NAME = "acme.example/credit", "witness.example/w1"
OWNER, SIGNER = Ed25519Signer.from_seed(b"o" * 32), Ed25519Signer.from_seed(b"w" * 32)
VKEY = format_vkey(ORIGIN, OWNER.public)
KEY = parse_vkey(format_vkey(NAME, SIGNER.public, COSIGNATURE))
TREE = leaves(40)
FORK = [*TREE[:5], *leaves(35, "other")]
TEXT = "text/plain"


def note(size, tree=TREE):
    """A checkpoint of the first leaves."""
    text = format_checkpoint(Checkpoint(ORIGIN, size, mth(tree[:size])))
    line = NoteSignature(ORIGIN, key_hash(ORIGIN, 1, OWNER.public), OWNER.sign(text.encode()))
    return format_note(Note(text, (line,)))


def send(old, size, tree=TREE):
    """What the log sends."""
    hashes = tuple(subproof(old, tree[:size])) if 0 < old <= size else ()
    return format_submission(Submission(old, hashes, note(size, tree)))


@pytest.fixture
def logs(tmp_path) -> Logs:
    """The folder of a witness that knows one log."""
    known = Logs(tmp_path / "witness")
    known.add(VKEY)
    return known


@contextmanager
def serving(witness):
    """A server that stops by itself, and where it is."""
    with WitnessServer(witness) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join(60)


@pytest.fixture
def server(logs):
    """A witness that serves on loopback."""
    with serving(Witness(NAME, SIGNER, logs, clock=lambda: 1_700_000_000.5)) as running:
        yield running


def ask(server, data):
    """The answer to a submission."""
    return post(f"{server.url}/add-checkpoint", data, TEXT)


def test_growth_is_cosigned_over_http(server):
    """The lines that come back open together with the checkpoint, and carry the witness's time."""
    reply = ask(server, send(0, 7))
    assert (reply.status, reply.type) == (200, TEXT)
    opened = open_note(note(7) + reply.body, [KEY], verify)
    assert opened.verified[0].signature[:8] == (1_700_000_000).to_bytes(8)
    assert ask(server, send(7, 20)).status == 200


def test_each_refusal_has_its_status(server):
    """As the specification says: 400, 403, 404, 409 with the size, 422."""
    ask(server, send(0, 7))
    stale = ask(server, send(0, 9))
    assert (stale.status, stale.type, parse_size(stale.body)) == (409, "text/x.tlog.size", 7)
    assert ask(server, send(7, 9, FORK)).status == 422
    same = ask(server, send(7, 7, FORK))
    assert (same.status, same.type, same.body) == (409, "text/x.tlog.size", b"7\n")
    assert ask(server, b"nonsense").status == 400
    assert ask(server, send(7, 9).replace(b"acme", b"acne")).status == 404
    assert ask(server, send(7, 9)[:-9] + b"AAAAAAA=\n").status == 403
    assert ask(server, send(9, 7)).status == 400


@pytest.mark.parametrize("attack", WITNESS_ATTACKS, ids=lambda attack: attack.deed)
def test_an_attack_on_a_witness_is_refused(attack, company, tmp_path):
    """With the status that the specification has for it, and what was cosigned stays."""
    known = Logs(tmp_path / "witness")
    with company.reader(memory=False) as reader:
        notes = dict(reader.store.checkpoints())
        log = known.add(reader.vkey_text)
    known.keep(log._replace(kept=notes[FIRST_CHECKPOINT]))
    answer = Witness(NAME, SIGNER, known).answer(attack.make(company))
    assert answer.status == attack.status
    assert known.find(log.origin).checkpoint.size == FIRST_CHECKPOINT
    assert b"\xe2\x80\x94" not in answer.body


def test_what_was_cosigned_is_on_the_disk(server, logs):
    """Another process that opens the folder after an answer knows it, and the forks that were shown."""
    ask(server, send(0, 7))
    assert Logs(logs.folder).find(ORIGIN).checkpoint.size == 7
    ask(server, send(7, 7, FORK))
    ask(server, send(7, 9, FORK))
    assert len(Logs(logs.folder).evidence()) == 2
    assert Logs(logs.folder).find(ORIGIN).checkpoint == Checkpoint(ORIGIN, 7, mth(TREE[:7]))


def test_forks_do_not_fill_the_disk(logs):
    """Whoever holds a log's key can make any number of forks; some are kept."""
    told = []
    witness = Witness(NAME, SIGNER, logs, tell=told.append)
    witness.answer(send(0, 7))
    for number in range(MAX_EVIDENCE + 4):
        witness.answer(send(7, 7, leaves(7, str(number))))
    assert len(logs.evidence()) == MAX_EVIDENCE
    assert ORIGIN in told[0]


def test_two_histories_at_once_are_never_both_cosigned(server):
    """Requests that race for the same old size: one is cosigned, the others are told the new size."""
    ask(server, send(0, 5))
    with ThreadPoolExecutor(8) as pool:
        branches = [[*TREE[:5], *leaves(9, str(n))] for n in range(8)]
        replies = list(pool.map(lambda tree: ask(server, send(5, 14, tree)), branches))
    assert sorted(reply.status for reply in replies) == [200] + [409] * 7


def test_two_processes_share_one_folder(logs):
    """Two witnesses on one folder keep one truth."""
    one, two = Witness(NAME, SIGNER, logs), Witness(NAME, SIGNER, Logs(logs.folder))
    assert one.answer(send(0, 5)).status == 200
    assert two.answer(send(0, 5)).status == 409
    assert two.answer(send(5, 9)).status == 200
    assert one.answer(send(5, 9, FORK)).status == 409


def test_a_damaged_memory_cosigns_nothing(logs):
    """What cannot be read is said to the owner, and to a stranger only that there is no answer."""
    file = next((logs.folder / "logs").iterdir())
    told = []
    with serving(Witness(NAME, SIGNER, logs, tell=told.append)) as server:
        for wrong in (
            b"{}",
            b"junk",
            file.read_bytes().replace(b"acme", b"acne"),
            b'{"v":1,"origin":"a","keys":[]}',
        ):
            file.write_bytes(wrong)
            assert ask(server, send(0, 5)).status == 500
    assert str(file) in told[0]
    with pytest.raises(FormatError):
        logs.all()


def test_the_key_of_a_witness_is_no_log(logs):
    """A log has a key that signs checkpoints; a second key of one log is trusted beside the first."""
    with pytest.raises(InputError):
        logs.add(format_vkey(ORIGIN, SIGNER.public, COSIGNATURE))
    logs.add(VKEY)
    assert len(logs.find(ORIGIN).keys) == 1
    logs.add(format_vkey(ORIGIN, SIGNER.public))
    assert len(logs.find(ORIGIN).keys) == 2


# --- it cannot be held up


def raw(server, data, seconds=60):
    """What the server says to bytes on the wire, until it hangs up."""
    host, port = server.server_address[:2]
    with socket.create_connection((host, port), timeout=seconds) as door:
        door.sendall(data)
        heard = b""
        while piece := door.recv(4096):
            heard += piece
    return heard


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /add-checkpoint HTTP/1.1\r\n\r\n", 405),
        (b"POST /other HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 404),
        (b"POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n", 411),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_SUBMISSION + 1), 413),
        (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"POST " + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
    ],
)
def test_what_is_no_request_is_let_go(server, request_, status):
    """Another method, path or length is answered at once, and the connection closed."""
    assert b" %d " % status in raw(server, request_).partition(b"\r\n")[0]


def test_a_connection_may_carry_several_requests(server):
    """Keep-alive, as the specification asks for."""
    door = http.client.HTTPConnection(*server.server_address[:2], timeout=60)
    for old, size in ((0, 3), (3, 4), (4, 9)):
        door.request("POST", "/add-checkpoint", send(old, size))
        answer = door.getresponse()
        assert (answer.status, bool(answer.read())) == (200, True)
    door.close()


def test_the_slow_and_the_many_hold_nobody_up(server, monkeypatch):
    """Whoever sends nothing is let go, and takes a place from nobody for longer than that."""
    monkeypatch.setattr(witness_server, "CONNECTION_SECONDS", 1.5)
    doors = [
        socket.create_connection(server.server_address[:2], timeout=60)
        for _ in range(witness_server.MAX_CONNECTIONS)
    ]
    for door in doors:
        door.sendall(b"POST /add-check")
    time.sleep(0.3)
    begun = time.monotonic()
    with pytest.raises(UnreachableError):
        ask(server, send(0, 5))
    for door in doors:
        assert door.recv(1) == b""
        door.close()
    assert time.monotonic() - begun < 8
    assert _in_time(lambda: ask(server, send(0, 5)).status == 200)


def _in_time(done):
    """Whether something comes true within some seconds: a thread may be about to end."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            if done():
                return True
        except UnreachableError:
            time.sleep(0.05)
    return False


def test_an_address_that_is_taken_is_said(server):
    """A second server at the same port is refused in one line."""
    with pytest.raises(InputError, match=str(server.server_address[1])):
        WitnessServer(server.witness, port=server.server_address[1])


# --- the other side of the wire


NO_ADDRESS = "nonsense ftp://h/x http:// http://u@h/ http://h/#a http://h:x/ http://h/é".split()


@pytest.mark.parametrize("url", ["", "http://h/a b", *NO_ADDRESS])
def test_what_is_no_address_is_refused(url):
    """Before anything is sent."""
    with pytest.raises(InputError):
        post(url, b"", TEXT)


def test_a_server_that_says_nonsense_is_unreachable():
    """No HTTP, no end, nobody there, no answer in time: one line each, and try again."""
    answers = [b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 << 20), b""]
    with socket.create_server(("127.0.0.1", 0)) as house:
        house.settimeout(10)
        url = f"http://127.0.0.1:{house.getsockname()[1]}/"

        def serve():
            for answer in answers:
                door, _ = house.accept()
                with door:
                    door.recv(65536)
                    try:
                        door.sendall(answer)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        for _ in answers:
            with pytest.raises(UnreachableError):
                post(url, b"x", TEXT, seconds=5)
        thread.join(60)
        with pytest.raises(UnreachableError):
            post(url, b"x", TEXT, seconds=0.2)
    with pytest.raises(UnreachableError):
        post(url, b"x", TEXT)
