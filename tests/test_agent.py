"""Keys in a real SSH agent sign as any other key does."""

import base64
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger import agent
from mledger.errors import InputError, KeyFileError, NotFoundError, UsageError
from mledger.keys import ed25519
from mledger.keystore import Keystore
from mledger.ledger import Ledger
from tests.ledger.company import ALICE, MODEL, found


@pytest.fixture
def running(tmp_path: Path, program, monkeypatch) -> Iterator[Path]:
    """An agent that holds an Ed25519 key of Bob's and an ECDSA key."""
    for name in ("ssh-agent", "ssh-add", "ssh-keygen"):
        program(name)
    place = tmp_path / "agent.sock"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(place)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(500):
            if place.exists():
                break
            threading.Event().wait(0.01)
        monkeypatch.setenv("SSH_AUTH_SOCK", str(place))
        for kind, comment in (("ed25519", "Bob Example <bob@acme.test>"), ("ecdsa", "other")):
            key = tmp_path / kind
            subprocess.run(
                ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", comment, "-f", str(key)], check=True
            )
            subprocess.run(["ssh-add", "-q", str(key)], check=True)
        yield place
    finally:
        process.terminate()
        process.wait()


def test_the_agent_signs_what_it_is_given(running: Path):
    """Its signature is the Ed25519 signature of exactly these bytes, long ones too."""
    (key,) = agent.keys()
    for message in (b"", b"DSSEv1 4 type 4 body", bytes(40_000)):
        assert ed25519.verify(key.public, message, key.sign(message))


def test_a_key_is_found_by_what_people_know(running: Path):
    """Comment, part of it, fingerprint and id each name the key; others are told."""
    (key,) = agent.keys()
    for text in (key.comment, "bob", ed25519.fingerprint(key.public), key.key_id[:8]):
        assert agent.find(text) == key
    with pytest.raises(NotFoundError, match="no Ed25519 key called 'carol'"):
        agent.find("carol")
    record = Keystore().find("agent:bob")
    assert (record.owner, record.email, record.encrypted) == ("Bob Example", "bob@acme.test", False)


def test_a_ledger_is_appended_to_with_it(running: Path, tmp_path: Path):
    """What somebody signs through the agent verifies like everything else."""
    company = found(tmp_path / "m.db")
    record = Keystore().find("agent:bob")
    public = base64.b64encode(record.public).decode()
    fields = {"id": record.key_id, "public": public, "name": "Bob at the agent", "kind": "person"}
    with company.open(ALICE) as ledger:
        ledger.append("key.enrolled", "ledger", {"key": fields | {"roles": ["engineer"]}})
    with Ledger.open(company.path, key="agent:bob", clock=company.clock) as ledger:
        assert (
            ledger.append("comment.added", MODEL, {"on": "3", "text": "By touch."}).signer
            == "Bob at the agent"
        )
    with company.reader() as reader:
        assert reader.verify(full=True).findings == []


def test_a_key_that_was_taken_out_cannot_sign(running: Path):
    """Once the agent has forgotten the key, signing is refused in a line."""
    (key,) = agent.keys()
    subprocess.run(["ssh-add", "-q", "-D"], check=True, stderr=subprocess.DEVNULL)
    with pytest.raises(KeyFileError, match="refuses"):
        key.sign(b"x")


@pytest.mark.parametrize(("path", "words"), [(None, "no SSH agent"), ("/nowhere/at/all", "does not answer")])
def test_without_an_agent_it_is_said(path: str | None, words: str, monkeypatch):
    """No agent, or a socket that is gone, is one line with the way out."""
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    if path:
        monkeypatch.setenv("SSH_AUTH_SOCK", path)
    with pytest.raises(KeyFileError, match=words) as refused:
        Keystore().find("agent:bob")
    assert refused.value.fix


class _Liar:
    """An agent that answers once with given bytes."""

    def __init__(self, folder: Path, answer: bytes) -> None:
        self.path = str(folder / "liar.sock")
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(self.path)
        self._server.listen(1)
        self._server.settimeout(20)
        self._thread = threading.Thread(target=self._answer, args=(answer,), daemon=True)
        self._thread.start()

    def _answer(self, answer: bytes) -> None:
        peer, _ = self._server.accept()
        with peer:
            peer.recv(1 << 16)
            peer.sendall(answer)

    def close(self) -> None:
        self._thread.join(60)
        self._server.close()
        Path(self.path).unlink()


answers = st.binary(max_size=60)


@given(answer=st.one_of(answers, answers.map(lambda data: len(data).to_bytes(4, "big") + data)))
def test_whatever_an_agent_answers_is_no_error_of_pythons(tmp_path_factory, answer: bytes):
    """Half messages, nonsense and signatures by nobody are errors of ours."""
    liar = _Liar(tmp_path_factory.mktemp("liar"), answer)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSH_AUTH_SOCK", liar.path)
        try:
            if answer[4:5] == b"\x0c":
                agent.keys()
            else:
                with pytest.raises((UsageError, InputError)):
                    agent.AgentKey(bytes(32), "k").sign(b"x")
        except UsageError:
            pass
        finally:
            liar.close()
