"""The rows of a ledger's file: in and out.

Each function is given a connection, in a transaction of the store's.
"""

import sqlite3
from collections.abc import Callable, Generator, Sequence

from mledger.chain.entry import Entry, Head, Slot
from mledger.core.merkle import Node
from mledger.errors import ConflictError, LockedError
from mledger.stores.base import EMPTY_HEAD, MAX_SLOTS, Kept, taken

Walk = Callable[[sqlite3.Connection, int, int], Generator[Entry]]

_FLAGS = {0: False, 1: True}  # another number is tampering, and must not pass for False
_NO_ROW = (1 << 63, b"", 0, None, None)

# What stands in a column comes out as bytes, whatever an attacker put there: it then fits no hash.
_LAST = "SELECT seq, ifnull(CAST(leaf AS BLOB), x'') FROM entry ORDER BY seq DESC LIMIT 1"
_ENTRIES = (
    "SELECT seq, ifnull(CAST(leaf AS BLOB), x''), ifnull(CAST(payload AS BLOB), x''),"
    " ifnull(CAST(signature AS BLOB), x'') FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq"
)
_EVENTS = (
    "SELECT n, ifnull(CAST(id AS BLOB), x''), governance, CAST(salt AS BLOB), CAST(body AS BLOB)"
    " FROM event WHERE n >= ? AND n < ? ORDER BY n"
)
_MARKED = "SELECT n FROM event WHERE governance = 1 AND n >= ? AND n < ? ORDER BY n"
_LEAVES = "SELECT ifnull(CAST(leaf AS BLOB), x'') FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq"
_NODES = (
    "SELECT ifnull(CAST(hash AS BLOB), x'') FROM node WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"
)
_ADD_ENTRY = "INSERT INTO entry (seq, leaf, signature, payload) VALUES (?, ?, ?, CAST(? AS TEXT))"
_ADD_EVENT = "INSERT INTO event (n, id, governance, salt, body) VALUES (?, ?, ?, ?, CAST(? AS TEXT))"
_ERASE_EVENT = "UPDATE event SET salt = NULL, body = NULL WHERE n = ? AND governance = 0"
_ADD_NODE = "INSERT INTO node (level, idx, hash) VALUES (?, ?, ?)"
_ADD_NOTE = (
    "INSERT INTO checkpoint (size, note) VALUES (?, CAST(? AS TEXT)) ON CONFLICT (size, note) DO NOTHING"
)
_NOTES = (
    "SELECT ifnull(CAST(size AS INTEGER), -1), ifnull(CAST(note AS BLOB), x'')"
    " FROM checkpoint ORDER BY size, note"
)
_ADD_FILE = "INSERT INTO attachment (sha256, data) VALUES (?, ?) ON CONFLICT (sha256) DO NOTHING"
_FILES = (
    "SELECT ifnull(CAST(sha256 AS BLOB), x'') AS name, ifnull(length(data), 0) FROM attachment ORDER BY name"
)
_FILE = "SELECT CAST(data AS BLOB) FROM attachment WHERE sha256 = ?"


def add(
    db: sqlite3.Connection, entries: Sequence[Entry], nodes: Sequence[Node], attachments: Sequence[Kept]
) -> None:
    """Put in entries with their events, nodes of the tree, and files."""
    db.executemany(_ADD_ENTRY, ((e.seq, e.leaf, e.signature, e.payload) for e in entries))
    db.executemany(
        _ADD_EVENT,
        (
            (e.seq * MAX_SLOTS + index, s.id, s.governance, s.salt, s.body)
            for e in entries
            for index, s in enumerate(e.slots)
        ),
    )
    db.executemany(_ADD_NODE, nodes)
    db.executemany(_ADD_FILE, attachments)


def erase(db: sqlite3.Connection, places: Sequence[tuple[int, int]], files: Sequence[bytes]) -> None:
    """Take out salts, bodies and files; SQLite writes zeros where they stood."""
    db.execute("PRAGMA secure_delete = ON")
    for seq, index in places:
        db.execute(_ERASE_EVENT, (seq * MAX_SLOTS + index,))
    for name in files:
        db.execute("DELETE FROM attachment WHERE sha256 = ?", (name,))


def empty_log(db: sqlite3.Connection) -> None:
    """Bring the write-ahead log into the file, and leave none of it. Errors: LockedError."""
    blocked, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if blocked:
        raise LockedError(
            "somebody reads the ledger, and what was erased may still stand in its log",
            fix="try again when nobody does",
        )


def add_note(db: sqlite3.Connection, size: int, note: bytes) -> None:
    """Put in a checkpoint, if it is not there."""
    db.execute(_ADD_NOTE, (size, note))


def notes(db: sqlite3.Connection) -> list[tuple[int, bytes]]:
    """Every checkpoint, by size."""
    return db.execute(_NOTES).fetchall()


def files(db: sqlite3.Connection) -> list[tuple[bytes, int]]:
    """Name and size of each attachment, by name."""
    return db.execute(_FILES).fetchall()


def file(db: sqlite3.Connection, sha256: bytes) -> bytes | None:
    """The bytes of an attachment."""
    row = db.execute(_FILE, (sha256,)).fetchone()
    return row[0] if row else None


def hashes(db: sqlite3.Connection, level: int, start: int, stop: int) -> list[bytes]:
    """Nodes of one level; level 0 holds the leaves."""
    if level == 0:
        return [leaf for (leaf,) in db.execute(_LEAVES, (start, stop))]
    return [node for (node,) in db.execute(_NODES, (level, start, stop))]


def head(db: sqlite3.Connection) -> Head:
    """The position after the last entry, and its leaf."""
    row = db.execute(_LAST).fetchone()
    return Head(row[0] + 1, row[1]) if row else EMPTY_HEAD


def find(db: sqlite3.Connection, id_: bytes) -> tuple[int, int] | None:
    """The place of an event."""
    row = db.execute("SELECT n FROM event WHERE id = ?", (id_,)).fetchone()
    return divmod(row[0], MAX_SLOTS) if row else None


def taken_of(db: sqlite3.Connection, entries: Sequence[Entry]) -> ConflictError | None:
    """Which id of the new entries stands in the file already, or earlier among themselves."""
    new: dict[bytes, tuple[int, int]] = {}
    for entry in entries:
        for index, slot in enumerate(entry.slots):
            if found := new.get(slot.id) or find(db, slot.id):
                return taken(slot.id, *found)
            new[slot.id] = entry.seq, index
    return None


def walk(db: sqlite3.Connection, start: int, stop: int) -> Generator[Entry]:
    """Entries and events side by side: two cursors, one row each in memory.

    A join costs half as much again, because it repeats the entry for every event; a query for each entry
    is as fast where entries hold many events, and takes twice as long where they hold one.
    """
    slot = tuple.__new__  # Slot(...) without its checks: a seventh of the whole time
    events = db.execute(_EVENTS, (start * MAX_SLOTS, stop * MAX_SLOTS))
    n, id_, governance, salt, body = next(events, _NO_ROW)
    for seq, leaf, payload, signature in db.execute(_ENTRIES, (start, stop)):
        first, end = seq * MAX_SLOTS, seq * MAX_SLOTS + MAX_SLOTS
        while n < first:  # a row of no entry: strays() tells
            n, id_, governance, salt, body = next(events, _NO_ROW)
        slots: list[Slot] = []
        while n < end:
            flag = _FLAGS.get(governance, governance)
            slots.append(slot(Slot, (id_, flag, salt, body, False)))
            n, id_, governance, salt, body = next(events, _NO_ROW)
        yield Entry(seq, leaf, payload, signature, tuple(slots))


def signed(db: sqlite3.Connection, start: int, stop: int) -> Generator[Entry]:
    """Entries alone: the bodies lie in another table, and are not read."""
    for seq, leaf, payload, signature in db.execute(_ENTRIES, (start, stop)):
        yield Entry(seq, leaf, payload, signature, ())


def marked(db: sqlite3.Connection, start: int, stop: int) -> Generator[Entry]:
    """The entries with an event that governs, in order."""
    last = -1
    for (n,) in db.execute(_MARKED, (start * MAX_SLOTS, stop * MAX_SLOTS)):
        if n // MAX_SLOTS != last:
            last = n // MAX_SLOTS
            yield from walk(db, last, last + 1)
