"""Attacks on single entries: edited, put in, taken out, moved, signatures changed."""

import json

from mledger.testing.tamper.attack import EDIT, attack
from mledger.testing.tamper.tools import (
    ORDER,
    Hand,
    dump,
    forge,
    hands_on,
    insert,
    mend,
    read,
    renumber,
    rewrite,
    stored,
    write,
)
from mledger.testing.tamper.world import ALICE, BOBS, CAROL, CAROLS, MODEL, RUN, SIZE, World

_COMMENT = {"on": "5", "text": "I never agreed to this."}


@attack(EDIT, "entry.leaf")
def payload_edited(world: World) -> None:
    """An operator dates Bob's comment a second earlier, in the signed bytes and nowhere else."""
    with hands_on(world) as db:
        statement = read(db, BOBS)
        write(db, BOBS, dump(statement | {"time": read(db, CAROLS)["time"]}))


@attack(EDIT, "entry.signature", refused=True)
def payload_edited_and_mended(world: World) -> None:
    """An operator moves Bob's comment to another model, and makes leaf and nodes anew."""
    with hands_on(world) as db:
        statement = read(db, BOBS)
        statement["events"][0]["stream"] = "model/fraud"
        write(db, BOBS, dump(statement))
        mend(db)


@attack(EDIT, "entry.leaf")
def white_space_added(world: World) -> None:
    """An operator sets a space into the signed bytes, which say the same as before."""
    with hands_on(world) as db:
        write(db, BOBS, dump(read(db, BOBS)).replace(b'"seq":', b'"seq": '))


@attack(EDIT, "entry.signature", refused=True)
def keys_reordered(world: World) -> None:
    """An operator writes the keys of the signed object in another order, and mends leaf and nodes."""
    with hands_on(world) as db:
        write(db, BOBS, dump(dict(reversed(read(db, BOBS).items()))))
        mend(db)


@attack(EDIT, "entry.signature", refused=True)
def last_entry_edited(world: World) -> None:
    """An operator edits the last entry, which no other entry vouches for, and mends the leaf."""
    with hands_on(world) as db:
        statement = read(db, SIZE - 1)
        statement["events"][0]["type"] = "dissent.recorded"
        write(db, SIZE - 1, dump(statement))
        mend(db)


@attack(EDIT, "entry.format")
def payload_garbled(world: World) -> None:
    """Somebody overwrites the signed bytes with something that is no entry."""
    with hands_on(world) as db:
        write(db, BOBS, b"\x00\xff not JSON")


@attack(EDIT, "entry.format")
def key_written_twice(world: World) -> None:
    """An operator gives the signed object a second `signer`, so that readers differ on who it is."""
    with hands_on(world) as db:
        write(db, BOBS, dump(read(db, BOBS)).replace(b'{"events"', b'{"signer":"Carol Example","events"'))


@attack(EDIT, "entry.origin")
def grafted_from_another_ledger(world: World) -> None:
    """Alice's signed statement of another ledger is put at the end of this one."""
    entry = forge(stored(world.path, SIZE - 1), Hand(ALICE, origin="acme.example/fraud"), *_said())
    with hands_on(world) as db:
        insert(db, entry)


@attack(EDIT, "chain.seq", refused=True)
def inserted_by_an_insider(world: World) -> None:
    """Carol signs an entry with her valid key and puts it in the middle; the rest moves down."""
    entry = forge(stored(world.path, BOBS - 1), Hand(CAROL), *_said())
    with hands_on(world) as db:
        renumber(db, BOBS, 1)
        insert(db, entry)
        mend(db)


@attack(EDIT, "chain.link", refused=True)
def replaced_by_an_insider(world: World) -> None:
    """Carol signs another entry in place of Bob's; what comes after still names the old one."""
    entry = forge(stored(world.path, BOBS - 1), Hand(CAROL), *_said())
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq = ?", (BOBS,))
        db.execute("DELETE FROM event WHERE seq = ?", (BOBS,))
        insert(db, entry)
        mend(db)


@attack(EDIT, "chain.link", refused=True)
def beginning_replaced(world: World) -> None:
    """Somebody puts another ledger's first entry in front, with a first key of their own."""
    entry = stored(world.stranger, 0)
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq = 0")
        db.execute("DELETE FROM event WHERE seq = 0")
        insert(db, entry)
        mend(db)


@attack(EDIT, "chain.seq")
def deleted(world: World) -> None:
    """An operator deletes an entry and leaves the gap."""
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq = ?", (BOBS,))
        db.execute("DELETE FROM event WHERE seq = ?", (BOBS,))


@attack(EDIT, "chain.seq", refused=True)
def deleted_and_renumbered(world: World) -> None:
    """An operator deletes an entry, moves the rest up, and makes leaves and nodes anew."""
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq = ?", (BOBS,))
        db.execute("DELETE FROM event WHERE seq = ?", (BOBS,))
        renumber(db, BOBS + 1, -1)
        mend(db)


@attack(EDIT, "entry.signature", refused=True)
def deleted_and_linked_again(world: World) -> None:
    """An operator deletes an entry and links the rest to what is left, keeping their signatures."""
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq = ?", (BOBS,))
        db.execute("DELETE FROM event WHERE seq = ?", (BOBS,))
        renumber(db, BOBS + 1, -1)
        rewrite(db, BOBS, lambda _: None)


@attack(EDIT, "chain.genesis", refused=True)
def first_entries_deleted(world: World) -> None:
    """An operator deletes how the ledger began, and moves the rest up."""
    with hands_on(world) as db:
        db.execute("DELETE FROM entry WHERE seq < ?", (RUN,))
        db.execute("DELETE FROM event WHERE seq < ?", (RUN,))
        renumber(db, RUN, -RUN)
        db.execute("DELETE FROM checkpoint")
        mend(db)


@attack(EDIT, "chain.seq", refused=True)
def reordered(world: World) -> None:
    """An operator exchanges the positions of two entries, with their events, and mends the tree."""
    with hands_on(world) as db:
        for table, column, width in (("entry", "seq", 1), ("event", "n", 1000)):
            one, other = CAROLS * width, BOBS * width
            for old, new in ((one, -1), (other, one), (-1, other)):
                db.execute(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", (new, old))  # noqa: S608  the names stand above
        mend(db)


@attack(EDIT, "chain.seq", refused=True)
def doubled(world: World) -> None:
    """An operator puts a copy of an entry behind it, with its signature, under another event id."""
    entry = stored(world.path, BOBS)
    (slot,) = entry.slots
    with hands_on(world) as db:
        renumber(db, BOBS + 1, 1)
        insert(db, entry._replace(seq=BOBS + 1, slots=(slot._replace(id=b"\x01" * 16),)))
        mend(db)


@attack(EDIT, "entry.leaf")
def signatures_swapped(world: World) -> None:
    """Somebody exchanges the signatures of two entries."""
    _swap_signatures(world, mended=False)


@attack(EDIT, "entry.signature", refused=True)
def signatures_swapped_and_mended(world: World) -> None:
    """Somebody exchanges the signatures of two entries, and makes leaves and nodes anew."""
    _swap_signatures(world, mended=True)


def _swap_signatures(world: World, *, mended: bool) -> None:
    one, other = stored(world.path, BOBS - 3), stored(world.path, BOBS)
    with hands_on(world) as db:
        for seq, signature in ((one.seq, other.signature), (other.seq, one.signature)):
            db.execute("UPDATE entry SET signature = ? WHERE seq = ?", (signature, seq))
        if mended:
            mend(db)


@attack(EDIT, "entry.leaf", refused=True)
def signature_stripped(world: World) -> None:
    """An operator takes the signature of an entry away."""
    _sign_last(world, b"", mended=False)


@attack(EDIT, "entry.signature", refused=True)
def signature_stripped_and_mended(world: World) -> None:
    """An operator takes the signature of the last entry away, and mends the leaf."""
    _sign_last(world, b"", mended=True)


@attack(EDIT, "entry.signature", refused=True)
def signature_of_zeros(world: World) -> None:
    """An operator writes 64 zero bytes for the last signature, and mends the leaf."""
    _sign_last(world, bytes(64), mended=True)


@attack(EDIT, "entry.signature", refused=True)
def signature_malleated(world: World) -> None:
    """Somebody adds the order of the group to S, which a lax verifier takes for the same signature."""
    signature = stored(world.path, SIZE - 1).signature
    s = int.from_bytes(signature[32:], "little") + ORDER
    _sign_last(world, signature[:32] + s.to_bytes(32, "little"), mended=True)


def _sign_last(world: World, signature: bytes, *, mended: bool) -> None:
    with hands_on(world) as db:
        db.execute("UPDATE entry SET signature = ? WHERE seq = ?", (signature, SIZE - 1))
        if mended:
            mend(db)


@attack(EDIT, "entry.signature", refused=True)
def meaning_changed(world: World) -> None:
    """An operator turns Bob's authorship into an approval, and mends leaf and nodes."""
    _restate(world, BOBS, meaning="approval")


@attack(EDIT, "entry.signature", refused=True)
def printed_name_changed(world: World) -> None:
    """An operator prints Alice's name over Bob's signature, and mends leaf and nodes."""
    _restate(world, BOBS, signer=ALICE)


@attack(EDIT, "entry.signature", refused=True)
def key_changed(world: World) -> None:
    """An operator writes that Carol's key signed what Bob's did, and mends leaf and nodes."""
    carols = json.loads(stored(world.path, CAROLS).payload)
    _restate(world, BOBS, key=carols["key"], signer=carols["signer"])


def _restate(world: World, seq: int, **fields: str) -> None:
    with hands_on(world) as db:
        write(db, seq, dump(read(db, seq) | fields))
        mend(db)


@attack(EDIT, "chain.seq", refused=True)
def moved_far_away(world: World) -> None:
    """Somebody gives the last entry a position so far off that counting up to it would never end."""
    with hands_on(world) as db:
        db.execute("UPDATE entry SET seq = seq + (1 << 52) WHERE seq = ?", (SIZE - 1,))
        db.execute("UPDATE event SET n = n + 1000 * (1 << 52) WHERE n = ?", ((SIZE - 1) * 1000,))


@attack(EDIT, "store.stray", refused=True)
def moved_below_zero(world: World) -> None:
    """Somebody gives the last entry a position below zero."""
    with hands_on(world) as db:
        db.execute("UPDATE entry SET seq = -1 WHERE seq = ?", (SIZE - 1,))
        db.execute("UPDATE event SET n = -1000 WHERE n = ?", ((SIZE - 1) * 1000,))


def _said() -> tuple[str, str, dict[str, str]]:
    return "comment.added", MODEL, _COMMENT
