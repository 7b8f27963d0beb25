"""Snapshots only save time: with them and without, a replay says the same."""

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from mledger import folding
from mledger.caches.snapshots import snapshots_file
from mledger.events import base as events
from mledger.heads import Heads
from mledger.ledger import Ledger, What
from mledger.reader import Reader
from mledger.testing.simulator import signer_of

OWNER = "Alice Example"


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger of a hundred events in entries of one and of several, with snapshots every ten events."""
    monkeypatch.setattr(folding, "APART", 10)
    file = tmp_path / "mledger.db"
    with Ledger.create(file, origin="a.example/x", signer=signer_of(OWNER), name=OWNER) as ledger:
        for number in range(10):
            fields = {"title": f"Model {number}", "purpose": "p", "owner": OWNER}
            ledger.append("model.registered", f"model/m{number % 3}", fields)
            text = events.build("comment.added", {"on": "1", "text": f"Remark {number}."})
            ledger.append_all([What(text, f"model/m{n % 4}") for n in range(number)])
    return file


def overviews(path: Path) -> Iterator[object]:
    """The overview as known after each entry."""
    with Reader.open(path) as reader:
        for seq in range(reader.head.size):
            yield reader.replay(known_at=seq).to_json()


def test_a_replay_from_a_snapshot_is_a_replay_from_the_opening(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The overview known after each entry is the same with and without snapshots."""
    with_snapshots = list(overviews(path))
    again = list(overviews(path))
    with Reader.open(path) as reader:
        file = snapshots_file(reader.genesis.leaf)
    connection = sqlite3.connect(file)
    assert connection.execute("SELECT count(*) FROM snapshot").fetchone()[0] > 3
    connection.close()
    monkeypatch.setattr(folding, "APART", 10**9)
    file.unlink()
    assert with_snapshots == again == list(overviews(path))


def test_an_edited_snapshot_is_found_and_thrown_away(path: Path) -> None:
    """A full verification reports it, and the next replay says again what the ledger says."""
    before = list(overviews(path))
    with Reader.open(path) as reader:
        file = snapshots_file(reader.genesis.leaf)
    connection = sqlite3.connect(file, isolation_level=None)
    for size, state in connection.execute("SELECT size, state FROM snapshot").fetchall():
        edited = zlib.compress(zlib.decompress(state).replace(b"Model", b"Muddle"))
        connection.execute("UPDATE snapshot SET state = ? WHERE size = ?", (edited, size))
    connection.close()
    assert list(overviews(path)) != before
    with Reader.open(path) as reader:
        findings = reader.verify(full=True).findings
    assert [finding.rule for finding in findings] == ["cache.wrong"]
    assert list(overviews(path)) == before


def test_a_snapshot_that_is_none_is_found(path: Path) -> None:
    """A full verification tells of bytes that no state was packed into."""
    with Reader.open(path) as reader:
        reader.replay()
        file = snapshots_file(reader.genesis.leaf)
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("UPDATE snapshot SET state = x'00'")
    connection.close()
    with Reader.open(path) as reader:
        assert [finding.rule for finding in reader.verify(full=True).findings] == ["cache.wrong"]


def test_a_snapshot_of_another_history_is_passed_over(path: Path, tmp_path: Path) -> None:
    """A ledger that began the same and went on otherwise takes no state from the other's snapshots."""
    fork = tmp_path / "fork.db"
    signer = signer_of(OWNER)
    with Ledger.create(tmp_path / "young.db", origin="b.example/x", signer=signer, name=OWNER):
        pass
    fork.write_bytes((tmp_path / "young.db").read_bytes())
    for file, word in ((tmp_path / "young.db", "one"), (fork, "other")):
        with Ledger.open(file, key=signer, heads=Heads(tmp_path / word)) as ledger:
            for number in range(30):
                fields = {"title": f"{word} {number}", "purpose": "p", "owner": OWNER}
                ledger.append("model.registered", f"model/{word}", fields)
    seen = {}
    for file, word in ((tmp_path / "young.db", "one"), (fork, "other")):
        with Reader.open(file, heads=Heads(tmp_path / word)) as reader:
            seen[word] = list(reader.replay().state.models)
    assert seen == {"one": ["model/one"], "other": ["model/other"]}
