"""Attacks on what guards the rows: unique ids, triggers, indexes, checkpoints."""

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing

from mledger.core.checkpoint import format_checkpoint, parse_checkpoint
from mledger.core.note import Note, NoteSignature, format_note, parse_note
from mledger.stores import open_store
from mledger.testing.simulator import signer_of
from mledger.testing.tamper.attack import COPY, TWICE, attack
from mledger.testing.tamper.tools import Hand, forge, hands_on, insert, stored
from mledger.testing.tamper.world import (
    ALICE,
    BOBS,
    CAROL,
    CAROLS,
    CHECKPOINT,
    FIRST_CHECKPOINT,
    MODEL,
    REVOCATION,
    SIZE,
    World,
)

MALLORY = "Mallory Example"
_ONE, _OTHER = CAROLS * 1000, BOBS * 1000
# Ends without closing, for whoever closes a database last moves the log into it.
_IN_THE_LOG = """
import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
(guard,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_only_erase'").fetchone()
db.execute("BEGIN")
db.execute("DROP TRIGGER event_only_erase")
db.execute("UPDATE event SET body = replace(body, 'Seen', 'Good') WHERE n = ?", (int(sys.argv[2]),))
if sys.argv[3]:
    db.execute(guard)
db.execute("COMMIT")
os._exit(0)
"""


@attack(TWICE, "event.twice")
def event_recorded_twice(world: World) -> None:
    """Carol records an event again under its id, with an index that only claims to be unique."""
    before, twin = stored(world.path, SIZE - 1), stored(world.path, CAROLS)
    fields = {"on": "5", "text": "The loss falls as it should."}
    entry = forge(before, Hand(CAROL, id=twin.slots[0].id), "comment.added", MODEL, fields)
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        (sql,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_id'").fetchone()
        db.execute("DROP INDEX event_id")
        insert(db, entry)
        if world.tidy:
            db.execute("CREATE INDEX event_id ON event (id)")
            db.execute("PRAGMA writable_schema = ON")
            db.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'event_id'", (sql,))


# --- what guards and finds


@attack(COPY, "store.stray")
def trigger_dropped(world: World) -> None:
    """Somebody drops a trigger and does nothing else yet."""
    _execute(world, "DROP TRIGGER entry_no_update")


@attack(COPY, "store.stray")
def trigger_made_harmless(world: World) -> None:
    """Somebody puts a trigger in the place of another that looks much like it and does nothing."""
    _execute(
        world,
        "DROP TRIGGER entry_no_update",
        "CREATE TRIGGER entry_no_update BEFORE UPDATE ON entry BEGIN SELECT 1; END",
    )


@attack(COPY, "store.stray")
def trigger_added(world: World) -> None:
    """Somebody adds a trigger that deletes comments as they come in."""
    _execute(
        world,
        "CREATE TRIGGER quiet AFTER INSERT ON event WHEN NEW.body LIKE '%dissent%'"
        " BEGIN UPDATE event SET salt = NULL, body = NULL WHERE n = NEW.n; END",
    )


@attack(COPY, "store.stray")
def index_dropped(world: World) -> None:
    """Somebody drops the index that keeps ids unique."""
    _execute(world, "DROP INDEX event_id")


@attack(COPY, "store.stray")
def table_added(world: World) -> None:
    """Somebody keeps a table of their own in the file."""
    _execute(world, "CREATE TABLE notes (text TEXT)")


def _execute(world: World, *statements: str) -> None:
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        for statement in statements:
            db.execute(statement)


@attack(COPY, "store.stray")
def index_of_ids_forged(world: World) -> None:
    """Somebody leaves the tables as they are and makes the index say that two ids are exchanged."""
    _forge_index(world, "event_id", _swap_ids)


@attack(COPY, "store.stray")
def index_of_governance_forged(world: World) -> None:
    """Somebody makes the index of governance name a comment in the place of Dave's revocation."""
    _forge_index(world, "event_governance", _swap_marks)


def _forge_index(world: World, name: str, turn: Callable[[sqlite3.Connection], None]) -> None:
    """Let an index follow a change of the table, and change the table back behind its back."""
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        (guard,) = db.execute("SELECT sql FROM sqlite_schema WHERE name = 'event_only_erase'").fetchone()
        row = db.execute("SELECT * FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        db.execute("DROP TRIGGER event_only_erase")
        turn(db)
        db.execute("PRAGMA writable_schema = ON")
        db.execute("DELETE FROM sqlite_schema WHERE name = ?", (name,))
        db.execute("PRAGMA writable_schema = RESET")
        turn(db)
        db.execute("PRAGMA writable_schema = ON")
        db.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", row)
        db.execute("PRAGMA writable_schema = RESET")
        if world.tidy:
            db.execute(guard)


def _swap_ids(db: sqlite3.Connection) -> None:
    find = "SELECT id FROM event WHERE n = ?"
    (one,), (other,) = (db.execute(find, (n,)).fetchone() for n in (_ONE, _OTHER))
    for name, n in ((b"", _ONE), (one, _OTHER), (other, _ONE)):
        db.execute("UPDATE event SET id = ? WHERE n = ?", (name, n))


def _swap_marks(db: sqlite3.Connection) -> None:
    for seq in (REVOCATION, BOBS):
        db.execute("UPDATE event SET governance = 1 - governance WHERE n = ?", (seq * 1000,))


@attack(COPY, "body.digest")
def written_to_the_log_alone(world: World) -> None:
    """An operator changes a body in SQLite's log of changes, and leaves the ledger's own file alone."""
    command = [sys.executable, "-c", _IN_THE_LOG, str(world.path), str(_OTHER), "tidy" if world.tidy else ""]
    subprocess.run(command, check=True)  # noqa: S603  the program stands above


# --- checkpoints


@attack(COPY, "checkpoint.bad")
def checkpoint_forged(world: World) -> None:
    """Somebody keeps a checkpoint in the ledger that their own key has signed."""
    (note,) = (note for size, note in _checkpoints(world) if size == FIRST_CHECKPOINT)
    text = parse_note(note).text
    signature = signer_of(MALLORY).sign(text.encode())
    line = parse_note(note).signatures[0]._replace(signature=signature)
    _keep(world, FIRST_CHECKPOINT, format_note(Note(text, (line,))))


@attack(COPY, "checkpoint.bad")
def checkpoint_under_another_key(world: World) -> None:
    """Somebody strips the owner's line from a checkpoint and signs it under another name."""
    (note,) = (note for size, note in _checkpoints(world) if size == FIRST_CHECKPOINT)
    text = parse_note(note).text
    line = NoteSignature("witness.example", b"abcd", signer_of(MALLORY).sign(text.encode()))
    _keep(world, FIRST_CHECKPOINT, format_note(Note(text, (line,))))


@attack(COPY, "head.diverged")
def checkpoint_of_another_history(world: World) -> None:
    """The owner signs a checkpoint of another history, and it ends up in this ledger."""
    note = parse_note(world.kept)
    checkpoint = parse_checkpoint(note.text)._replace(root=bytes(32))
    text = format_checkpoint(checkpoint)
    line = note.signatures[0]._replace(signature=signer_of(ALICE).sign(text.encode()))
    _keep(world, checkpoint.size, format_note(Note(text, (line,))))


@attack(COPY, "column.copy")
def checkpoint_filed_under_another_size(world: World) -> None:
    """Somebody files a genuine checkpoint under another size, so that the newest is not the largest."""
    with hands_on(world) as db:
        db.execute("UPDATE checkpoint SET size = 7 WHERE size = ?", (CHECKPOINT,))


def _checkpoints(world: World) -> list[tuple[int, bytes]]:
    with closing(open_store(world.path, read_only=True)) as store:
        return store.checkpoints()


def _keep(world: World, size: int, note: bytes) -> None:
    with hands_on(world) as db:
        db.execute("DELETE FROM checkpoint WHERE size = ?", (size,))
        db.execute("INSERT INTO checkpoint (size, note) VALUES (?, CAST(? AS TEXT))", (size, note))
