"""Attacks on what stands beside the signed bytes: bodies, columns, rows, nodes."""

from contextlib import closing
from hashlib import sha256

from mledger.stores import open_store
from mledger.testing.simulator import signer_of
from mledger.testing.tamper.attack import COPY, REDACTION, attack
from mledger.testing.tamper.tools import Hand, change_body, force, hands_on
from mledger.testing.tamper.world import (
    ALICE,
    BOB,
    BOBS,
    CAROL,
    CAROLS,
    MODEL,
    PROPOSAL,
    REPORT,
    REVOCATION,
    RUN,
    SIZE,
    World,
)

MALLORY = "Mallory Example"
_ONE, _OTHER = CAROLS * 1000, BOBS * 1000
_INSERT = (
    "INSERT INTO event (n, id, governance, salt, body) VALUES (?, randomblob(16), 0, zeroblob(16), '{}')"
)


@attack(COPY, "attachment.digest")
def attachment_changed(world: World) -> None:
    """An operator writes a better figure into the report that the promotion rests on."""
    with hands_on(world) as db:
        better = REPORT.data.replace(b"0.8214", b"0.8914")
        db.execute("UPDATE attachment SET data = ? WHERE sha256 = ?", (better, REPORT.sha256))


@attack(COPY, "attachment.missing")
def attachment_deleted(world: World) -> None:
    """The report that Bob attached is taken out, and the event still says that it is kept."""
    with hands_on(world) as db:
        db.execute("DELETE FROM attachment")


@attack(COPY, "attachment.digest")
def attachment_renamed(world: World) -> None:
    """An operator keeps the report under the digest of another file."""
    with hands_on(world) as db:
        db.execute("UPDATE attachment SET sha256 = zeroblob(32)")


@attack(COPY, "store.stray")
def attachment_added(world: World) -> None:
    """Somebody keeps a file that no event names, to say later that it was there all along."""
    with hands_on(world) as db:
        data = b"AUC 0.8914 on the validation months\n"
        db.execute("INSERT INTO attachment (sha256, data) VALUES (?, ?)", (sha256(data).digest(), data))


# --- bodies


@attack(COPY, "body.digest")
def body_changed(world: World) -> None:
    """An operator changes a word in the body of the decision that was accepted."""
    with hands_on(world) as db:
        change_body(db, PROPOSAL * 1000, b"Best on the validation months.", b"Best on the training months!")


@attack(COPY, "body.digest")
def body_reformatted(world: World) -> None:
    """An operator writes the same JSON with other white space."""
    with hands_on(world) as db:
        change_body(db, _OTHER, b'{"', b'{ "')


@attack(COPY, "body.digest")
def second_event_of_an_entry_changed(world: World) -> None:
    """An operator changes the body of the second event of an entry."""
    with hands_on(world) as db:
        change_body(db, RUN * 1000 + 1, b"run-", b"ruN-")


@attack(COPY, "body.digest")
def salt_changed(world: World) -> None:
    """Somebody changes the salt of a body."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = zeroblob(16) WHERE n = ?", (_OTHER,))


@attack(COPY, "body.digest")
def salt_runs_into_body(world: World) -> None:
    """Somebody moves the first byte of the body into the salt: together they hash as before."""
    with hands_on(world) as db:
        salt, body = db.execute("SELECT salt, body FROM event WHERE n = ?", (_OTHER,)).fetchone()
        moved = (salt + body[:1], body[1:], _OTHER)
        db.execute("UPDATE event SET salt = ?, body = CAST(? AS TEXT) WHERE n = ?", moved)


@attack(COPY, "body.digest")
def bodies_swapped(world: World) -> None:
    """An operator exchanges two bodies, each with its salt."""
    with hands_on(world) as db:
        parts = "SELECT salt, body FROM event WHERE n = ?"
        one, other = (db.execute(parts, (n,)).fetchone() for n in (_ONE, _OTHER))
        for n, (salt, body) in ((_ONE, other), (_OTHER, one)):
            row = (salt, body, n)
            db.execute("UPDATE event SET salt = ?, body = CAST(? AS TEXT) WHERE n = ?", row)


@attack(COPY, "body.digest", refused=True)
def enrolled_key_exchanged(world: World) -> None:
    """An operator writes a public key of his own into the body that enrolled Bob's."""
    mine = signer_of(MALLORY).key_id.encode()
    with hands_on(world) as db:
        change_body(db, 1000, signer_of(BOB).key_id.encode(), mine)


@attack(REDACTION, "body.missing")
def body_erased(world: World) -> None:
    """An operator erases body and salt of a comment, which the triggers allow; no redaction says so."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL, body = NULL WHERE n = ?", (_OTHER,))


@attack(REDACTION, "body.missing")
def body_alone_erased(world: World) -> None:
    """An operator erases a body and leaves the salt."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET body = NULL WHERE n = ?", (_OTHER,))


@attack(REDACTION, "body.missing")
def salt_alone_erased(world: World) -> None:
    """An operator erases a salt, so that the body cannot be checked any more."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL WHERE n = ?", (_OTHER,))


@attack(REDACTION, "body.missing")
def revocation_erased(world: World) -> None:
    """An operator erases the body that revoked Dave's key."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL, body = NULL WHERE n = ?", (REVOCATION * 1000,))


@attack(REDACTION, "body.missing")
def redacted_by_somebody_who_may_not(world: World) -> None:
    """Carol, whose role allows no redaction, records one of Bob's comment and erases it."""
    _redact(world, CAROL)
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL, body = NULL WHERE n = ?", (_OTHER,))


@attack(REDACTION, "body.kept", exit_code=1)
def redacted_and_kept(world: World) -> None:
    """Alice records a redaction, and the body is still there."""
    _redact(world, ALICE)


@attack(REDACTION, "governance")
def revocation_redacted(world: World) -> None:
    """Alice redacts the event that revoked Dave's key, which everything after it needs."""
    _redact(world, ALICE, REVOCATION)
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL, body = NULL WHERE n = ?", (REVOCATION * 1000,))


@attack(COPY, "column.copy")
def redacted_body_put_back(world: World) -> None:
    """After Alice's redaction somebody writes a text there again, without a salt to check it by."""
    _redact(world, ALICE)
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL WHERE n = ?", (_OTHER,))


def _redact(world: World, name: str, seq: int = BOBS) -> None:
    basis = {"event": str(seq), "legal_basis": "GDPR Art. 17(1)(b)", "authority": "Data protection officer"}
    with closing(open_store(world.path)) as store:
        force(store, Hand(name, meaning="responsibility"), "record.redacted", MODEL, basis)


# --- copied columns


@attack(COPY, "column.copy")
def id_changed(world: World) -> None:
    """Somebody changes the id beside an event, so that it is not found by its own."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET id = randomblob(16) WHERE n = ?", (_OTHER,))


@attack(COPY, "column.copy")
def ids_swapped(world: World) -> None:
    """Somebody exchanges the ids beside two events, so that each is found as the other."""
    with hands_on(world) as db:
        find = "SELECT id FROM event WHERE n = ?"
        (one,), (other,) = (db.execute(find, (n,)).fetchone() for n in (_ONE, _OTHER))
        for name, n in ((b"", _ONE), (one, _OTHER), (other, _ONE)):
            db.execute("UPDATE event SET id = ? WHERE n = ?", (name, n))


@attack(COPY, "column.copy")
def revocation_hidden(world: World) -> None:
    """An operator takes the mark of governance from the revocation of Dave's key."""
    _mark(world, REVOCATION, 0)


@attack(COPY, "column.copy", refused=True)
def opening_hidden(world: World) -> None:
    """An operator takes the mark of governance from entry 0."""
    _mark(world, 0, 0)


@attack(COPY, "column.copy")
def comment_marked(world: World) -> None:
    """Somebody marks a comment as governance."""
    _mark(world, BOBS, 1)


@attack(COPY, "column.copy")
def comment_marked_oddly(world: World) -> None:
    """Somebody marks a comment with a number that is neither yes nor no."""
    _mark(world, BOBS, 2)


def _mark(world: World, seq: int, governance: int) -> None:
    with hands_on(world) as db:
        db.execute("UPDATE event SET governance = ? WHERE n = ?", (governance, seq * 1000))


@attack(COPY, "entry.leaf", refused=True)
def leaf_changed(world: World) -> None:
    """Somebody changes the stored leaf hash of the last entry."""
    with hands_on(world) as db:
        db.execute("UPDATE entry SET leaf = randomblob(32) WHERE seq = ?", (SIZE - 1,))


@attack(COPY, "tree.node", refused=True)
def node_changed(world: World) -> None:
    """Somebody changes the stored node over the first 256 leaves, which spoils every proof."""
    with hands_on(world) as db:
        db.execute("UPDATE node SET hash = randomblob(32) WHERE level = 8 AND idx = 0")


@attack(COPY, "tree.node", refused=True)
def node_deleted(world: World) -> None:
    """Somebody deletes a stored node."""
    with hands_on(world) as db:
        db.execute("DELETE FROM node")


@attack(COPY, "store.stray")
def node_without_leaves(world: World) -> None:
    """Somebody stores a node that has no leaves under it, for the day when it has."""
    with hands_on(world) as db:
        db.execute("INSERT INTO node (level, idx, hash) VALUES (8, 1, randomblob(32))")


@attack(COPY, "store.stray")
def node_of_another_level(world: World) -> None:
    """Somebody stores a node of a level that is not kept."""
    with hands_on(world) as db:
        db.execute("INSERT INTO node (level, idx, hash) VALUES (3, 0, randomblob(32))")


# --- rows


@attack(COPY, "store.stray")
def stray_event(world: World) -> None:
    """Somebody puts in an event that belongs to no entry yet."""
    with hands_on(world) as db:
        db.execute(_INSERT, (SIZE * 1000,))


@attack(COPY, "column.copy")
def event_added_to_an_entry(world: World) -> None:
    """Somebody puts a second event into an entry that signed one."""
    with hands_on(world) as db:
        db.execute(_INSERT, (_OTHER + 1,))


@attack(COPY, "column.copy")
def event_moved_to_another_entry(world: World) -> None:
    """Somebody moves an event into the entry before it."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET n = ? WHERE n = ?", (_ONE + 1, _OTHER))


@attack(COPY, "store.stray")
def event_moved_within_its_entry(world: World) -> None:
    """Somebody gives the only event of an entry another index, so that its number names nothing."""
    with hands_on(world) as db:
        db.execute("UPDATE event SET n = ? WHERE n = ?", (_OTHER + 7, _OTHER))


@attack(COPY, "column.copy")
def event_row_deleted(world: World) -> None:
    """Somebody deletes the event of an entry and leaves the entry."""
    with hands_on(world) as db:
        db.execute("DELETE FROM event WHERE n = ?", (_OTHER,))


@attack(COPY, "column.copy")
def events_of_an_entry_swapped(world: World) -> None:
    """Somebody exchanges the two events of an entry."""
    with hands_on(world) as db:
        first = RUN * 1000
        for old, new in ((first, -1), (first + 1, first), (-1, first + 1)):
            db.execute("UPDATE event SET n = ? WHERE n = ?", (new, old))
