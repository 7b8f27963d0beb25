"""Reads a ledger: facts, proofs, verification, the state at a moment."""

import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from mledger.chain.entry import Head
from mledger.chain.history import Fact, History
from mledger.chain.keyring import Keyring
from mledger.chain.seal import envelope_of
from mledger.chain.statement import open_payload
from mledger.chain.succession import LogKeys
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.digest import short
from mledger.core.moment import Moment, format_moment
from mledger.core.note import NoteKey, format_vkey
from mledger.core.proof import TlogProof, format_proof
from mledger.core.trust import Pinned, Required
from mledger.errors import (
    DivergedError,
    FormatError,
    IntegrityError,
    MledgerError,
    NotFoundError,
    ProofError,
    StoreError,
)
from mledger.heads import Fingerprint, Heads, Memory, Verified, place
from mledger.lookup import Clock, Lookup, Progress, utc_now
from mledger.stores import open_store

if TYPE_CHECKING:
    from mledger.agenda import Agenda
    from mledger.chain.anchored import Interval
    from mledger.chain.verification import Verification
    from mledger.replay import Difference, Replay, When
    from mledger.verification.verifying import Trust


class Rebuilt(NamedTuple):
    """What was derived again: so many streams, the words of so many events, states of models and datasets."""

    streams: int
    events: int
    models: int
    datasets: int


class Reader(Lookup):
    """A ledger opened for reading; it cannot append.

    Use it as a context manager. Everything it returns comes from bytes that were checked against
    their signed digests; `history` and `replay` also verify the ledger first.
    """

    @classmethod
    def open(
        cls, path: str | os.PathLike[str], *, heads: Heads | None = None, clock: Clock = utc_now
    ) -> Self:
        """The ledger in the file at `path`, or in a bundle, read-only.

        Errors: NotFoundError, FormatError, StoreError; IntegrityError for a bundle that lacks a file.
        """
        store = open_store(path, read_only=True)
        # A bundle is a copy: where it lies says nothing, and an older one is no rollback.
        place = None if store.edition() else Path(path)
        return cls(store, heads=heads or Heads(), clock=clock, path=place)

    # --- proof

    @property
    def log_keys(self) -> LogKeys:
        """The keys that sign the checkpoints, as far as what governs the ledger can be read."""
        known, size = self._log_keys, self.head.size
        if known is None or (size != known[0] and self._is_governed_since(known[0], size)):
            keyring = Keyring()
            with suppress(MledgerError):  # what cannot be read is found by a verification
                for _ in self.governing(keyring, size):
                    pass
            if not keyring.signs:
                raise IntegrityError("entry 0 does not open the ledger", fix="mledger verify --full")
            self._log_keys = known = size, LogKeys(keyring.signs)
        return known[1]

    def _is_governed_since(self, start: int, stop: int) -> bool:
        return any(True for _ in self.store.entries(start, stop, governance=True))

    @property
    def vkey(self) -> NoteKey:
        """The note key under which the next checkpoint is signed: the origin and the key appointed to it."""
        return self.log_keys.now.key

    @property
    def vkey_text(self) -> str:
        """The verifier key by now, as it is published: `name+hash+base64` (C2SP signed-note)."""
        return self.vkey_at(self.head.size)

    def vkey_at(self, size: int) -> str:
        """The verifier key of a checkpoint of so many entries."""
        key = self.log_keys.at(size).key
        return format_vkey(key.name, key.public)

    def checkpoints(self) -> list[tuple[Checkpoint, bytes]]:
        """The checkpoints kept in the ledger, oldest first, with the bytes of their notes."""
        return [(self.read_checkpoint(note), note) for _, note in self.store.checkpoints()]

    def newest_checkpoint(self) -> tuple[Checkpoint, bytes] | None:
        """The newest checkpoint kept in the ledger that is one, with the bytes of its note."""
        for size, note in reversed(self.store.checkpoints()):
            with suppress(FormatError, ProofError):  # what is none is for a verification to tell
                checkpoint = self.read_checkpoint(note)
                if checkpoint.size == size:
                    return checkpoint, note
        return None

    def read_checkpoint(self, note: bytes) -> Checkpoint:
        """The checkpoint that a note makes, signed by the key that signs those of its size.

        Errors: FormatError, ProofError.
        """
        return self.log_keys.open(note)

    def prove(self, reference: str) -> bytes:
        """A `.tlog-proof` of the event's entry, its envelope in `extra`, against the newest checkpoint.

        Errors: NotFoundError if no checkpoint covers the entry yet.
        """
        seq = self.fact(reference).seq
        newest = self.newest_checkpoint()
        if newest is None or newest[0].size <= seq:
            raise NotFoundError(f"no checkpoint covers entry {seq} yet", fix="mledger checkpoint")
        checkpoint, note = newest
        hashes = merkle.inclusion_proof(self.store, seq, checkpoint.size)
        entry = self.entry(seq)
        envelope = envelope_of(entry, open_payload(entry.payload))
        return format_proof(TlogProof(seq, tuple(hashes), note, envelope))

    def consistency(self, old: int, new: int) -> list[bytes]:
        """The proof that the tree of `new` entries extends that of `old` (RFC 6962, 2.1.2)."""
        return merkle.consistency_proof(self.store, old, new)

    def fork(self, kept: bytes) -> bytes | None:
        """Evidence that a checkpoint kept elsewhere and one of this ledger are of two histories.

        None if the two fit, or if this ledger has no checkpoint that is as large. Errors: FormatError,
        ProofError if the ledger's key has not signed the one that was kept.
        """
        from mledger.chain.fork import find_fork
        from mledger.core.evidence import format_evidence

        size = self.read_checkpoint(kept).size
        for own, note in reversed(self.checkpoints()):
            if size <= own.size <= self.head.size and own.root == merkle.root(self.store, own.size):
                evidence = find_fork(kept, note, self.store)
                return None if evidence is None else format_evidence(evidence)
        return None

    def pinned(self) -> Pinned:
        """What to hand over to whoever is to recognise this ledger and every later state of it.

        Believed besides are the roots that its policies have named, and the witnesses of the one in force.
        """
        head, keyring, roots = self.head, Keyring(), dict[str, None]()
        for _ in self.governing(keyring):
            roots |= dict.fromkeys(keyring.policy.anchor_roots if keyring.policy else ())
        asked = keyring.policy.witnesses if keyring.policy else None
        also = self.log_keys.at(head.size).also
        return Pinned(
            self.origin,
            self.vkey_text,
            self.genesis.leaf,
            head.size,
            head.leaf,
            merkle.root(self.store, head.size),
            tuple(roots),
            Required(asked.keys, asked.needed, asked.days) if asked else None,
            format_vkey(also.name, also.public, also.alg) if also else None,
        )

    def proved_interval(self, seq: int) -> "Interval | None":
        """Between which time anchors the entry was made, by the roots that the policy names.

        None if the ledger has no anchor that holds.
        """
        from mledger.verification.vouching import prove_interval  # late: most ledgers have none

        return prove_interval(self, seq)

    # --- memory of heads

    def check_memory(self) -> Memory | None:
        """What this machine remembers, compared with the head. Errors: DivergedError with the way out."""
        if self.heads is None:
            return None
        path = self.path
        held = self.heads.recall_path(path) if path else None
        memory = (self.heads.recall(self.genesis.leaf) if self.head.size else None) or held
        if memory is None or self._is_older_copy(memory):
            return None
        # After the memory: others who append now move the head first, and what is remembered then.
        head = self.head
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

    def _is_older_copy(self, memory: Memory) -> bool:
        """Whether this is a bundle made before what is remembered: it need not hold all of that."""
        return bool(self.store.edition()) and memory.size > self.head.size

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
    ) -> "Verification":
        """Everything that is wrong with the ledger, and the level of trust that was reached.

        Without `full`, entries up to the last verified head are not checked again as long as only
        mledger wrote to the file, and otherwise hashed again without checking their signatures.
        """
        from mledger.verification.verifying import Trust, Verifier  # late: appending needs none of it

        return Verifier(self, trust or Trust(), full=full).run()

    def history(self) -> History:
        """The facts of the ledger once it has been verified. Errors: IntegrityError if it is broken."""
        verification = self.verify()
        if not verification.intact:
            first = next(f for f in verification.findings if f.integrity)
            raise IntegrityError(
                f"the ledger is broken: {first.where}: {first.message}", fix="mledger verify --full"
            )
        return self.history_of(verification)

    def history_of(self, verification: "Verification") -> History:
        """The facts that a verification covered, which found nothing that breaks integrity."""
        from mledger.verification.ruling import Rulings

        size, governed = verification.head.size, verification.keyring.governed
        rulings = Rulings(self, verification.findings, governed)
        return History(rulings.read, size, size, dated=self._dated, refusals=rulings.refusals)

    def judged(self, facts: Iterable[Fact], types: Collection[str] | None = None) -> Iterator[Fact]:
        """Facts that were found without a verification, each with why the rulebook refuses it if it does.

        Of whoever asks for some `types` the others are handed on as they are. A history says the same
        of all facts at once.
        """
        from mledger.verification.ruling import Judge

        judge = Judge(self)
        return (judge(fact) if types is None or fact.type in types else fact for fact in facts)

    def noted(self, facts: Iterable[Fact]) -> Iterator[Fact]:
        """Facts, with what the last verification on this machine found of them; nothing is judged anew.

        For whoever lists what was recorded: it costs nothing, and knows nothing of what came later.
        """
        from mledger.verification.ruling import Rulings

        memory = None
        with suppress(FormatError):  # a damaged memory says nothing, and whoever verifies is told
            memory = self.heads.recall(self.genesis.leaf) if self.heads is not None else None
        found = memory.verified.findings if memory is not None and memory.verified is not None else ()
        return Rulings(self, found, frozenset()).refusals(facts)

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

    def agenda(self, stream: str | None = None, *, known_at: "When | None" = None) -> "Agenda":
        """What is to be done about a stream, or all: reviews, stale decisions, findings, by day."""
        from mledger.agenda import agenda

        return agenda(self, stream, known_at=known_at)

    def now(self) -> Moment:
        """The present time by this reader's clock."""
        return format_moment(self.clock())

    def wrong_snapshot(self, history: History) -> str | None:
        """What is wrong with the newest snapshot kept, if there is one; all are thrown away then."""
        from mledger.caches.snapshots import snapshots_file
        from mledger.folding import wrong_snapshot

        if self.path is None or not snapshots_file(self._cached_as).exists():
            return None
        if (wrong := wrong_snapshot(self, history, self.snapshots)) is not None:
            self.snapshots.clear()
        return wrong

    def rebuild(self) -> Rebuilt:
        """What was derived from the ledger, thrown away and derived again. Errors: IntegrityError."""
        from mledger.caches.search import Wanted
        from mledger.folding import overview_at

        history = self.history()
        self.forget_caches()
        state = overview_at(self, history)
        events = sum(self.words.count(Wanted())["type"].values())
        return Rebuilt(len(self.stream_names()), events, len(state.models), len(state.datasets))


__all__ = ["Clock", "Progress", "Reader", "utc_now"]
