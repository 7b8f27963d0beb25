"""Entries that only a store would take, and expected errors."""

from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import TypeVar

from mledger.chain.entry import Entry, Head, Slot
from mledger.errors import ConflictError, MledgerError
from mledger.stores.base import Store

E = TypeVar("E", bound=MledgerError)


def sample_slot(name: str, *, governance: bool = False, body: bytes | None = b'{"text":"\xc3\xa9"}') -> Slot:
    """A slot whose id and salt are made from `name`; without a body it is an erased one."""
    made = sha256(name.encode()).digest()
    return Slot(made[:16], governance, made[16:] if body is not None else None, body)


def sample_entry(seq: int, *slots: Slot, by: str = "") -> Entry:
    """An entry that only a store would take for one; with one slot unless some are given.

    `by` tells entries of one position apart.
    """
    leaf = sha256(f"leaf {seq} {by}".encode()).digest()
    payload = b'{"seq":%d,"by":"%s"}' % (seq, by.encode())
    return Entry(seq, leaf, payload, leaf * 2, slots or (sample_slot(f"{seq} {by}"),))


def sample_run(start: int, count: int, *, by: str = "") -> list[Entry]:
    """`count` entries from position `start` on."""
    return [sample_entry(seq, by=by) for seq in range(start, start + count)]


def head_after(entries: Iterable[Entry]) -> Head:
    """The head of a store that holds exactly these entries."""
    *_, last = entries
    return Head(last.seq + 1, last.leaf)


def refused(kind: type[E], attempt: Callable[[], object]) -> E:
    """The error of `kind` that `attempt` raises; anything else is a failure of the test."""
    try:
        attempt()
    except kind as error:
        assert type(error) is kind, f"{type(error).__name__} is not exactly {kind.__name__}"
        assert "\n" not in error.message, "an error is one line"
        assert error.fix, "an error names the way out"
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def append_retrying(store: Store, entry: Callable[[int], Entry]) -> Entry:
    """The entry that `entry` made for the position that was free, appended however long it took."""
    while True:
        head = store.head()
        made = entry(head.size)
        try:
            store.append([made], [], after=head)
        except ConflictError:
            continue
        return made
