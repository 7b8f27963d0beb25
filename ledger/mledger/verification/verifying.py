"""Runs an audit over a store: how much, with how many processes."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from mledger.caches.streams import Streams
from mledger.chain.audit import Audit
from mledger.chain.docket import Docket
from mledger.chain.entry import Head
from mledger.chain.findings import Finding
from mledger.chain.history import History
from mledger.chain.span import How, Job, SpanReport, check_span
from mledger.chain.survey import Survey
from mledger.chain.trust import Trust as Trust  # noqa: PLC0414  others take it from here
from mledger.chain.verification import Verification
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.errors import MledgerError
from mledger.heads import Fingerprint, Memory, Verified, fingerprint, noted_of
from mledger.stores import LedgerStore
from mledger.stores.base import probe
from mledger.verification.accounting import account
from mledger.verification.pinning import compare
from mledger.verification.ruling import Rulings

if TYPE_CHECKING:
    from mledger.reader import Reader
    from mledger.verification.vouching import Claims, Vouched
    from mledger.verification.workers import Crew

# What one task checks, at most: enough to hide the cost of a task, little enough to share out.
SPAN = 512
SPAN_BYTES = 4 << 20
# Below both, starting a second process costs more than it saves.
WORTH_ENTRIES = 3_000
WORTH_BYTES = 16 << 20


@dataclass(slots=True)
class Plan:
    """From where signatures are checked, from where anything is, and what was found before that."""

    start: int = 0
    signed_from: int = 0
    earlier: str | None = None
    noted: tuple[Finding, ...] = ()


@dataclass(slots=True)
class Verifier:
    """One verification of one ledger."""

    reader: "Reader"
    trust: Trust
    full: bool
    findings: list[Finding] = field(default_factory=list)
    relied_on: list[str] = field(default_factory=list)
    survey: Survey = field(default_factory=Survey)
    extends: bool = False
    attachments: int = 0
    lines: dict[str, int] = field(default_factory=dict)
    crew: "Crew | None" = None
    vouched: "Vouched | None" = None

    @property
    def store(self) -> LedgerStore:
        """The store that is verified."""
        return self.reader.store

    def run(self) -> Verification:
        """Check, judge, compare with what is known, and remember."""
        try:
            return self._run()
        finally:
            if self.crew is not None:
                self.crew.close()

    def _run(self) -> Verification:
        path = self.reader.path
        print_before = fingerprint(path) if path else None
        if not self.store.hashes(0, 0, 1):
            self.find("chain.genesis", "entry 0", "the ledger is empty, or the entry that opens it is gone")
            return self._verdict(self._auditor(Plan()), self.reader.head, Plan())
        memory, checkpoints = self._recall(), self._checkpoints()
        # After them: others who append now move the head first, and what is remembered and kept then.
        head = self.reader.head
        self.survey.add(self.store.entries(governance=True))
        plan = self._plan(memory, head, print_before)
        claims = self._claims(head)
        sizes = {head.size, *(c.size for c, _ in checkpoints), *self._known_sizes(memory)}
        watch = frozenset(sizes | ({claim.body.size for claim in claims.anchors} if claims else set()))
        audit = self._audit(plan, head, watch)
        if plan.signed_from and (self._suspicious(audit, memory, plan) or self.survey.lacks(audit.keyring)):
            plan = Plan()
            audit = self._audit(plan, head, watch)
        if self.survey.lacks(audit.keyring):
            self.survey.complete(audit.keyring)
            plan = Plan()
            audit = self._audit(plan, head, watch)
        self._compare(audit, memory, checkpoints, plan)
        if claims is not None:
            self._vouch(claims, audit, plan, memory)
        if self.full and not any(f.integrity for f in (*audit.findings, *self.findings)):
            rulings = Rulings(self.reader, audit.findings, audit.keyring.governed)
            history = History(rulings.read, head.size, head.size)
            if wrong := self.reader.wrong_snapshot(history):
                self.find("cache.wrong", "the cache of snapshots", wrong)
            if wrong := self.reader.wrong_words():
                self.find("cache.wrong", "the cache of words", wrong)
        verification = self._verdict(audit, head, plan)
        self._remember(verification, audit, print_before)
        return verification

    def rely(self, on: str, size: int) -> None:
        """Note what the verification could compare with; entry 0 alone pins the ledger, more is a head."""
        self.relied_on.append(on)
        self.extends = self.extends or size > 1

    def find(self, rule: str, where: str, message: str) -> None:
        """Note one finding of this verification itself."""
        self.findings.append(Finding(rule, where, message))

    # --- before

    def _recall(self) -> Memory | None:
        """What this machine remembers; a file that was exchanged for another ledger is found by its path."""
        heads, path = self.reader.heads, self.reader.path
        if heads is None:
            return None
        by_path = heads.recall_path(path) if path else None
        memory = heads.recall(self.reader.genesis.leaf)
        if memory is not None and self.store.edition() and memory.size > self.reader.head.size:
            memory = None  # a bundle made before what is remembered need not hold all of that
        self.reader.remembered = memory.size if memory else 0
        if memory is None and by_path is not None:
            self.find(
                "head.diverged",
                "entry 0",
                f"this file held {by_path.origin}, opened by {by_path.genesis.hex()[:12]}, when last seen",
            )
        return memory

    def _checkpoints(self) -> list[tuple[Checkpoint, str]]:
        """The checkpoints kept in the ledger and the one brought along, each with its name."""
        notes: list[tuple[int | None, bytes, str]]
        notes = [(size, note, f"checkpoint {size}") for size, note in self.store.checkpoints()]
        if self.trust.checkpoint is not None:
            notes.append((None, self.trust.checkpoint, "the checkpoint given"))
        good = []
        for size, note, name in notes:
            try:
                checkpoint = self.reader.read_checkpoint(note)
            except MledgerError as error:
                self.find("checkpoint.bad", name, error.message)
                continue
            if size not in (None, checkpoint.size):
                self.find("column.copy", name, f"the size column says {size}, signed is {checkpoint.size}")
            good.append((checkpoint, name))
        self.lines = self.reader.log_keys.lines(checkpoint.size for checkpoint, _ in good) if good else {}
        return good

    def _known_sizes(self, memory: Memory | None) -> set[int]:
        pinned = {self.trust.pinned.size} if self.trust.pinned else set()
        return pinned | ({memory.size, memory.verified.size if memory.verified else 0} if memory else set())

    def _plan(self, memory: Memory | None, head: Head, print_now: Fingerprint | None) -> Plan:
        """What need not be done again, given what was verified before."""
        if self.full or memory is None or memory.verified is None or memory.verified.size > head.size:
            return Plan()
        known = memory.verified.size
        when = f"verified {memory.verified.at[:10]}"
        if (
            print_now is not None
            and memory.fingerprint == print_now
            and self.root(known) == memory.verified.root
        ):
            earlier = f"{when}, and only mledger wrote to the file since"
            return Plan(known, known, earlier, memory.verified.findings)
        return Plan(0, known, f"{when}; hashed again, since something else may have written to the file")

    def root(self, size: int) -> bytes | None:
        """The root over so many entries as they are stored; None if it cannot be told."""
        try:
            return merkle.root(self.store, size)
        except MledgerError:
            return None

    # --- the pass

    def _auditor(self, plan: Plan, watch: frozenset[int] = frozenset()) -> Audit:
        docket = Docket(self.reader.recall(), whole=not plan.start)
        return Audit(self.reader.answered, docket, self._node, watch)

    def _audit(self, plan: Plan, head: Head, watch: frozenset[int]) -> Audit:
        audit = self._auditor(plan, watch)
        if plan.start:
            self._seed(audit, plan.start)
            audit.findings += plan.noted
        audit.files = frozenset(name.hex() for name, _ in self.store.attachments())
        if not plan.start:
            audit.unnamed = set(audit.files)
        streams = self.reader.cached_streams() if self.full else None
        how = self._how()._replace(streams=streams is not None, digests=bool(audit.unnamed))
        for report in self._reports(plan, head.size, how):
            audit.add(report)
            audit.check_origin(report.origin, report.start)
            streams = streams and self._doubt(streams, report)
            if self.reader.progress:
                self.reader.progress(report.start + report.entries, head.size)
        erased = audit.keyring.redacted
        audit.findings = [f for f in audit.findings if f not in plan.noted or f.where not in erased]
        if audit.head.size != head.size:
            audit.findings.append(
                Finding(
                    "chain.seq",
                    f"entry {audit.head.size}",
                    f"{head.size} entries are counted, {audit.head.size} read",
                )
            )
        return audit

    def _seed(self, audit: Audit, size: int) -> None:
        """Stand where an earlier verification ended."""
        last = self.reader.entry(size - 1)
        audit.keyring = self.reader.keyring(size)
        audit.frontier = merkle.frontier(self.store, size)
        audit.head = Head(size, last.leaf)
        audit.genesis = self.reader.genesis.leaf
        audit.time = self.reader.statement(size - 1).time
        audit.roots[size] = audit.frontier.root()

    def _how(self) -> How:
        return How(self.survey.keys, self.reader.now(), governed=self.survey.governed)

    def _reports(self, plan: Plan, size: int, signed: How) -> Iterator[SpanReport]:
        path = self.reader.path
        step, worth = _share(size, path)
        hashed = signed._replace(signatures=False)
        spans = self._spans(plan, size, step)
        jobs = (Job(a, b, signed if a >= plan.signed_from else hashed) for a, b in spans)
        if path is not None and worth and self.reader.processes > 1 and size - plan.start > step:
            from mledger.verification.workers import Crew  # late: it starts up multiprocessing

            self.crew = self.crew or Crew(str(path), self.store, self.reader.processes)
            yield from self.crew.check(jobs)
        else:
            for job in jobs:
                yield check_span(self.store.entries(job.start, job.stop), job.start, job.how)

    def _spans(self, plan: Plan, size: int, step: int) -> Iterator[tuple[int, int]]:
        """What there is, in ranges; a gap is stepped over, which somebody may have made endless."""
        start = plan.start
        while start < size:
            if not self.store.hashes(0, start, 1):
                start = next((entry.seq for entry in self.store.entries(start, size)), size)
                continue
            stop = min(start + step, plan.signed_from if start < plan.signed_from else size)
            yield start, stop
            start = stop

    def _suspicious(self, audit: Audit, memory: Memory | None, plan: Plan) -> bool:
        """Whether a pass without signatures saw anything that signatures should be asked about."""
        verified = memory.verified if memory else None
        return (
            any(f.integrity for f in audit.findings)
            or verified is None
            or audit.roots.get(plan.signed_from) != verified.root
        )

    # --- after

    def _compare(
        self, audit: Audit, memory: Memory | None, checkpoints: list[tuple[Checkpoint, str]], plan: Plan
    ) -> None:
        self._compare_memory(audit, memory)
        for checkpoint, name in checkpoints:
            root = audit.roots.get(checkpoint.size) or self.root(checkpoint.size)
            if checkpoint.size > audit.head.size:
                self.find(
                    "head.rollback",
                    name,
                    f"covers {checkpoint.size} entries, the ledger has {audit.head.size}",
                )
            elif root != checkpoint.root:
                self.find(
                    "head.diverged", name, f"another history: the root of {checkpoint.size} entries differs"
                )
            elif name == "the checkpoint given":
                self.rely(f"the checkpoint given, of {checkpoint.size} entries", checkpoint.size)
        compare(self, audit)
        if plan.start == 0:
            probed = self.crew.probed() if self.crew else probe(self.store)
            for number in probed.strays:
                self.find("store.stray", "the file", number)
            for event_id, places in probed.twice:
                where = ", ".join(f"{seq}.{place + 1}" for seq, place in places)
                self.find("event.twice", where, f"event id {event_id.hex()} stands {len(places)} times")
            self.attachments = len(self.store.attachments())
        self.findings += account(self.reader, audit, whole=plan.start == 0)

    def _compare_memory(self, audit: Audit, memory: Memory | None) -> None:
        if memory is None:
            return
        if memory.size > audit.head.size:
            message = (
                f"{memory.size} entries were seen on {memory.seen[:10]}, the ledger has {audit.head.size}"
            )
            self.find("head.rollback", "the head", message)
        elif (audit.roots.get(memory.size) or self.root(memory.size)) != memory.root:
            self.find(
                "head.diverged",
                "the head",
                f"the first {memory.size} entries are not those seen on {memory.seen[:10]}",
            )
        else:
            self.rely(
                f"this machine's memory of {memory.size} entries, last seen {memory.seen[:10]}", memory.size
            )

    def _doubt(self, streams: Streams, report: SpanReport) -> Streams | None:
        """Compare the cache of streams with what was signed; a wrong one is thrown away."""
        for seq, names, dated in report.streams:
            if wrong := streams.wrong(seq, names, dated=dated):
                self.find("cache.wrong", "the cache of streams", wrong)
                streams.clear()
                return None
        return streams

    def _claims(self, head: Head) -> "Claims | None":
        """The anchors of the ledger; None if nobody outside vouches for it, and nobody is asked to."""
        if not (self.survey.vouched or self.trust.own):
            return None
        from mledger.verification.vouching import (
            gather,  # late: most ledgers have neither anchors nor witnesses
        )

        return gather(self.reader, head.size)

    def _vouch(self, claims: "Claims", audit: Audit, plan: Plan, memory: Memory | None) -> None:
        """Check what others say of the ledger; anchors that were checked before need not be again."""
        from mledger.verification.vouching import Position, vouch

        anchored = memory is not None and memory.verified is not None and memory.verified.level >= 3
        there = Position(audit.head.size, lambda size: audit.roots.get(size) or self.root(size))
        there = there._replace(known=plan.start if anchored else 0)
        self.vouched = vouch(self.reader, claims, there, self.trust, audit.keyring)
        self.findings += self.vouched.findings

    def _verdict(self, audit: Audit, head: Head, plan: Plan) -> Verification:
        verification = Verification(
            origin=audit.keyring.origin,
            head=head,
            root=audit.frontier.root(),
            events=audit.events,
            time=audit.time,
            keyring=audit.keyring,
            since=plan.signed_from,
            earlier=plan.earlier,
            signatures=audit.signatures,
            bodies=audit.bodies,
            attachments=self.attachments,
            lines=self.lines,
            relied_on=self.relied_on,
            findings=[*audit.findings, *self.findings],
            absent=audit.absent,
            withheld=audit.withheld,
        )
        if self.vouched is not None:
            verification.vouched, verification.lacks = self.vouched.rests(), self.vouched.lacks()
        if verification.intact:
            level = 2 if self.extends else 1 if self.relied_on else 0
            verification.level = self.vouched.raised(level) if self.vouched else level
        return verification

    def _remember(self, verification: Verification, audit: Audit, print_before: Fingerprint | None) -> None:
        """Keep the head as verified, with what the file looked like before it was read."""
        level = verification.level
        if verification.intact and level is not None:
            head, first = verification.head, verification.keyring.first
            # Whom this verification alone believed, the next need not; it asks what did not hold again.
            settled = self.vouched is None or self.vouched.anchoring.settled
            own = level if settled and not self.trust.own else min(level, 2)
            noted = noted_of(audit.findings)
            verified = Verified(head.size, verification.root, self.reader.now(), own, noted)
            untouched = print_before if len(noted) == len(audit.findings) else None
            self.reader.keep_head(head, verification.root, first, verified, untouched)

    def _node(self, level: int, index: int) -> bytes | None:
        found = self.store.hashes(level, index, 1)
        return found[0] if found else None


def _share(size: int, path: Path | None) -> tuple[int, bool]:
    """How many entries one task checks, and whether there is work enough for several processes."""
    weight = path.stat().st_size if path else 0
    step = min(SPAN, max(1, size * SPAN_BYTES // max(weight, 1)))
    return step, size >= WORTH_ENTRIES or weight >= WORTH_BYTES
