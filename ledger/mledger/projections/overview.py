"""All models and datasets at once, a row each.

Made for a million events: an account of each stream keeps counts, and of promotions, deployments and
decisions the few fields from which stage and status follow, by the same rules as in the state of one
model. Runs are counted by type without reading them: what was started and has no end is open. Where one
was abandoned, later ends of the stream are read, for its process may have ended it a second time.

Corrections are counted and not applied: where `corrected` says so, fold the stream itself and take
its row from `row_of`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mledger.chain.draft import format_id
from mledger.chain.history import Fact
from mledger.events.base import EventBody
from mledger.events.comment import CommentAdded
from mledger.events.dataset import DatasetRefreshed, DatasetRegistered
from mledger.events.decision import DecisionProposed
from mledger.events.dissent import DissentRecorded
from mledger.events.handover import HandoverRecorded
from mledger.events.model import ModelRegistered
from mledger.events.promotion import PromotionRequested
from mledger.events.record import RecordCorrected
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.projections import decisions, moves
from mledger.projections.base import Projection, Statement, register
from mledger.projections.datasets import DatasetState
from mledger.projections.lifecycle import DEVELOPMENT, stage_of
from mledger.projections.model import ModelState
from mledger.projections.model_told import standing, where
from mledger.projections.moves import Place
from mledger.projections.stages import Stages
from mledger.projections.statements import Citation, Cited, Header, Trail, cite, resolve, short

_ENDS = frozenset({RunFinished.type, RunFailed.type, RunAbandoned.type})
_REFERRED = frozenset({PromotionRequested.type, DecisionProposed.type})


@dataclass(slots=True)
class Account:
    """What is kept of one stream: counts, and what its row follows from."""

    events: int = 0
    types: dict[str, int] = field(default_factory=dict)
    last: Cited | None = None
    begun: Citation | None = None
    registered: Citation | None = None
    title: Cited | None = None
    owner: Cited | None = None
    stages: Stages = field(default_factory=Stages)
    proposals: dict[str, str] = field(default_factory=dict)
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    versions: dict[str, str] = field(default_factory=dict)
    version: Cited | None = None
    ids: dict[str, str] = field(default_factory=dict)
    abandoned: list[str] = field(default_factory=list)
    """The names of the runs that were given up."""
    newest: Fact | None = None
    """The last fact, until it is cited: a citation for each event would cost more than all the rest."""

    def count(self, event_type: str) -> int:
        """How many events of a type there are."""
        return self.types.get(event_type, 0)

    def resolve(self, reference: str | None) -> str | None:
        """The number of a request or a proposal that a reference names."""
        return resolve(self.ids, reference)


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model in short; `decisions` counts them by status, `live` is where its versions stand."""

    stream: str
    events: int
    last: Cited | None
    title: Cited | None
    owner: Cited | None
    stage: Cited | None
    live: tuple[Place, ...]
    runs_open: int
    runs_finished: int
    runs_failed: int
    runs_abandoned: int
    decisions: dict[str, int]
    requests_open: int
    comments: int
    dissent: int
    corrected: int

    @property
    def name(self) -> str:
        """The name of the model."""
        return short(self.stream)


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """One dataset in short; `version` is the current one, of so many."""

    stream: str
    events: int
    last: Cited | None
    title: Cited | None
    owner: Cited | None
    version: Cited | None
    versions: int
    corrected: int

    @property
    def name(self) -> str:
        """The name of the dataset."""
        return short(self.stream)


@dataclass(slots=True)
class OverviewState:
    """Rows by stream, and the accounts that they are made from."""

    trail: Trail = field(default_factory=Trail)
    models: dict[str, ModelRow] = field(default_factory=dict)
    datasets: dict[str, DatasetRow] = field(default_factory=dict)
    others: dict[str, int] = field(default_factory=dict)
    """How many events stand on each other stream."""
    accounts: dict[str, Account] = field(default_factory=dict)
    newest: Fact | None = None

    def put(self, state: ModelState | DatasetState) -> None:
        """Take the row of a stream from a fold of that stream."""
        if isinstance(state, ModelState):
            self.models[state.stream] = row_of(state)
        else:
            self.datasets[state.stream] = dataset_row_of(state)

    @property
    def corrected(self) -> list[str]:
        """The streams of models and datasets on which something was corrected."""
        rows: list[ModelRow | DatasetRow] = [*self.models.values(), *self.datasets.values()]
        return [row.stream for row in rows if row.corrected]


overview = register(Projection("overview", OverviewState, eager=True))


@overview.each
def _count(state: OverviewState, fact: Fact) -> None:
    account = state.accounts.get(fact.stream)
    if account is None:
        account = state.accounts[fact.stream] = Account()
    kind = fact.type
    account.events += 1
    account.newest = state.newest = fact
    if fact.refused is not None:
        return
    if kind in _ENDS and (account.abandoned or kind == RunAbandoned.type) and _ended_before(account, fact):
        return
    account.types[kind] = account.types.get(kind, 0) + 1
    if kind in _REFERRED:
        number = fact.number
        account.ids[number] = account.ids[format_id(fact.id)] = number
    if account.begun is None and kind in DEVELOPMENT:
        account.begun = cite(fact)


def _ended_before(account: Account, fact: Fact) -> bool:
    """Whether the run that the event ends was abandoned before; an abandoned one is noted."""
    body = fact.data
    if not isinstance(body, RunFinished | RunFailed | RunAbandoned):
        return False
    if body.run in account.abandoned:
        return True
    if isinstance(body, RunAbandoned):
        account.abandoned.append(body.run)
    return False


@overview.on(ModelRegistered)
def _model(state: OverviewState, event: Header, body: ModelRegistered) -> None:
    account = state.accounts[event.stream]
    account.registered = account.registered or event.source
    account.title, account.owner = event.says("title", body.title), event.says("owner", body.owner)


@overview.on(DatasetRegistered)
def _dataset(state: OverviewState, event: Header, body: DatasetRegistered) -> None:
    account = state.accounts[event.stream]
    account.title, account.owner = event.says("title", body.title), event.says("owner", body.owner)
    _version(account, event, body.version)


@overview.on(HandoverRecorded)
def _handed_over(state: OverviewState, event: Header, body: HandoverRecorded) -> None:
    if body.ownership:
        state.accounts[event.stream].owner = event.says("owner", body.taker)


@overview.on(DatasetRefreshed)
def _refreshed(state: OverviewState, event: Header, body: DatasetRefreshed) -> None:
    _version(state.accounts[event.stream], event, body.version)


def _version(account: Account, event: Header, name: str) -> None:
    if account.versions.setdefault(name, event.number) == event.number:
        account.version = Cited(name, event.source)


def _staged(state: OverviewState, event: Header, body: EventBody) -> None:
    state.accounts[event.stream].stages.add(event, body, reasons=False)


def _decided(state: OverviewState, event: Header, body: EventBody) -> None:
    account = state.accounts[event.stream]
    if isinstance(body, DecisionProposed):
        account.proposals[event.number] = event.source.by
        if body.completes is not None:
            account.answers.append((body.completes, "completed", event.source.by))
    elif (answer := decisions.answer_of(event, body)) is not None:
        account.answers.append((answer.decision, answer.verdict, event.source.by))


overview.on_each(moves.EVENTS)(_staged)
overview.even_refused(moves.EVENTS)
overview.on_each(decisions.EVENTS)(_decided)


@overview.finish
def _settle(state: OverviewState) -> None:
    state.models, state.datasets, state.others = {}, {}, {}
    state.trail.events = 0
    if state.newest is not None:
        state.trail.last, state.newest = Cited(state.newest.type, cite(state.newest)), None
    for stream, account in sorted(state.accounts.items()):
        state.trail.events += account.events
        if account.newest is not None:
            account.last, account.newest = Cited(account.newest.type, cite(account.newest)), None
        if stream.startswith("model/"):
            state.models[stream] = _model_row(stream, account)
        elif stream.startswith("dataset/"):
            state.datasets[stream] = DatasetRow(
                stream,
                account.events,
                account.last,
                account.title,
                account.owner,
                account.version,
                len(account.versions),
                account.count(RecordCorrected.type),
            )
        else:
            state.others[stream] = account.events


def _model_row(stream: str, account: Account) -> ModelRow:
    account.stages.settle(account.resolve)
    found = decisions.statuses(
        account.proposals, ((account.resolve(ref), verdict, by) for ref, verdict, by in account.answers)
    )
    finished, failed = account.count(RunFinished.type), account.count(RunFailed.type)
    abandoned = account.count(RunAbandoned.type)
    row = ModelRow(
        stream=stream,
        events=account.events,
        last=account.last,
        title=account.title,
        owner=account.owner,
        stage=stage_of(account.stages, account.begun, account.registered),
        live=tuple(account.stages.places),
        runs_open=max(0, account.count(RunStarted.type) - finished - failed - abandoned),
        runs_finished=finished,
        runs_failed=failed,
        runs_abandoned=abandoned,
        decisions=dict(Counter(found.values())),
        requests_open=sum(r.status == "open" for r in account.stages.requests.values()),
        comments=account.count(CommentAdded.type),
        dissent=account.count(DissentRecorded.type),
        corrected=account.count(RecordCorrected.type),
    )
    account.stages.unsettle()
    return row


def row_of(state: ModelState) -> ModelRow:
    """The row of one model, from its whole state."""
    runs = state.runs
    return ModelRow(
        stream=state.stream,
        events=state.trail.events,
        last=state.trail.last,
        title=state.profile.get("title"),
        owner=state.profile.get("owner"),
        stage=state.stage,
        live=tuple(state.stages.places),
        runs_open=len(runs.of("open")),
        runs_finished=len(runs.of("finished")),
        runs_failed=len(runs.of("failed")),
        runs_abandoned=len(runs.of("abandoned")),
        decisions=dict(Counter(d.status for d in state.decisions.proposals.values())),
        requests_open=sum(r.status == "open" for r in state.stages.requests.values()),
        comments=len(state.discussion.comments),
        dissent=len(state.discussion.dissent),
        corrected=len({c.source.number for c in state.trail.corrections}),
    )


def dataset_row_of(state: DatasetState) -> DatasetRow:
    """The row of one dataset, from its whole state."""
    current = state.current
    return DatasetRow(
        stream=state.stream,
        events=state.trail.events,
        last=state.trail.last,
        title=state.profile.get("title"),
        owner=state.profile.get("owner"),
        version=Cited(current.name, current.source) if current else None,
        versions=len(state.versions),
        corrected=len({c.source.number for c in state.trail.corrections}),
    )


@overview.tell
def _tell(state: OverviewState) -> Iterator[Statement]:
    for row in state.models.values():
        yield from _tell_model(row)
    for data in state.datasets.values():
        if data.version is not None:
            yield Statement("data", data.stream, str(data.version.value), data.version.numbers)
        if data.owner is not None:
            yield Statement("people", f"{data.stream} owner", str(data.owner.value), data.owner.numbers)


def _tell_model(row: ModelRow) -> Iterator[Statement]:
    last = (row.last.source.number,) if row.last else ()
    if row.owner is not None:
        yield Statement("people", f"{row.stream} owner", str(row.owner.value), row.owner.numbers)
    if row.stage is not None:
        yield Statement("promotions", f"{row.stream} stage", str(row.stage.value), row.stage.numbers)
    for place in row.live:
        yield Statement("promotions", f"{row.stream} {where(place)}", standing(place), place.numbers)
    for status, count in sorted(row.decisions.items()):
        yield Statement("decisions", f"{row.stream} {status}", str(count), last)
    for outcome, count in (
        ("finished", row.runs_finished),
        ("failed", row.runs_failed),
        ("abandoned", row.runs_abandoned),
        ("open", row.runs_open),
    ):
        if count:
            yield Statement("runs", f"{row.stream} {outcome}", str(count), last)
