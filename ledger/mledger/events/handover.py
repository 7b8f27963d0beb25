"""Handovers: who answers from now on."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Day, Distinct, EventRef, Line, Many, Name, Part, Refs, Text
from mledger.events.free import refuse


class OpenItem(Part):
    """Something that is not finished."""

    what: Line = Field(
        description="what is to be done", examples=["answer the audit finding on region codes"]
    )
    event: EventRef | None = Field(default=None, description="the event that it is about", examples=["33"])
    due: Day | None = Field(default=None, description="until when", examples=["2027-01-15"])


@event("handover.recorded", on=("*",))
class HandoverRecorded(EventBody):
    """One person takes over from another what they answered for.

    Record it before the old holder leaves, and while questions can still be asked; keys and roles
    change by events of their own. Good content is what is not written anywhere else: what is
    half done, what is feared, whom to ask. Reviews that are named here are due from the new holder.
    """

    meaning = "responsibility"

    giver: Name = Field(alias="from", description="who answered for it until now", examples=["Carol Example"])
    taker: Name = Field(alias="to", description="who answers for it from now on", examples=["Bob Example"])
    duties: Many[Line] = Field(
        min_length=1,
        description="what is handed over",
        examples=[["validation of credit-risk", "quarterly review of its decisions"]],
    )
    open_items: Many[OpenItem] = Field(
        default=(),
        description="what is not finished",
        examples=[[{"what": "answer the audit finding on region codes", "event": "33"}]],
    )
    reviews: Distinct[EventRef] = Field(
        default=(),
        description="each review.scheduled whose owner changes",
        examples=[["61"]],
    )
    ownership: bool | None = Field(
        default=None,
        description="whether the new holder also answers for the model or dataset as a whole",
        examples=[True],
    )
    effective: Day | None = Field(default=None, description="from which day on", examples=["2026-12-01"])
    contacts: Many[Line] = Field(
        default=(), description="whom to ask later", examples=[["Carol Example, carol@group.example"]]
    )
    notes: Text | None = Field(
        default=None,
        description="what is written nowhere else",
        examples=["Officers of region 7 correct scores by hand on Fridays; their log is on paper."],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _moves(self) -> "HandoverRecorded":
        if self.giver == self.taker:
            raise refuse("should be somebody else than from", at="to")
        return self
