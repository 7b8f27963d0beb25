"""Comments: what people say about events."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, EventRef, Refs, Text


@event("comment.added", on=("*",))
class CommentAdded(EventBody):
    """Somebody says something about an event, under their name.

    Record it for a question, an answer, a finding of a review, or what you knew when you signed.
    Answer a comment by commenting on it. A correction is `record.corrected`; a disagreement that
    shall stay visible in every report is `dissent.recorded`.
    """

    on: EventRef = Field(description="the event that is meant; it may be a comment", examples=["46"])
    text: Text = Field(
        description="what there is to say",
        examples=["Region shift accepted because the monitor alerts at a PSI of 0.35."],
    )
    refs: Refs = REFS
