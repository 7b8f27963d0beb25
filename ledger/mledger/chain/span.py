"""Checks a run of entries by themselves: bytes, hashes, signatures, bodies.

What needs the entries before (authority) is handed on as acts, packed into runs, so that
ranges can be checked by several processes and judged by one. Pure: entries in, a report out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import NamedTuple

from mledger.chain.bodies import not_strict
from mledger.chain.entry import Entry, Head, Slot
from mledger.chain.findings import Finding
from mledger.chain.rulebook import Act, Answered, Ruled, Traits, traits
from mledger.chain.statement import NO_LEAF, Signed, Statement, open_payload
from mledger.core.digest import KEPT, SALT_BYTES, kept_in, runs_in
from mledger.core.envelope import PAYLOAD_TYPE, format_envelope, pae
from mledger.core.merkle import leaf_hash
from mledger.core.moment import Moment
from mledger.core.names import format_number
from mledger.errors import FormatError
from mledger.events.governing import APPROVAL_TYPES
from mledger.keys.ed25519 import verify


class Ahead(NamedTuple):
    """A time in entry `seq` that is later than another; by how much it may be is for the policy to say."""

    seq: int
    where: str
    time: Moment
    than: Moment
    message: str


@dataclass(slots=True)
class SpanReport:
    """What checking the entries from `start` showed; leaves are those computed, not those stored."""

    start: int
    entries: int = 0
    events: int = 0
    signatures: int = 0
    bodies: int = 0
    first_prev: bytes = NO_LEAF
    last: Head = field(default_factory=lambda: Head(0, NO_LEAF))
    first_time: Moment | None = None
    last_time: Moment | None = None
    origin: str | None = None
    leaves: list[bytes] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)
    """Event numbers of bodies that are not there."""
    withheld: list[str] = field(default_factory=list)
    """Event numbers of bodies that this copy says it leaves out, those that govern aside."""
    veiled: dict[str, int] = field(default_factory=dict)
    """Streams on which a body is left out that approvals are counted by, with the first such entry."""
    streams: list[tuple[int, frozenset[str], bool]] = field(default_factory=list)
    """The streams of each entry, if they were asked for."""
    ahead: list[Ahead] = field(default_factory=list)
    """What is dated later than it should be, were there no two clocks."""
    questions: list[tuple[Answered, bytes]] = field(default_factory=list)
    """The events that others may answer, with their ids."""
    digests: set[str] = field(default_factory=set)
    """The digests that bodies name, within longer runs of digits or not, if they were asked for."""
    kept: list[tuple[str, str, str]] = field(default_factory=list)
    """The files that events say the ledger keeps: number, digest and name."""


class How(NamedTuple):
    """How to check: the keys by id, what the clock says now, and what to look at."""

    keys: Mapping[str, bytes]
    now: Moment
    signatures: bool = True
    streams: bool = False
    governed: frozenset[str] = frozenset()
    """The types whose bodies the rules must see because a policy asks something of them."""
    digests: bool = False


class Job(NamedTuple):
    """The entries start..stop, and how closely to check them."""

    start: int
    stop: int
    how: How


def check_span(entries: Iterable[Entry], start: int, how: How) -> SpanReport:
    """The report on `entries`, which should be those from position `start` on."""
    report = SpanReport(start)
    check = _Checker(report, how)
    for entry in entries:
        check.entry(entry)
    report.last = Head(start + report.entries, report.leaves[-1] if report.leaves else NO_LEAF)
    return report


class _Checker:
    """The state of one pass: where the chain stands, and the run of acts that is growing."""

    def __init__(self, report: SpanReport, how: How) -> None:
        self.report = report
        self.how = how
        self.leaf: bytes | None = None
        self.time: Moment | None = None
        self.shape: tuple[object, ...] | None = None

    def find(self, rule: str, where: str, message: str) -> None:
        self.report.findings.append(Finding(rule, where, message))

    def entry(self, entry: Entry) -> None:
        """Check one entry and hand on what the rules must see."""
        report = self.report
        seq = report.start + report.entries
        report.entries += 1
        try:
            statement = open_payload(entry.payload)
        except FormatError as error:
            self.find("entry.format", f"entry {seq}", error.message)
            report.leaves.append(entry.leaf)
            self.leaf = entry.leaf
            self.shape = None
            return
        leaf = leaf_hash(format_envelope(entry.payload, statement.key, entry.signature))
        self._links(entry, statement, seq, leaf)
        self._signature(entry, statement, seq)
        self._events(entry, statement, seq)
        report.leaves.append(leaf)
        self.leaf = leaf
        self.time = statement.time

    def _links(self, entry: Entry, statement: Statement, seq: int, leaf: bytes) -> None:
        report, where = self.report, f"entry {seq}"
        if entry.seq != seq or statement.seq != seq:
            self.find("chain.seq", where, f"position {seq} holds row {entry.seq}, signed as {statement.seq}")
        if leaf != entry.leaf:
            self.find("entry.leaf", where, f"stored {entry.leaf.hex()[:12]}, computed {leaf.hex()[:12]}")
        if self.leaf is None:
            report.first_prev, report.first_time, report.origin = (
                statement.prev,
                statement.time,
                statement.ledger,
            )
        elif statement.prev != self.leaf:
            self.find(
                "chain.link",
                where,
                f"follows {statement.prev.hex()[:12]}, before it is {self.leaf.hex()[:12]}",
            )
        if self.time is not None and statement.time < self.time:
            self.find("chain.time", where, f"recorded {statement.time}, the entry before {self.time}")
        if statement.time > self.how.now:
            message = f"recorded {statement.time}, later than this clock allows"
            report.ahead.append(Ahead(seq, where, statement.time, self.how.now, message))
        if statement.ledger != report.origin and report.origin is not None:
            self.find(
                "entry.origin", where, f"belongs to {statement.ledger!r}, this ledger is {report.origin!r}"
            )
        report.last_time = statement.time

    def _signature(self, entry: Entry, statement: Statement, seq: int) -> None:
        if not self.how.signatures:
            return
        public = self.how.keys.get(statement.key)
        if public is None:
            return  # no enrolment was ever seen: the rules report the key as unknown
        self.report.signatures += 1
        if not verify(public, pae(PAYLOAD_TYPE, entry.payload), entry.signature):
            self.find("entry.signature", f"entry {seq}", f"not signed by key {statement.key[:12]}")

    def _events(self, entry: Entry, statement: Statement, seq: int) -> None:
        report, signed, slots = self.report, statement.events, entry.slots
        count = len(signed)
        if len(slots) != count:
            self.find("column.copy", f"entry {seq}", f"{count} events are signed, {len(slots)} are stored")
        report.events += count
        ruled, governed = [], self.how.governed
        known = [traits(event.type, event.stream) for event in signed]
        problems = _problems(signed, slots, known)
        rows = zip(signed, slots, known, strict=False)
        for index, (event, (_, _, salt, body, withheld), said) in enumerate(rows):
            if body is None or salt is None:
                number = format_number(seq, index, count)
                if self._missing(event, number, withheld=withheld, said=said):
                    report.veiled.setdefault(event.stream, seq)
            else:
                report.bodies += 1
                if KEPT in body:
                    number = format_number(seq, index, count)
                    report.kept += [(number, digest, name) for digest, name in kept_in(body)]
                if self.how.digests:
                    report.digests.update(runs_in(body))
            if event.at is not None and event.at > statement.time:
                message = f"occurred {event.at}, after it was recorded"
                where = format_number(seq, index, count)
                report.ahead.append(Ahead(seq, where, event.at, statement.time, message))
            if said.ruled or event.type in governed:
                number = format_number(seq, index, count)
                seen = None if index in problems else body
                ruled.append(Ruled(number, event.type, event.version, event.stream, seen))
            if said.question:
                number = format_number(seq, index, count)
                question = Answered(number, seq, event.type, event.stream, statement.key, statement.time)
                report.questions.append((question, event.id))
        for index, (rule, message) in problems.items():
            self.find(rule, format_number(seq, index, count), message)
        if self.how.streams:
            names = frozenset(event.stream for event in signed)
            report.streams.append((seq, names, statement.dated))
        self._act(statement, seq, frozenset(said.kind for said in known), tuple(ruled))

    def _missing(self, event: Signed, number: str, *, withheld: bool, said: Traits) -> bool:
        """Note a body that is not there, and say whether approvals may be among what this copy leaves out.

        What governs the ledger is never withheld.
        """
        withheld = withheld and not said.governance
        (self.report.withheld if withheld else self.report.absent).append(number)
        return withheld and event.type in APPROVAL_TYPES

    def _act(
        self, statement: Statement, seq: int, kinds: frozenset[tuple[str, str]], ruled: tuple[Ruled, ...]
    ) -> None:
        """Start a new act unless the rules could not tell this entry from the one before."""
        shape = (statement.key, statement.signer, statement.meaning, kinds)
        acts = self.report.acts
        if shape == self.shape and not ruled:
            acts[-1] = acts[-1]._replace(last=seq)
            return
        acts.append(Act(seq, seq, *shape, ruled, statement.time))
        self.shape = None if ruled else shape


def _problems(
    signed: Sequence[Signed], slots: Sequence[Slot], known: Sequence[Traits]
) -> dict[int, tuple[str, str]]:
    """What is wrong with the stored parts of the events of one entry, by place: rule and message."""
    found: dict[int, tuple[str, str]] = {}
    places, bodies = [], []
    rows = enumerate(zip(signed, slots, known, strict=False))
    for place, ((type, _, stream, name, digest, _), (own, governance, salt, body, _), said) in rows:
        if own != name:
            found[place] = "column.copy", f"the id column says {own.hex()}, signed is {name.hex()}"
        elif governance != said.governance:
            found[place] = "column.copy", f"the governance column says {governance} for {type}"
        elif body is None and salt is None:
            continue
        elif body is None or salt is None:
            what = "a salt without its body" if body is None else "a body without its salt"
            found[place] = "column.copy", f"of {type} on {stream} there is {what}: an erasure takes both"
        elif len(salt) != SALT_BYTES or sha256(salt + body).hexdigest() != digest:
            message = f"the body of {type} on {stream} is not the one that was signed"
            found[place] = "body.digest", message
        else:
            places.append(place)
            bodies.append(body)
    for n, problem in not_strict(bodies).items():
        found[places[n]] = "body.format", f"the body of {signed[places[n]].type} {problem}"
    return found
