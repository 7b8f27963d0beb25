"""Audits: opened, what was found, what was answered, what became of it.

A comment on a finding is an answer to it. What became of a finding is said when the audit is closed;
until then it is open, or answered. One that the auditor leaves "open" stays open.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from mledger.events.audit import AuditClosed, AuditFinding, AuditOpened
from mledger.events.base import EventBody
from mledger.events.comment import CommentAdded
from mledger.projections.moves import Resolve
from mledger.projections.statements import Citation, Correction, Header, Remark, behind

EVENTS = (AuditOpened, AuditFinding, AuditClosed, CommentAdded)
SETTLED = frozenset({"mended", "accepted", "withdrawn"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """The sample that an audit was opened with, as `mledger.reports.sample` draws it."""

    size: int
    seed: int
    types: tuple[str, ...]
    entries: int
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody said to a finding."""

    on: str
    text: str
    source: Citation


@dataclass(slots=True)
class Finding:
    """One thing that an auditor found: `state` is open, answered, or what the auditor made of it."""

    audit: str
    title: str
    severity: str
    criterion: str
    observed: str
    source: Citation
    events: tuple[str, ...] = ()
    recommendation: str | None = None
    owner: str | None = None
    due: str | None = None
    corrected: tuple[Correction, ...] = ()
    state: str = "open"
    detail: str | None = None
    replies: list[Reply] = field(default_factory=list)
    settled: Citation | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done about it."""
        return self.state not in SETTLED

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        replies = (reply.source for reply in self.replies)
        return behind(self.source, *replies, self.settled, corrected=self.corrected)


@dataclass(frozen=True, slots=True)
class Closing:
    """How an audit ended; `resolutions` are finding, state and detail."""

    audit: str
    opinion: str
    conclusion: str
    source: Citation
    resolutions: tuple[tuple[str, str, str | None], ...] = ()


@dataclass(slots=True)
class Audit:
    """An audit, with the numbers of its findings."""

    title: str
    scope: str
    auditors: tuple[str, ...]
    source: Citation
    drawn: Drawn | None = None
    corrected: tuple[Correction, ...] = ()
    findings: list[str] = field(default_factory=list)
    closing: Closing | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        end = self.closing.source if self.closing else None
        return behind(self.source, end, corrected=self.corrected)


@dataclass(slots=True)
class Audits:
    """Audits, findings, closings and comments as recorded; what belongs to what as it follows."""

    opened: dict[str, Audit] = field(default_factory=dict)
    findings: dict[str, Finding] = field(default_factory=dict)
    closings: list[Closing] = field(default_factory=list)
    comments: list[Reply] = field(default_factory=list)

    def add(self, event: Header, body: EventBody) -> None:
        """Take in one event of `EVENTS`."""
        match body:
            case AuditOpened():
                sample = body.sample
                drawn = None
                if sample is not None:
                    drawn = Drawn(sample.size, sample.seed, sample.types, sample.head.entries, sample.stream)
                self.opened[event.number] = Audit(
                    body.title, body.scope, body.auditors, event.source, drawn, event.corrections
                )
            case AuditFinding():
                self.findings[event.number] = Finding(
                    body.audit,
                    body.title,
                    body.severity,
                    body.criterion,
                    body.observed,
                    event.source,
                    body.events,
                    body.recommendation,
                    body.owner,
                    body.due,
                    event.corrections,
                )
            case AuditClosed():
                ends = tuple((r.finding, r.state, r.detail) for r in body.resolutions)
                self.closings.append(Closing(body.audit, body.opinion, body.conclusion, event.source, ends))
            case CommentAdded():
                self.comments.append(Reply(body.on, body.text, event.source))

    def settle(self, resolve: Resolve) -> list[Remark]:
        """Join findings, answers and ends to their audits; what does not fit is returned."""
        for audit in self.opened.values():
            audit.findings, audit.closing = [], None
        for finding in self.findings.values():
            finding.state, finding.detail, finding.settled, finding.replies = "open", None, None, []
        return [*self._found(resolve), *self._replied(resolve), *self._closed(resolve)]

    def _found(self, resolve: Resolve) -> Iterator[Remark]:
        for number, finding in self.findings.items():
            audit = self.opened.get(resolve(finding.audit) or "")
            if audit is None:
                yield Remark(
                    f"belongs to audit {finding.audit}, which is not there to be read", finding.source
                )
            else:
                audit.findings.append(number)

    def _replied(self, resolve: Resolve) -> Iterator[Remark]:
        for comment in self.comments:
            finding = self.findings.get(resolve(comment.on) or "")
            if finding is not None:
                finding.replies.append(comment)
                finding.state = "answered"
        yield from ()

    def _closed(self, resolve: Resolve) -> Iterator[Remark]:
        for closing in self.closings:
            audit = self.opened.get(resolve(closing.audit) or "")
            if audit is None:
                yield Remark(f"closes audit {closing.audit}, which is not there to be read", closing.source)
                continue
            audit.closing = closing
            for reference, state, detail in closing.resolutions:
                finding = self.findings.get(resolve(reference) or "")
                if finding is None:
                    yield Remark(
                        f"settles finding {reference}, which is not there to be read", closing.source
                    )
                else:
                    finding.state, finding.detail, finding.settled = state, detail, closing.source
