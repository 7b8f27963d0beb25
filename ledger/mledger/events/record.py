"""Records: how what was recorded is put right, without touching it."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, EventRef, Line, Params, Refs, Text
from mledger.events.free import refuse


@event("record.corrected", on=("*",))
class RecordCorrected(EventBody):
    """An earlier event said something wrong; this says what is right, and both stay.

    Record it for a slip: a number, a name, a wrong licence. It goes on the stream of the event that
    it corrects. A change of mind is no correction: record a new decision. Good content says how the
    error came about and who may have relied on it.
    """

    event: EventRef = Field(description="the event that is wrong", examples=["990"])
    fields: Params = Field(
        description="each wrong field by its path, with what it should have said",
        examples=[{"licence": "internal, no transfer outside the group", "digests[0].size": 1900000000}],
    )
    reason: Text = Field(
        description="how the error came about, and who may have relied on it",
        examples=["Copied from the sheet of another dataset; no release was made in between."],
    )
    found_by: Line | None = Field(default=None, description="who noticed", examples=["Dora Example"])
    refs: Refs = REFS

    @model_validator(mode="after")
    def _changes(self) -> "RecordCorrected":
        if not self.fields:
            raise refuse("should name at least one field", at="fields")
        return self


@event("record.redacted", on=("*",))
class RecordRedacted(EventBody):
    """The content of an earlier event is erased; that it existed, who signed it, and why it went stay.

    Record it when the law or an authority asks for erasure. After it is durable the body and its
    salt are overwritten, and no proof breaks. Nothing brings the content back. Good content names
    the article or the order and who decided, and holds nothing of what is erased: this event can
    itself never be redacted.
    """

    meaning = "responsibility"

    event: EventRef = Field(description="the event whose content is erased", examples=["1107"])
    legal_basis: Line = Field(description="the article, order or contract", examples=["GDPR Art. 17(1)(b)"])
    authority: Line = Field(
        description="the person or office that decided", examples=["Data protection officer, Dora Example"]
    )
    reason: Text | None = Field(
        default=None,
        description="what may be said of the case",
        examples=["A comment named an applicant; consent was withdrawn on 2 November."],
    )
