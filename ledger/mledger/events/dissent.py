"""Dissent: disagreement that stays visible."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, EventRef, Refs, Text


@event("dissent.recorded", on=("*",))
class DissentRecorded(EventBody):
    """Somebody disagrees, and wants that to be read wherever the matter is.

    Record it when you were heard and overruled, or could not be heard. It stands beside the
    decision in every report, cannot be taken out, and can only be answered. Good content says what
    will go wrong and how one would notice, so that time can tell who was right.
    """

    on: EventRef = Field(description="the decision, request or other event that is meant", examples=["46"])
    text: Text = Field(
        description="what you disagree with, and why",
        examples=["Two months are too few to judge the new region mix; wait for the November data."],
    )
    instead: Text | None = Field(
        default=None, description="what you would have done", examples=["Keep 2.0 and decide in December."]
    )
    would_settle: Text | None = Field(
        default=None,
        description="what observation would change your mind, or prove you right",
        examples=["AUC below 0.945 on the November data."],
    )
    refs: Refs = REFS
