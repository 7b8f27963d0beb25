"""Waivers: rules that do not apply for once."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Day, EventRef, Line, Many, Name, Refs, Text


@event("waiver.granted", on=("*",))
class WaiverGranted(EventBody):
    """A rule is not enforced here until a day, and the signer answers for it.

    Record it when a check fails, and waiting would be worse than going on. It ends by itself.
    Good content says what may go wrong meanwhile, what is done instead, and who will mend it by
    then. Whoever asks for a waiver should not be the one who grants it.
    """

    meaning = "responsibility"

    rule: Line = Field(description="the rule, by the name that checks print", examples=["DATA-006"])
    reason: Text = Field(
        description="why it is better to go on",
        examples=["The late codes are 0.4 % of September; October is complete and the release cannot wait."],
    )
    until: Day = Field(description="the last day on which it holds", examples=["2027-01-31"])
    on: EventRef | None = Field(
        default=None,
        description="the event that it is for; absent: all that the rule finds here",
        examples=["33"],
    )
    version: Name | None = Field(
        default=None, description="the version that it is for, if it is for one", examples=["2.1"]
    )
    conditions: Many[Line] = Field(
        default=(),
        description="what is done instead, as long as it holds",
        examples=[["scores of region 7 are checked by hand"]],
    )
    requested_by: Name | None = Field(
        default=None, description="who asked for it", examples=["Alice Example"]
    )
    refs: Refs = REFS
