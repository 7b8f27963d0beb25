"""What an auditor asks about what no signature covers.

Nothing here trusts an index: rows are counted in the tables themselves, and every index must hold as many,
and each of them.
"""

import sqlite3
from collections.abc import Iterator
from itertools import islice

from mledger.core.merkle import TILE_LEVELS, TOP_LEVEL
from mledger.stores.base import MAX_SLOTS
from mledger.stores.sqlite_errors import code_of
from mledger.stores.sqlite_schema import NOT_OURS, SCHEMA

MOST = 100
"""Lines about one kind of thing, at most: a broken file would have millions."""
ENDLESS = 1 << 63
_UNREADABLE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
# How many entries there are, the first and the last; and the same of those that events belong to, with the
# number of those whose events are not counted from 0 on.
_HELD = "SELECT count(*), min(seq), max(seq) FROM entry NOT INDEXED"
_FILLED = """
SELECT count(*), min(seq), max(seq), total(first <> 0 OR last <> events - 1) FROM
  (SELECT n / 1000 AS seq, min(n % 1000) AS first, max(n % 1000) AS last, count(*) AS events
  FROM event NOT INDEXED GROUP BY n / 1000)
"""
# Rows of an index, rows of its table, and rows of the table that the index does not lead to.
_INDEXES = {
    "event_id": (
        "SELECT count(*) FROM event INDEXED BY event_id",
        "SELECT count(*) FROM event NOT INDEXED",
        """SELECT count(*) FROM event AS held NOT INDEXED WHERE NOT EXISTS
        (SELECT 1 FROM event AS found INDEXED BY event_id WHERE found.id = held.id AND found.n = held.n)""",
    ),
    "event_governance": (
        "SELECT count(*) FROM event INDEXED BY event_governance WHERE governance = 1",
        "SELECT count(*) FROM event NOT INDEXED WHERE governance = 1",
        """SELECT count(*) FROM event AS held NOT INDEXED WHERE governance = 1 AND NOT EXISTS
        (SELECT 1 FROM event AS found INDEXED BY event_governance
        WHERE found.governance = 1 AND found.n = held.n)""",
    ),
}


def duplicate_ids(db: sqlite3.Connection) -> list[tuple[bytes, list[tuple[int, int]]]]:
    """Each event id that stands in more than one row, with the places; sorted on disk, not in memory."""
    rows = db.execute(
        "SELECT ifnull(CAST(id AS BLOB), x'') AS same, n FROM event NOT INDEXED"
        " WHERE id IN (SELECT id FROM event NOT INDEXED GROUP BY id HAVING count(*) > 1)"
        " ORDER BY same, n"
    )
    found: dict[bytes, list[tuple[int, int]]] = {}
    for id_, n in rows:
        found.setdefault(id_, []).append(divmod(n, MAX_SLOTS))
    return list(found.items())


def strays(db: sqlite3.Connection) -> list[str]:
    """One line for each thing that should not be there, is missing, or is damaged."""
    found = list(_schema(db))
    kinds = [_quick_check(db), _events(db), _nodes(db)]
    if not found:
        kinds.append(_indexes(db))
    for lines in kinds:
        found += _few(lines)
    return found


def _few(lines: Iterator[str]) -> Iterator[str]:
    """The first of many lines, and how many more; an auditor goes on where a page is damaged."""
    try:
        yield from islice(lines, MOST)
        if more := sum(1 for _ in lines):
            yield f"and {more:,} more like the last"
    except sqlite3.DatabaseError as error:
        if code_of(error) & 0xFF not in _UNREADABLE:
            raise
        yield f"SQLite cannot read on: {' '.join(str(error).split())}"


def _schema(db: sqlite3.Connection) -> Iterator[str]:
    there = {
        (kind.decode(errors="replace"), name.decode(errors="replace")): sql and sql.decode(errors="replace")
        for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_schema")
    }
    for (kind, name), sql in SCHEMA.items():
        if (kind, name) not in there:
            yield f"the {kind} {name} is missing"
        elif there[kind, name] != sql:
            yield f"the {kind} {name} is not as mledger made it"
    for kind, name in there:
        if (kind, name) not in SCHEMA and name not in NOT_OURS and not name.startswith("sqlite_"):
            yield f"the {kind} {name} does not belong to a ledger"


def _quick_check(db: sqlite3.Connection) -> Iterator[str]:
    for (text,) in db.execute(f"PRAGMA quick_check({MOST})"):
        if text != b"ok":
            yield f"SQLite finds: {' '.join(text.decode(errors='replace').split())}"


def _events(db: sqlite3.Connection) -> Iterator[str]:
    """Entries and events that do not fit each other, by walking both tables side by side.

    SQLite says in a fifth of the time whether there is anything to tell.
    """
    count, *ends = db.execute(_HELD).fetchone()
    if ends == [0, count - 1] and db.execute(_FILLED).fetchone() == (count, *ends, 0):
        return
    places = (divmod(n, MAX_SLOTS) for (n,) in db.execute("SELECT n FROM event NOT INDEXED ORDER BY n"))
    end = (ENDLESS, 0)
    at = next(places, end)
    expected = 0
    for (seq,) in db.execute("SELECT seq FROM entry ORDER BY seq"):
        while at[0] < seq:
            yield f"event row {at[0]}.{at[1]} belongs to no entry"
            at = next(places, end)
        if seq != expected:
            yield f"entry {seq} follows entry {expected - 1}" if expected else f"the first entry is {seq}"
        index = 0
        while at[0] == seq:
            if at[1] != index:
                yield f"entry {seq} has an event row {at[1]}, and no row {index}"
            index = at[1] + 1
            at = next(places, end)
        if not index:
            yield f"entry {seq} has no event rows"
        expected = seq + 1
    while at != end:
        yield f"event row {at[0]}.{at[1]} belongs to no entry"
        at = next(places, end)


def _nodes(db: sqlite3.Connection) -> Iterator[str]:
    (size,) = db.execute("SELECT ifnull(max(seq), -1) + 1 FROM entry").fetchone()
    for level in range(TILE_LEVELS, TOP_LEVEL + 1, TILE_LEVELS):
        expected = 0
        for (index,) in db.execute("SELECT idx FROM node WHERE level = ? ORDER BY idx", (level,)):
            if index >= size >> level or index < 0:
                yield f"node {index} of level {level} has no leaves under it"
                continue
            if index != expected:
                yield f"nodes {expected} to {index - 1} of level {level} are missing"
            expected = index + 1
        if expected < size >> level:
            yield f"nodes {expected} to {(size >> level) - 1} of level {level} are missing"
    for level, index in db.execute("SELECT level, idx FROM node WHERE level NOT IN (8, 16, 24)"):
        yield f"node {index} of level {level} is of a level that is not kept"


def _indexes(db: sqlite3.Connection) -> Iterator[str]:
    for index, (own, table, unled) in _INDEXES.items():
        (rows,), (expected,) = db.execute(own).fetchone(), db.execute(table).fetchone()
        if rows != expected:
            yield f"the index {index} holds {rows:,} rows, its table {expected:,}"
        elif wrong := db.execute(unled).fetchone()[0]:
            yield f"the index {index} does not say what its table says of {wrong:,} rows"
