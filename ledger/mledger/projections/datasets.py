"""One dataset: where it comes from, and all its states.

The current version is the one recorded last, by its registration or by a refresh. Of two states
under one name the first counts; the second is a remark. A later registration puts its statements in
the place of the earlier ones.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from mledger.chain.history import Fact
from mledger.events.dataset import DatasetDeprecated, DatasetIssue, DatasetRefreshed, DatasetRegistered
from mledger.events.handover import HandoverRecorded
from mledger.events.record import RecordCorrected, RecordRedacted
from mledger.projections import decisions, discussion, telling
from mledger.projections.base import Projection, Statement, register
from mledger.projections.decisions import Decisions
from mledger.projections.discussion import Discussion
from mledger.projections.statements import Citation, Cited, Correction, Header, Remark, Trail, behind, short

PROFILE = (
    "title",
    "owner",
    "origin",
    "collected_how",
    "by_whom",
    "licence",
    "legal_basis",
    "intended_use",
)


@dataclass(frozen=True, slots=True)
class Digest:
    """The digest of one thing that the dataset consists of."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Moved:
    """How far one column or group moved since the state before; `exceeds` its threshold, if it has one."""

    column: str
    metric: str
    value: Any
    threshold: Any = None
    exceeds: bool | None = None


@dataclass(frozen=True, slots=True)
class DatasetVersion:
    """One state of the data, and what changed with it."""

    name: str
    source: Citation
    digests: tuple[Digest, ...]
    why: str | None = None
    previous: str | None = None
    rows: int | None = None
    rows_added: int | None = None
    rows_removed: int | None = None
    period: tuple[str, str] | None = None
    schema_changes: tuple[str, ...] = ()
    shift: tuple[Moved, ...] = ()
    preprocessing: str | None = None
    known_issues: tuple[str, ...] = ()
    location: str | None = None
    corrected: tuple[Correction, ...] = ()

    def path_of(self, digest: Digest) -> str:
        """Where a file of it lies: where it was read, if that is of its name; else the name alone."""
        where = self.location or ""
        return where if where.rpartition("/")[2] == digest.name else digest.name


@dataclass(frozen=True, slots=True)
class Issue:
    """Something that is wrong with the data; `updates` is the issue whose place it takes."""

    title: str
    kind: str
    severity: str
    status: str
    source: Citation
    versions: tuple[str, ...] = ()
    action: str | None = None
    updates: str | None = None
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Deprecation:
    """The dataset, or one state of it, must not be used any more."""

    version: str | None
    reason: str
    successor: str | None
    source: Citation
    corrected: tuple[Correction, ...] = ()


@dataclass(slots=True)
class DatasetState:
    """Everything that the events of one dataset say."""

    stream: str = ""
    trail: Trail = field(default_factory=Trail)
    profile: dict[str, Cited] = field(default_factory=dict)
    versions: dict[str, DatasetVersion] = field(default_factory=dict)
    registrations: list[Citation] = field(default_factory=list)
    recorded: list[DatasetVersion] = field(default_factory=list)
    issues: dict[str, Issue] = field(default_factory=dict)
    deprecations: list[Deprecation] = field(default_factory=list)
    decisions: Decisions = field(default_factory=Decisions)
    discussion: Discussion = field(default_factory=Discussion)

    @property
    def name(self) -> str:
        """The name of the dataset: its stream without the kind."""
        return short(self.stream)

    @property
    def current(self) -> DatasetVersion | None:
        """The state recorded last."""
        return next(reversed(self.versions.values()), None)

    @property
    def standing_issues(self) -> dict[str, Issue]:
        """The issues by number, without those whose place another took."""
        updated = {self.trail.resolve(issue.updates) for issue in self.issues.values()}
        return {number: issue for number, issue in self.issues.items() if number not in updated}


dataset = register(Projection("dataset", DatasetState, kinds=("dataset",)))
dataset.include(lambda state: state.trail, (RecordCorrected, RecordRedacted))
dataset.include(lambda state: state.decisions, decisions.EVENTS)
dataset.include(lambda state: state.discussion, discussion.EVENTS)


@dataset.each
def _seen(state: DatasetState, fact: Fact) -> None:
    state.stream = fact.stream


@dataset.on(DatasetRegistered)
def _registered(state: DatasetState, event: Header, body: DatasetRegistered) -> None:
    state.registrations.append(event.source)
    state.profile = {
        name: said for name in PROFILE if (said := event.says(name, getattr(body, name))) is not None
    }
    state.recorded.append(
        DatasetVersion(
            body.version,
            event.source,
            tuple(Digest(d.name, d.sha256) for d in body.digests),
            rows=body.rows,
            period=(body.period.start, body.period.end) if body.period else None,
            preprocessing=body.preprocessing,
            known_issues=body.known_issues,
            location=body.location,
            corrected=event.corrections,
        )
    )


@dataset.on(DatasetRefreshed)
def _refreshed(state: DatasetState, event: Header, body: DatasetRefreshed) -> None:
    state.recorded.append(
        DatasetVersion(
            body.version,
            event.source,
            tuple(Digest(d.name, d.sha256) for d in body.digests),
            body.why,
            body.previous,
            body.rows,
            body.rows_added,
            body.rows_removed,
            (body.period.start, body.period.end) if body.period else None,
            tuple(": ".join(filter(None, (f"{c.column} {c.change}", c.detail))) for c in body.schema_changes),
            tuple(
                Moved(s.column, s.metric, s.value, s.threshold, _exceeds(s.value, s.threshold))
                for s in body.shift
            ),
            body.preprocessing,
            body.known_issues,
            body.location,
            event.corrections,
        )
    )


@dataset.on(HandoverRecorded)
def _handed_over(state: DatasetState, event: Header, body: HandoverRecorded) -> None:
    if body.ownership:
        state.profile["owner"] = Cited(body.taker, event.source, event.corrections)


@dataset.on(DatasetIssue)
def _troubled(state: DatasetState, event: Header, body: DatasetIssue) -> None:
    state.issues[event.number] = Issue(
        body.title,
        body.kind,
        body.severity,
        body.status,
        event.source,
        body.versions,
        body.action,
        body.updates,
        event.corrections,
    )


@dataset.on(DatasetDeprecated)
def _deprecated(state: DatasetState, event: Header, body: DatasetDeprecated) -> None:
    state.deprecations.append(
        Deprecation(body.version, body.reason, body.successor, event.source, event.corrections)
    )


def _exceeds(value: Any, threshold: Any) -> bool | None:
    """Whether a shift reached its threshold; what is not a number is beyond any."""
    return None if threshold is None else not abs(float(value)) < float(threshold)


@dataset.finish
def _settle(state: DatasetState) -> None:
    resolve = state.trail.resolve
    state.trail.remarks = [
        *(Remark("registered again: the last registration counts", c) for c in state.registrations[1:]),
        *state.decisions.settle(resolve),
    ]
    state.discussion.settle(resolve)
    state.versions = {}
    for version in state.recorded:
        first = state.versions.setdefault(version.name, version)
        if first is not version:
            text = f"version {version.name} is recorded a second time, after {first.source.number}"
            state.trail.remarks.append(Remark(text, version.source))


@dataset.tell
def _tell(state: DatasetState) -> Iterator[Statement]:
    for name, said in state.profile.items():
        yield Statement("people" if name == "owner" else "data", name, str(said.value), said.numbers)
    if (current := state.current) is not None:
        yield Statement(
            "data", "version", describe(current), behind(current.source, corrected=current.corrected)
        )
        for known in dict.fromkeys(current.known_issues):
            yield Statement("data", f"known issue: {known}", "known", (current.source.number,))
    for number, issue in state.standing_issues.items():
        numbers = behind(issue.source, corrected=issue.corrected)
        yield Statement(
            "data", f"issue {number}: {issue.title}", f"{issue.severity}, {issue.status}", numbers
        )
    for ended in state.deprecations:
        what = f"version {ended.version}" if ended.version else "all versions"
        numbers = behind(ended.source, corrected=ended.corrected)
        yield Statement("data", f"deprecated: {what} ({ended.source.number})", ended.reason, numbers)
    yield from telling.decided(state.decisions)
    yield from telling.said(state.discussion)
    yield from telling.corrected(state.trail)


def describe(version: DatasetVersion) -> str:
    """A state of the data in a line: its name, rows, period, what changed."""
    parts = [version.name]
    if version.rows is not None:
        parts.append(f"{version.rows:,} rows")
    if version.rows_added is not None:
        parts.append(f"+{version.rows_added:,} rows")
    if version.rows_removed:
        parts.append(f"-{version.rows_removed:,} rows")
    if version.period is not None:
        parts.append(f"ends {version.period[1]}")
    parts += version.schema_changes
    parts += [_moved(shift) for shift in version.shift if shift.exceeds]
    return ", ".join(parts)


def _moved(shift: Moved) -> str:
    """A shift that reached its threshold; of a share in points."""
    if shift.metric in {"share", "missing"}:
        missing = " missing" if shift.metric == "missing" else ""
        return f"{shift.column}{missing} {100 * float(shift.value):+.1f} points"
    return f"{shift.column} {shift.metric} {shift.value} above {shift.threshold}"
