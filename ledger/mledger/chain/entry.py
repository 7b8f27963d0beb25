"""What a store moves: entries, their slots and the head, unparsed."""

from typing import NamedTuple


class Slot(NamedTuple):
    """One event's erasable part, and the two columns that are copied out of the signed bytes.

    Salt and body are both there, or both erased.
    """

    id: bytes
    """The event's UUID, 16 bytes, unique in the ledger."""
    governance: bool
    """Whether the event's type decides who may do what."""
    salt: bytes | None
    body: bytes | None
    withheld: bool = False
    """Whether this copy says that it leaves the body out on purpose, as bundles do."""


class Entry(NamedTuple):
    """One signed statement as it is stored; nothing in it has been believed yet."""

    seq: int
    """Position in the ledger, from 0, without gaps; the leaf index."""
    leaf: bytes
    """The leaf hash of the envelope, 32 bytes (RFC 6962, section 2.1)."""
    payload: bytes
    """The signed bytes, kept verbatim."""
    signature: bytes
    """Ed25519 over the pre-authentication encoding of the payload, 64 bytes (RFC 8032)."""
    slots: tuple[Slot, ...]
    """One for each event, in the order of the payload."""


class Head(NamedTuple):
    """Where the ledger ends: its number of entries and the leaf of the last (32 zero bytes at 0)."""

    size: int
    leaf: bytes
