"""Evaluations: how good a version is, where, and for whom."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Count,
    Digest,
    Dimension,
    Distinct,
    File,
    Line,
    Many,
    Name,
    Part,
    Refs,
    Text,
)
from mledger.events.measures import DatasetState, Metric, distinct_metrics


class Slice(Part):
    """A part of the data that is looked at by itself; metrics name it in `slice`."""

    name: Name = Field(description="the part, by the rule that makes it", examples=["age < 25"])
    rows: Count | None = Field(default=None, description="how many rows", examples=[16_138])
    protected: bool = Field(
        default=False,
        description="whether it is a group of people that must not be worse off",
        examples=[True],
    )


class Case(Part):
    """One thing that was tried in a stress test, an adversarial test, or by people."""

    name: Name = Field(description="the case", examples=["income off by a factor of 12"])
    outcome: Literal["passed", "failed", "unclear"] = Field(
        description="what came of it", examples=["failed"]
    )
    detail: Line | None = Field(
        default=None, description="what was seen", examples=["score falls by 40 points without a warning"]
    )


class Tool(Part):
    """The program that measured."""

    name: Name = Field(description="the program", examples=["scikit-learn"])
    version: Line | None = Field(default=None, description="its version", examples=["1.5.2"])


@event("evaluation.recorded", on=("model",))
class EvaluationRecorded(EventBody):
    """A version or a run was tested: on which data, how, with what result.

    Record each test that anybody might ask about, failed ones too, and best the plan's protocol
    before the release. The signature means responsibility: whoever signs answers for the test.
    Good content names the data by its digest, gives the groups that could be worse off and not the
    mean alone, and says what was not tested.
    """

    meaning = "responsibility"

    title: Line = Field(description="the test in a phrase", examples=["Holdout of October, by age group"])
    kind: Literal[
        "holdout", "cross-validation", "backtest", "benchmark", "ablation", "sensitivity", "stress",
        "adversarial", "human", "shadow", "production",
    ] = Field(
        description="how it was tested; human: people judged the output; shadow: beside the version in use",
        examples=["holdout"],
    )  # fmt: skip
    dimensions: Distinct[Dimension] = Field(
        min_length=1,
        description="the qualities that it says something about",
        examples=[["performance", "fairness"]],
    )
    version: Name | None = Field(
        default=None, description="the version that was tested, if it has a name yet", examples=["2.1"]
    )
    run: Name | None = Field(
        default=None,
        description="the run whose model was tested, by its name or the number of its run.started",
        examples=["2026-11-23-depth4"],
    )
    model_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the model's file", examples=["c07d" * 16]
    )
    datasets: Many[DatasetState] = Field(
        min_length=1,
        description="the data that it was tested on",
        examples=[[{"name": "applications-holdout", "version": "2026-10", "digest": "40ad" * 16}]],
    )
    metrics: Many[Metric] = Field(
        min_length=1,
        description="the results; `slice` says for which part of the data",
        examples=[[{"name": "auc", "value": 0.9524}, {"name": "gap", "value": 0.013, "slice": "age < 25"}]],
    )
    slices: Distinct[Slice] = Field(
        default=(),
        description="the parts of the data that were looked at by themselves",
        examples=[[{"name": "age < 25", "rows": 16_138, "protected": True}]],
    )
    cases: Distinct[Case] = Field(
        default=(),
        description="what was tried, in a stress test, an adversarial test, or by people",
        examples=[[{"name": "income off by a factor of 12", "outcome": "failed"}]],
    )
    protocol: Text | None = Field(
        default=None,
        description="how it was done, so that somebody else can do it again",
        examples=["Scored once with the released file; intervals by 1,000 bootstrap samples of applicants."],
    )
    tool: Tool | None = Field(
        default=None,
        description="the program that measured",
        examples=[{"name": "scikit-learn", "version": "1.5.2"}],
    )
    report: File | None = Field(
        default=None,
        description="the full report or log",
        examples=[{"name": "holdout-2026-10.html", "sha256": "4e90" * 16, "media_type": "text/html"}],
    )
    conclusion: Text | None = Field(
        default=None,
        description="what follows from it",
        examples=["All objectives met; applicants below 25 are treated as well as before."],
    )
    limitations: Many[Line] = Field(
        default=(),
        description="what it does not show",
        examples=[["no applicants from the two newest branches"]],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "EvaluationRecorded":
        distinct_metrics(self.metrics)
        return self
