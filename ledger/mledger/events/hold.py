"""Legal holds: what stays while a matter is open."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import EventRef, Line, Text


@event("hold.placed", on=("*",))
class HoldPlaced(EventBody):
    """Nothing on this stream may be erased until the hold is lifted, whatever the period of retention.

    Record it when a claim, an inquiry or an investigation is expected or begins. Good content names
    the matter so that whoever meets the hold in ten years knows whom to ask, and holds nothing
    private: this event can itself never be redacted.
    """

    meaning = "responsibility"

    matter: Line = Field(
        description="the claim, inquiry or investigation", examples=["Inquiry 2026/117 of the supervisor"]
    )
    authority: Line = Field(
        description="the person or office that decided", examples=["General counsel, Frida Example"]
    )
    reason: Text | None = Field(
        default=None,
        description="what must be kept, and why",
        examples=["All decisions on credit-risk since 2024 may be asked for."],
    )


@event("hold.lifted", on=("*",))
class HoldLifted(EventBody):
    """A hold ends: from the next entry on, only the periods of retention keep what stands here.

    Record it on the stream of the hold, once the matter is closed; every hold ends by itself, and
    others on the same stream stay. Say who decided that, and on what ground.
    """

    meaning = "responsibility"

    hold: EventRef = Field(description="the hold that ends", examples=["1310"])
    reason: Text = Field(
        description="why it ends, and who decided that",
        examples=["The inquiry was closed on 2 March without a finding; Frida Example."],
    )
