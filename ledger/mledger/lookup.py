"""Looks things up in a ledger: entries, facts, keys."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mledger.chain.draft import read_id
from mledger.chain.entry import Entry
from mledger.chain.history import Fact, Streams
from mledger.chain.keyring import Keyring
from mledger.chain.rulebook import Act, Answered, Ruled, examine, kind_of
from mledger.chain.seal import envelope_of, open_entry, open_event, open_statement
from mledger.chain.statement import Statement, open_payload
from mledger.core.digest import short
from mledger.core.moment import Moment
from mledger.core.names import format_number, parse_number
from mledger.derived import Derived
from mledger.errors import InputError, IntegrityError, LockedError, MledgerError, NotFoundError, StoreError
from mledger.heads import Heads
from mledger.stores import LedgerStore

if TYPE_CHECKING:
    from mledger.caches.search import Wanted
    from mledger.chain.succession import LogKeys
    from mledger.events.policy import TypeRule
    from mledger.verification.recalling import Recalling

# Entries read at a time when walking from the end.
_BACKWARDS = 64
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


class Lookup(Derived):
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
        super().__init__(store, path)
        self.heads = heads
        self.clock = clock
        self.processes = 1
        """How many may verify at once. They are spawned: a script that sets more guards its main module."""
        self.progress: Progress | None = None
        """Called with the number of entries done and all, while a verification goes on."""
        self.remembered = 0
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
        self.close_caches()

    # --- what is there

    @cached_property
    def origin(self) -> str:
        """The ledger's name for ever."""
        return open_payload(self.genesis.payload).ledger

    def entry(self, seq: int, *, alone: bool = False) -> Entry:
        """The entry at a position, as it is stored, or `alone`, without its slots. Errors: NotFoundError."""
        read = self.store.signed if alone else self.store.entries
        if seq >= 0:
            for entry in read(seq, seq + 1):
                return entry
        raise NotFoundError(
            f"there is no entry {seq}; the ledger ends with entry {self.head.size - 1}", fix="mledger log"
        )

    def statement(self, seq: int) -> Statement:
        """What the entry at a position states."""
        return open_payload(self.entry(seq, alone=True).payload)

    def facts(self, streams: Streams = None, start: int = 0, stop: int | None = None) -> Iterator[Fact]:
        """The events of the entries start..stop in order, of one stream, of several, or of all.

        Errors: IntegrityError at the first that is not what was signed.
        """
        for entry in self._entries_of(streams, start, stop):
            yield from open_entry(entry, streams)[1]

    def _entries_of(self, streams: Streams, start: int, stop: int | None) -> Iterator[Entry]:
        """The entries that speak of some streams; a ledger in a file has a cache of them."""
        if streams is None or self.path is None:
            yield from self.store.entries(start, stop)
            return
        names = [streams] if isinstance(streams, str) else streams
        end = self.head.size if stop is None else stop
        cache = self.streams  # read on once, for all of them
        for seq in sorted({seq for name in names for seq in cache.seqs(name, start, end)}):
            yield self.entry(seq)

    def search(self, wanted: "Wanted") -> Iterator[Fact]:
        """The events that match, the newest first. Errors: InputError for words that are none."""
        for seq, places in groupby(self.words.find(wanted), lambda place: place[0]):
            found = open_entry(self.entry(seq))[1]
            # A cache may be wrong; what it finds is read from the ledger.
            yield from (found[index] for _, index in places if index < len(found))

    def _dated(self, streams: Streams, start: int, stop: int) -> Iterator[Fact]:
        """The facts of entries where one did not occur when it was recorded."""
        if self.path is None:
            yield from self.facts(streams, start, stop)
            return
        for seq in self.streams.dated(start, stop):
            yield from open_entry(self.entry(seq), streams)[1]

    def of_types(self, types: Collection[str], start: int = 0) -> Iterator[Fact]:
        """The events of some types from an entry on, in order.

        They are found in the cache of words if that is there and hardly behind. Else entries are
        read, and those without any such event are not opened.
        """
        if (words := self.words_at_hand()) is not None:
            from mledger.caches.search import Wanted

            found = (place for type in types for place in words.find(Wanted(type=type, start=start)))
            for seq, places in groupby(sorted(found), lambda place: place[0]):
                facts = open_entry(self.entry(seq))[1]
                wanted = {index for _, index in places}
                yield from (f for n, f in enumerate(facts) if n in wanted and f.type in types)
            return
        marks = [f'"{type}"'.encode() for type in types]
        for entry in self.store.entries(start, None):
            if any(mark in entry.payload for mark in marks):
                yield from (fact for fact in open_entry(entry)[1] if fact.type in types)

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
        except (StoreError, LockedError):  # of a disk that fails nobody knows what is there
            raise
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
            yield self.govern(keyring, entry)

    def govern(self, keyring: Keyring, entry: Entry) -> list[Fact]:
        """The events of the next governing entry, once they have taken effect in a keyring."""
        statement, facts = open_entry(entry)
        ruled = tuple(
            Ruled(f.number, f.type, f.version, f.stream, f.body)
            for f, slot in zip(facts, entry.slots, strict=True)
            if slot.governance
        )
        kinds = frozenset((f.type, kind_of(f.stream)) for f in facts)
        act = Act(entry.seq, entry.seq, *statement[3:6], kinds, ruled, statement.time)
        examine(keyring, act, self.answered)
        return facts

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
