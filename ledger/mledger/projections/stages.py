"""Stages: which version stands where, since when, and who let it.

The rules, in the words of the events:

1. A request and its approvals move nothing: they wait until somebody moves the version.
2. `promotion.executed` gives the version its place in the stage. It holds the place without an
   environment until a deployment says where it serves; another version that held it so loses it. The
   version also leaves the stage that it came from, unless an environment there still serves it.
3. `deployment.recorded` puts the version into an environment of a stage, approved or not: a state
   says what is, and who approved it, or that nobody did. It takes the place of what served there,
   unless its `traffic` is a share below 100 %: then it stands beside it.
4. `rollback.executed` puts the earlier version back, in one environment, or wherever in the stage
   the withdrawn version stands. What was approved of that version for the stage, and not yet moved,
   waits for approvals again.
5. `model.retired` empties all stages. What is deployed afterwards stands again, with a remark.
6. A move rests on the request that it names, or, where it names none, on the last one of its version
   and stage that was approved. Who approved it are those whose approvals stand in earlier entries:
   what comes later changes nothing about it, and a rejection, or a rollback from the version, takes
   away the approvals before it.
7. The last answer to a request is its status, until the version is moved: then it is executed, or
   rolled back. A rejection after that changes the status and moves nothing: only a rollback does.
8. An approval that the rulebook refuses does not count, nor does a rejection by somebody who may not
   reject. A version that was moved against the rules is shown where the event puts it, with what the
   rulebook says: to hide it would be no help to whoever has to act. Its request waits on.

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
            walk.hear(move)
        for move in self.moves:
            walk.take(move)
        self.places, self.steps, self.retired = walk.places, walk.steps, walk.retired
        return walk.remarks

    def unsettle(self) -> None:
        """Let go of what follows from the rest, where only the rest is kept."""
        self.places, self.steps, self.retired = [], [], None
        for request in self.requests.values():
            request.status, request.moved = "open", None
            request.answers, request.against, request.voids = [], [], []

    @property
    def foremost(self) -> Place | None:
        """The place that counts for the model as a whole.

        Production before other stages, what serves before what was moved there, all of the traffic
        before a share of it, and then the latest.
        """
        if not self.places:
            return None
        return max(enumerate(self.places), key=_weight)[1]


def _is_void(answer: Move) -> bool:
    """Whether an answer, or a rollback, takes nothing away and adds nothing: so it is to the rulebook."""
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
        self.spelt: dict[str, str] = {}
        self.fitting: dict[tuple[str, str], list[Request]] = {}
        for request in requests.values():
            self.fitting.setdefault((request.version, request.to_stage.casefold()), []).append(request)

    # --- answers

    def hear(self, move: Move) -> None:
        """Note what is said to requests: a move is judged by all answers that were recorded before it."""
        if move.kind == "rolled back" and not _is_void(move):
            for request in self._of(move.before or "", move.stage):
                request.voids.append(move.source.number)
        if move.kind not in {"approved", "rejected"}:
            return
        asked = self.requests.get(self.resolve(move.request) or "")
        if asked is None:
            self.remarks.append(
                Remark(f"{move.kind} request {move.request}, which is not there to be read", move.source)
            )
        elif _is_void(move):
            asked.against.append(move)
        else:
            asked.answers.append(move)
            if move.kind == "rejected":
                asked.voids.append(move.source.number)

    def _of(self, version: str, stage: str) -> list[Request]:
        """The requests of a version for a stage."""
        return self.fitting.get((version, stage.casefold()), [])

    def _answer(self, move: Move) -> None:
        """What an answer makes of its request."""
        number = self.resolve(move.request)
        request = self.requests.get(number or "")
        if request is None or _is_void(move):
            return
        if move.kind == "rejected":
            if request.moved is not None:
                words = f"request {number} is rejected after event {request.moved.number} moved the version"
                self.remarks.append(Remark(f"{words}: only a rollback moves it back", move.source))
            elif request.status == "approved":
                self.remarks.append(
                    Remark(f"request {number} is rejected after it was approved", move.source)
                )
            request.status = "rejected"
        elif request.moved is not None:
            request.status = "executed"
        else:
            lacks = move.ruling is not None and move.ruling.lacks
            request.status = "open" if lacks else "approved"

    # --- moves

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
                number = self._under(move)
                place = self._stand(move)
                self._vouch(place, move, number)
                self.steps.append(self._step(move, number))
                self._carry_out(move, number)

    def _stand(self, move: Move) -> Place:
        """Where the version stands after the move."""
        stage, left = self._spell(move.stage), move.from_stage and self._spell(move.from_stage)
        if (stage, left) != (move.stage, move.from_stage):
            move = replace(move, stage=stage, from_stage=left)
        if move.kind == "moved":
            return self._execute(move)
        return self._deploy(move) if move.kind == "deployed" else self._roll_back(move)

    def _spell(self, stage: str) -> str:
        """A stage as it was spelt first: its capitals make no other stage of it."""
        return self.spelt.setdefault(stage.casefold(), stage)

    def _under(self, move: Move) -> str | None:
        """The request that a move rests on, if there is one of its version and stage."""
        fitting = self._of(move.version, move.stage)
        if move.request is not None:
            number = self.resolve(move.request)
            return number if self.requests.get(number or "") in fitting else None
        return next((r.source.number for r in reversed(fitting) if r.standing(move.source.number)), None)

    def _vouch(self, place: Place, move: Move, number: str | None) -> None:
        """Say of a place on which request and approvals it rests, and what the rulebook says."""
        place.against, place.request = move.refused, number
        place.approvals = self._approvals(move, number)

    def _approvals(self, move: Move, number: str | None) -> tuple[Citation, ...]:
        return () if number is None else self.requests[number].standing(move.source.number)

    def _carry_out(self, move: Move, number: str | None) -> None:
        """What a move that counts makes of the requests: its own, and those of what is withdrawn."""
        if move.kind == "rolled back" and not _is_void(move):
            for request in self._of(move.before or "", move.stage):
                if request.moved is not None:
                    request.status, request.moved = "rolled back", None
                elif request.status == "approved" and not request.approvals:
                    request.status = "open"
        if number is not None and move.refused is None:
            request = self.requests[number]
            request.status = "executed"
            if request.moved is None or move.kind == "moved":
                request.moved = move.source

    def _execute(self, move: Move) -> Place:
        version, stage = move.version, move.stage
        if move.from_stage is not None:
            self._leave(move.from_stage, None, version)
        serving = self._served(stage, version)
        self._leave(stage, None)
        for place in serving:
            self._vouch(place, move, self._under(move))
        return serving[-1] if serving else self._put(Place(stage, None, version, "moved", move.source))

    def _deploy(self, move: Move) -> Place:
        stage, where, share = move.stage, move.environment, is_share(move.traffic)
        held = self._serving(stage, where, move.version, share=share)
        self._leave(stage, where, move.version if share else None)
        self._leave(stage, None, move.version)
        if (number := self._under(move)) is not None and (origin := self.requests[number].from_stage):
            self._leave(self._spell(origin), None, move.version)
        place = Place(stage, where, move.version, "deployed", move.source, move.traffic)
        if held is not None:
            place.since, place.how = held.since, held.how
        return self._put(place)

    def _roll_back(self, move: Move) -> Place:
        stage, number = move.stage, self._under(move)
        left = [p.environment for p in self.places if (p.stage, p.version) == (stage, move.before)]
        everywhere = list(dict.fromkeys(left)) or [None]
        wheres = everywhere if move.environment is None else [move.environment]
        if wheres == [None] and (serving := self._served(stage, move.version)):
            self._leave(stage, None)  # it serves there still: it was moved away, and never taken down
            placed = serving
        else:
            placed = [self._put_back(move, stage, where) for where in wheres]
        for place in placed:
            self._vouch(place, move, number)
        return placed[-1]

    def _put_back(self, move: Move, stage: str, where: str | None) -> Place:
        """The earlier version in one environment; where it served beside a share, it serves alone."""
        held = self._serving(stage, where, move.version)
        self._leave(stage, where, move.before if held else None)
        return held or self._put(Place(stage, where, move.version, "rolled back", move.source))

    def _served(self, stage: str, version: str) -> list[Place]:
        """The places of a version in environments of a stage."""
        return [p for p in self.places if (p.stage, p.version) == (stage, version) and p.environment]

    def _serving(
        self, stage: str, environment: str | None, version: str, *, share: bool = False
    ) -> Place | None:
        """The place of a version in an environment: for all requests, or for a share of them."""
        for place in self.places:
            same = (place.stage, place.environment, place.version) == (stage, environment, version)
            if same and is_share(place.traffic) == share:
                return place
        return None

    def _put(self, place: Place) -> Place:
        self.places.append(place)
        return place

    def _leave(self, stage: str, environment: str | None, version: str | None = None) -> None:
        """Clear an environment of a stage, of one version or of all."""
        self.places = [
            p for p in self.places
            if (p.stage, p.environment) != (stage, environment) or version not in {None, p.version}
        ]  # fmt: skip

    def _step(self, move: Move, number: str | None) -> Step:
        return Step(
            move.kind,
            move.source,
            move.version,
            move.from_stage,
            move.stage,
            move.environment,
            move.before,
            move.reason,
            number,
            self.requests[number].source if number is not None else None,
            self._approvals(move, number),
            move.corrected,
            move.refused,
        )

    def _after_the_end(self, move: Move) -> None:
        if self.retired is not None:
            self.remarks.append(Remark(f"{move.kind} after the model was retired", move.source))
