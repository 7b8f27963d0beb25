"""The contract of a store, which moves entries and understands none.

A store parses no body, verifies no signature and applies no policy. What it promises is order, atomicity,
durability, and that the bytes that come out are the bytes that went in. Whether they are true is for the
chain to say: a store's own columns and indexes can be edited by whoever owns it.

The same tests run over every store: `mledger.testing.store_contract`.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from mledger.chain.entry import Entry, Head
from mledger.core.merkle import Node
from mledger.errors import ConflictError, InputError

EMPTY_HEAD = Head(0, bytes(32))
MAX_SLOTS = 1000
"""Events in one entry, at most. An envelope of 48 KiB holds fewer than 300, so nothing real is refused."""


class Kept(NamedTuple):
    """The bytes of an attachment, and the SHA-256 under which they are kept."""

    sha256: bytes
    data: bytes


class Store(Protocol):
    """The entries of one ledger, in order.

    May be used by several threads at once. After a call raised StoreError because the outcome of a write
    is unknown, every further call must raise StoreError too: only a store opened anew knows the truth.
    """

    def head(self) -> Head:
        """Where the ledger ends; cheap at any size, and never behind an append that has returned."""
        ...

    def append(
        self,
        entries: Sequence[Entry],
        nodes: Sequence[Node],
        *,
        after: Head,
        attachments: Sequence[Kept] = (),
    ) -> None:
        """Add entries, and the nodes of the tree that they complete, at the end: all of them or nothing.

        With them the attachments that their events name; one that is kept already is not written again.

        Must be durable once it returns. Must raise ConflictError, and write nothing, if the head is not
        `after` at the moment of writing, or if an event's id is there already or comes twice; in the
        second case the details hold the id as `event` and its place as `number`. Entries that do not
        follow `after` one by one are an InputError. Any other error also means that nothing was written,
        but for the StoreError that says the outcome is unknown.
        """
        ...

    def entries(
        self, start: int = 0, stop: int | None = None, *, governance: bool = False
    ) -> Iterator[Entry]:
        """The entries of the positions `start` to `stop` (excluded), in order.

        All come from one snapshot, taken when the call is made, whatever is appended meanwhile. Must need
        memory for one entry, not for all, and must neither hold up those who append nor be held up.
        With `governance`, only entries with an event so marked, at a cost that grows with those alone.
        Positions that do not exist are passed over; a negative one is an InputError.
        """
        ...

    def signed(self, start: int, stop: int | None = None) -> Iterator[Entry]:
        """The entries of these positions as `entries` gives them, but without slots: what was signed, alone.

        Must not read the bodies where they are kept apart.
        """
        ...

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """The `count` stored nodes of `level` from index `start`; level 0 holds the leaves of the entries.

        Fewer than `count` if some are not there; see `mledger.core.merkle.Hashes`.
        """
        ...

    def find(self, id: bytes) -> tuple[int, int] | None:
        """The entry's position, and the index in that entry, of the event with this id; None without."""
        ...


class Shelf(Protocol):
    """The checkpoints that are kept beside the entries."""

    def keep_checkpoint(self, size: int, note: bytes) -> None:
        """Keep a checkpoint of `size` entries for good; durable on return, and nothing if it is kept already.

        Another note of the same size, such as one with more cosignatures, is kept besides.
        """
        ...

    def checkpoints(self) -> list[tuple[int, bytes]]:
        """Every checkpoint kept, as size and note, by size."""
        ...


class Attachments(Protocol):
    """The files that are kept beside the entries, named by their SHA-256, and what can be erased."""

    def attachments(self) -> list[tuple[bytes, int]]:
        """The name and the size in bytes of each that is kept, by name."""
        ...

    def attachment(self, sha256: bytes) -> bytes | None:
        """The bytes kept under this name, as they are stored; None without."""
        ...

    def erase(self, places: Sequence[tuple[int, int]], attachments: Sequence[bytes]) -> None:
        """Erase salt and body of events, each named by its entry and its index there, and these files.

        All or nothing; once it returns, their bytes are nowhere in the store. What is not there is no
        error. Must raise LockedError if somebody who reads keeps an older state alive; what is erased
        then is erased, and calling it again does the rest.
        """
        ...


class Probes(Protocol):
    """What an auditor asks about the parts of a store that no signature covers."""

    def duplicate_ids(self) -> list[tuple[bytes, list[tuple[int, int]]]]:
        """Each event id that stands in more than one place, with its places in order."""
        ...

    def strays(self) -> list[str]:
        """One line for each thing that is there and should not be, is missing, or is damaged."""
        ...


class Probed(NamedTuple):
    """What the probes of a store found."""

    strays: list[str]
    twice: list[tuple[bytes, list[tuple[int, int]]]]


def probe(store: Probes) -> Probed:
    """What a store says about the parts of it that no signature covers; reads the whole of it."""
    return Probed(store.strays(), store.duplicate_ids())


def check_run(entries: Sequence[Entry], after: Head) -> None:
    """Raise InputError unless the entries take the positions that follow `after`, one by one."""
    for seq, entry in enumerate(entries, after.size):
        if entry.seq != seq:
            raise InputError(f"entry {entry.seq} cannot stand at position {seq}")
        if len(entry.slots) > MAX_SLOTS:
            raise InputError(f"entry {seq} has {len(entry.slots)} events, more than {MAX_SLOTS}")


def check_range(start: int, stop: int | None) -> None:
    """Raise InputError if a position is negative."""
    if start < 0 or (stop is not None and stop < 0):
        raise InputError(f"positions count from 0, not {start if start < 0 else stop}")


def overtaken(head: Head, after: Head) -> ConflictError:
    """The error for an append after a head that is not, or is no longer, the last."""
    if head.size == after.size:
        what = f"entry {head.size - 1} is not the one that was expected"
    else:
        what = f"the ledger has {head.size:,} entries, not {after.size:,}: somebody else appended first"
    return ConflictError(what, fix="read the ledger's head and append again", size=head.size)


def taken(id: bytes, seq: int, index: int) -> ConflictError:
    """The error for an event whose id is in the ledger already."""
    digits = id.hex()
    event = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return ConflictError(
        f"event {event} is already in entry {seq}",
        fix="give every new event an id of its own",
        event=event,
        number=[seq, index],
    )
