"""What the state of a model says, one statement at a time."""

from collections.abc import Iterator

from mledger.projections import telling
from mledger.projections.base import Statement
from mledger.projections.model import ModelState, Objective
from mledger.projections.moves import Place, Request
from mledger.projections.runs import Run
from mledger.projections.statements import behind
from mledger.projections.telling import shown

_GROUPS = {"owner": "people", "team": "people", "model_type": "architecture", "data_sources": "data"}


def tell(state: ModelState) -> Iterator[Statement]:
    """Each thing that the state says, in the order in which people ask."""
    for name, said in state.profile.items():
        yield Statement(_GROUPS.get(name, "purpose"), name.replace("_", " "), shown(said.value), said.numbers)
    for handover in state.handovers:
        path = f"handover from {handover.giver} ({handover.source.number})"
        value = f"to {handover.taker}: {', '.join(handover.duties)}"
        yield Statement("people", path, value, behind(handover.source, corrected=handover.corrected))
    yield from _framed(state)
    yield from _tested(state)
    yield from _data(state)
    yield from telling.decided(state.decisions)
    yield from _lifecycle(state)
    for version in state.versions.values():
        files = ", ".join(f"{a.name} {a.sha256[:12]}" for a in version.artifacts)
        yield Statement(
            "versions",
            version.name,
            f"released: {files}",
            behind(version.source, corrected=version.corrected),
        )
    retired = state.retired_files()
    for number, artifact in state.artifacts.items():
        yield Statement(
            "versions",
            f"artifact {artifact.name} ({number})",
            f"{artifact.sha256[:12]}{', retired' if number in retired else ''}",
            behind(artifact.source, retired.get(number), corrected=artifact.corrected),
        )
    for number, run in state.runs.started.items():
        yield Statement("runs", f"{run.name} ({number})", ended(run), run.numbers)
    yield from telling.said(state.discussion)
    yield from telling.corrected(state.trail)


def _framed(state: ModelState) -> Iterator[Statement]:
    if state.problems:
        problem = state.problems[-1]
        number = behind(problem.source, corrected=problem.corrected)
        yield Statement("purpose", "problem", problem.statement, number)
        yield Statement("purpose", "outcome", problem.outcome, number)
    for objective in state.objectives:
        where = f" on {objective.dataset}" if objective.dataset else ""
        yield Statement(
            "evaluation", f"objective {objective.name}{where}", reached(objective), objective.numbers
        )


def _tested(state: ModelState) -> Iterator[Statement]:
    for test in state.evaluations:
        of = f" of {test.version or test.run}" if test.version or test.run else ""
        values = ", ".join(f"{m.name} {m.value}" for m in test.measures if m.slice is None)
        path = f"{test.kind}{of}: {test.title} ({test.source.number})"
        yield Statement("evaluation", path, values, behind(test.source, corrected=test.corrected))


def _data(state: ModelState) -> Iterator[Statement]:
    for name, uses in state.datasets.items():
        last = uses[-1]
        yield Statement("data", f"dataset {name}", last.version or "without a version", (last.source.number,))


def _lifecycle(state: ModelState) -> Iterator[Statement]:
    if state.stage is not None:
        yield Statement("promotions", "stage", str(state.stage.value), state.stage.numbers)
    for place in state.stages.places:
        yield Statement("promotions", where(place), standing(place), place.numbers)
    for number, request in state.stages.requests.items():
        path = f"request {number}: {request.version} to {request.to_stage}"
        yield Statement("promotions", path, answered(request), request.numbers)


def reached(objective: Objective) -> str:
    """The objective, and what was achieved."""
    sign = ">=" if objective.direction == "maximize" else "<="
    if objective.met is None:
        return f"{sign} {objective.threshold}, not measured"
    met = "met" if objective.met else "missed"
    return f"{objective.achieved} {sign} {objective.threshold}, {met}"


def where(place: Place) -> str:
    """A stage, with the environment if it is known; a share of the traffic stands for itself."""
    share = f", {place.traffic} ({place.version})" if place.traffic else ""
    return f"{place.stage} in {place.environment}{share}" if place.environment else place.stage


def standing(place: Place) -> str:
    """Which version stands in a place, and how it came there."""
    how = "" if place.environment else f" ({place.how}, no deployment recorded)"
    return f"{place.version}{how}{', NOT ALLOWED' if place.against is not None else ''}"


def answered(request: Request) -> str:
    """The status of a request, and who gave it."""
    if request.status == "rejected":
        people = [[a.source.by for a in request.answers if a.kind == "rejected"][-1]]
    elif request.status == "executed" and request.moved is not None:
        people = [request.moved.by]
    else:
        people = [citation.by for citation in request.approvals] if request.status == "approved" else []
    return f"{request.status} by {', '.join(people)}" if people else request.status


def ended(run: Run) -> str:
    """How a run ended, in a phrase."""
    if run.end is None:
        return f"open, {run.verdict}" if run.verdict else "open"
    return ", ".join(filter(None, (run.outcome, run.verdict, run.end.failure)))
