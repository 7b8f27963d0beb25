"""Problems: what is to be achieved, and how that will be measured."""

from typing import Literal

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Distinct, Line, Many, Name, Number, Part, Refs, Text


class Objective(Part):
    """One measure of success with the value that counts as success."""

    name: Name = Field(description="the metric, spelt as runs report it", examples=["auc"])
    direction: Literal["maximize", "minimize"] = Field(
        description="whether more or less of it is better", examples=["maximize"]
    )
    threshold: Number = Field(description="the value that must be reached", examples=[0.95])
    dataset: Name | None = Field(
        default=None, description="what it is measured on", examples=["applications holdout"]
    )
    unit: Line | None = Field(default=None, description="the unit, if it has one", examples=["ms"])
    why: Line | None = Field(
        default=None, description="where the threshold comes from", examples=["AUC of the scorecard in use"]
    )


@event("problem.framed", on=("model",))
class ProblemFramed(EventBody):
    """The problem in the words of those who have it, and the numbers that will tell whether it is solved.

    Record it before the first run: thresholds that are signed before results exist cannot be fitted
    to them. Record it again when the goal changes; the history shows both. Good content names the
    outcome in the business and not the metric alone, gives each metric a threshold with its origin,
    and says what is left out on purpose.
    """

    statement: Text = Field(
        description="the problem, without a solution in it",
        examples=["One retail application of eight is decided by hand, and takes two days."],
    )
    outcome: Text = Field(
        description="what will be different when it is solved",
        examples=["Half of the manual decisions become automatic at the same default rate."],
    )
    metrics: Distinct[Objective] = Field(
        min_length=1,
        description="the measures of success, each with its threshold",
        examples=[[{"name": "auc", "direction": "maximize", "threshold": 0.95}]],
    )
    out_of_scope: Many[Line] = Field(
        default=(), description="what is left out on purpose", examples=[["companies", "pricing"]]
    )
    assumptions: Many[Line] = Field(
        default=(),
        description="what must stay true for the framing to hold",
        examples=[["income is verified"]],
    )
    stakeholders: Many[Line] = Field(
        default=(), description="who is affected or must agree", examples=[["credit officers", "applicants"]]
    )
    refs: Refs = REFS
