"""Attacks on the whole: history rewritten, cut off, put back, exchanged, forked."""

import shutil
import sqlite3
from pathlib import Path

from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.merkle import Frontier
from mledger.core.note import Note, NoteSignature, format_note, key_hash
from mledger.keys.signer import Signer
from mledger.testing.simulator import signer_of
from mledger.testing.tamper.attack import ALL_KEYS, FORK, REWRITE, ROLLBACK, attack
from mledger.testing.tamper.tools import Choose, Document, change_body, cut, hands_on, rewrite
from mledger.testing.tamper.world import (
    ACCEPTANCE,
    ALICE,
    BOBS,
    CAROL,
    CAROLS,
    OLDER,
    ORIGIN,
    PEOPLE,
    SIZE,
    World,
)

MALLORY = "Mallory Example"
_KEYS = {signer_of(name).key_id: signer_of(name) for name in PEOPLE}

# --- from some entry on


@attack(REWRITE, "key.unknown", refused=True)
def operator_signs_as_himself(world: World) -> None:
    """An operator changes an entry and signs it and all that follow with a key that nobody enrolled."""
    _rewrite(world, BOBS, _as(MALLORY))


@attack(REWRITE, "entry.signature", refused=True)
def operator_signs_as_others(world: World) -> None:
    """An operator signs all that follow with a key of his own, in the names of those who did."""
    _rewrite(world, BOBS, lambda _: signer_of(MALLORY))


@attack(REWRITE, "entry.signature", refused=True)
def operator_links_again(world: World) -> None:
    """An operator changes an entry and links all that follow to it, with the signatures they had."""
    _rewrite(world, BOBS, lambda _: None)


@attack(REWRITE, "chain.link", refused=True)
def insider_changes_what_he_signed(world: World) -> None:
    """Carol changes an entry of hers and signs it again; Bob's next entry still vouches for the first."""
    with hands_on(world) as db:
        change_body(db, CAROLS * 1000, b"falls", b"rises")
        rewrite(db, CAROLS, _as(CAROL), CAROLS + 1)


@attack(REWRITE, "entry.signature", refused=True)
def insider_links_others_again(world: World) -> None:
    """Carol signs her entries from some point on again, and links the others' to them as they are."""
    carol = signer_of(CAROL)
    _rewrite(world, CAROLS, lambda statement: carol if statement["key"] == carol.key_id else None)


@attack(REWRITE, "role.forbidden", exit_code=1, refused=True)
def insider_signs_for_a_reviewer(world: World) -> None:
    """Carol signs everything from Bob's acceptance of her decision on as herself."""
    _rewrite(world, ACCEPTANCE, _as(CAROL))


@attack(REWRITE, "head.diverged", "memory", "checkpoint", refused=True)
def insider_signs_for_those_who_only_talked(world: World) -> None:
    """Carol signs as herself what she may record as well as those who did; no approval is among it."""
    _rewrite(world, BOBS, _as(CAROL))


@attack(REWRITE, "head.diverged", "memory", "checkpoint", refused=True)
def owner_signs_for_all(world: World) -> None:
    """Alice, who may record anything, signs all from some entry on as herself, checkpoints included."""
    _rewrite(world, BOBS, _as(ALICE), checkpoints=True)


# --- everything


@attack(ALL_KEYS, "head.diverged", "memory", "checkpoint", refused=True)
def all_keys_change_a_word(world: World) -> None:
    """Somebody with all keys changes one word, and has everything after it signed again by everybody."""
    _rewrite(world, BOBS, lambda statement: _KEYS[statement["key"]], checkpoints=True)


@attack(ALL_KEYS, "head.diverged", "memory", "checkpoint", refused=True)
def all_keys_begin_anew(world: World) -> None:
    """Somebody with all keys writes another history from its first entry on."""
    exchange(world, world.twin)


@attack(ALL_KEYS, "head.diverged", "memory", refused=True)
def ledger_of_strangers(world: World) -> None:
    """A whole other ledger of the same origin and names, with fresh keys, takes the file's place."""
    exchange(world, world.stranger)


@attack(ALL_KEYS, "checkpoint.bad", "checkpoint", refused=True)
def ledger_of_strangers_shown_to_an_auditor(world: World) -> None:
    """A whole other ledger with fresh keys is shown to somebody who keeps a checkpoint of this one."""
    exchange(world, world.stranger)


# --- back to an earlier state


@attack(ROLLBACK, "head.rollback", "memory", "checkpoint", refused=True)
def tail_cut_off(world: World) -> None:
    """An operator deletes the last entries, and every trace that there were more."""
    with hands_on(world) as db:
        cut(db, OLDER)


@attack(ROLLBACK, "head.rollback", "memory", refused=True)
def last_entry_cut_off(world: World) -> None:
    """An operator deletes the last entry, which no checkpoint covers."""
    with hands_on(world) as db:
        cut(db, SIZE - 1)


@attack(ROLLBACK, "head.rollback", refused=True)
def tail_cut_off_below_a_checkpoint(world: World) -> None:
    """An operator deletes the last entries and forgets that the ledger keeps a checkpoint of them."""
    with hands_on(world) as db:
        notes = db.execute("SELECT size, note FROM checkpoint").fetchall()
        cut(db, OLDER)
        db.executemany("INSERT OR IGNORE INTO checkpoint VALUES (?, CAST(? AS TEXT))", notes)


@attack(ROLLBACK, "store.stray", refused=True)
def tail_cut_off_carelessly(world: World) -> None:
    """An operator deletes the last entries and leaves their events and nodes."""
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq >= ?", (OLDER,))


@attack(ROLLBACK, "head.rollback", "memory", "checkpoint", refused=True)
def older_copy_put_back(world: World) -> None:
    """Somebody puts an older copy of the file back."""
    exchange(world, world.older)


@attack(ROLLBACK, "head.diverged", "memory", "checkpoint", refused=True)
def older_copy_carried_on(world: World) -> None:
    """An older copy is put back, and people append to it until it is as long as it was."""
    exchange(world, world.fork)


@attack(ROLLBACK, "chain.genesis", refused=True)
def emptied(world: World) -> None:
    """An operator deletes every row: what is left is a file of a ledger, and no ledger."""
    with hands_on(world) as db:
        cut(db, 0)


# --- two histories


@attack(FORK, "head.diverged", "checkpoint")
def fork_shown(world: World) -> None:
    """This machine has only ever seen one branch of a fork; the checkpoint kept is of the other."""
    exchange(world, world.fork)
    shutil.rmtree(world.heads.folder)
    world.verify(memory=True)


def exchange(world: World, other: Path) -> None:
    """Put a file in the ledger's place, as a new file under its name."""
    world.path.unlink()
    shutil.copy(other, world.path)


def _rewrite(world: World, start: int, choose: Choose, *, checkpoints: bool = False) -> None:
    """Change a word of the comment at `CAROLS` or after, and have all from `start` on signed again."""
    with hands_on(world) as db:
        change_body(db, (start if start in (CAROLS, BOBS) else BOBS) * 1000, b"(", b"[")
        rewrite(db, start, choose)
        sizes = db.execute("DELETE FROM checkpoint WHERE size > ? RETURNING size", (start,)).fetchall()
        if checkpoints:
            for (size,) in sizes:
                _sign_checkpoint(db, size)


def _as(name: str) -> Choose:
    """Everything in one name, with that person's key."""
    signer = signer_of(name)

    def choose(statement: Document) -> Signer:
        statement |= {"key": signer.key_id, "signer": name, "meaning": "authorship"}
        return signer

    return choose


def _sign_checkpoint(db: sqlite3.Connection, size: int) -> None:
    """Let the owner vouch for what is there now."""
    frontier, alice = Frontier(), signer_of(ALICE)
    for (leaf,) in db.execute("SELECT leaf FROM entry WHERE seq < ? ORDER BY seq", (size,)):
        frontier.append(leaf)
    text = format_checkpoint(Checkpoint(ORIGIN, size, frontier.root()))
    line = NoteSignature(ORIGIN, key_hash(ORIGIN, 1, alice.public), alice.sign(text.encode()))
    note = format_note(Note(text, (line,)))
    db.execute("INSERT INTO checkpoint (size, note) VALUES (?, CAST(? AS TEXT))", (size, note))
