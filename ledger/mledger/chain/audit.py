"""Judges span reports in order: links between them, authority, the tree.

The same rules as the writer's, over everything; it collects findings and never stops.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from mledger.chain.docket import Docket
from mledger.chain.entry import Head
from mledger.chain.findings import Finding
from mledger.chain.keyring import Keyring
from mledger.chain.questions import Questions
from mledger.chain.rulebook import Act, Lookup, examine
from mledger.chain.span import SpanReport
from mledger.chain.statement import NO_LEAF
from mledger.core.merkle import Frontier, Node
from mledger.core.moment import Moment, is_later
from mledger.events.governing import is_governance

COUNTED = "approvals.missing"

NodeHash = Callable[[int, int], bytes | None]


@dataclass(slots=True)
class Audit:
    """What has been judged so far; feed it reports from position 0 on, then read its fields.

    `watch` are the sizes at which the root is wanted; `roots` holds them once passed.
    """

    lookup: Lookup
    docket: Docket
    stored_node: NodeHash
    watch: frozenset[int] = frozenset()
    keyring: Keyring = field(default_factory=Keyring)
    frontier: Frontier = field(default_factory=Frontier)
    head: Head = field(default_factory=lambda: Head(0, NO_LEAF))
    genesis: bytes = NO_LEAF
    time: Moment | None = None
    events: int = 0
    signatures: int = 0
    bodies: int = 0
    absent: list[str] = field(default_factory=list)
    withheld: list[str] = field(default_factory=list)
    veiled: dict[str, int] = field(default_factory=dict)
    """Streams of which approvals cannot be counted after an entry, because bodies are withheld there."""
    roots: dict[int, bytes] = field(default_factory=dict)
    leaves: dict[int, bytes] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    questions: Questions = field(init=False)
    files: frozenset[str] = frozenset()
    """The digests of the files that are kept."""
    gone: list[tuple[str, str]] = field(default_factory=list)
    """The files that an event says are kept, and are not: its number, and the name."""
    unnamed: set[str] = field(default_factory=set)
    """The files that are kept, as far as no body names them."""
    sound: set[tuple[object, ...]] = field(default_factory=set)
    """Author and kinds of the acts that break no rule, until one comes that may change the rules."""

    def __post_init__(self) -> None:
        """Ask for what did not pass by lately."""
        self.questions = Questions(self.lookup)

    def add(self, report: SpanReport) -> None:
        """Judge the next report; it must start where the last one ended."""
        if not report.entries:
            return
        if report.start > self.head.size:
            where, last = f"entry {self.head.size}", report.start - 1
            message = f"the entries {self.head.size:,} to {last:,} are missing"
            self.findings.append(Finding("chain.seq", where, message))
        self._join(report)
        self.findings.extend(report.findings)
        self.veiled = report.veiled | self.veiled
        for question, id_ in report.questions:
            self.questions.add(question, id_)
        for act in report.acts:
            shape = act[2:6]
            if not act.ruled and shape in self.sound:
                continue
            breaches = examine(self.keyring, act, self.questions.find, self.docket)
            seen = (b for b in breaches if b.rule != COUNTED or not self._is_veiled(act, b.where))
            entries = range(act.seq, act.last + 1)
            self.findings.extend(Finding(b.rule, b.where, b.message, entries) for b in seen)
            if any(is_governance(ruled.type) for ruled in act.ruled):
                self.sound.clear()
            elif not act.ruled and not breaches:
                self.sound.add(shape)
        for seq, where, time, than, message in report.ahead:
            if is_later(time, than, self.keyring.skew(seq)):
                self.findings.append(Finding("time.future", where, message))
        self._grow(report.leaves)
        self.head = report.last
        self.time = report.last_time or self.time
        self.events += report.events
        self.signatures += report.signatures
        self.bodies += report.bodies
        self._name(report.digests)
        self.gone += [(number, name) for number, digest, name in report.kept if digest not in self.files]
        self.absent.extend(report.absent)
        self.withheld.extend(report.withheld)

    def _name(self, runs: set[str]) -> None:
        """Take in the runs of hex digits that bodies hold; a digest may stand within a longer one."""
        self.unnamed -= runs
        for run in runs if self.unnamed else ():
            if len(run) > 64:
                self.unnamed = {name for name in self.unnamed if name not in run}

    def _is_veiled(self, act: Act, where: str) -> bool:
        """Whether approvals of what stands there may be among what is withheld: nobody can say they lack.

        They count only from earlier entries. Of what governs nothing is ever withheld.
        """
        here = (r.stream for r in act.ruled if r.where == where and not is_governance(r.type))
        return any(self.veiled.get(stream, act.seq) < act.seq for stream in here)

    def _join(self, report: SpanReport) -> None:
        """The seam between two spans is checked like the seams within one."""
        where = f"entry {report.start}"
        if report.first_prev != self.head.leaf and report.first_time is not None:
            message = f"follows {report.first_prev.hex()[:12]}, before it is {self.head.leaf.hex()[:12]}"
            self.findings.append(Finding("chain.link", where, message))
        if self.time and report.first_time and report.first_time < self.time:
            message = f"recorded {report.first_time}, the entry before {self.time}"
            self.findings.append(Finding("chain.time", where, message))

    def _grow(self, leaves: Sequence[bytes]) -> None:
        append, watch = self.frontier.append, self.watch
        for size, leaf in enumerate(leaves, self.frontier.size + 1):
            if size == 1:
                self.genesis = leaf
            for node in append(leaf):
                self._node(node)
            if size in watch:
                self.roots[size] = self.frontier.root()
                self.leaves[size] = leaf

    def _node(self, node: Node) -> None:
        stored = self.stored_node(node.level, node.index)
        if stored != node.hash:
            message = (
                f"node {node.index} of level {node.level} is {stored.hex()[:12] if stored else 'missing'}"
            )
            self.findings.append(Finding("tree.node", f"node {node.level}/{node.index}", message))

    def check_origin(self, origin: str | None, start: int) -> None:
        """Every span names the ledger that entry 0 opened."""
        if origin is not None and self.keyring.origin and origin != self.keyring.origin:
            message = f"belongs to {origin!r}, this ledger is {self.keyring.origin!r}"
            self.findings.append(Finding("entry.origin", f"entry {start}", message))
