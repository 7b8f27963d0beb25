"""Reviews: somebody else looks, once or every quarter."""

from typing import Literal

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Day, Distinct, EventRef, Line, Many, Name, Part, Refs, Severity, Text


class Finding(Part):
    """One thing that a reviewer found."""

    title: Line = Field(description="the finding in a phrase", examples=["No latency under full load"])
    severity: Severity = Field(description="how bad it is", examples=["medium"])
    detail: Text | None = Field(
        default=None,
        description="what was seen, and what would mend it",
        examples=["p95 was measured at 20 requests a second; the endpoint gets 200 on Mondays."],
    )
    event: EventRef | None = Field(default=None, description="the event that it is about", examples=["47"])


@event("review.requested", on=("*",))
class ReviewRequested(EventBody):
    """Somebody is asked to look at something and to say what they think of it.

    Record it when you want an answer that stays: a peer review of a decision, an independent
    validation of a version. Good content asks a question that can be answered with no, and says
    what the reviewer needs and by when.
    """

    on: EventRef = Field(
        description="the event that shall be looked at: a decision, a release, a plan", examples=["46"]
    )
    question: Text = Field(
        description="what the reviewer is asked",
        examples=["Does the gain hold for applicants below 25, and would you sign the release?"],
    )
    reviewers: Distinct[Name] = Field(
        default=(), description="who is asked; none means whoever has the role", examples=[["Bob Example"]]
    )
    due: Day | None = Field(default=None, description="by when", examples=["2026-11-30"])
    material: Many[Line] = Field(
        default=(),
        description="what to look at, besides what the event names",
        examples=[["notebook gap.ipynb"]],
    )
    refs: Refs = REFS


@event("review.submitted", on=("*",))
class ReviewSubmitted(EventBody):
    """The answer to a review that was asked for; the signature means review.

    Record it after looking yourself. It approves nothing by itself: acceptances and promotions are
    events of their own. Good content says what you checked and how, so that the weight of your
    answer can be judged, and separates what must change from what you would like.
    """

    answers = ("request", "review.requested")
    meaning = "review"

    request: EventRef = Field(description="the review.requested that is answered", examples=["49"])
    verdict: Literal["approve", "revise", "reject", "abstain"] = Field(
        description="revise: good once the findings are mended; abstain: not yours to judge, say why",
        examples=["revise"],
    )
    summary: Text = Field(
        description="your answer to the question",
        examples=["The gain holds for applicants below 25. Latency has to be measured again before release."],
    )
    checked: Many[Line] = Field(
        default=(),
        description="what you checked, and how",
        examples=[["ran run 47 again from a clean checkout", "read decision 46 and its evidence"]],
    )
    findings: Many[Finding] = Field(
        default=(),
        description="what you found",
        examples=[[{"title": "No latency under full load", "severity": "medium", "event": "47"}]],
    )
    independent: bool | None = Field(
        default=None,
        description="whether you had no part in the work, and nothing to gain from its outcome",
        examples=[True],
    )
    refs: Refs = REFS


@event("review.scheduled", on=("*",))
class ReviewScheduled(EventBody):
    """Something will be looked at again, on a day or regularly, by somebody who is named.

    Record it when a model, a dataset or a list of keys goes into use. `mledger reviews due` lists
    it from then on. Good content says what is checked each time: whether reasons are still true,
    whether links still lead somewhere, whether those who answer are still there.
    """

    title: Line = Field(description="the review in a phrase", examples=["Quarterly review of credit-risk"])
    scope: Many[Line] = Field(
        min_length=1,
        description="what is checked each time",
        examples=[["decisions in force still hold", "references lead somewhere", "owners are still here"]],
    )
    owner: Name = Field(description="who sees to it", examples=["Bob Example"])
    cadence: Literal["once", "weekly", "monthly", "quarterly", "half-yearly", "yearly"] = Field(
        description="how often", examples=["quarterly"]
    )
    due: Day = Field(description="the first day by which it is to be done", examples=["2027-01-31"])
    on: EventRef | None = Field(
        default=None, description="the event that is looked at, if it is one", examples=["46"]
    )
    refs: Refs = REFS


@event("review.completed", on=("*",))
class ReviewCompleted(EventBody):
    """A review that was scheduled is done, and the next one is due a period later.

    Record it when all of the scope was looked at; the signature means review. Good content says
    what was checked and not only that it was, and names what has to be done by whom.
    """

    answers = ("schedule", "review.scheduled")
    meaning = "review"

    schedule: EventRef = Field(description="the review.scheduled that is done", examples=["61"])
    outcome: Literal["confirmed", "changes needed", "ended"] = Field(
        description="ended: there is nothing left to review, and none is due any more",
        examples=["confirmed"],
    )
    checked: Many[Line] = Field(
        min_length=1,
        description="what was checked, with what result",
        examples=[["11 of 11 decisions hold", "2 links led nowhere and are corrected (event 90)"]],
    )
    findings: Many[Finding] = Field(
        default=(),
        description="what was found",
        examples=[[{"title": "Owner of the dataset has left", "severity": "low"}]],
    )
    next_due: Day | None = Field(
        default=None, description="when it is due again, if not a period later", examples=["2027-04-30"]
    )
    refs: Refs = REFS
