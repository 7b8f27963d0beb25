"""The tools of an attacker: raw SQL, and entries signed anew."""

import json
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from mledger.chain.draft import Draft, new_ids
from mledger.chain.entry import Entry, Slot
from mledger.chain.statement import NO_LEAF, Author, event_text, payload_text
from mledger.core import merkle
from mledger.core.envelope import PAYLOAD_TYPE, format_envelope, pae
from mledger.core.merkle import Frontier, leaf_hash
from mledger.core.moment import Moment, later
from mledger.events import base as events
from mledger.events.governing import is_governance
from mledger.keys.signer import Signer
from mledger.stores import LedgerStore, open_store
from mledger.testing.simulator import Bytes, signer_of
from mledger.testing.tamper.world import World

ORDER = 2**252 + 27742317777372353535851937790883648493
"""The order of the group that Ed25519 signs in (RFC 8032, section 5.1)."""
# Drops what guards the tables, and says how to make it again.
_GUARDS = (
    "SELECT type, name, sql FROM sqlite_schema WHERE type IN ('trigger', 'index') AND sql IS NOT NULL"
    " AND name NOT LIKE 'idx__sqlite%'"
)

Document = dict[str, Any]


@contextmanager
def hands_on(world: World) -> Iterator[sqlite3.Connection]:
    """The ledger's file with its triggers and indexes dropped; a tidy attacker makes them again.

    Everything comes out as bytes.
    """
    with closing(sqlite3.connect(world.path, isolation_level=None)) as db:
        db.execute("PRAGMA synchronous = OFF")
        guards = db.execute(_GUARDS).fetchall()
        db.execute("BEGIN")
        for kind, name, _ in guards:
            db.execute(f'DROP {kind} "{name}"')
        db.text_factory = bytes
        yield db
        if world.tidy:
            for _, _, sql in guards:
                db.execute(sql)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def read(db: sqlite3.Connection, seq: int) -> Document:
    """The statement of an entry."""
    (payload,) = db.execute("SELECT payload FROM entry WHERE seq = ?", (seq,)).fetchone()
    return dict(json.loads(payload))


def write(db: sqlite3.Connection, seq: int, payload: bytes) -> None:
    """Put other signed bytes into an entry, and nothing else."""
    db.execute("UPDATE entry SET payload = CAST(? AS TEXT) WHERE seq = ?", (payload, seq))


def dump(document: Document) -> bytes:
    """JSON as mledger writes it."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def mend(db: sqlite3.Connection) -> None:
    """Make every stored leaf and node again, as they follow from the payloads and signatures."""
    frontier, nodes = Frontier(), []
    rows = db.execute("SELECT seq, payload, signature FROM entry ORDER BY seq").fetchall()
    for seq, payload, signature in rows:
        leaf = leaf_of(payload, signature)
        db.execute("UPDATE entry SET leaf = ? WHERE seq = ?", (leaf, seq))
        nodes += frontier.append(leaf)
    db.execute("DELETE FROM node")
    db.executemany("INSERT INTO node (level, idx, hash) VALUES (?, ?, ?)", nodes)


def leaf_of(payload: bytes, signature: bytes) -> bytes:
    """The leaf hash of an entry of these parts."""
    return leaf_hash(format_envelope(payload, json.loads(payload)["key"], signature))


Choose = Callable[[Document], Signer | None]
"""Whoever signs a statement again, which may be changed for it; None keeps the signature that is there."""


def rewrite(db: sqlite3.Connection, start: int, choose: Choose, stop: int = sys.maxsize) -> None:
    """Link the entries start..stop to what is before them now, signed by whom `choose` names.

    Their bodies are digested again, and all leaves and nodes made anew.
    """
    before = db.execute("SELECT payload, signature FROM entry WHERE seq = ?", (start - 1,)).fetchone()
    leaf = leaf_of(*before) if before else NO_LEAF
    rows = "SELECT seq, payload, signature FROM entry WHERE seq >= ? AND seq < ? ORDER BY seq"
    for seq, signed, signature in db.execute(rows, (start, stop)).fetchall():
        document = json.loads(signed) | {"prev": leaf.hex(), "seq": seq}
        parts = db.execute("SELECT salt, body FROM event WHERE seq = ? ORDER BY n", (seq,))
        for event, (salt, body) in zip(document["events"], parts, strict=True):
            event["body"] = sha256(salt + body).hexdigest()
        signer = choose(document)
        payload = dump(document)
        own = signer.sign(pae(PAYLOAD_TYPE, payload)) if signer else signature
        leaf = leaf_of(payload, own)
        db.execute("UPDATE entry SET signature = ? WHERE seq = ?", (own, seq))
        write(db, seq, payload)
    mend(db)


def renumber(db: sqlite3.Connection, start: int, by: int) -> None:
    """Move the rows of all entries from `start` on by some positions, and their events with them."""
    db.execute("UPDATE entry SET seq = -seq WHERE seq >= ?", (start,))
    db.execute("UPDATE entry SET seq = ? - seq WHERE seq < 0", (by,))
    db.execute("UPDATE event SET n = -n WHERE n >= ?", (start * 1000,))
    db.execute("UPDATE event SET n = ? - n WHERE n < 0", (by * 1000,))


def cut(db: sqlite3.Connection, size: int) -> None:
    """Leave the first `size` entries, and nothing that would tell that there were more."""
    db.execute("DELETE FROM entry WHERE seq >= ?", (size,))
    db.execute("DELETE FROM event WHERE n >= ?", (size * 1000,))
    db.execute("DELETE FROM node WHERE (idx + 1) << level > ?", (size,))
    db.execute("DELETE FROM checkpoint WHERE size > ?", (size,))


def change_body(db: sqlite3.Connection, n: int, old: bytes, new: bytes) -> None:
    """Put another word into a body; it must be there."""
    (body,) = db.execute("SELECT body FROM event WHERE n = ?", (n,)).fetchone()
    if old not in body:
        raise AssertionError(f"bug: {old!r} is not in the body of event row {n}")
    db.execute("UPDATE event SET body = CAST(? AS TEXT) WHERE n = ?", (body.replace(old, new), n))


class Hand(NamedTuple):
    """How somebody with a program of their own signs: with whose key, and what they claim."""

    key: str
    """The name of the key's holder, as `simulator.signer_of` takes it."""
    signer: str | None = None
    meaning: str = "authorship"
    origin: str | None = None
    late: float = 1
    """How many seconds after the entry before it says that it was recorded."""
    at: Moment | None = None
    id: bytes | None = None


def forge(before: Entry, hand: Hand, event: str, stream: str, fields: Document | bytes) -> Entry:
    """An entry that follows another one, signed past every rule; `fields` may be the bytes of a body."""
    return pack(before, hand, [(event, stream, fields)])


def pack(before: Entry, hand: Hand, said: Sequence[tuple[str, str, Document | bytes]]) -> Entry:
    """An entry of any events, with type, stream and fields of each, signed past every rule; see `forge`."""
    statement, seq = json.loads(before.payload), before.seq + 1
    random = Bytes(f"{hand} {before.seq}")
    texts, slots = [], []
    for event, stream, fields in said:
        body = fields if isinstance(fields, bytes) else events.build(event, fields).to_bytes()
        draft = Draft(event, 1, stream, body, hand.id or new_ids(1, random(10), 1)[0], hand.at)
        salt = random(16)
        texts.append(event_text(draft, salt))
        slots.append(Slot(draft.id, is_governance(event), salt, body))
    key = signer_of(hand.key)
    author = Author(key.key_id, hand.signer or hand.key, hand.meaning)
    origin, time = hand.origin or statement["ledger"], later(statement["time"], hand.late)
    payload = payload_text(texts, author, origin, before.leaf, seq, time)
    signature = key.sign(pae(PAYLOAD_TYPE, payload))
    leaf = leaf_hash(format_envelope(payload, author.key, signature))
    return Entry(seq, leaf, payload, signature, tuple(slots))


def force(store: LedgerStore, hand: Hand, event: str, stream: str, fields: Document | bytes) -> int:
    """Append an entry past every rule, as a program of one's own can; its position."""
    return force_all(store, hand, [(event, stream, fields)])


def force_all(store: LedgerStore, hand: Hand, said: Sequence[tuple[str, str, Document | bytes]]) -> int:
    """Append one entry of any events past every rule; its position."""
    head = store.head()
    (last,) = store.entries(head.size - 1, head.size)
    entry = pack(last, hand, said)
    store.append([entry], merkle.frontier(store, head.size).append(entry.leaf), after=head)
    return entry.seq


def insert(db: sqlite3.Connection, entry: Entry) -> None:
    """Put an entry into a free position with raw SQL."""
    row = (entry.seq, entry.leaf, entry.signature, entry.payload)
    db.execute("INSERT INTO entry (seq, leaf, signature, payload) VALUES (?, ?, ?, CAST(? AS TEXT))", row)
    for index, (name, governance, salt, body, _) in enumerate(entry.slots):
        slot = (entry.seq * 1000 + index, name, int(governance), salt, body)
        db.execute(
            "INSERT INTO event (n, id, governance, salt, body) VALUES (?, ?, ?, ?, CAST(? AS TEXT))", slot
        )


def stored(path: Path, seq: int) -> Entry:
    """The entry at a position, as the file has it."""
    with closing(open_store(path, read_only=True)) as store:
        (entry,) = store.entries(seq, seq + 1)
    return entry
