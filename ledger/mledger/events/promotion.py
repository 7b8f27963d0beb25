"""Promotions: a version asks for its next stage, and somebody answers."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, EventRef, Line, Many, Name, Refs, Text
from mledger.events.free import refuse

_REQUEST = Field(description="the promotion.requested that is meant", examples=["51"])


@event("promotion.requested", on=("model",))
class PromotionRequested(EventBody):
    """A version shall move to another stage, and somebody else is asked whether it may.

    Record it when you would stand for the version there. Good content gives the approver what is
    needed to say no: results against the objectives, open issues, dissent, how to go back.
    """

    version: Name = Field(description="the version that shall move", examples=["2.1"])
    from_stage: Name | None = Field(
        default=None, description="the stage that it has now; absent if it has none", examples=["staging"]
    )
    to_stage: Name = Field(description="the stage that it shall have", examples=["production"])
    reason: Text = Field(
        description="why now, with the results that speak for it",
        examples=["October refresh, see decision 46. AUC 0.9524, gap 0.013, p95 22 ms: all objectives met."],
    )
    risks: Many[Line] = Field(
        default=(), description="what may go wrong", examples=[["late region codes (issue 33)"]]
    )
    rollback_plan: Text | None = Field(
        default=None,
        description="how to go back",
        examples=["2.0 stays warm for 14 days; switch takes a minute."],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _moves(self) -> "PromotionRequested":
        if self.from_stage == self.to_stage:
            raise refuse("should be another stage than from_stage", at="to_stage")
        return self


@event("promotion.approved", on=("model",))
class PromotionApproved(EventBody):
    """The version may move; the signature means approval.

    Record it after looking at the evidence yourself, as somebody other than who asked. Good content
    says what you checked and what you accept knowingly.
    """

    answers = ("request", "promotion.requested")
    meaning = "approval"

    request: EventRef = _REQUEST
    reason: Text = Field(
        description="what convinced you, and what you accept knowingly",
        examples=["Objectives met; fairness better than 2.0. The region shift is watched by the monitor."],
    )
    conditions: Many[Line] = Field(
        default=(), description="what you attach to it", examples=[["the monitor alerts at a PSI of 0.35"]]
    )
    refs: Refs = REFS


@event("promotion.rejected", on=("model",))
class PromotionRejected(EventBody):
    """The version may not move; the signature means rejection.

    Good content says what would have to be shown for another answer.
    """

    answers = ("request", "promotion.requested")
    meaning = "rejection"

    request: EventRef = _REQUEST
    reason: Text = Field(
        description="why not, and what would change that",
        examples=["No latency was measured under full load; repeat with 200 requests a second."],
    )
    refs: Refs = REFS


@event("promotion.executed", on=("model",))
class PromotionExecuted(EventBody):
    """The version has moved to its new stage: what was asked for and approved is now done.

    Record it at the moment of the switch, best by the pipeline that makes it, with a key of its own.
    `deployment.recorded` says what serves where. Good content says how it was done, so that it can
    be undone the same way.
    """

    answers = ("request", "promotion.requested")
    meaning = "responsibility"

    request: EventRef = _REQUEST
    version: Name = Field(description="the version that moved", examples=["2.1"])
    from_stage: Name | None = Field(
        default=None, description="the stage that it had; absent if it had none", examples=["staging"]
    )
    to_stage: Name = Field(description="the stage that it has now", examples=["production"])
    replaced: Name | None = Field(
        default=None, description="the version that had the stage before", examples=["2.0"]
    )
    how: Line | None = Field(
        default=None, description="how it was done", examples=["pipeline release-credit-risk, job 8812"]
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _moves(self) -> "PromotionExecuted":
        if self.from_stage == self.to_stage:
            raise refuse("should be another stage than from_stage", at="to_stage")
        return self
