"""The caches of one ledger: opened, read on, made anew.

Each can be deleted at any time. It belongs to one ledger by the leaf of entry 0, and to a head by the
leaf of the last entry that it has read.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from mledger.caches.caching import UnwritableError, cache_file, remove_cache
from mledger.caches.streams import Streams, streams_file
from mledger.chain.entry import Entry, Head
from mledger.chain.rulebook import REDACTION
from mledger.chain.seal import open_statement
from mledger.chain.statement import open_payload
from mledger.errors import IntegrityError
from mledger.stores import LedgerStore

if TYPE_CHECKING:
    from mledger.caches.search import Words
    from mledger.caches.snapshots import Snapshots

# Entries that a cache reads before somebody notices.
_SOON = 2_000

_Read = Callable[[int, int], Iterator[Entry]]


class Derived:
    """A ledger with its caches; one that lies in no file has none on the disk."""

    def __init__(self, store: LedgerStore, path: Path | None = None) -> None:
        """Derive from what is in `store`; no cache is opened yet."""
        self.store = store
        self.path = path
        self._streams: Streams | None = None
        self._words: Words | None = None
        self._snapshots: Snapshots | None = None
        self._redacted: tuple[Head, int] | None = None

    @property
    def head(self) -> Head:
        """The number of entries and the leaf hash of the last."""
        return self.store.head()

    @cached_property
    def genesis(self) -> Entry:
        """Entry 0. Errors: IntegrityError if the ledger is empty: an empty ledger is never valid."""
        for entry in self.store.entries(0, 1):
            return entry
        raise IntegrityError(
            "the ledger is empty, or the entry that opens it is gone", fix="put back a copy of it"
        )

    @cached_property
    def _cached_as(self) -> bytes:
        """What the caches are named by: a copy that leaves bodies out has caches of its own."""
        return self.store.edition() or self.genesis.leaf

    # --- streams

    def stream_names(self) -> list[str]:
        """The name of every stream, sorted; a ledger in a file has a cache of them."""
        if self.path is not None:
            return self.streams.names()
        statements = map(open_statement, self.store.entries())
        return sorted({event.stream for statement in statements for event in statement.events})

    def cached_streams(self) -> Streams | None:
        """The cache of streams as it was left, if there is one."""
        if self._streams is None and self.path is not None and streams_file(self._cached_as).exists():
            self._streams = Streams(self._cached_as)
            known = self._streams.head
            if known.size and self.leaf_at(known.size - 1) != known.leaf:
                self._streams.clear()  # of another history, and not wrong about that one
        return self._streams

    @property
    def streams(self) -> Streams:
        """The cache of streams, read on to the end of the ledger."""
        if self._streams is None:
            self._streams = Streams(self._cached_as)
        self._read_on(self._streams, self.store.signed)
        return self._streams

    # --- words

    @property
    def words(self) -> "Words":
        """The cache of words, read on to the end of the ledger."""
        words = self._open_words()
        self._read_on(words, self.store.entries)
        return words

    def _open_words(self) -> "Words":
        """The cache of words as it was left; one from before the last redaction is none."""
        from mledger.caches.search import Words

        if self._words is None or self._words.redactions != self.redactions:
            if self._words is not None:
                self._words.close()
            self._words = Words(self._cached_as, self.redactions)
        return self._words

    def words_at_hand(self) -> "Words | None":
        """The cache of words, if that is there and soon read on."""
        from mledger.caches.search import words_file

        if self.path is None or not words_file(self._cached_as).exists():
            return None
        behind = self.head.size - self._open_words().head.size
        return self.words if behind <= _SOON else None

    def wrong_words(self) -> str | None:
        """What is wrong with the cache of words, if there is one; it is thrown away then."""
        from mledger.caches.search import words_file

        if self.path is None or not words_file(self._cached_as).exists():
            return None
        words = self._open_words()
        with words.still():
            head = words.head
            if not head.size or self.leaf_at(head.size - 1) != head.leaf:
                return None  # of another history, and not wrong about that one
            wrong = words.wrong(self.store.entries(0, head.size))
        if words.redactions != self.redactions:
            return None  # deleted meanwhile
        if wrong is not None:
            words.clear()
        return wrong

    # --- states

    @property
    def snapshots(self) -> "Snapshots":
        """The cache of folded states."""
        from mledger.caches.snapshots import Snapshots

        if self._snapshots is None or self._snapshots.redactions != self.redactions:
            if self._snapshots is not None:
                self._snapshots.close()
            self._snapshots = Snapshots(self._cached_as, self.redactions)
        return self._snapshots

    # --- all of them

    def close_caches(self) -> None:
        """Let go of the files of caches."""
        for cache in (self._streams, self._words, self._snapshots):
            if cache is not None:
                cache.close()
        self._streams = self._words = self._snapshots = None

    def forget_caches(self) -> None:
        """Throw away whatever was derived, in whatever state it is."""
        self.close_caches()
        for kind in ("streams", "words", "snapshots"):
            remove_cache(cache_file(self._cached_as, kind))

    @property
    def redactions(self) -> int:
        """How many redactions the ledger holds; counted again when it has grown."""
        if self._redacted is None or self._redacted[0] != self.head:
            head = self.head
            found = (open_payload(entry.payload).events for entry in self.store.entries(governance=True))
            self._redacted = head, sum(event.type == REDACTION for events in found for event in events)
        return self._redacted[1]

    def leaf_at(self, seq: int) -> bytes | None:
        """The leaf hash of an entry as it is stored; None if there is no such entry."""
        found = self.store.hashes(0, seq, 1) if seq >= 0 else []
        return found[0] if found else None

    def _read_on(self, cache: "Streams | Words", read: _Read) -> None:
        """Let a cache read what is new; one whose disk is full goes on where nobody sees it."""
        try:
            self._take_in(cache, read)
        except UnwritableError:
            cache.leave_disk()
            self._take_in(cache, read)

    def _take_in(self, cache: "Streams | Words", read: _Read) -> None:
        """Let a cache read what is new; one that belongs to another history begins anew."""
        known, head = cache.head, self.head
        if known.size and self.leaf_at(known.size - 1) != known.leaf:
            cache.clear()
            known = cache.head
        if known.size < head.size:
            cache.add(read(known.size, head.size))
