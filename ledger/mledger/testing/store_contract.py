"""The tests that every store must pass.

    class TestMine(StoreContract):
        def make(self) -> Store:
            return MyStore(...)

`make` gives a new, empty store at each call. pytest collects the methods; nothing here imports it.
"""

from abc import abstractmethod
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from itertools import islice

from mledger.chain.entry import Entry, Head, Slot
from mledger.core.merkle import Node
from mledger.errors import ConflictError, InputError, MledgerError
from mledger.stores.base import EMPTY_HEAD, MAX_SLOTS, Shelf, Store

MEBIBYTE = 1 << 20


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


def refused[E: MledgerError](kind: type[E], attempt: Callable[[], object]) -> E:
    """The error of `kind` that `attempt` raises; anything else is a failure of the test."""
    try:
        attempt()
    except kind as error:
        assert "\n" not in error.message
        return error
    raise AssertionError(f"no {kind.__name__} was raised")
