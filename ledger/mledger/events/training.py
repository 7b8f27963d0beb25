"""Training of people: who has learnt what they need for their role."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Day,
    Digest,
    Distinct,
    EventRef,
    Line,
    Many,
    Name,
    Refs,
    RoleName,
    Text,
)


@event("training.attested", on=("ledger",))
class TrainingAttested(EventBody):
    """A person has learnt what a role asks, or has read rules and will keep to them.

    Record it before the role is granted, and again when what was learnt runs out; it is about
    people, not about models. The person signs for having read and understood, a teacher or superior
    for a skill. Good content names the edition of what was read, or how the skill was tested.
    """

    meaning = "responsibility"

    person: Name = Field(description="who was trained, by the printed name", examples=["Bob Example"])
    key: Digest | None = Field(
        default=None, description="the id of the person's key, if there is one yet", examples=["b" * 64]
    )
    subject: Line = Field(description="what was learnt or read", examples=["Approving promotions, edition 3"])
    roles: Distinct[RoleName] = Field(
        default=(), description="the roles that it is for", examples=[["reviewer"]]
    )
    acknowledges: EventRef | None = Field(
        default=None,
        description="the policy.adopted, or other event, that the person has read and will keep to",
        examples=["0"],
    )
    by: Name | None = Field(default=None, description="who taught or tested", examples=["Dora Example"])
    test: Line | None = Field(
        default=None, description="how it was tested", examples=["two supervised reviews, events 12 and 19"]
    )
    completed: Day = Field(description="the day", examples=["2026-10-02"])
    valid_until: Day | None = Field(default=None, description="when it runs out", examples=["2028-10-01"])
    material: Many[Line] = Field(
        default=(), description="what was used", examples=[["handbook of model reviews, edition 3"]]
    )
    notes: Text | None = Field(
        default=None, description="what else there is to say", examples=["Repeats the course of 2024."]
    )
    refs: Refs = REFS
