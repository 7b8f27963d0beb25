"""Acts: what the policy calls grave, asked for and agreed to."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import EventRef, EventType, Params, Text
from mledger.events.free import refuse
from mledger.events.governing import may_be_grave


@event("act.requested", on=("*",))
class ActRequested(EventBody):
    """Somebody asks others to agree to an act that the policy calls grave.

    Record it where the act itself will stand, by the command that does the act, with --request. It
    holds the whole act, so that whoever agrees sees it all; when enough people have approved,
    exactly this can be recorded, once. It can itself never be redacted.
    """

    act: EventType = Field(
        description="the type of the event that is to be recorded", examples=["key.revoked"]
    )
    fields: Params = Field(
        description="the fields of that event, all of them",
        examples=[{"key": "b" * 64, "reason": "Laptop stolen on the train."}],
    )
    reason: Text = Field(
        description="why it should be done", examples=["Bob reported his laptop stolen this morning."]
    )

    @model_validator(mode="after")
    def _is_an_act(self) -> "ActRequested":
        if not may_be_grave(self.act):
            raise refuse("should be a type that a policy may call grave", at="act")
        if not self.fields:
            raise refuse("should hold the fields of the act", at="fields")
        return self


@event("act.approved", on=("*",))
class ActApproved(EventBody):
    """Somebody agrees to an act that was asked for, in the roles that their key holds.

    Record it with `mledger approve` once you know why the act is needed, and from another source than
    the request. Good content says how you made sure. Who asked does not count, nor does a second
    approval by the same person.
    """

    meaning = "approval"
    answers = ("request", "act.requested")

    request: EventRef = Field(description="the act.requested that is approved", examples=["41"])
    reason: Text = Field(
        description="how you made sure", examples=["Called Bob; the police report is attached to the ticket."]
    )


@event("act.rejected", on=("*",))
class ActRejected(EventBody):
    """Somebody does not agree to an act; approvals given before that count no more.

    Record it with `mledger reject`. Good content says what would have to be shown for another answer,
    or what should be done instead.
    """

    meaning = "rejection"
    answers = ("request", "act.requested")

    request: EventRef = Field(description="the act.requested that is rejected", examples=["41"])
    reason: Text = Field(
        description="what speaks against it", examples=["The key is in the safe: nothing was stolen."]
    )
