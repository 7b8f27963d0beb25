"""The cache of words: which events say what, outside the ledger.

It can be deleted at any time, and is read on as the ledger grows. Every text in a body is indexed
by SQLite's FTS5, without a copy of it; type, stream, signer and the facets of models stand beside,
so that matches can be narrowed and counted. An event is row 1000 * seq + place.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from mledger.caching import cache_file, guarded, open_cache, open_temporary
from mledger.chain.entry import Entry, Head
from mledger.chain.history import Fact
from mledger.chain.seal import open_entry
from mledger.chain.statement import NO_LEAF
from mledger.errors import InputError

VERSION = 2
BATCH = 2_000
_PLACES = 1000
_SCHEMA = """
CREATE TABLE head (size INTEGER NOT NULL, leaf BLOB NOT NULL) STRICT;
CREATE TABLE name (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE) STRICT;
CREATE TABLE about (
  n INTEGER PRIMARY KEY, type INTEGER NOT NULL, stream INTEGER NOT NULL, signer INTEGER NOT NULL
) STRICT;
CREATE TABLE facet (
  stream INTEGER NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (stream, kind, value)
) STRICT, WITHOUT ROWID;
CREATE TABLE mark (
  kind TEXT NOT NULL, value TEXT NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (kind, value, n)
) STRICT, WITHOUT ROWID;
CREATE TABLE data (name INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY (name, n)) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
  said, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO head VALUES (0, zeroblob(32));
"""
_NEW_NAME = "INSERT INTO name (text) VALUES (?) RETURNING id"
# The fields of model.registered by which people look for models, and what each facet is called.
FACETS = {
    "problem_domain": "domain",
    "model_type": "model-type",
    "data_sources": "source",
    "evaluation_criteria": "criterion",
}

# Fields of single events by which people look for them, with the types that have them.
MARKS = {"category": frozenset({"decision.proposed"})}


class Wanted(NamedTuple):
    """What is looked for: words, and what the events must belong to.

    `facets` are those of the models, by what each is called; `marks` those of the events themselves.
    """

    text: str = ""
    type: str | None = None
    by: str | None = None
    stream: str | None = None
    data: str | None = None
    facets: Mapping[str, str] = {}
    marks: Mapping[str, str] = {}
    start: int = 0
    stop: int | None = None


class Place(NamedTuple):
    """Where a match stands: the entry, and which of its events, from 0."""

    seq: int
    place: int


def words_file(genesis: bytes) -> Path:
    """Where the cache of the ledger with this entry 0 is kept."""
    return cache_file(genesis, "words")


class Words:
    """The words of one ledger's events."""

    def __init__(self, genesis: bytes, redactions: int = 0, *, kept: bool = True) -> None:
        """Open the cache of the ledger with this entry 0; where nothing can be written, in memory.

        One that is not `kept` is empty, and gone when it is closed.
        """
        self.path = words_file(genesis)
        self.redactions = redactions
        if kept:
            self._connection = open_cache(self.path, _SCHEMA, VERSION, redactions)
        else:
            self._connection = open_temporary(_SCHEMA, VERSION)
        self._names: dict[str, int] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @property
    def head(self) -> Head:
        """How far the ledger has been read, and the leaf of the last entry read."""
        with guarded(self.path):
            row = self._connection.execute("SELECT max(0, size), leaf FROM head").fetchone()
        return Head(*row) if row and None not in row else Head(0, NO_LEAF)

    def clear(self) -> None:
        """Forget everything, to be read anew."""
        with guarded(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            for table in ("name", "about", "facet", "data", "mark"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  the names stand above
            self._connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
            self._connection.execute("UPDATE head SET size = 0, leaf = ?", (NO_LEAF,))
            self._connection.execute("COMMIT")
        self._names.clear()

    # --- reading on

    def add(self, entries: Iterable[Entry]) -> None:
        """Read on: the entries that follow `head`, in order."""
        batch: list[Entry] = []
        for entry in entries:
            batch.append(entry)
            if len(batch) >= BATCH:
                with guarded(self.path):
                    self._add(batch)
                batch = []
        if batch:
            with guarded(self.path):
                self._add(batch)

    def _add(self, batch: list[Entry]) -> None:
        connection, last = self._connection, batch[-1]
        connection.execute("BEGIN IMMEDIATE")
        self._names.clear()  # another process may have begun the cache anew
        try:
            if self.head.size == batch[0].seq:
                for entry in batch:
                    for fact in open_entry(entry)[1]:
                        self._fact(fact)
                connection.execute("UPDATE head SET size = ?, leaf = ?", (last.seq + 1, last.leaf))
            connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            self._names.clear()
            raise

    def _fact(self, fact: Fact) -> None:
        connection, n = self._connection, fact.seq * _PLACES + fact.place
        stream = self._id(fact.stream)
        row = (n, self._id(fact.type), stream, self._id(fact.signer))
        connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?, ?, ?)", row)
        body = from_json(fact.body) if fact.body is not None else None
        said = "\n".join(_texts(body))
        if said:
            connection.execute("INSERT INTO words (rowid, said) VALUES (?, ?)", (n, said))
        if not isinstance(body, dict):
            return
        for kind, types in MARKS.items():
            for value in _values(body.get(kind)) if fact.type in types else ():
                connection.execute("INSERT OR IGNORE INTO mark VALUES (?, ?, ?)", (kind, value, n))
        for name in _datasets(body):
            connection.execute("INSERT OR IGNORE INTO data VALUES (?, ?)", (self._id(name), n))
        if fact.type == "model.registered":
            connection.execute("DELETE FROM facet WHERE stream = ?", (stream,))
            connection.executemany(
                "INSERT OR IGNORE INTO facet VALUES (?, ?, ?)",
                [
                    (stream, kind, value)
                    for field, kind in FACETS.items()
                    for value in _values(body.get(field))
                ],
            )

    def _id(self, text: str) -> int:
        if text not in self._names:
            row = self._connection.execute("SELECT id FROM name WHERE text = ?", (text,)).fetchone()
            row = row or self._connection.execute(_NEW_NAME, (text,)).fetchone()
            self._names[text] = row[0]
        return self._names[text]

    # --- doubting

    def wrong(self, entries: Iterable[Entry]) -> str | None:
        """What is wrong with what was read so far, found by reading the entries again; None if nothing is.

        `entries` are those up to `head`. They are indexed once more, in a file that nobody sees.
        """
        fresh = Words(b"", kept=False)
        try:
            fresh.add(entries)
            with guarded(self.path):
                for what, sql in _TOLD.items():
                    if any(one != two for one, two in zip_longest(self.told(sql), fresh.told(sql))):
                        return what
            return None
        finally:
            fresh.close()

    def told(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of one of the questions by which two caches are compared."""
        self._connection.execute(_INSTANCES)
        return self._connection.execute(sql)

    # --- finding

    def find(self, wanted: Wanted) -> Iterator[Place]:
        """The events that match, the newest first. Errors: InputError for words that are none."""
        rows = self._rows("SELECT about.n", "", wanted, f"ORDER BY {_ROW[_source(wanted)]} DESC")
        return self._places(rows)

    def _places(self, rows: sqlite3.Cursor) -> Iterator[Place]:
        with guarded(self.path):
            for (n,) in rows:
                yield Place(*divmod(n, _PLACES))

    def count(self, wanted: Wanted) -> dict[str, dict[str, int]]:
        """How many matches there are of each type, stream, signer, dataset and facet, the most first."""
        by = "GROUP BY 1 ORDER BY 2 DESC, 1"
        counts = {}
        with guarded(self.path):
            for column in ("type", "stream", "signer"):
                join = f"JOIN name ON name.id = about.{column}"
                counts[column] = dict(self._rows("SELECT name.text, count(*)", join, wanted, by))
            join = "JOIN data ON data.n = about.n JOIN name ON name.id = data.name"
            counts["data"] = dict(self._rows("SELECT name.text, count(*)", join, wanted, by))
            join = "JOIN mark ON mark.n = about.n AND mark.kind = ?"
            for kind in MARKS:
                counts[kind] = dict(self._rows("SELECT mark.value, count(*)", join, wanted, by, kind))
            join = "JOIN facet ON facet.stream = about.stream AND facet.kind = ?"
            for kind in FACETS.values():
                counts[kind] = dict(self._rows("SELECT facet.value, count(*)", join, wanted, by, kind))
        return counts

    def _rows(self, select: str, join: str, wanted: Wanted, last: str, *values: object) -> sqlite3.Cursor:
        where, narrowing = _narrowing(wanted)
        sql = f"{select} FROM {_source(wanted)} {join} WHERE {where} {last}"
        with guarded(self.path):
            return self._connection.execute(sql, [*values, *narrowing])


# All that the cache says, apart from the ids that it made up.
_INSTANCES = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instance USING fts5vocab(main, words, instance)"
_TOLD = {
    "it places events wrongly": "SELECT n, t.text, s.text, b.text FROM about JOIN name t ON t.id = type"
    " JOIN name s ON s.id = stream JOIN name b ON b.id = signer ORDER BY n",
    "it has other facets of models": "SELECT text, kind, value FROM facet JOIN name ON id = stream"
    " ORDER BY 1, 2, 3",
    "it has other datasets of runs": "SELECT text, n FROM data JOIN name ON id = data.name ORDER BY 1, 2",
    "it has other categories of decisions": "SELECT kind, value, n FROM mark ORDER BY 1, 2, 3",
    "it has other words": "SELECT term, doc, offset FROM temp.instance",
}
_NAMED = "(SELECT id FROM name WHERE text = ?)"
# Words first where there are any: FTS5 then gives the newest match at once, however many there are.
_SPOKEN = "words CROSS JOIN about ON about.n = words.rowid"
_ROW = {"about": "about.n", _SPOKEN: "words.rowid"}


def _source(wanted: Wanted) -> str:
    return _SPOKEN if wanted.text.strip() else "about"


def _narrowing(wanted: Wanted) -> tuple[str, list[object]]:
    """The conditions of what is wanted, and their values."""
    spoken = _match(wanted.text) if wanted.text.strip() else None
    stop = None if wanted.stop is None else wanted.stop * _PLACES
    has_data = f"(about.n IN (SELECT n FROM data WHERE name = {_NAMED}) OR about.stream = {_NAMED})"  # noqa: S608
    of_mark = "about.n IN (SELECT n FROM mark WHERE kind = ? AND value = lower(?))"
    of_facet = "about.stream IN (SELECT stream FROM facet WHERE kind = ? AND lower(value) = lower(?))"
    conditions: list[tuple[str, tuple[object, ...]]] = [
        ("words MATCH ?", (spoken,)),
        ("about.n >= ?", (wanted.start * _PLACES or None,)),
        ("about.n < ?", (stop,)),
        (f"about.type = {_NAMED}", (wanted.type,)),
        (f"about.stream = {_NAMED}", (wanted.stream,)),
        ("about.signer IN (SELECT id FROM name WHERE lower(text) = lower(?))", (wanted.by,)),
        (has_data, (wanted.data, wanted.data and f"dataset/{wanted.data}")),
        *((of_facet, (kind, value)) for kind, value in wanted.facets.items()),
        *((of_mark, (kind, value)) for kind, value in wanted.marks.items()),
    ]
    asked = [(sql, values) for sql, values in conditions if None not in values]
    return " AND ".join(sql for sql, _ in asked) or "1", [value for _, values in asked for value in values]


def _match(text: str) -> str:
    """The words as FTS5 takes them: all of them, "so" as a phrase, beginn* as a beginning."""
    parts = []
    for n, part in enumerate(text.replace("\0", " ").split('"')):
        parts += [part] if n % 2 else part.split()
    parts = [part for part in parts if any(letter.isalnum() for letter in part)]
    if not parts:
        raise InputError(f"{text!r} has no word to look for")
    return " ".join(f'"{part.rstrip("*")}"{"*" if part.endswith("*") else ""}' for part in parts)


def _texts(value: object) -> Iterator[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def _values(value: object) -> list[str]:
    """The texts of a field that is a text or a list of them."""
    many = value if isinstance(value, list) else [value]
    return [one for one in many if isinstance(one, str)]


def _datasets(body: Mapping[str, Any]) -> set[str]:
    """The names of the datasets that a run says it used."""
    used = body.get("datasets")
    rows = used if isinstance(used, list) else []
    return {name for row in rows if isinstance(row, dict) and isinstance(name := row.get("name"), str)}
