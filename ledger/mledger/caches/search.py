"""The cache of words: which events say what, outside the ledger.

It can be deleted at any time, and is read on as the ledger grows. Every text in a body is indexed
by SQLite's FTS5, without a copy of it. Beside them stands of what form an event is: events of one
type, stream, signer, data and category share a form, of which there are few, so that matches are
narrowed by forms and counted form by form. An event is row 1000 * seq + place.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from pydantic_core import from_json

from mledger.caches.caching import Reading, cache_file, guarded
from mledger.chain.entry import Entry
from mledger.chain.history import Fact
from mledger.chain.seal import open_entry
from mledger.chain.statement import NO_LEAF
from mledger.errors import InputError

VERSION = 3
BATCH = 2_000
_PLACES = 1000
_SCHEMA = """
CREATE TABLE head (size INTEGER NOT NULL, leaf BLOB NOT NULL) STRICT;
CREATE TABLE form (
  id INTEGER PRIMARY KEY, type TEXT NOT NULL, stream TEXT NOT NULL, signer TEXT NOT NULL,
  labels TEXT NOT NULL, UNIQUE (type, stream, signer, labels)
) STRICT;
CREATE TABLE label (
  kind TEXT NOT NULL, value TEXT NOT NULL, form INTEGER NOT NULL, PRIMARY KEY (kind, value, form)
) STRICT, WITHOUT ROWID;
CREATE TABLE about (n INTEGER PRIMARY KEY, form INTEGER NOT NULL) STRICT;
CREATE TABLE facet (
  stream TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (stream, kind, value)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(
  said, content='', columnsize=0, tokenize='unicode61 remove_diacritics 2'
);
INSERT INTO head VALUES (0, zeroblob(32));
"""
_NEW_FORM = "INSERT INTO form (type, stream, signer, labels) VALUES (?, ?, ?, ?) RETURNING id"
_OLD_FORM = "SELECT id FROM form WHERE type = ? AND stream = ? AND signer = ? AND labels = ?"
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


class Form(NamedTuple):
    """What events have in common: type, stream, signer, and the labels of some as JSON: (kind, value)."""

    type: str
    stream: str
    signer: str
    labels: str


class Place(NamedTuple):
    """Where a match stands: the entry, and which of its events, from 0."""

    seq: int
    place: int


def words_file(genesis: bytes) -> Path:
    """Where the cache of the ledger with this entry 0 is kept."""
    return cache_file(genesis, "words")


class Words(Reading):
    """The words of one ledger's events."""

    schema, version = _SCHEMA, VERSION

    def __init__(self, genesis: bytes, redactions: int = 0, *, kept: bool = True) -> None:
        """Open the cache of the ledger with this entry 0; where nothing can be written, in memory.

        One that is not `kept` is empty, and gone when it is closed.
        """
        super().__init__(words_file(genesis), redactions, kept=kept)
        self._forms: dict[Form, int] = {}

    def _forget(self) -> None:
        self._forms.clear()
        with guarded(self.path), self._connection:
            self._connection.execute("BEGIN IMMEDIATE")
            for table in ("form", "label", "about", "facet"):
                self._connection.execute(f"DELETE FROM {table}")  # noqa: S608  the names stand above
            self._connection.execute("INSERT INTO words (words) VALUES ('delete-all')")
            self._connection.execute("UPDATE head SET size = 0, leaf = ?", (NO_LEAF,))

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
        self._forms.clear()  # another process may have begun the cache anew
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
            self._forms.clear()
            raise

    def _fact(self, fact: Fact) -> None:
        connection, n = self._connection, fact.seq * _PLACES + fact.place
        body = _read(fact.body) if fact.body is not None else None
        form = Form(fact.type, fact.stream, fact.signer, _labels(fact.type, body))
        connection.execute("INSERT OR REPLACE INTO about VALUES (?, ?)", (n, self._id(form)))
        said = "\n".join(_texts(body))
        if said:
            connection.execute("INSERT INTO words (rowid, said) VALUES (?, ?)", (n, said))
        if fact.type == "model.registered" and isinstance(body, dict):
            connection.execute("DELETE FROM facet WHERE stream = ?", (fact.stream,))
            connection.executemany(
                "INSERT OR IGNORE INTO facet VALUES (?, ?, ?)",
                [
                    (fact.stream, kind, value)
                    for field, kind in FACETS.items()
                    for value in _values(body.get(field))
                ],
            )

    def _id(self, form: Form) -> int:
        if form not in self._forms:
            connection = self._connection
            row = connection.execute(_OLD_FORM, form).fetchone()
            if row is None:
                row = connection.execute(_NEW_FORM, form).fetchone()
                labels = [(kind, value, row[0]) for kind, value in json.loads(form.labels)]
                connection.executemany("INSERT INTO label VALUES (?, ?, ?)", labels)
            self._forms[form] = row[0]
        return self._forms[form]

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

    @contextmanager
    def still(self) -> Iterator[None]:
        """While it lasts the cache is seen as it was, however others read on."""
        with guarded(self.path):
            self._connection.execute("BEGIN")
        try:
            yield
        finally:
            with suppress(sqlite3.Error):
                self._connection.execute("COMMIT")

    def told(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The rows of one of the questions by which two caches are compared."""
        self._connection.execute(_INSTANCES)
        return self._connection.execute(sql)

    # --- finding

    def find(self, wanted: Wanted) -> Iterator[Place]:
        """The events that match, the newest first. Errors: InputError for words that are none."""
        return self._places(self._rows("about.n", wanted, f"ORDER BY {_ROW[_source(wanted)]} DESC"))

    def _places(self, rows: sqlite3.Cursor) -> Iterator[Place]:
        with guarded(self.path):
            for (n,) in rows:
                yield Place(*divmod(n, _PLACES))

    def count(self, wanted: Wanted) -> dict[str, dict[str, int]]:
        """How many matches there are of each type, stream, signer, dataset and facet, the most first."""
        own = ("type", "stream", "signer")
        names = (*own, "data", *MARKS, *FACETS.values())
        counts: dict[str, Counter[str]] = {name: Counter() for name in names}
        with guarded(self.path):
            found = dict(self._rows("about.form, count(*)", wanted, "GROUP BY 1"))
            for id_, *form, labels in self._connection.execute(_FORMS):
                if n := found.get(id_):
                    for kind, value in (*zip(own, form, strict=True), *json.loads(labels)):
                        counts[kind][value] += n
            for stream, kind, value in self._connection.execute("SELECT stream, kind, value FROM facet"):
                if n := counts["stream"].get(stream):
                    counts[kind][value] += n
        return {
            name: dict(sorted(count.items(), key=lambda one: (-one[1], one[0])))
            for name, count in counts.items()
        }

    def _rows(self, select: str, wanted: Wanted, last: str) -> sqlite3.Cursor:
        where, values = _narrowing(wanted)
        sql = f"SELECT {select} FROM {_source(wanted)} WHERE {where} {last}"  # noqa: S608  all from here
        with guarded(self.path):
            return self._connection.execute(sql, values)


# All that the cache says, apart from the ids that it made up.
_INSTANCES = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.instance USING fts5vocab(main, words, instance)"
_TOLD = {
    "it places events wrongly": "SELECT n, type, stream, signer, labels FROM about"
    " LEFT JOIN form ON id = form ORDER BY n",
    "it has other facets of models": "SELECT stream, kind, value FROM facet ORDER BY 1, 2, 3",
    "it has other data or categories": "SELECT type, stream, signer, labels, kind, value FROM form"
    " LEFT JOIN label ON form = id ORDER BY 1, 2, 3, 4, 5, 6",
    "it has other words": "SELECT term, doc, offset FROM temp.instance",
}
_FORMS = "SELECT id, type, stream, signer, labels FROM form"
_LABELLED = "id IN (SELECT form FROM label WHERE kind = ? AND value = ?)"
_OF_FACET = "stream IN (SELECT stream FROM facet WHERE kind = ? AND lower(value) = lower(?))"
# Words first where there are any: FTS5 then gives the newest match at once, however many there are.
_SPOKEN = "words CROSS JOIN about ON about.n = words.rowid"
_ROW = {"about": "about.n", _SPOKEN: "words.rowid"}


def _source(wanted: Wanted) -> str:
    return _SPOKEN if wanted.text.strip() else "about"


def _narrowing(wanted: Wanted) -> tuple[str, list[object]]:
    """The conditions of what is wanted, and their values."""
    spoken = _match(wanted.text) if wanted.text.strip() else None
    stop = None if wanted.stop is None else wanted.stop * _PLACES
    of_data = ("data", wanted.data, wanted.data and f"dataset/{wanted.data}")
    forms: list[tuple[str, tuple[object, ...]]] = [
        ("type = ?", (wanted.type,)),
        ("stream = ?", (wanted.stream,)),
        ("lower(signer) = lower(?)", (wanted.by,)),
        (f"({_LABELLED} OR stream = ?)", of_data),
        *((_LABELLED, (kind, value.lower())) for kind, value in wanted.marks.items()),
        *((_OF_FACET, (kind, value)) for kind, value in wanted.facets.items()),
    ]
    of_form, form_values = _joined(forms)
    in_form = f"about.form IN (SELECT id FROM form WHERE {of_form})"  # noqa: S608  the parts stand above
    conditions: list[tuple[str, tuple[object, ...]]] = [
        ("words MATCH ?", (spoken,)),
        ("about.n >= ?", (wanted.start * _PLACES or None,)),
        ("about.n < ?", (stop,)),
        (in_form, tuple(form_values) or (None,)),
    ]
    return _joined(conditions)


def _joined(conditions: list[tuple[str, tuple[object, ...]]]) -> tuple[str, list[object]]:
    """All those conditions that are asked for, and their values."""
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


def _read(body: bytes) -> object:
    """What a body says; nothing if it is no JSON, which a verification finds."""
    try:
        return from_json(body)
    except ValueError:
        return None


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


def _labels(event_type: str, body: object) -> str:
    """The datasets that an event says it used and the marks that its type has, as JSON."""
    if not isinstance(body, dict):
        return "[]"
    used = body.get("datasets")
    rows = [row for row in used if isinstance(row, dict)] if isinstance(used, list) else []
    found = {("data", name) for row in rows if isinstance(name := row.get("name"), str)}
    for kind, types in MARKS.items():
        found |= {(kind, value) for value in _values(body.get(kind))} if event_type in types else set()
    return json.dumps(sorted(found))
