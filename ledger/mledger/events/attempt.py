"""Attempts: what somebody tried and the rules forbade."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import EventRef, EventType, Line


@event("attempt.refused", on=("*",))
class AttemptRefused(EventBody):
    """Somebody tried to record what the rules forbid, and it was refused.

    Record it never yourself: mledger does, signed with the key that tried, where the policy says
    `record_refusals`: an approval of one's own request, a role that may not, a move without its
    approvals. Good content names rule and event, and nothing of what was refused is kept. It says
    that the rules held and not that anybody meant harm.
    """

    event_type: EventType = Field(
        description="the type of event that was to be recorded", examples=["promotion.approved"]
    )
    rule: Line = Field(
        description="the rule that forbids it, as verification names it", examples=["four-eyes"]
    )
    why: Line = Field(
        description="what the person was told",
        examples=["Alice Example signed event 51 and cannot answer it with promotion.approved"],
    )
    on: EventRef | None = Field(
        default=None, description="the event that was to be answered, if it was an answer", examples=["51"]
    )
