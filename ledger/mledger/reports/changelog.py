"""What changed between two moments, in lanes: architecture, data, evaluation, release.

The lane of an event follows from its type, that of a decision from its category. What was corrected
has a lane of its own, and so has what the rulebook does not let count. Events count in the order of
recording; each line names those behind it.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from mledger.chain.history import Fact, History
from mledger.core.names import check_stream
from mledger.errors import MledgerError
from mledger.events.base import EventBody
from mledger.events.dataset import DatasetDeprecated, DatasetIssue, DatasetRefreshed, DatasetRegistered
from mledger.events.decision import (
    DecisionAccepted,
    DecisionInvalidated,
    DecisionProposed,
    DecisionSuperseded,
)
from mledger.events.deployment import DeploymentRecorded
from mledger.events.drift import DriftDetected
from mledger.events.evaluation import EvaluationRecorded
from mledger.events.handover import HandoverRecorded
from mledger.events.model import ModelRegistered, ModelRetired
from mledger.events.plan import PlanAgreed, PlanAmended
from mledger.events.problem import ProblemFramed
from mledger.events.promotion import PromotionApproved, PromotionExecuted, PromotionRequested
from mledger.events.record import RecordCorrected
from mledger.events.rollback import RollbackExecuted
from mledger.events.run import RunStarted
from mledger.events.transform import TransformRecorded
from mledger.events.version import VersionReleased
from mledger.projections import corrections, plans
from mledger.projections.corrections import Amended
from mledger.projections.runs import measures_of, short_name
from mledger.projections.statements import Trail, short
from mledger.projections.telling import shown
from mledger.reports.base import Claim, Document, Section

LANES = ("architecture", "data", "evaluation", "release", "corrected", "not allowed")
# Lanes that are there only if something stands in them.
_RARE = {"corrected", "not allowed"}
_CATEGORIES = {
    "dataset": "data",
    "feature": "data",
    "evaluation": "evaluation",
    "deployment": "release",
    "risk": "release",
    "retirement": "release",
}
_NONE = "nothing changed"


class Line(NamedTuple):
    """One change: its lane, what changed, the events behind it."""

    lane: str
    words: str
    numbers: tuple[str, ...]
    label: str = ""
    at: str = ""
    """The event in whose place it stands, if that is not the first of `numbers`."""


def changelog(history: History, stream: str, start: int, stop: int, between: str = "") -> Document:
    """What the entries start..stop changed of a model and of the data that it uses.

    `between` says in words which moments these are.
    """
    facts = list(history.known_at(stop).of(stream).facts())
    lines = [*_Reading(facts).lines(start)]
    counted = [fact for fact in facts if fact.refused is None]
    for name in _datasets(counted):
        found = list(history.known_at(stop).of(name).facts())
        lines += _Reading(found).lines(start)
    lines.sort(key=lambda line: _order(line.at or line.numbers[0]))
    sections = tuple(
        Section(
            lane, tuple(Claim(one.words, one.numbers, one.label) for one in lines if one.lane == lane), _NONE
        )
        for lane in LANES
        if lane not in _RARE or any(one.lane == lane for one in lines)
    )
    return Document("changelog", f"changes of {_title(counted) or short(stream)}", stream, sections, between)


def _title(facts: Sequence[Fact]) -> str | None:
    """What people call the model."""
    titles = (
        b.title for f in facts if f.type == ModelRegistered.type and isinstance(b := f.data, ModelRegistered)
    )
    return next(titles, None)


def _order(number: str) -> tuple[int, int]:
    seq, _, place = number.partition(".")
    return int(seq), int(place or 0)


def _datasets(facts: Sequence[Fact]) -> list[str]:
    """The streams of the datasets that the model's runs, evaluations and decisions name."""
    names: dict[str, None] = {}
    for fact in facts:
        if fact.type in {RunStarted.type, EvaluationRecorded.type}:
            body = fact.data
            if isinstance(body, RunStarted | EvaluationRecorded):
                names |= dict.fromkeys(short_name(use.name) for use in body.datasets)
        elif fact.type == DecisionProposed.type and isinstance(body := fact.data, DecisionProposed):
            named = (one.dataset for one in body.validity_conditions if one.dataset)
            names |= dict.fromkeys(map(short_name, named))
    found = []
    for name in names:
        try:
            found.append(check_stream(f"dataset/{name}"))
        except MledgerError:
            continue  # a name of no stream of ours
    return found


class _Reading:
    """The facts of one stream, read from the beginning, so that each change knows what was before."""

    def __init__(self, facts: Sequence[Fact]) -> None:
        self.facts = facts
        self.amended: dict[str, Amended] = corrections.amendments(facts)
        self.trail = Trail()
        for fact in facts:
            self.trail.know(fact)
        self.bodies: dict[str, EventBody] = {}
        self.metrics: dict[tuple[str, str | None], Any] = {}
        self.goals: dict[str, str] = {}
        self.fact = facts[0] if facts else None

    def lines(self, start: int) -> Iterator[Line]:
        """What each event from entry `start` on changed."""
        for fact in self.facts:
            amended = self.amended.get(fact.number)
            body = amended.body if amended is not None and amended.body is not None else fact.data
            if fact.refused is not None:
                if fact.seq >= start:
                    yield Line("not allowed", fact.refused, (fact.number,), fact.type)
                continue
            if body is None:
                continue
            self.bodies[fact.number], self.fact = body, fact
            told = list(self._tell(fact, body))
            if fact.seq >= start:
                corrected = self._corrected(amended) if amended else ()
                yield from (line._replace(numbers=(*line.numbers, *corrected)) for line in told)

    def _corrected(self, amended: Amended) -> Iterator[str]:
        own = self.fact.number if self.fact is not None else ""
        return (c.source.number for c in amended.corrections if c.problem is None and c.source.number != own)

    def _tell(self, fact: Fact, body: EventBody) -> Iterator[Line]:
        match body:
            case DecisionAccepted() | DecisionSuperseded() | DecisionInvalidated():
                yield from self._decision(fact, body)
            case DatasetRegistered() | DatasetRefreshed() | DatasetIssue() | DatasetDeprecated():
                yield from _data(fact, body)
            case ProblemFramed() | EvaluationRecorded() | PlanAgreed() | PlanAmended():
                yield from self._evaluation(fact, body)
            case RecordCorrected():
                yield from self._correction(fact)
            case DriftDetected():
                moved = ", ".join(f"{s.column} {s.metric} {s.value}" for s in body.shifts)
                yield Line("data", f"{body.kind} drift: {moved}", (fact.number,))
            case TransformRecorded():
                yield Line("data", f"transform {body.name}", (fact.number,), short_name(fact.stream))
            case _:
                yield from self._release(fact, body)

    def _decision(
        self, fact: Fact, body: DecisionAccepted | DecisionSuperseded | DecisionInvalidated
    ) -> Iterator[Line]:
        number = self.trail.resolve(body.decision) or body.decision
        proposal = self.bodies.get(number)
        if not isinstance(proposal, DecisionProposed):
            return
        lane = _CATEGORIES.get(proposal.category, "architecture")
        title = proposal.title if proposal.category == lane else f"{proposal.category}: {proposal.title}"
        if isinstance(body, DecisionAccepted):
            changes = ", ".join(f"{p.name} {_value(p.before)} → {_value(p.to)}" for p in proposal.parameters)
            words = f"{title}: {proposal.choice}{f' ({changes})' if changes else ''}"
            yield Line(lane, f"{words}; accepted by {fact.signer}", (number, fact.number))
        elif isinstance(body, DecisionSuperseded):
            words = f"{title}: superseded by {body.by}; {body.reason}"
            yield Line(lane, words, (number, fact.number))
        else:
            words = f"{title}: does not hold any more; {body.reason}"
            yield Line(lane, words, (number, fact.number))

    def _evaluation(
        self, fact: Fact, body: ProblemFramed | EvaluationRecorded | PlanAgreed | PlanAmended
    ) -> Iterator[Line]:
        match body:
            case ProblemFramed():
                yield from self._goals(fact, body)
            case EvaluationRecorded():
                of = body.version or body.run
                values = ", ".join(self._measured(body))
                words = f"{body.title} of {of}: {values}" if of else f"{body.title}: {values}"
                yield Line("evaluation", words, (fact.number,), body.kind)
            case PlanAgreed():
                yield Line("evaluation", "a plan is agreed", (fact.number,), "plan")
            case PlanAmended():
                before = self.bodies.get(self.trail.resolve(body.plan) or "")
                told = plans.amendments(before, body) if isinstance(before, PlanAgreed | PlanAmended) else ()
                changes = "; ".join(one.words for one in told)
                words = f"the plan is amended: {changes}" if changes else "the plan is amended"
                yield Line("evaluation", words, (fact.number,), "plan")

    def _measured(self, body: EvaluationRecorded) -> Iterator[str]:
        """Each metric, with the value before where there is one."""
        for m in measures_of(body.metrics):
            before = self.metrics.get((m.name, m.slice))
            self.metrics[m.name, m.slice] = m.value
            part = f" ({m.slice})" if m.slice else ""
            was = f"{before} → " if before is not None and before != m.value else ""
            yield f"{m.name}{part} {was}{m.value}"

    def _goals(self, fact: Fact, body: ProblemFramed) -> Iterator[Line]:
        """The objectives that are new, that changed, that are gone."""
        now = {
            f"{m.name} on {m.dataset}" if m.dataset else m.name: (
                f"{'>=' if m.direction == 'maximize' else '<='} {m.threshold}"
            )
            for m in body.metrics
        }
        changes = [
            f"{n} {self.goals[n]} → {v}" for n, v in now.items() if n in self.goals and self.goals[n] != v
        ]
        changes += [f"+ {name} {value}" for name, value in now.items() if name not in self.goals]
        changes += [f"- {name}" for name in self.goals if name not in now]
        self.goals = now
        if changes:
            yield Line("evaluation", ", ".join(changes), (fact.number,), "objectives")

    def _correction(self, fact: Fact) -> Iterator[Line]:
        for one in self.amended[fact.number].corrections if fact.number in self.amended else ():
            if one.source.number == fact.number and one.problem is None:
                words = f"{one.path} of event {one.event}: {_value(one.before)} → {_value(one.after)}"
                yield Line("corrected", f"{words}; {one.reason}", (fact.number, one.event))

    def _release(self, fact: Fact, body: EventBody) -> Iterator[Line]:
        number = (fact.number,)
        match body:
            case ModelRegistered():
                yield Line("release", f"registered: {body.title}, owned by {body.owner}", number)
            case VersionReleased():
                after = f", after {body.previous}" if body.previous else ""
                yield Line("release", f"{body.version} released{after}: {body.notes}", number)
            case PromotionApproved():
                asked = self.trail.resolve(body.request) or body.request
                request = self.bodies.get(asked)
                if isinstance(request, PromotionRequested):
                    words = f"{request.version} to {request.to_stage}, approved by {fact.signer}"
                    yield Line("release", words, (asked, fact.number), at=fact.number)
            case PromotionExecuted():
                instead = f" instead of {body.replaced}" if body.replaced else ""
                yield Line("release", f"{body.version} moved to {body.to_stage}{instead}", number)
            case DeploymentRecorded():
                yield Line(
                    "release", f"{body.version} deployed to {body.stage} in {body.environment}", number
                )
            case RollbackExecuted():
                words = f"{body.from_version} rolled back to {body.to_version} in {body.stage}: {body.reason}"
                yield Line("release", words, number)
            case HandoverRecorded():
                words = f"{body.giver} hands over to {body.taker}: {', '.join(body.duties)}"
                yield Line("release", words, number)
            case ModelRetired():
                yield Line("release", f"retired: {body.reason}", number)


def _data(
    fact: Fact, body: DatasetRegistered | DatasetRefreshed | DatasetIssue | DatasetDeprecated
) -> Iterator[Line]:
    name, number = fact.stream.partition("/")[2], (fact.number,)
    match body:
        case DatasetRegistered():
            rows = f", {body.rows:,} rows" if body.rows is not None else ""
            yield Line("data", f"{body.version} registered{rows}", number, name)
        case DatasetRefreshed():
            what = [f"+{body.rows_added:,} rows"] if body.rows_added is not None else []
            what += [f"-{body.rows_removed:,} rows"] if body.rows_removed else []
            what += [f"{c.column} {c.change}" for c in body.schema_changes]
            what += [f"{s.column} {s.metric} {s.value}" for s in body.shift]
            before = f"{body.previous} → " if body.previous else ""
            detail = f" ({', '.join(what)})" if what else ""
            yield Line("data", f"{before}{body.version}{detail}: {body.why}", number, name)
        case DatasetIssue():
            yield Line("data", f"issue, {body.status}: {body.title} ({body.severity})", number, name)
        case DatasetDeprecated():
            yield Line("data", f"{body.version or 'all versions'} deprecated: {body.reason}", number, name)


def _value(value: Any) -> str:
    return "nothing" if value is None else shown(value)
