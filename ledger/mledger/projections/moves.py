"""What requests, approvals, deployments and rollbacks do: moves, places, steps."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from mledger.chain.history import Ruling
from mledger.events.base import EventBody
from mledger.events.deployment import DeploymentRecorded
from mledger.events.model import ModelRetired
from mledger.events.promotion import (
    PromotionApproved,
    PromotionExecuted,
    PromotionRejected,
    PromotionRequested,
)
from mledger.events.rollback import RollbackExecuted
from mledger.projections.order import place
from mledger.projections.statements import Citation, Correction, Header, behind

How = Literal["moved", "deployed", "rolled back"]
Kind = Literal["approved", "rejected", "moved", "deployed", "rolled back", "retired"]
Resolve = Callable[[str | None], str | None]

EVENTS = (
    PromotionRequested,
    PromotionApproved,
    PromotionRejected,
    PromotionExecuted,
    DeploymentRecorded,
    RollbackExecuted,
    ModelRetired,
)
_SHARE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*%")


@dataclass(frozen=True, slots=True)
class Move:
    """What one event does: an answer to a request, a promotion, a deployment, a rollback, the retirement.

    `version` is the one that stands afterwards, `before` the one that is withdrawn.
    """

    kind: Kind
    source: Citation
    version: str = ""
    stage: str = ""
    environment: str | None = None
    traffic: str | None = None
    before: str | None = None
    from_stage: str | None = None
    request: str | None = None
    reason: str | None = None
    conditions: tuple[str, ...] = ()
    corrected: tuple[Correction, ...] = ()
    ruling: Ruling | None = None

    @property
    def refused(self) -> str | None:
        """Why the rulebook does not let it count; None if it does."""
        return None if self.ruling is None else self.ruling.refused


@dataclass(slots=True)
class Request:
    """A version that asks for another stage, and what became of it, which follows from the moves.

    `moved` is the event that brought the version there, until a rollback takes it away again.
    """

    version: str
    from_stage: str | None
    to_stage: str
    reason: str
    source: Citation
    corrected: tuple[Correction, ...] = ()
    status: Literal["open", "approved", "rejected", "executed", "rolled back"] = "open"
    answers: list[Move] = field(default_factory=list)
    against: list[Move] = field(default_factory=list)
    """Answers that do not count, for the rulebook refuses them."""
    voids: list[str] = field(default_factory=list)
    """The rejections and rollbacks that took away the approvals before them, by event number."""
    moved: Citation | None = None

    def standing(self, before: str | None = None) -> tuple[Citation, ...]:
        """The approvals that stand before the entry of an event, or by now; of each person the first.

        A rejection, and a rollback from the version, takes away those before it.
        """
        end = None if before is None else place(before)[0]
        voids = (place(number)[0] for number in self.voids)
        void = max((seq for seq in voids if _early(seq, end)), default=-1)
        found: dict[str, Citation] = {}
        for answer in self.answers:
            seq = place(answer.source.number)[0]
            if answer.kind == "approved" and seq > void and _early(seq, end):
                found.setdefault(answer.source.by, answer.source)
        return tuple(found.values())

    @property
    def approvals(self) -> tuple[Citation, ...]:
        """The approvals that stand by now, in order."""
        return self.standing()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        answers = (answer.source for answer in self.answers)
        return behind(self.source, *answers, self.moved, corrected=self.corrected)


def _early(seq: int, end: int | None) -> bool:
    return end is None or seq < end


@dataclass(slots=True)
class Place:
    """A version that stands in a stage; without an environment it is not known to serve.

    `approvals` are those that stood when it was moved there.
    """

    stage: str
    environment: str | None
    version: str
    how: How
    since: Citation
    traffic: str | None = None
    request: str | None = None
    approvals: tuple[Citation, ...] = ()
    against: str | None = None
    """Why the rulebook refuses that it stands there; None if it does not."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return behind(self.since, *self.approvals)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a model's life: what moved, from where to where, who asked, who approved, why."""

    what: str
    source: Citation
    version: str | None = None
    from_stage: str | None = None
    to_stage: str | None = None
    environment: str | None = None
    before: str | None = None
    reason: str | None = None
    request: str | None = None
    asked: Citation | None = None
    approvals: tuple[Citation, ...] = ()
    corrected: tuple[Correction, ...] = ()
    against: str | None = None
    """Why the rulebook refuses it; None if it does not."""

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return behind(self.source, self.asked, *self.approvals, corrected=self.corrected)


def move_of(event: Header, body: EventBody) -> Move | None:
    """The move that an event makes, if it makes one."""
    move = partial(Move, source=event.source, corrected=event.corrections, ruling=event.ruling)
    match body:
        case PromotionApproved():
            return move("approved", request=body.request, reason=body.reason, conditions=body.conditions)
        case PromotionRejected():
            return move("rejected", request=body.request, reason=body.reason)
        case PromotionExecuted() | DeploymentRecorded() | RollbackExecuted():
            return _placed(move, body)
        case ModelRetired():
            return move("retired", reason=body.reason)
        case _:
            return None


def _placed(move: "partial[Move]", body: PromotionExecuted | DeploymentRecorded | RollbackExecuted) -> Move:
    """The move of a version to a place."""
    match body:
        case PromotionExecuted():
            return move(
                "moved",
                version=body.version,
                stage=body.to_stage,
                before=body.replaced,
                from_stage=body.from_stage,
                request=body.request,
                reason=body.how,
            )
        case DeploymentRecorded():
            return move(
                "deployed",
                version=body.version,
                stage=body.stage,
                environment=body.environment,
                traffic=body.traffic,
                request=body.request,
                reason=body.reason,
            )
        case RollbackExecuted():
            return move(
                "rolled back",
                version=body.to_version,
                stage=body.stage,
                environment=body.environment,
                request=body.request,
                before=body.from_version,
                reason=body.reason,
            )


def is_share(traffic: str | None) -> bool:
    """Whether the text begins with a percentage below 100."""
    found = _SHARE.match(traffic or "")
    return found is not None and float(found[1]) < 100
