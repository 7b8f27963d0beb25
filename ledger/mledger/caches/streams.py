"""The cache of streams: which entries speak of what, outside the ledger.

It can be deleted at any time. It belongs to one ledger by the leaf of entry 0, and to a head by
the leaf of the last entry it has read; if the ledger says something else there, it is made anew.
Rows are (stream, seq), kept in the order of the primary key, so that one stream's entries are
found at a cost that does not grow with the ledger. Entries with events that are dated otherwise
than they were recorded are listed too: whoever asks what was not yet known reads those alone.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path

from mledger.caches.caching import Reading, cache_file, guarded
from mledger.chain.entry import Entry
from mledger.chain.statement import NO_LEAF, open_payload

VERSION = 2
# Entries read between two commits: a cache that is cut off loses no more than this.
BATCH = 5_000
_SCHEMA = """
CREATE TABLE head (size INTEGER NOT NULL, leaf BLOB NOT NULL) STRICT;
CREATE TABLE stream (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE place (
  stream INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (stream, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE dated (seq INTEGER PRIMARY KEY) STRICT;
INSERT INTO head VALUES (0, zeroblob(32));
"""

# Stands among the names for an entry that is dated otherwise than it was recorded; no stream has it.
_DATED = ""
# The head comes first, so that it is of the same state as the rest, however others read on meanwhile.
_ALL = (
    "SELECT -1 AS seq, CAST(max(0, size) AS TEXT) FROM head"
    " UNION ALL SELECT seq, ifnull((SELECT name FROM stream WHERE id = stream), '?') FROM place"
    " UNION ALL SELECT seq, '' FROM dated ORDER BY 1"
)


def streams_file(genesis: bytes) -> Path:
    """Where the cache of the ledger with this entry 0 is kept."""
    return cache_file(genesis, "streams")


class Streams(Reading):
    """Which entries carry events of a stream, for one ledger."""

    schema, version = _SCHEMA, VERSION

    def __init__(self, genesis: bytes) -> None:
        """Open the cache of the ledger with this entry 0; where nothing can be written, in memory."""
        super().__init__(streams_file(genesis))
        self._walk: Iterator[tuple[int, Iterator[tuple[int, str]]]] = iter(())
        self._at: tuple[int, Iterator[tuple[int, str]]] | None = None
        self._known = 0

    def _forget(self) -> None:
        with guarded(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for table in ("stream", "place", "dated"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  the names stand above
            self._connection.execute("UPDATE head SET size = 0, leaf = ?", (NO_LEAF,))

    def add(self, entries: Iterable[Entry]) -> None:
        """Read on: the entries that follow `head`, in order."""
        batch: list[Entry] = []
        for entry in entries:
            batch.append(entry)
            if len(batch) >= BATCH:
                self._add(batch)
                batch = []
        if batch:
            self._add(batch)

    def _add(self, batch: list[Entry]) -> None:
        last, connection = batch[-1], self._connection
        with guarded(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                if self.head.size == batch[0].seq:
                    self._fill(batch)
                    connection.execute("UPDATE head SET size = ?, leaf = ?", (last.seq + 1, last.leaf))
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    def _fill(self, batch: list[Entry]) -> None:
        # Ids are asked for in each transaction: another process may have begun the cache anew.
        ids: dict[str, int] = {}
        rows: list[tuple[int, int]] = []
        dated: list[tuple[int]] = []
        for entry in batch:
            statement = open_payload(entry.payload)
            names = {event.stream for event in statement.events}
            ids |= {name: self._id(name) for name in names - ids.keys()}
            rows.extend((ids[name], entry.seq) for name in names)
            if statement.dated:
                dated.append((entry.seq,))
        self._connection.executemany("INSERT OR IGNORE INTO place VALUES (?, ?)", rows)
        self._connection.executemany("INSERT OR IGNORE INTO dated VALUES (?)", dated)

    def _id(self, name: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO stream (name) VALUES (?)", (name,))
        row = self._connection.execute("SELECT id FROM stream WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def names(self) -> list[str]:
        """Every stream there is, sorted."""
        with guarded(self.path):
            return [name for (name,) in self._connection.execute("SELECT name FROM stream ORDER BY name")]

    def seqs(self, stream: str, start: int, stop: int) -> list[int]:
        """The entries start..stop that carry events of the stream, in order."""
        sql = (
            "SELECT seq FROM place JOIN stream ON stream.id = place.stream"
            " WHERE name = ? AND seq >= ? AND seq < ? ORDER BY seq"
        )
        with guarded(self.path):
            return [seq for (seq,) in self._connection.execute(sql, (stream, start, stop))]

    def dated(self, start: int, stop: int) -> list[int]:
        """The entries start..stop with an event that occurred at another time than it was recorded."""
        sql = "SELECT seq FROM dated WHERE seq >= ? AND seq < ? ORDER BY seq"
        with guarded(self.path):
            return [seq for (seq,) in self._connection.execute(sql, (start, stop))]

    def wrong(self, seq: int, streams: frozenset[str], *, dated: bool) -> str | None:
        """What the cache says of an entry that it has read, if that is not so; None if it is right.

        Ask in the order of entries, from 0 on: the cache is walked beside them.
        """
        with guarded(self.path):
            if seq == 0:
                # What is walked may be right, and the index by which it is asked for wrong.
                (state,) = self._connection.execute("PRAGMA integrity_check(1)").fetchone()
                if state != "ok":
                    return f"its file is damaged: {' '.join(state.split())}"
                self._walk = groupby(self._connection.execute(_ALL), key=itemgetter(0))
                self._at = next(self._walk, None)
                self._known = int(next(self._at[1])[1]) if self._at and self._at[0] == -1 else 0
            held: set[str] = set()
            while self._at is not None and self._at[0] <= seq:
                if self._at[0] == seq:
                    held = {name for _, name in self._at[1]}
                self._at = next(self._walk, None)
            if held == streams | {_DATED for _ in range(dated)} or seq >= self._known:
                return None
        marked = " and is dated otherwise than recorded" if _DATED in held else ""
        names = ", ".join(sorted(held - {_DATED})) or "nothing"
        return f"it says of entry {seq} that it speaks of {names}{marked}"
