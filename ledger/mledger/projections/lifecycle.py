"""The life of one model: where it stands, and since when.

The stage of a model, from what is recorded on its stream:

- `registered` from its `model.registered`;
- `in development` from the first problem, decision, run, artifact or version;
- the name of a stage, such as `staging`, while a version stands there by the rules of `stages`;
  production counts before all others, then the stage that was entered last;
- `retired` from its `model.retired`, unless something is deployed again afterwards.

A later registration puts its statements in the place of the earlier ones. The problem that counts is
the one framed last. Of two releases under one name the first counts. Runs, decisions, stages and
discussion have their rules in their own files.
"""

from mledger.chain.history import Fact
from mledger.events.artifact import ArtifactPublished, ArtifactRetired
from mledger.events.decision import DecisionProposed
from mledger.events.evaluation import EvaluationRecorded
from mledger.events.handover import HandoverRecorded
from mledger.events.model import ModelRegistered
from mledger.events.problem import ProblemFramed
from mledger.events.record import RecordCorrected, RecordRedacted
from mledger.events.run import RunStarted
from mledger.events.version import VersionReleased
from mledger.projections import decisions, discussion, model_told, moves, runs
from mledger.projections.achieved import achieved, of_metrics
from mledger.projections.base import Projection, register
from mledger.projections.model import (
    Artifact,
    DataUse,
    Evaluation,
    Handover,
    ModelState,
    Objective,
    Problem,
    Version,
)
from mledger.projections.moves import Step
from mledger.projections.runs import measures_of
from mledger.projections.stages import Stages
from mledger.projections.statements import Citation, Cited, Header, Remark, cite

# What a registration says once for all versions.
PROFILE = (
    "title",
    "purpose",
    "owner",
    "team",
    "problem_domain",
    "model_type",
    "risk_class",
    "intended_use",
    "out_of_scope",
    "data_sources",
    "evaluation_criteria",
    "repository",
)
DEVELOPMENT = frozenset(
    cls.type for cls in (ProblemFramed, DecisionProposed, RunStarted, ArtifactPublished, VersionReleased)
)

model = register(Projection("model", ModelState, kinds=("model",)))
model.include(lambda state: state.trail, (RecordCorrected, RecordRedacted))
model.include(lambda state: state.stages, moves.EVENTS)
model.even_refused(moves.EVENTS)
model.include(lambda state: state.decisions, decisions.EVENTS)
model.include(lambda state: state.runs, runs.EVENTS)
model.include(lambda state: state.discussion, discussion.EVENTS)
model.tell(model_told.tell)


@model.each
def _seen(state: ModelState, fact: Fact) -> None:
    state.stream = fact.stream
    if state.begun is None and fact.type in DEVELOPMENT and fact.refused is None:
        state.begun = cite(fact)


@model.on(ModelRegistered)
def _registered(state: ModelState, event: Header, body: ModelRegistered) -> None:
    state.registrations.append(event.source)
    state.profile = {}
    for name in PROFILE:
        value = getattr(body, name)
        said = event.says(name, list(value) if isinstance(value, tuple) else value)
        if said is not None and said.value != []:
            state.profile[name] = said


@model.on(ProblemFramed)
def _framed(state: ModelState, event: Header, body: ProblemFramed) -> None:
    objectives = tuple(
        Objective(
            m.name,
            m.direction,
            m.threshold,
            m.dataset,
            event.source,
            corrected=of_metrics(event.corrections),
        )
        for m in body.metrics
    )
    state.problems.append(
        Problem(body.statement, body.outcome, objectives, body.out_of_scope, event.source, event.corrections)
    )


@model.on(ArtifactPublished)
def _published(state: ModelState, event: Header, body: ArtifactPublished) -> None:
    state.artifacts[event.number] = Artifact(
        body.name,
        body.sha256,
        body.size,
        body.role,
        event.source,
        body.run,
        body.replaces,
        event.corrections,
    )


@model.on(ArtifactRetired)
def _file_retired(state: ModelState, event: Header, body: ArtifactRetired) -> None:
    state.retired[body.artifact] = event.source


@model.on(EvaluationRecorded)
def _evaluated(state: ModelState, event: Header, body: EvaluationRecorded) -> None:
    data = tuple(f"{d.name}@{d.version}" if d.version else d.name for d in body.datasets)
    state.evaluations.append(
        Evaluation(
            body.title,
            body.kind,
            body.version,
            body.run,
            data,
            measures_of(body.metrics),
            event.source,
            event.corrections,
        )
    )


@model.on(HandoverRecorded)
def _handed_over(state: ModelState, event: Header, body: HandoverRecorded) -> None:
    state.handovers.append(
        Handover(body.giver, body.taker, body.duties, event.source, body.contacts, event.corrections)
    )
    if body.ownership:
        state.profile["owner"] = Cited(body.taker, event.source, event.corrections)


@model.on(VersionReleased)
def _released(state: ModelState, event: Header, body: VersionReleased) -> None:
    state.releases.append(
        Version(
            body.version,
            body.previous,
            body.notes,
            tuple(Artifact(f.name, f.sha256, f.size, f.role, event.source) for f in body.artifacts),
            event.source,
            body.run,
            body.decisions,
            body.limitations,
            event.corrections,
        )
    )


@model.finish
def _settle(state: ModelState) -> None:
    resolve = state.trail.resolve
    state.trail.remarks = [
        *(Remark("registered again: the last registration counts", c) for c in state.registrations[1:]),
        *state.stages.settle(resolve),
        *state.decisions.settle(resolve),
        *state.runs.settle(resolve),
        *_name_versions(state),
    ]
    state.discussion.settle(resolve)
    state.datasets = _data(state)
    state.stage = stage_of(state.stages, state.begun, next(iter(state.registrations), None))
    state.path = [*_beginning(state), *state.stages.steps]
    state.objectives = achieved(state, state.current)


def _name_versions(state: ModelState) -> list[Remark]:
    remarks = []
    state.versions = {}
    for release in state.releases:
        first = state.versions.setdefault(release.name, release)
        if first is not release:
            text = f"version {release.name} is released a second time, after {first.source.number}"
            remarks.append(Remark(text, release.source))
    return remarks


def stage_of(where: Stages, begun: Citation | None, registered: Citation | None) -> Cited | None:
    """The stage of a model, by the rules above, with the event behind it."""
    place = where.foremost
    if place is not None:
        return Cited(place.stage, place.since)
    if where.retired is not None:
        return Cited("retired", where.retired)
    if begun is not None:
        return Cited("in development", begun)
    return Cited("registered", registered) if registered is not None else None


def _beginning(state: ModelState) -> list[Step]:
    first = [Step("registered", citation) for citation in state.registrations[:1]]
    return [*first, *([Step("in development", state.begun)] if state.begun else [])]


def _data(state: ModelState) -> dict[str, list[DataUse]]:
    """Which states of which datasets runs have used, in the order of their last use."""
    uses: dict[tuple[str, str | None], DataUse] = {}
    for run in state.runs.started.values():
        for use in run.uses:
            found = uses.pop((use.name, use.version), None) or DataUse(use.name, use.version, run.source)
            uses[use.name, use.version] = found
            found.source = run.source
            if use.role not in found.roles:
                found.roles.append(use.role)
            if run.name not in found.runs[-1:]:
                found.runs.append(run.name)
    data: dict[str, list[DataUse]] = {}
    for found in uses.values():
        data.setdefault(found.name, []).append(found)
    return data
