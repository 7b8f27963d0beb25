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

from mledger.caching import cache_file, open_cache
from mledger.chain.entry import Entry, Head
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


def streams_file(genesis: bytes) -> Path:
    """Where the cache of the ledger with this entry 0 is kept."""
    return cache_file(genesis, "streams")


class Streams:
    """Which entries carry events of a stream, for one ledger."""

    def __init__(self, genesis: bytes) -> None:
        """Open the cache of the ledger with this entry 0; where nothing can be written, in memory."""
        self.path = streams_file(genesis)
        self._connection = open_cache(self.path, _SCHEMA, VERSION)
        self._walk: Iterator[tuple[int, Iterator[tuple[int, str]]]] | None = None
        self._at: tuple[int, Iterator[tuple[int, str]]] | None = None
        self._names: dict[str, int] = dict(self._connection.execute("SELECT name, id FROM stream"))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def head(self) -> Head:
        """How far the ledger has been read, and the leaf of the last entry read."""
        return Head(*self._connection.execute("SELECT size, leaf FROM head").fetchone())

    def clear(self) -> None:
        """Forget everything, to be read anew."""
        with self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for table in ("stream", "place", "dated"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  the names stand above
            self._connection.execute("UPDATE head SET size = 0, leaf = ?", (NO_LEAF,))
        self._names.clear()

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
        last = batch[-1]
        connection = self._connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            if self.head.size == batch[0].seq:
                rows: list[tuple[int, int]] = []
                dated: list[tuple[int]] = []
                for entry in batch:
                    events = open_payload(entry.payload).events
                    rows.extend((self._id(name), entry.seq) for name in {event.stream for event in events})
                    if any(event.at is not None for event in events):
                        dated.append((entry.seq,))
                connection.executemany("INSERT OR IGNORE INTO place VALUES (?, ?)", rows)
                connection.executemany("INSERT OR IGNORE INTO dated VALUES (?)", dated)
                connection.execute("UPDATE head SET size = ?, leaf = ?", (last.seq + 1, last.leaf))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._names.clear()
            raise

    def _id(self, name: str) -> int:
        if name not in self._names:
            row = self._connection.execute("SELECT id FROM stream WHERE name = ?", (name,)).fetchone()
            row = (
                row
                or self._connection.execute(
                    "INSERT INTO stream (name) VALUES (?) RETURNING id", (name,)
                ).fetchone()
            )
            self._names[name] = row[0]
        return self._names[name]

    def names(self) -> list[str]:
        """Every stream there is, sorted."""
        return [name for (name,) in self._connection.execute("SELECT name FROM stream ORDER BY name")]

    def seqs(self, stream: str, start: int, stop: int) -> Iterator[int]:
        """The entries start..stop that carry events of the stream, in order."""
        rows = self._connection.execute(
            "SELECT seq FROM place JOIN stream ON stream.id = place.stream"
            " WHERE name = ? AND seq >= ? AND seq < ? ORDER BY seq",
            (stream, start, stop),
        )
        return (seq for (seq,) in rows)

    def dated(self, start: int, stop: int) -> list[int]:
        """The entries start..stop with an event that occurred at another time than it was recorded."""
        rows = self._connection.execute(
            "SELECT seq FROM dated WHERE seq >= ? AND seq < ? ORDER BY seq", (start, stop)
        )
        return [seq for (seq,) in rows]

    def wrong(self, seq: int, streams: frozenset[str]) -> str | None:
        """What the cache says of an entry that it has read, if that is not so; None if it is right.

        Ask in the order of entries: the cache is walked beside them.
        """
        if self._walk is None:
            rows = self._connection.execute(
                "SELECT seq, name FROM place JOIN stream ON id = stream ORDER BY seq"
            )
            self._walk = groupby(rows, key=itemgetter(0))
            self._at = next(self._walk, None)
        held: set[str] = set()
        while self._at is not None and self._at[0] <= seq:
            if self._at[0] == seq:
                held = {name for _, name in self._at[1]}
            self._at = next(self._walk, None)
        if held == streams or seq >= self.head.size:
            return None
        return f"it says of entry {seq} that it speaks of {', '.join(sorted(held)) or 'nothing'}"
