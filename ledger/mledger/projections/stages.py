"""Stages: which version stands where, since when, and who let it.

The rules, in the words of the events:

1. An approved `promotion.requested` gives its version a place in the stage that it asked for, from the
   approval on after which the policy misses none. The version holds the place without an environment
   until a deployment says where it serves; another version that held it so loses it. The version also
   leaves the stage that it came from, unless an environment there still serves it.
2. `promotion.executed` gives the version its place in the same way, and says that it has moved.
3. `deployment.recorded` puts the version into an environment of a stage, approved or not: a state
   says what is, and who approved it, or that nobody did. It takes the place of what served there,
   unless its `traffic` is a share below 100 %: then it stands beside it.
4. `rollback.executed` puts the earlier version back, in one environment, or wherever in the stage
   the withdrawn version stands.
5. `model.retired` empties all stages. What is deployed afterwards stands again, with a remark.
6. The last answer to a request is its status. A rejection that comes after an approval changes the
   status and moves nothing: only a rollback does.
7. An approval that the rulebook refuses does not count, nor does a rejection by somebody who may not
   reject. A version that was moved against the rules is shown where the event puts it, with what the
   rulebook says: to hide it would be no help to whoever has to act.

Moves count in the order of the facts: of recording, or of occurrence where a history is cut by it.
"""

from dataclasses import dataclass, field, replace

from mledger.events.base import EventBody
from mledger.events.promotion import PromotionRequested
from mledger.projections.moves import Move, Place, Request, Resolve, Step, is_share, move_of
from mledger.projections.statements import Citation, Header, Remark

PRODUCTION = frozenset({"production", "prod"})


@dataclass(slots=True)
class Stages:
    """Requests and moves as recorded; places and steps as they follow from them."""

    requests: dict[str, Request] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    retired: Citation | None = None

    def add(self, event: Header, body: EventBody, *, reasons: bool = True) -> None:
        """Take in one event of `EVENTS`; without `reasons` only what moves is kept."""
        if isinstance(body, PromotionRequested):
            if event.ruling is not None and not event.ruling.heard:
                return  # the rulebook does not know it either
            reason = body.reason if reasons else ""
            self.requests[event.number] = Request(
                body.version, body.from_stage, body.to_stage, reason, event.source, event.corrections
            )
        elif (move := move_of(event, body)) is not None:
            self.moves.append(move if reasons else replace(move, reason=None, conditions=()))

    def settle(self, resolve: Resolve) -> list[Remark]:
        """Work out answers, places and steps from all that was taken in; what does not fit is returned."""
        self.unsettle()
        walk = _Walk(self.requests, resolve)
        for move in self.moves:
            walk.take(move)
        self.places, self.retired = walk.places, walk.retired
        for place in self.places:
            if place.request is not None:
                place.approvals = self.requests[place.request].approvals
        self.steps = [self._signed(step) for step in walk.steps]
        return walk.remarks

    def unsettle(self) -> None:
        """Let go of what follows from the rest, where only the rest is kept."""
        self.places, self.steps, self.retired = [], [], None
        for request in self.requests.values():
            request.status, request.answers, request.against = "open", [], []

    def _signed(self, step: Step) -> Step:
        """The step with who asked for it and who approved it."""
        if step.request is None:
            return step
        request = self.requests[step.request]
        return replace(step, asked=request.source, approvals=request.approvals)

    @property
    def foremost(self) -> Place | None:
        """The place that counts for the model as a whole.

        Production before other stages, what serves before what is approved, all requests before a
        share of them, and then the latest.
        """
        if not self.places:
            return None
        return max(enumerate(self.places), key=_weight)[1]


def _is_void(answer: Move) -> bool:
    """Whether an answer does not count: then the rulebook does not count it either."""
    if answer.ruling is None or answer.refused is None:
        return False
    return answer.kind == "approved" or not answer.ruling.heard


def _weight(item: tuple[int, Place]) -> tuple[bool, bool, bool, int]:
    index, place = item
    live = place.stage.casefold() in PRODUCTION
    return live, place.environment is not None, not is_share(place.traffic), index


class _Walk:
    """The places as the moves make them, one after the other."""

    def __init__(self, requests: dict[str, Request], resolve: Resolve) -> None:
        self.requests = requests
        self.resolve = resolve
        self.places: list[Place] = []
        self.steps: list[Step] = []
        self.remarks: list[Remark] = []
        self.retired: Citation | None = None
        self.approved: dict[tuple[str, str], str] = {}

    def take(self, move: Move) -> None:
        match move.kind:
            case "approved" | "rejected":
                self._answer(move)
            case "retired" if move.refused is not None:
                pass
            case "retired":
                self.places, self.retired = [], move.source
                self.steps.append(Step("retired", move.source, reason=move.reason, corrected=move.corrected))
            case "moved" | "deployed" | "rolled back":
                self._after_the_end(move)
                place = self._stand(move)
                place.against = move.refused
                self.steps.append(self._step(move, place))

    def _stand(self, move: Move) -> Place:
        """Where the version stands after the move."""
        if move.kind == "moved":
            return self._execute(move)
        return self._deploy(move) if move.kind == "deployed" else self._roll_back(move)

    def _answer(self, move: Move) -> None:
        number = self.resolve(move.request)
        request = self.requests.get(number or "")
        if request is None or number is None:
            self.remarks.append(
                Remark(f"{move.kind} request {move.request}, which is not there to be read", move.source)
            )
            return
        if _is_void(move):
            request.against.append(move)
            return
        request.answers.append(move)
        if move.kind == "approved" and move.ruling is not None and move.ruling.lacks:
            request.status = "open"
            return
        before, request.status = request.status, "approved" if move.kind == "approved" else "rejected"
        if move.kind == "rejected":
            if before == "approved":
                self.remarks.append(
                    Remark(f"request {number} is rejected after it was approved", move.source)
                )
        elif before != "approved":  # one more signature moves nothing
            self._after_the_end(move)
            self.approved[request.version, request.to_stage] = number
            self._approve(request, number, move)
            self.steps.append(self._promoted(request, number, move))

    def _approve(self, request: Request, number: str, move: Move) -> None:
        """Give the version its place, or the places that it has already the approval."""
        version, stage = request.version, request.to_stage
        if request.from_stage is not None:
            self._leave(request.from_stage, None, version)
        standing = [place for place in self.places if (place.stage, place.version) == (stage, version)]
        if not standing:
            self._leave(stage, None)
            standing = [self._put(Place(stage, None, version, "approved", move.source))]
        for place in standing:
            place.request = number

    def _promoted(self, request: Request, number: str, move: Move) -> Step:
        return Step(
            "promoted",
            move.source,
            request.version,
            request.from_stage,
            request.to_stage,
            reason=request.reason,
            request=number,
            corrected=(*request.corrected, *move.corrected),
        )

    def _execute(self, move: Move) -> Place:
        version, stage = move.version, move.stage
        if move.from_stage is not None:
            self._leave(move.from_stage, None, version)
        serving = [p for p in self.places if (p.stage, p.version) == (stage, version) and p.environment]
        self._leave(stage, None)
        if serving:
            return self._vouched(serving[-1], move.request)
        return self._put(self._vouched(Place(stage, None, version, "moved", move.source), move.request))

    def _deploy(self, move: Move) -> Place:
        stage, where, share = move.stage, move.environment, is_share(move.traffic)
        held = self._serving(stage, where, move.version, share=share)
        self._leave(stage, where, move.version if share else None)
        self._leave(stage, None, move.version)
        place = Place(stage, where, move.version, "deployed", move.source, move.traffic)
        if held is not None:
            place.since, place.how = held.since, held.how
        return self._put(self._vouched(place, move.request))

    def _roll_back(self, move: Move) -> Place:
        stage = move.stage
        left = [p.environment for p in self.places if (p.stage, p.version) == (stage, move.before)]
        everywhere = list(dict.fromkeys(left)) or [None]
        wheres = everywhere if move.environment is None else [move.environment]
        placed = [self._put_back(move, stage, where) for where in wheres]
        for place in placed:
            place.against = move.refused
        return placed[-1]

    def _put_back(self, move: Move, stage: str, where: str | None) -> Place:
        """The earlier version in one environment; where it served beside a share, it serves alone."""
        held = self._serving(stage, where, move.version)
        self._leave(stage, where, move.before if held else None)
        return held or self._put(
            self._vouched(Place(stage, where, move.version, "rolled back", move.source), move.request)
        )

    def _serving(
        self, stage: str, environment: str | None, version: str, *, share: bool = False
    ) -> Place | None:
        """The place of a version in an environment: for all requests, or for a share of them."""
        for place in self.places:
            same = (place.stage, place.environment, place.version) == (stage, environment, version)
            if same and is_share(place.traffic) == share:
                return place
        return None

    def _vouched(self, place: Place, request: str | None = None) -> Place:
        """The place with the request that allows the version in the stage, if there is one."""
        number = self.approved.get((place.version, place.stage)) or self.resolve(request)
        asked = self.requests.get(number or "")
        if asked is not None and (asked.version, asked.to_stage) == (place.version, place.stage):
            place.request = number
        return place

    def _put(self, place: Place) -> Place:
        self.places.append(place)
        return place

    def _leave(self, stage: str, environment: str | None, version: str | None = None) -> None:
        """Clear an environment of a stage, of one version or of all."""
        self.places = [
            p for p in self.places
            if (p.stage, p.environment) != (stage, environment) or version not in {None, p.version}
        ]  # fmt: skip

    def _step(self, move: Move, place: Place) -> Step:
        return Step(
            move.kind,
            move.source,
            move.version,
            move.from_stage,
            move.stage,
            move.environment,
            move.before,
            move.reason,
            place.request,
            corrected=move.corrected,
            against=move.refused,
        )

    def _after_the_end(self, move: Move) -> None:
        if self.retired is not None:
            self.remarks.append(Remark(f"{move.kind} after the model was retired", move.source))
