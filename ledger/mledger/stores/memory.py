"""A ledger in memory, for tests, simulations and drafts."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock

from mledger.chain.entry import Entry, Head
from mledger.core.merkle import Node
from mledger.stores.base import EMPTY_HEAD, Kept, check_range, check_run, overtaken, taken


class MemoryStore:
    """Keeps everything in lists and forgets it when it goes: Store, Shelf, Attachments and Probes.

    Entries are only ever added, so that a reader who knows how many there are needs no lock to walk them.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._lock = RLock()
        self._entries: list[Entry] = []
        self._governance: list[int] = []
        self._nodes: dict[tuple[int, int], bytes] = {}
        self._places: dict[bytes, tuple[int, int]] = {}
        self._notes: set[tuple[int, bytes]] = set()
        self._files: dict[bytes, bytes] = {}

    def head(self) -> Head:
        """Where the ledger ends."""
        size = len(self._entries)
        return Head(size, self._entries[size - 1].leaf) if size else EMPTY_HEAD

    def append(
        self,
        entries: Sequence[Entry],
        nodes: Sequence[Node],
        *,
        after: Head,
        attachments: Sequence[Kept] = (),
    ) -> None:
        """Add entries at the end, all or none; see `Store.append`."""
        check_run(entries, after)
        with self._lock:
            if (head := self.head()) != after:
                raise overtaken(head, after)
            places: dict[bytes, tuple[int, int]] = {}
            for entry in entries:
                for index, slot in enumerate(entry.slots):
                    if found := self._places.get(slot.id) or places.get(slot.id):
                        raise taken(slot.id, *found)
                    places[slot.id] = entry.seq, index
            self._places |= places
            self._nodes |= {(node.level, node.index): node.hash for node in nodes}
            self._governance += [e.seq for e in entries if any(slot.governance for slot in e.slots)]
            self._files = dict(attachments) | self._files
            self._entries += entries

    def entries(
        self, start: int = 0, stop: int | None = None, *, governance: bool = False
    ) -> Iterator[Entry]:
        """Entries in order, as they are at this moment; see `Store.entries`."""
        check_range(start, stop)
        size = len(self._entries)
        stop = size if stop is None else min(stop, size)
        if not governance:
            return map(self._entries.__getitem__, range(start, stop))
        marked = self._governance
        chosen = range(bisect_left(marked, start), bisect_left(marked, stop))
        return (self._entries[marked[position]] for position in chosen)

    def signed(self, start: int, stop: int | None = None) -> Iterator[Entry]:
        """Entries without slots; see `Store.signed`."""
        return (entry._replace(slots=()) for entry in self.entries(start, stop))

    def hashes(self, level: int, start: int, count: int) -> list[bytes]:
        """Stored nodes of one level; see `Store.hashes`."""
        with self._lock:
            if level == 0:
                return [entry.leaf for entry in self._entries[start : start + count]]
            keys = ((level, index) for index in range(start, start + count))
            return [self._nodes[key] for key in keys if key in self._nodes]

    def find(self, id: bytes) -> tuple[int, int] | None:
        """The place of an event; see `Store.find`."""
        with self._lock:
            return self._places.get(id)

    def keep_checkpoint(self, size: int, note: bytes) -> None:
        """Keep a checkpoint; see `Shelf.keep_checkpoint`."""
        with self._lock:
            self._notes.add((size, note))

    def checkpoints(self) -> list[tuple[int, bytes]]:
        """Every checkpoint kept, by size."""
        with self._lock:
            return sorted(self._notes)

    def attachments(self) -> list[tuple[bytes, int]]:
        """Name and size of each attachment, by name."""
        with self._lock:
            return sorted((name, len(data)) for name, data in self._files.items())

    def attachment(self, sha256: bytes) -> bytes | None:
        """The bytes of an attachment."""
        with self._lock:
            return self._files.get(sha256)

    def erase(self, places: Sequence[tuple[int, int]], attachments: Sequence[bytes]) -> None:
        """Erase bodies and files; see `Attachments.erase`."""
        with self._lock:
            for seq, index in places:
                if seq < len(self._entries) and index < len(self._entries[seq].slots):
                    entry = self._entries[seq]
                    slots = list(entry.slots)
                    slots[index] = slots[index]._replace(salt=None, body=None)
                    self._entries[seq] = entry._replace(slots=tuple(slots))
            for name in attachments:
                self._files.pop(name, None)

    def duplicate_ids(self) -> list[tuple[bytes, list[tuple[int, int]]]]:
        """Nothing: an id has one place here by construction."""
        return []

    def strays(self) -> list[str]:
        """Nothing: there is no second copy that could differ."""
        return []

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep others from appending."""
        with self._lock:
            yield

    def edition(self) -> bytes:
        """Nothing: it leaves nothing out."""
        return b""

    def touched(self) -> bool:
        """Never: nobody else can reach it."""
        return False

    def close(self) -> None:
        """Nothing to let go of."""
