"""Reads a ledger: facts, proofs, verification, the state at a moment."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mledger.chain.draft import read_id
from mledger.chain.entry import Entry, Head
from mledger.chain.history import Fact, History
from mledger.chain.keyring import Keyring
from mledger.chain.rulebook import Act, Answered, Ruled, examine, kind_of
from mledger.chain.seal import envelope_of, open_entry, open_event, open_statement
from mledger.chain.statement import Statement, open_payload
from mledger.chain.verification import Verification
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint, parse_checkpoint
from mledger.core.digest import short
from mledger.core.moment import Moment, format_moment
from mledger.core.names import format_number, parse_number
from mledger.core.note import NoteKey, format_vkey, open_note, parse_vkey
from mledger.core.proof import TlogProof, format_proof
from mledger.errors import DivergedError, InputError, IntegrityError, MledgerError, NotFoundError, StoreError
from mledger.heads import Fingerprint, Heads, Memory, Verified, place
from mledger.keys.ed25519 import verify as verify_signature
from mledger.stores import LedgerStore, open_store
from mledger.streams import Streams, streams_file

if TYPE_CHECKING:
    from mledger.replay import Difference, Replay, When
    from mledger.search import Wanted, Words
    from mledger.snapshots import Snapshots
    from mledger.verifying import Trust

# Entries read at a time when walking from the end.
_BACKWARDS = 64
# Entries kept opened for the questions of the rules, 100 KB each where they carry many events.
_OPENED = 32

Clock = Callable[[], datetime]
Progress = Callable[[int, int], None]


def utc_now() -> datetime:
    """The present time in UTC."""
    return datetime.now(UTC)


class Reader:
    """A ledger opened for reading; it cannot append.

    Use it as a context manager. Everything it returns comes from bytes that were checked against
    their signed digests; `history` and `replay` also verify the ledger first.
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

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, heads: Heads | None = None, clock: Clock = utc_now
    ) -> Self:
        """The ledger in the file at `path`, read-only. Errors: NotFoundError, FormatError, StoreError."""
        return cls(open_store(path, read_only=True), heads=heads or Heads(), clock=clock, path=Path(path))

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
    def origin(self) -> str:
        """The ledger's name for ever."""
        return open_payload(self.genesis.payload).ledger

    @cached_property
    def vkey(self) -> NoteKey:
        """The note key under which checkpoints are signed: the origin and the first key."""
        return parse_vkey(self.vkey_text)

    @cached_property
    def vkey_text(self) -> str:
        """The verifier key as it is published: `name+hash+base64` (C2SP signed-note)."""
        keyring = self.keyring(1)
        return format_vkey(self.origin, keyring.members[keyring.first].public)

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
        if self._streams is None and self.path is not None and streams_file(self.genesis.leaf).exists():
            self._streams = Streams(self.genesis.leaf)
        return self._streams

    @property
    def streams(self) -> Streams:
        """The cache of streams, read on to the end of the ledger."""
        if self._streams is None:
            self._streams = Streams(self.genesis.leaf)
        self._read_on(self._streams)
        return self._streams

    @property
    def words(self) -> "Words":
        """The cache of words, read on to the end of the ledger."""
        if self._words is None:
            from mledger.search import Words

            self._words = Words(self.genesis.leaf)
        self._read_on(self._words)
        return self._words

    @property
    def snapshots(self) -> "Snapshots":
        """The cache of folded states."""
        if self._snapshots is None:
            from mledger.snapshots import Snapshots

            self._snapshots = Snapshots(self.genesis.leaf)
        return self._snapshots

    def leaf_at(self, seq: int) -> bytes | None:
        """The leaf hash of an entry as it is stored; None if there is no such entry."""
        found = self.store.hashes(0, seq, 1) if seq >= 0 else []
        return found[0] if found else None

    def wrong_snapshot(self, history: History) -> str | None:
        """What is wrong with the newest snapshot kept, if there is one; all are thrown away then."""
        from mledger.folding import wrong_snapshot
        from mledger.snapshots import snapshots_file

        if self.path is None or not snapshots_file(self.genesis.leaf).exists():
            return None
        if (wrong := wrong_snapshot(self, history, self.snapshots)) is not None:
            self.snapshots.clear()
        return wrong

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

    def fact(self, reference: str) -> Fact:
        """The event with a number ("41", "41.3") or a UUID. Errors: NotFoundError, InputError."""
        seq, place = self._locate(reference)
        entry = self.entry(seq)
        return _event(entry, open_statement(entry), place, reference)

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
            fact = _event(*self._opened(seq), place, reference)
        except MledgerError:
            return None
        return Answered(fact.number, fact.seq, fact.type, fact.stream, fact.key)

    @cached_property
    def _opened(self) -> Callable[[int], tuple[Entry, Statement]]:
        """Entries with what they state, of which the last few are kept: answers ask about the same ones."""

        def opened(seq: int) -> tuple[Entry, Statement]:
            entry = self.entry(seq)
            return entry, open_statement(entry)

        return lru_cache(_OPENED)(opened)

    def keyring(self, size: int | None = None) -> Keyring:
        """The keys, roles and policy in force after the first `size` entries, or all of them.

        The cost grows with the number of governance events alone.
        """
        keyring = Keyring()
        for entry in self.store.entries(0, size, governance=True):
            statement, facts = open_entry(entry)
            ruled = tuple(
                Ruled(f.number, f.type, f.version, f.stream, f.body)
                for f, slot in zip(facts, entry.slots, strict=True)
                if slot.governance
            )
            kinds = frozenset((f.type, kind_of(f.stream)) for f in facts)
            examine(keyring, Act(entry.seq, entry.seq, *statement[3:6], kinds, ruled), self.answered)
        if not keyring.first and size != 0 and self.head.size:
            raise IntegrityError("entry 0 does not open the ledger", fix="mledger verify --full")
        return keyring

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

    # --- proof

    def checkpoints(self) -> list[tuple[Checkpoint, bytes]]:
        """The checkpoints kept in the ledger, oldest first, with the bytes of their notes."""
        return [(self.read_checkpoint(note), note) for _, note in self.store.checkpoints()]

    def read_checkpoint(self, note: bytes) -> Checkpoint:
        """The checkpoint that a note signed by this ledger's key makes. Errors: FormatError, ProofError."""
        return parse_checkpoint(open_note(note, [self.vkey], verify_signature).text)

    def prove(self, reference: str) -> bytes:
        """A `.tlog-proof` of the event's entry, its envelope in `extra`, against the newest checkpoint.

        Errors: NotFoundError if no checkpoint covers the entry yet.
        """
        seq = self.fact(reference).seq
        covering = [(c, note) for c, note in self.checkpoints() if c.size > seq]
        if not covering:
            raise NotFoundError(f"no checkpoint covers entry {seq} yet", fix="mledger checkpoint")
        checkpoint, note = covering[-1]
        hashes = merkle.inclusion_proof(self.store, seq, checkpoint.size)
        entry = self.entry(seq)
        envelope = envelope_of(entry, open_payload(entry.payload))
        return format_proof(TlogProof(seq, tuple(hashes), note, envelope))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` entries extends that of `old` (RFC 6962, 2.1.2)."""
        return merkle.consistency_proof(self.store, old, new)

    # --- memory of heads

    def check_memory(self) -> Memory | None:
        """What this machine remembers, compared with the head. Errors: DivergedError with the way out."""
        if self.heads is None:
            return None
        path, head = self.path, self.head
        held = self.heads.recall_path(path) if path else None
        memory = self.heads.recall(self.genesis.leaf) if head.size else held
        if memory is None and held is not None:
            memory = held
        if memory is None:
            return None
        self.remembered = memory.size
        forget = f"mledger heads forget {short(memory.genesis.hex())}"
        out = f"put the newest copy back; if this one is right: {forget}"
        if not head.size or memory.genesis != self.genesis.leaf:
            raise DivergedError(
                f"this is not the ledger {memory.origin} that was here on {memory.seen[:10]}", fix=out
            )
        if memory.size > head.size:
            raise DivergedError(
                f"the ledger had {memory.size} entries on {memory.seen[:10]} and has {head.size} now", fix=out
            )
        if merkle.root(self.store, memory.size) != memory.root:
            raise DivergedError(
                f"the first {memory.size} entries are not those seen on {memory.seen[:10]}",
                fix="mledger verify --full",
            )
        return memory

    def keep_head(
        self,
        head: Head,
        root: bytes,
        first: str,
        verified: Verified | None = None,
        untouched: Fingerprint | None = None,
    ) -> None:
        """Remember a head on this machine; one that cannot remember can still work.

        Errors: DivergedError if another process has remembered another history meanwhile.
        """
        if self.heads is None or self.path is None:
            return
        memory = Memory(
            origin=self.origin,
            genesis=self.genesis.leaf,
            key=first,
            size=head.size,
            leaf=head.leaf,
            root=root,
            seen=self.now(),
            path=place(self.path),
            verified=verified,
            fingerprint=untouched,
        )
        with suppress(StoreError):
            self.heads.keep(memory, known=self.remembered)

    # --- verification

    def verify(
        self,
        *,
        full: bool = False,
        trust: "Trust | None" = None,
    ) -> Verification:
        """Everything that is wrong with the ledger, and the level of trust that was reached.

        Without `full`, entries up to the last verified head are not checked again as long as only
        mledger wrote to the file, and otherwise hashed again without checking their signatures.
        """
        from mledger.verifying import Trust, Verifier  # late: appending needs none of it

        return Verifier(self, trust or Trust(), full=full).run()

    def history(self) -> History:
        """The facts of the ledger once it has been verified. Errors: IntegrityError if it is broken."""
        verification = self.verify()
        if not verification.intact:
            first = next(f for f in verification.findings if f.integrity)
            raise IntegrityError(
                f"the ledger is broken: {first.where}: {first.message}", fix="mledger verify --full"
            )
        size = verification.head.size
        return History(self.facts, size, size, dated=self._dated)

    def replay(
        self, stream: str | None = None, *, known_at: "When | None" = None, as_of: "When | None" = None
    ) -> "Replay":
        """The state of one stream, or of all, rebuilt from the verified events.

        `known_at` cuts by recorded time, or after an entry; `as_of` by occurred time; see
        `mledger.replay`. Errors: IntegrityError, NotFoundError, InputError.
        """
        from mledger.replay import replay

        return replay(self, stream, known_at=known_at, as_of=as_of)

    def diff(self, before: "When", after: "When", stream: str | None = None) -> "Difference":
        """What changed in what was known of a stream, or of all, between two moments or entries."""
        from mledger.replay import diff

        return diff(self, before, after, stream)

    def now(self) -> Moment:
        """The present time by this reader's clock."""
        return format_moment(self.clock())


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
