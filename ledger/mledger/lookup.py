"""Looks things up in a ledger: entries, facts, keys."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mledger.caches.streams import Streams, streams_file
from mledger.chain.draft import read_id
from mledger.chain.entry import Entry, Head
from mledger.chain.history import Fact
from mledger.chain.keyring import Keyring
from mledger.chain.rulebook import REDACTION, Act, Answered, Ruled, examine, kind_of
from mledger.chain.seal import envelope_of, open_entry, open_event, open_statement
from mledger.chain.statement import Statement, open_payload
from mledger.core.digest import short
from mledger.core.moment import Moment
from mledger.core.names import format_number, parse_number
from mledger.errors import InputError, IntegrityError, MledgerError, NotFoundError
from mledger.heads import Heads
from mledger.stores import LedgerStore

if TYPE_CHECKING:
    from mledger.caches.search import Wanted, Words
    from mledger.caches.snapshots import Snapshots
    from mledger.chain.succession import LogKeys
    from mledger.events.policy import TypeRule
    from mledger.verification.recalling import Recalling

# Entries read at a time when walking from the end.
_BACKWARDS = 64
# Entries that a cache reads before somebody notices.
_SOON = 2_000
# Entries kept opened for the questions of the rules, 100 KB each where they carry many events.
OPENED = 32
# Digits that name an attachment, at least.
_PREFIX = 8

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]
Opened = Callable[[int], tuple[Entry, Statement]]


def utc_now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


class Lookup:
    """A ledger opened for reading, as far as what stands in it.

    Everything it returns comes from bytes that were checked against their signed digests.
    """

    def __init__(
        self,
        store: LedgerStore,
        *,
        heads: Heads | None = None,
        clock: Clock = utc_now,
        path: Path | None = None,
    ) -> None:
        """Read from `store`; `heads` is the memory of heads, None to keep none."""
        self.store = store
        self.heads = heads
        self.clock = clock
        self.path = path
        self.processes = 1
        """How many may verify at once. They are spawned: a script that sets more guards its main module."""
        self.progress: Progress | None = None
        """Called with the number of entries done and all, while a verification goes on."""
        self.remembered = 0
        self._streams: Streams | None = None
        self._words: Words | None = None
        self._snapshots: Snapshots | None = None
        self._redacted: tuple[Head, int] | None = None
        self._log_keys: tuple[int, LogKeys] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.store.close()
        for cache in (self._streams, self._words, self._snapshots):
            if cache is not None:
                cache.close()

    # --- what is there

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

    @cached_property
    def origin(self) -> str:
        """The ledger's name for ever."""
        return open_payload(self.genesis.payload).ledger

    def entry(self, seq: int) -> Entry:
        """The entry at a position, as it is stored. Errors: NotFoundError."""
        if seq >= 0:
            for entry in self.store.entries(seq, seq + 1):
                return entry
        raise NotFoundError(
            f"there is no entry {seq}; the ledger ends with entry {self.head.size - 1}", fix="mledger log"
        )

    def statement(self, seq: int) -> Statement:
        """What the entry at a position states."""
        return open_payload(self.entry(seq).payload)

    def facts(self, stream: str | None = None, start: int = 0, stop: int | None = None) -> Iterator[Fact]:
        """The events of the entries start..stop in order, of one stream or of all.

        Errors: IntegrityError at the first that is not what was signed.
        """
        entries = self.store.entries(start, stop) if stream is None else self._entries_of(stream, start, stop)
        for entry in entries:
            yield from open_entry(entry, stream)[1]

    def _entries_of(self, stream: str, start: int, stop: int | None) -> Iterator[Entry]:
        """The entries that speak of a stream; a ledger in a file has a cache of them."""
        if self.path is None:
            yield from self.store.entries(start, stop)
            return
        for seq in self.streams.seqs(stream, start, self.head.size if stop is None else stop):
            yield self.entry(seq)

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
        self._read_on(self._streams)
        return self._streams

    @property
    def words(self) -> "Words":
        """The cache of words, read on to the end of the ledger."""
        words = self._open_words()
        self._read_on(words)
        return words

    def _open_words(self) -> "Words":
        """The cache of words as it was left; one from before the last redaction is none."""
        from mledger.caches.search import Words

        if self._words is None or self._words.redactions != self.redactions:
            if self._words is not None:
                self._words.close()
            self._words = Words(self._cached_as, self.redactions)
        return self._words

    @property
    def snapshots(self) -> "Snapshots":
        """The cache of folded states."""
        from mledger.caches.snapshots import Snapshots

        if self._snapshots is None or self._snapshots.redactions != self.redactions:
            if self._snapshots is not None:
                self._snapshots.close()
            self._snapshots = Snapshots(self._cached_as, self.redactions)
        return self._snapshots

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

    def _read_on(self, cache: "Streams | Words") -> None:
        """Let a cache read what is new; one that belongs to another history begins anew."""
        known, head = cache.head, self.head
        if known.size and self.store.hashes(0, known.size - 1, 1) != [known.leaf]:
            cache.clear()
            known = cache.head
        if known.size < head.size:
            cache.add(self.store.entries(known.size, head.size))

    def search(self, wanted: "Wanted") -> Iterator[Fact]:
        """The events that match, the newest first. Errors: InputError for words that are none."""
        for seq, index in self.words.find(wanted):
            found = open_entry(self.entry(seq))[1]
            if index < len(found):  # a cache may be wrong; what it finds is read from the ledger
                yield found[index]

    def _dated(self, stream: str | None, start: int, stop: int) -> Iterator[Fact]:
        """The facts of entries where one did not occur when it was recorded."""
        if self.path is None:
            yield from self.facts(stream, start, stop)
            return
        for seq in self.streams.dated(start, stop):
            yield from open_entry(self.entry(seq), stream)[1]

    def of_types(self, types: Collection[str], start: int = 0) -> Iterator[Fact]:
        """The events of some types from an entry on, in order.

        They are found in the cache of words if that is there and hardly behind. Else entries are
        read, and those without any such event are not opened.
        """
        if (words := self._words_at_hand()) is not None:
            from mledger.caches.search import Wanted

            found = (place for type in types for place in words.find(Wanted(type=type, start=start)))
            for seq, index in sorted(found):
                facts = open_entry(self.entry(seq))[1][index : index + 1]
                yield from (fact for fact in facts if fact.type in types)
            return
        marks = [f'"{type}"'.encode() for type in types]
        for entry in self.store.entries(start, None):
            if any(mark in entry.payload for mark in marks):
                yield from (fact for fact in open_entry(entry)[1] if fact.type in types)

    def _words_at_hand(self) -> "Words | None":
        """The cache of words, if that is there and soon read on."""
        from mledger.caches.search import words_file

        if self.path is None or not words_file(self._cached_as).exists():
            return None
        behind = self.head.size - self._open_words().head.size
        return self.words if behind <= _SOON else None

    def newest(self, stream: str | None = None, stop: int | None = None) -> Iterator[Fact]:
        """The events of the entries before `stop`, or of all, the newest first, of one stream or of all."""
        end = self.head.size if stop is None else min(stop, self.head.size)
        if stream is not None and self.path is not None:
            for seq in reversed(self.streams.seqs(stream, 0, end)):
                yield from reversed(open_entry(self.entry(seq), stream)[1])
            return
        while end > 0:
            start = max(0, end - _BACKWARDS)
            for entry in reversed(list(self.store.entries(start, end))):
                yield from reversed(open_entry(entry, stream)[1])
            end = start

    def envelope(self, reference: str) -> bytes:
        """The DSSE envelope of the entry that carries an event, byte for byte as it was signed."""
        entry = self.entry(self._locate(reference)[0])
        return envelope_of(entry, open_payload(entry.payload))

    def fact(self, reference: str, opened: Opened | None = None) -> Fact:
        """The event with a number ("41", "41.3") or a UUID. Errors: NotFoundError, InputError.

        `opened` is for whoever asks for many at once, and keeps the entries that it has opened.
        """
        seq, place = self._locate(reference)
        return _event(*(opened or self.opened)(seq), place, reference)

    def opened(self, seq: int) -> tuple[Entry, Statement]:
        """The entry at a position with what it states. Errors: NotFoundError, IntegrityError."""
        entry = self.entry(seq)
        return entry, open_statement(entry)

    def _locate(self, reference: str) -> tuple[int, int | None]:
        if "-" not in reference:
            return parse_number(reference)
        found = self.store.find(read_id(reference))
        if found is None:
            raise NotFoundError(f"there is no event {reference}", fix="mledger log")
        return found

    def answered(self, reference: str) -> Answered | None:
        """What the rules need to know of a referenced event; None if it is not there."""
        try:
            seq, place = self._locate(reference)
            fact = _event(*self._lately(seq), place, reference)
        except MledgerError:
            return None
        return Answered(fact.number, fact.seq, fact.type, fact.stream, fact.key, fact.time)

    def recall(self) -> "Recalling":
        """What the rules ask about requests and versions of long ago."""
        from mledger.verification.recalling import (
            Recalling,  # late: it needs the classes of events, and few ask
        )

        return Recalling(self)

    @cached_property
    def _lately(self) -> Opened:
        """`opened`, of which the last few are kept: answers ask about the same ones, and never for bodies."""
        return lru_cache(OPENED)(self.opened)

    def attachment(self, sha256: str) -> bytes:
        """The file kept under a SHA-256 in hex, of which eight digits will do.

        Errors: NotFoundError, InputError if several begin so, IntegrityError if it is another file.
        """
        names = [name for name, _ in self.store.attachments() if name.hex().startswith(sha256)]
        if not names or len(sha256) < _PREFIX:
            raise NotFoundError(f"no attachment {sha256!r} is kept here", fix="mledger attachment list")
        if len(names) > 1:
            raise InputError(f"{len(names)} attachments begin with {sha256}", fix="mledger attachment list")
        data = self.store.attachment(names[0]) or b""
        if hashlib.sha256(data).digest() != names[0]:
            message = f"the attachment {short(names[0].hex())} is not the file that events name so"
            raise IntegrityError(message, fix="mledger verify --full")
        return data

    def keyring(self, size: int | None = None) -> Keyring:
        """The keys, roles and policy in force after the first `size` entries, or all of them.

        The cost grows with the number of governance events alone.
        """
        keyring = Keyring()
        for _ in self.governing(keyring, size):
            pass
        if not keyring.first and size != 0 and self.head.size:
            raise IntegrityError("entry 0 does not open the ledger", fix="mledger verify --full")
        return keyring

    def governing(self, keyring: Keyring, size: int | None = None) -> Iterator[list[Fact]]:
        """The events of each governing entry, once they have taken effect in a keyring that was empty."""
        for entry in self.store.entries(0, size, governance=True):
            statement, facts = open_entry(entry)
            ruled = tuple(
                Ruled(f.number, f.type, f.version, f.stream, f.body)
                for f, slot in zip(facts, entry.slots, strict=True)
                if slot.governance
            )
            kinds = frozenset((f.type, kind_of(f.stream)) for f in facts)
            act = Act(entry.seq, entry.seq, *statement[3:6], kinds, ruled, statement.time)
            examine(keyring, act, self.answered)
            yield facts

    def declared(self) -> "Mapping[str, TypeRule]":
        """The event types that the policy in force declares, by name; see `mledger.events.declared`."""
        policy = self.keyring().policy
        return policy.types if policy else {}

    def size_at(self, moment: Moment) -> int:
        """How many entries had been recorded by a moment, by bisection: recorded time never decreases."""
        low, high = 0, self.head.size
        while low < high:
            middle = (low + high) // 2
            if self.statement(middle).time <= moment:
                low = middle + 1
            else:
                high = middle
        return low


def _event(entry: Entry, statement: Statement, place: int | None, reference: str) -> Fact:
    """The event of an entry that a reference means, the only one if it names no place."""
    seq, count = entry.seq, len(statement.events)
    if place is None and count > 1:
        raise InputError(f"entry {seq} carries {count} events", fix=f"name one of {seq}.1 to {seq}.{count}")
    if place is not None and place >= count:
        carries = "one event" if count == 1 else f"{count} events"
        last = format_number(seq, count - 1, count)
        raise NotFoundError(
            f"entry {seq} carries {carries}, there is no {reference}", fix=f"mledger show {last}"
        )
    fact = open_event(entry, statement, place or 0)
    if "-" in reference and fact.id != read_id(reference):
        raise IntegrityError(
            f"the ledger's index finds event {fact.number} in the place of {reference}",
            fix="mledger verify --full",
        )
    return fact
