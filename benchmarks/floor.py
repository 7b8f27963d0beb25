"""The yardstick: the plainest signed hash chain in SQLite.

One row an event: canonical JSON that names the row before by its hash, the SHA-256 of that JSON, an
Ed25519 signature of the hash. Write-ahead log, `synchronous=FULL`, one table, no index, no tree, no
types, no rules, one key. It is what somebody writes in an afternoon, written as well as that allows:
rows are streamed, statements are prepared once, nothing is parsed twice.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

Event = dict[str, Any]

_SCHEMA = "CREATE TABLE log (seq INTEGER PRIMARY KEY, record TEXT, hash BLOB, signature BLOB)"
_ADD = "INSERT INTO log VALUES (?, ?, ?, ?)"
_ALL = "SELECT seq, record, hash, signature FROM log WHERE seq < ? ORDER BY seq"
_RECORDS = "SELECT record FROM log WHERE seq < ? ORDER BY seq"
_END = 1 << 62


@dataclass(slots=True)
class Row:
    """What a replay keeps of one stream."""

    events: int = 0
    last: str = ""
    title: str | None = None
    owner: str | None = None
    version: str | None = None
    stage: str | None = None
    runs: dict[str, int] = field(default_factory=dict)
    decisions: dict[str, int] = field(default_factory=dict)


class Floor:
    """The signed hash chain in one file."""

    def __init__(self, path: Path, key: Ed25519PrivateKey) -> None:
        """Open the chain at `path`, or begin it."""
        self.path = path
        self.public: Ed25519PublicKey = key.public_key()
        self._sign = key.sign
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if not self._db.execute("SELECT 1 FROM sqlite_schema").fetchone():
            self._db.execute(_SCHEMA)
        last = self._db.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
        self._size: int = last[0] + 1 if last else 0
        self._hash: bytes = last[1] if last else bytes(32)

    def append(self, event: Event, time: str) -> None:
        """Add one event, durable on return."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute(_ADD, self._row(event, time))
        self._db.execute("COMMIT")

    def append_all(self, events: Iterable[Event], time: str) -> None:
        """Add many events in one transaction."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(_ADD, (self._row(event, time) for event in events))
        self._db.execute("COMMIT")

    def _row(self, event: Event, time: str) -> tuple[int, str, bytes, bytes]:
        seq = self._size
        row = {"seq": seq, "prev": self._hash.hex(), "time": time, **event}
        record = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        self._hash = digest = sha256(record.encode()).digest()
        self._size = seq + 1
        return seq, record, digest, self._sign(digest)

    def verify(self, stop: int = _END) -> int:
        """How many rows there are before `stop`; AssertionError at the first that is not as it was signed."""
        before, size = bytes(32), 0
        check, loads = self.public.verify, json.loads
        for seq, record, digest, signature in self._db.execute(_ALL, (stop,)):
            row = loads(record)
            if seq != size or row["seq"] != size or row["prev"] != before.hex():
                raise AssertionError(f"row {seq} does not follow the one before it")
            if sha256(record.encode()).digest() != digest:
                raise AssertionError(f"row {seq} is not what was hashed")
            check(signature, digest)
            before, size = digest, size + 1
        return size

    def replay(self, stop: int = _END) -> dict[str, Row]:
        """The state of every stream, from the first row on, before `stop`."""
        state: dict[str, Row] = {}
        for row in self._rows(stop):
            stream = row["stream"]
            held = state.get(stream)
            if held is None:
                held = state[stream] = Row()
            _fold(held, row)
        return state

    def _rows(self, stop: int) -> Iterator[Event]:
        loads = json.loads
        for (record,) in self._db.execute(_RECORDS, (stop,)):
            yield loads(record)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _fold(held: Row, row: Event) -> None:
    """Take in one event, the way a hand-written read model does."""
    held.events += 1
    held.last = row["time"]
    data = row["data"]
    match row["type"]:
        case "run.started" | "run.finished" | "run.failed" as type:
            held.runs[type] = held.runs.get(type, 0) + 1
        case "decision.proposed" | "decision.accepted" | "decision.rejected" as type:
            held.decisions[type] = held.decisions.get(type, 0) + 1
        case "model.registered":
            held.title, held.owner = data["title"], data["owner"]
        case "version.released":
            held.version = data["version"]
        case "deployment.recorded":
            held.stage = data["stage"]
        case "dataset.refreshed":
            held.version = data["version"]
