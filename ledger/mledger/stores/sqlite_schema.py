"""The tables of a ledger's file, and how a file gets them.

The tables say in comments what stands in them, so that `sqlite3 FILE .schema` explains the file. JSON is
TEXT: a person, or SQLite's JSON functions, can read payloads and bodies, and the bytes are kept as they are
(they are cast, not decoded, on the way in and out).

An event's `n` is 1000 times its entry's position plus its index in the entry: 41002 is the third event of
entry 41. It makes an event's place a matter of arithmetic, needs no second index, and `seq` and `idx` are
computed from it, so that there is no copy that could be edited.

The triggers are courtesy. They stop a slip; whoever owns the file can drop them, and is found out by hashes
and signatures. `erase` lets through the one change that redaction needs: salt and body of an event that
governs nothing become NULL, both at once. A row of an attachment may be deleted.
"""

import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlite_utils import Database

APPLICATION_ID = int.from_bytes(b"mldg", "big")
PAGE_SIZE = 8192

TABLES = {
    "entry": """CREATE TABLE entry (
  -- One signed statement. Entries are only ever added.
  seq INTEGER PRIMARY KEY,   -- position, from 0, without gaps
  leaf BLOB NOT NULL,        -- SHA-256(0x00 || envelope), a leaf of RFC 6962
  signature BLOB NOT NULL,   -- Ed25519 over the DSSE pre-authentication encoding of the payload
  payload TEXT NOT NULL      -- the signed bytes: JSON
) STRICT""",
    "event": """CREATE TABLE event (
  -- What an entry carries. Only salt and body can be erased, by a redaction.
  n INTEGER PRIMARY KEY,                         -- 1000 * seq + idx
  seq INTEGER GENERATED ALWAYS AS (n / 1000),    -- the entry
  idx INTEGER GENERATED ALWAYS AS (n % 1000),    -- which event of that entry, from 0
  id BLOB NOT NULL,                              -- UUID, unique in the ledger
  governance INTEGER NOT NULL,                   -- 1 if the event decides who may do what
  salt BLOB,                                     -- random, so that an erased body cannot be guessed
  body TEXT                                      -- JSON; the payload holds SHA-256(salt || body)
) STRICT""",
    "node": """CREATE TABLE node (
  -- The complete nodes of the Merkle tree at levels 8, 16 and 24: the root of 2^level leaves each.
  level INTEGER NOT NULL,
  idx INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, idx)
) STRICT, WITHOUT ROWID""",
    "checkpoint": """CREATE TABLE checkpoint (
  -- Signed notes (C2SP tlog-checkpoint) of this ledger.
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (size, note)
) STRICT, WITHOUT ROWID""",
    "attachment": """CREATE TABLE attachment (
  -- Files that events name, by the SHA-256 of their bytes. They can be erased, by a redaction.
  sha256 BLOB PRIMARY KEY NOT NULL,
  data BLOB NOT NULL
) STRICT""",
}
INDEXES = {
    "event_id": "CREATE UNIQUE INDEX event_id ON event (id)",
    "event_governance": "CREATE INDEX event_governance ON event (governance) WHERE governance = 1",
}


def _refusal(table: str, verb: str) -> tuple[str, str]:
    name = f"{table}_no_{verb.lower()}"
    body = f"SELECT RAISE(ABORT, 'a ledger is only ever added to: {table}')"
    return name, f"CREATE TRIGGER {name} BEFORE {verb} ON {table} BEGIN {body}; END"


TRIGGERS = dict(
    _refusal(table, verb)
    for table in TABLES
    for verb in ("UPDATE", "DELETE")
    if (table, verb) not in {("event", "UPDATE"), ("attachment", "DELETE")}
) | {
    "entry_in_order": """CREATE TRIGGER entry_in_order BEFORE INSERT ON entry
WHEN NEW.seq IS NOT (SELECT ifnull(max(seq), -1) + 1 FROM entry)
BEGIN SELECT RAISE(ABORT, 'entries follow each other without gaps'); END""",
    "event_only_erase": """CREATE TRIGGER event_only_erase BEFORE UPDATE ON event
WHEN OLD.governance IS NOT 0 OR NEW.salt IS NOT NULL OR NEW.body IS NOT NULL
  OR NEW.n IS NOT OLD.n OR NEW.id IS NOT OLD.id OR NEW.governance IS NOT OLD.governance
BEGIN SELECT RAISE(ABORT, 'of an event only salt and body can be erased, together'); END""",
}
SCHEMA = {("table", name): sql for name, sql in TABLES.items()}
SCHEMA |= {("index", name): sql for name, sql in INDEXES.items()}
SCHEMA |= {("trigger", name): sql for name, sql in TRIGGERS.items()}


def _first(db: "Database") -> None:
    """Version 1: everything above."""
    for sql in SCHEMA.values():
        db.execute(sql)


STEPS: tuple[Callable[["Database"], None], ...] = (_first,)
"""One for each version, oldest first. A step that has been released is never edited."""
VERSION = len(STEPS)
NOT_OURS = frozenset({"_sqlite_migrations", "idx__sqlite_migrations_migration_set_name"})
"""What sqlite-utils keeps in the file to know which steps have been taken."""


def migrate(connection: sqlite3.Connection) -> None:
    """Take every step that the file lacks, in one transaction: an interrupted migration leaves no trace.

    The connection must be in autocommit mode, with text as `str`. Another process may have taken the steps
    meanwhile; then nothing happens. sqlite-utils is imported here and nowhere else, because that costs more
    than opening a ledger and reading it.
    """
    from sqlite_utils import Database, Migrations

    steps = Migrations("mledger")
    for number, step in enumerate(STEPS, 1):
        steps(name=str(number))(step)
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Without plugins: what other people installed has no business in a ledger.
        steps.apply(Database(connection, execute_plugins=False))
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
