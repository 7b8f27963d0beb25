"""Events that are written together, and those who wait for them."""

import gc
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

from mledger.attachment import Attachment
from mledger.chain.entry import Entry
from mledger.core.digest import kept_in
from mledger.core.moment import Moment
from mledger.errors import ConflictError
from mledger.events.base import EventBody
from mledger.stores import LedgerStore
from mledger.stores.base import Kept
from mledger.writing import Receipt

# From so many events on, the garbage collector takes a third of the time.
_MANY = 1_000


class What(NamedTuple):
    """One event to record: its body and stream, when it occurred if not now, its id if chosen.

    `attach` are the files to be kept with it, which the body names.
    """

    body: EventBody
    stream: str
    at: Moment | None = None
    id: bytes | None = None
    attach: Sequence[Attachment] = ()


@dataclass(slots=True)
class Ticket:
    """One caller's events on their way to the disk."""

    items: Sequence[What]
    meaning: str | None
    receipts: list[Receipt] = field(default_factory=list)
    error: BaseException | None = None
    done: bool = False

    def written(self) -> list[Receipt]:
        """The receipts. Errors: ConflictError if whoever was to write was interrupted before."""
        if not self.done:
            raise ConflictError("the thread that was to write this was interrupted", fix="append again")
        return self.receipts


def attached(tickets: list[Ticket]) -> list[Kept]:
    """The files of all tickets that are written."""
    items = (item for ticket in tickets if ticket.error is None for item in ticket.items)
    return [Kept(file.sha256, file.data) for item in items for file in item.attach]


@contextmanager
def relying(
    store: LedgerStore, entries: Sequence[Entry], attachments: Sequence[Kept], *, held: bool
) -> Iterator[None]:
    """Hold the store if entries rely on files that are kept already; ConflictError if one is there no more.

    A redaction may erase it at any time, and moves no head.
    """
    bodies = (slot.body for entry in entries for slot in entry.slots if slot.body is not None)
    said = {bytes.fromhex(digest) for body in bodies for digest, _ in kept_in(body)}
    relied = said - {file.sha256 for file in attachments}
    with store.hold() if relied and not held else nullcontext():
        if relied and not relied <= {digest for digest, _ in store.attachments()}:
            raise ConflictError("a file that is said to be kept was erased meanwhile", fix="append again")
        yield


def apart(tickets: list[Ticket]) -> tuple[list[Ticket], list[Ticket]]:
    """The tickets that may be written together, and those with an id that one of them brings too."""
    seen: set[bytes] = set()
    first: list[Ticket] = []
    rest: list[Ticket] = []
    for ticket in tickets:
        ids = {item.id for item in ticket.items if item.id is not None}
        (rest if ids & seen else first).append(ticket)
        seen |= ids
    return first, rest


@contextmanager
def undisturbed(events: int) -> Iterator[None]:
    """Hold off the garbage collector while many events are made.

    All that is made then stays, and each pass of the collector looks at more of it in vain.
    """
    if events < _MANY or not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
