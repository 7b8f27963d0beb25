"""What one stream asks of people: reviews, decisions, risks, audits.

Reads nothing of runs, of which there are most: whoever asks what is due need not wait for them.
"""

from dataclasses import dataclass, field
from typing import Any, Literal

from mledger.chain.history import Fact
from mledger.events.base import EventBody
from mledger.events.dataset import DatasetRefreshed, DatasetRegistered
from mledger.events.drift import DriftDetected
from mledger.events.evaluation import EvaluationRecorded
from mledger.events.handover import HandoverRecorded
from mledger.events.model import ModelRegistered
from mledger.events.monitoring import MonitoringReported
from mledger.events.record import RecordCorrected, RecordRedacted
from mledger.events.risk import RiskAssessed
from mledger.events.version import VersionReleased
from mledger.projections import audits, decisions, moves, reviews
from mledger.projections.audits import Audits
from mledger.projections.base import Projection, register
from mledger.projections.decisions import Decisions
from mledger.projections.reviews import Asked, Reviews
from mledger.projections.runs import measures_of
from mledger.projections.stages import Stages
from mledger.projections.statements import Citation, Cited, Correction, Header, Trail


@dataclass(frozen=True, slots=True)
class Reading:
    """A metric as somebody measured it outside of a trial."""

    name: str
    value: Any
    by: Literal["monitoring", "evaluation", "drift"]
    source: Citation
    version: str | None = None
    run: str | None = None
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """A risk as it was assessed last."""

    name: str
    title: str
    treatment: str
    owner: str | None
    review_by: str | None
    source: Citation
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Transfer:
    """Somebody takes duties over from somebody else."""

    giver: str
    taker: str
    source: Citation


@dataclass(slots=True)
class DutiesState:
    """What the events of one stream ask of people."""

    stream: str = ""
    trail: Trail = field(default_factory=Trail)
    title: Cited | None = None
    owner: Cited | None = None
    stages: Stages = field(default_factory=Stages)
    decisions: Decisions = field(default_factory=Decisions)
    reviews: Reviews = field(default_factory=Reviews)
    audits: Audits = field(default_factory=Audits)
    risks: dict[str, Risk] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    released: dict[str, str | None] = field(default_factory=dict)
    """Each released version with its run."""
    versions: dict[str, Citation] = field(default_factory=dict)
    """The states of a dataset by name, in the order of recording."""

    @property
    def retired(self) -> Citation | None:
        """What ended the model; None while it has not, and once a version stands somewhere again."""
        return self.stages.retired if self.stages.foremost is None else None

    @property
    def counted(self) -> int:
        """How many of the events count."""
        return self.trail.events - sum(refused.count for refused in self.trail.refused)

    def holder(self, name: str, since: Citation) -> str:
        """Whoever answers now for what somebody answered for at an event: handovers move it on."""
        later = order(since)
        for transfer in self.transfers:
            if transfer.giver == name and order(transfer.source) > later:
                name = transfer.taker
        return name

    def awaited(self, asked: Asked) -> list[str] | None:
        """Whoever is named in a request and has not answered it, by handovers; None once it is answered.

        One that names nobody waits for the first answer.
        """
        answered = {answer.by for answer in asked.answers}
        named = [(name, self.holder(name, asked.source)) for name in asked.reviewers]
        left = [holder for name, holder in named if not {name, holder} & answered]
        return left if left or not (named or answered) else None

    def counts(self, reading: Reading) -> bool:
        """Whether a reading says something of what is in use: a trial that failed does not."""
        if reading.by != "evaluation" or (reading.version is None and reading.run is None):
            return True
        return reading.version in self.released or reading.run in {*filter(None, self.released.values())}


def order(citation: Citation) -> tuple[int, int]:
    """The place of an event in the ledger."""
    seq, _, place = citation.number.partition(".")
    return int(seq), int(place or 0)


duties = register(Projection("duties", DutiesState))
duties.include(lambda state: state.trail, (RecordCorrected, RecordRedacted))
duties.include(lambda state: state.stages, moves.EVENTS)
duties.even_refused(moves.EVENTS)
duties.include(lambda state: state.decisions, decisions.EVENTS)
duties.include(lambda state: state.reviews, reviews.EVENTS)
duties.include(lambda state: state.audits, audits.EVENTS)


@duties.each
def _seen(state: DutiesState, fact: Fact) -> None:
    state.stream = fact.stream


@duties.on_each((ModelRegistered, DatasetRegistered))
def _registered(state: DutiesState, event: Header, body: EventBody) -> None:
    if isinstance(body, DatasetRegistered):
        state.versions.setdefault(body.version, event.source)
    if isinstance(body, ModelRegistered | DatasetRegistered):
        state.title, state.owner = event.says("title", body.title), event.says("owner", body.owner)


@duties.on(DatasetRefreshed)
def _refreshed(state: DutiesState, event: Header, body: DatasetRefreshed) -> None:
    state.versions.setdefault(body.version, event.source)


@duties.on(VersionReleased)
def _released(state: DutiesState, event: Header, body: VersionReleased) -> None:  # noqa: ARG001
    state.released.setdefault(body.version, body.run)


@duties.on(HandoverRecorded)
def _handed_over(state: DutiesState, event: Header, body: HandoverRecorded) -> None:
    state.transfers.append(Transfer(body.giver, body.taker, event.source))
    state.reviews.add(event, body)
    if body.ownership:
        state.owner = Cited(body.taker, event.source, event.corrections)


@duties.on(RiskAssessed)
def _assessed(state: DutiesState, event: Header, body: RiskAssessed) -> None:
    state.risks.pop(body.risk, None)
    state.risks[body.risk] = Risk(
        body.risk,
        body.title,
        body.treatment,
        body.owner,
        body.review_by,
        event.source,
        event.corrections,
    )


@duties.on(MonitoringReported)
def _monitored(state: DutiesState, event: Header, body: MonitoringReported) -> None:
    _read(state, event, "monitoring", body.metrics, body.version)


@duties.on(EvaluationRecorded)
def _evaluated(state: DutiesState, event: Header, body: EvaluationRecorded) -> None:
    _read(state, event, "evaluation", body.metrics, body.version, body.run)


@duties.on(DriftDetected)
def _drifted(state: DutiesState, event: Header, body: DriftDetected) -> None:
    state.readings += [
        Reading(
            f"{s.metric}_{s.column}", s.value, "drift", event.source, body.version, None, event.corrections
        )
        for s in body.shifts
    ]


def _read(
    state: DutiesState,
    event: Header,
    by: Literal["monitoring", "evaluation"],
    metrics: Any,
    version: str | None,
    run: str | None = None,
) -> None:
    """Note what was measured of the whole; parts of the data have names of their own in conditions."""
    state.readings += [
        Reading(m.name, m.value, by, event.source, version, run, event.corrections)
        for m in measures_of(metrics)
        if m.slice is None
    ]


@duties.finish
def _settle(state: DutiesState) -> None:
    resolve = state.trail.resolve
    state.stages.settle(resolve)  # what does not fit there is told with the state of the model
    state.trail.remarks = [
        *state.decisions.settle(resolve),
        *state.reviews.settle(resolve),
        *state.audits.settle(resolve),
    ]
