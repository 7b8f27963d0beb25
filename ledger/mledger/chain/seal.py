"""Drafts become signed entries, and entries become facts again."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from mledger.chain.draft import Draft
from mledger.chain.entry import Entry, Head, Slot
from mledger.chain.history import Fact, Streams
from mledger.chain.statement import (
    MAX_PAYLOAD,
    Author,
    Statement,
    event_text,
    open_payload,
    payload_text,
    quote,
)
from mledger.core.digest import SALT_BYTES
from mledger.core.envelope import PAYLOAD_TYPE, format_envelope, pae
from mledger.core.merkle import leaf_hash
from mledger.core.moment import Moment
from mledger.core.names import format_number
from mledger.errors import FormatError, InputError, IntegrityError
from mledger.events.governing import is_governance
from mledger.keys.signer import Signer

# What a payload holds besides its events, origin and printed name.
_FRAME = 330


class Place(NamedTuple):
    """Where and when entries are sealed: the ledger's name, its head, and the recorded time."""

    origin: str
    head: Head
    time: Moment


def seal(drafts: Sequence[Draft], place: Place, signer: Signer, author: Author, random: bytes) -> list[Entry]:
    """As few entries as the format allows, in order, each signed; 16 bytes of `random` salt each draft.

    What governs stands alone, so that what is in force never changes within an entry.
    Errors: InputError for a draft that fits no entry.
    """
    head, sealed = place.head, []
    room = MAX_PAYLOAD - _FRAME - len((quote(place.origin) + quote(author.signer)).encode())
    for group, texts, salts in _packed(drafts, random, room):
        payload = payload_text(texts, author, place.origin, head.leaf, head.size, place.time)
        signature = signer.sign(pae(PAYLOAD_TYPE, payload))
        leaf = leaf_hash(format_envelope(payload, author.key, signature))
        slots = tuple(Slot(d.id, is_governance(d.type), s, d.body) for d, s in zip(group, salts, strict=True))
        sealed.append(Entry(head.size, leaf, payload, signature, slots))
        head = Head(head.size + 1, leaf)
    return sealed


def _packed(
    drafts: Sequence[Draft], random: bytes, room: int
) -> Iterator[tuple[list[Draft], list[str], list[bytes]]]:
    """Group drafts so that the texts of each group fill at most `room` bytes, what governs alone."""
    group: list[Draft] = []
    texts: list[str] = []
    salts: list[bytes] = []
    used, alone = 0, False
    for n, draft in enumerate(drafts):
        salt = random[16 * n : 16 * n + 16]
        text = event_text(draft, salt)
        before, alone = alone, is_governance(draft.type)
        if group and (alone or before or used + len(text) + 1 > room):
            yield group, texts, salts
            group, texts, salts, used = [], [], [], 0
        used += len(text) + 1
        group.append(draft)
        texts.append(text)
        salts.append(salt)
    if not group:
        raise InputError("there is nothing to append")
    yield group, texts, salts


def envelope_of(entry: Entry, statement: Statement) -> bytes:
    """The entry's DSSE envelope, byte for byte as it was hashed into the tree."""
    return format_envelope(entry.payload, statement.key, entry.signature)


def open_entry(entry: Entry, streams: Streams = None) -> tuple[Statement, list[Fact]]:
    """What the entry states, and its events, of some streams or all, each body checked against its digest.

    Whether the entry belongs to the ledger is for a verification to say: this only finds out
    that stored parts do not fit each other. Errors: IntegrityError.
    """
    statement = open_statement(entry)
    places: Iterable[int] = range(len(statement.events))
    if streams is not None:
        wanted = {streams} if isinstance(streams, str) else streams
        places = [place for place in places if statement.events[place].stream in wanted]
    return statement, [open_event(entry, statement, place) for place in places]


def open_statement(entry: Entry) -> Statement:
    """What the entry states, checked against its leaf, its bodies aside. Errors: IntegrityError."""
    try:
        statement = open_payload(entry.payload)
    except FormatError as error:
        raise IntegrityError(f"entry {entry.seq}: {error.message}", fix="mledger verify --full") from None
    if leaf_hash(envelope_of(entry, statement)) != entry.leaf or len(statement.events) != len(entry.slots):
        raise _broken(f"entry {entry.seq}")
    return statement


def open_event(entry: Entry, statement: Statement, place: int) -> Fact:
    """The event at a place of an entry, its body checked against its digest. Errors: IntegrityError."""
    event, (_, _, salt, body, withheld) = statement.events[place], entry.slots[place]
    places = len(statement.events)
    if salt is None or body is None:
        body = None
    elif len(salt) != SALT_BYTES or hashlib.sha256(salt + body).hexdigest() != event.body:
        raise _broken(f"event {format_number(entry.seq, place, places)}")
    # Fact(...) without its checks: this is half of what a replay does.
    return tuple.__new__(
        Fact,
        (
            entry.seq,
            place,
            places,
            event.type,
            event.version,
            event.stream,
            event.id,
            statement.time,
            event.at or statement.time,
            statement.key,
            statement.signer,
            statement.meaning,
            body,
            withheld,
            None,
        ),
    )


def _broken(where: str) -> IntegrityError:
    return IntegrityError(f"{where} is not what was signed", fix="mledger verify --full")
