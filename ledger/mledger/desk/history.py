"""How a version moved toward a stage, and away from it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from mledger.errors import NotFoundError
from mledger.projections.model import ModelState
from mledger.projections.order import place
from mledger.registry import unknown

if TYPE_CHECKING:
    from mledger.projections.moves import Move, Step
    from mledger.reader import Reader


@dataclass(frozen=True, slots=True)
class Stop:
    """One step on the way: what happened, from where to where, who asked, who approved, why."""

    number: str
    time: str
    version: str | None
    what: str
    from_stage: str | None
    to_stage: str | None
    by: str
    asked: str | None
    approved: tuple[str, ...]
    why: str
    numbers: tuple[str, ...]
    environment: str | None = None
    against: str | None = None
    """Why the rulebook does not let it count; None if it does."""
    after: str | None = None
    """Of an answer: the event that had moved the version already, of which it says nothing."""

    def to_json(self) -> dict[str, object]:
        """The step as `--json` prints it."""
        return asdict(self)


def history_of(reader: "Reader", stream: str, version: str | None = None) -> list[Stop]:
    """Every step of one version, or of all, in order.

    Errors: NotFoundError for a version of which nothing is recorded; IntegrityError.
    """
    state = reader.replay(stream).state
    if not isinstance(state, ModelState):
        raise NotFoundError(f"{stream} is no model: only versions of models move", fix="mledger log")
    stops = sorted(_stops(state), key=lambda stop: [int(part) for part in stop.number.split(".")])
    found = [stop for stop in stops if version is None or stop.version == version]
    if version is not None and not found:
        known = {stop.version for stop in stops if stop.version}
        raise NotFoundError(unknown("version", version, known), fix=f"mledger history {state.name}")
    return found


def _stops(state: ModelState) -> Iterator[Stop]:
    for release in state.releases:
        source = release.source
        yield Stop(
            source.number, source.time, release.name, "released", None, None, source.by, None, (),
            release.notes, (source.number,),
        )  # fmt: skip
    for number, request in state.stages.requests.items():
        source = request.source
        yield Stop(
            number, source.time, request.version, "asked", request.from_stage, request.to_stage, source.by,
            source.by, (), request.reason, (number,),
        )  # fmt: skip
        for answer in (*request.answers, *request.against):
            stop = _answer(request.version, request.to_stage, request.source.by, answer)
            yield replace(stop, after=_moved_before(state, number, stop.number))
    for step in state.stages.steps:
        if step.what in {"moved", "deployed", "rolled back", "retired"}:
            yield from _moved(step)


def _moved_before(state: ModelState, request: str, answer: str) -> str | None:
    """The last event that moved a request before its answer, if no rollback took that back before it."""
    asked, before = state.stages.requests[request], place(answer)
    no = {one.source.number for one in asked.answers if one.kind == "rejected"}
    backs = [place(one) for one in asked.voids if one not in no and place(one) < before]
    since = max(backs, default=(-1, 0))
    moved = [s.source.number for s in state.stages.steps if s.request == request and s.against is None]
    return next((one for one in reversed(moved) if since < place(one) < before), None)


def _answer(version: str, stage: str, asked: str, answer: "Move") -> Stop:
    source = answer.source
    approved = (source.by,) if answer.kind == "approved" and answer.refused is None else ()
    numbers = tuple(filter(None, (answer.request, source.number)))
    conditions = f" (if {'; '.join(answer.conditions)})" if answer.conditions else ""
    why = f"{answer.reason or ''}{conditions}"
    return Stop(
        source.number,
        source.time,
        version,
        answer.kind,
        None,
        stage,
        source.by,
        asked,
        approved,
        why,
        numbers,
        None,
        answer.refused,
    )


def _moved(step: "Step") -> Iterator[Stop]:
    source = step.source
    stop = Stop(
        source.number,
        source.time,
        step.version,
        step.what,
        step.from_stage,
        step.to_stage,
        source.by,
        step.asked.by if step.asked is not None else None,
        tuple(one.by for one in step.approvals),
        step.reason or "",
        step.numbers,
        step.environment,
        step.against,
    )
    yield stop
    if step.what == "rolled back" and step.before is not None:
        away = Stop(
            source.number, source.time, step.before, "withdrawn", step.to_stage, None, source.by, None, (),
            stop.why, (source.number,),
        )  # fmt: skip
        yield away
