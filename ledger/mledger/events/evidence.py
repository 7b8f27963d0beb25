"""Evidence: what speaks for or against a decision."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Distinct, EventRef, File, Line, Many, Name, Refs, Text
from mledger.events.measures import Metric, distinct_metrics


@event("evidence.attached", on=("model", "dataset"))
class EvidenceAttached(EventBody):
    """Something was found that speaks for or against a decision, a risk or a request.

    Record it when it becomes known, also after the decision: it stands beside the matter in every
    report. Attach what speaks against it with the same care. Good content says what was varied and
    what was held fixed, and names the runs, so that a table can be built from them.
    """

    on: EventRef = Field(description="the event that it is evidence on", examples=["46"])
    kind: Literal[
        "ablation", "sensitivity", "fairness", "robustness", "explanation", "benchmark", "literature", "other"
    ] = Field(description="what was done to find out", examples=["ablation"])
    title: Line = Field(description="the evidence in a phrase", examples=["Depth and step size, one by one"])
    finding: Text = Field(
        description="what it shows, and what it does not",
        examples=["Depth alone brings 0.3 pp of AUC, the smaller step 0.1 pp; together 0.5 pp."],
    )
    weight: Literal["supports", "opposes", "neutral"] = Field(
        description="what it says about the matter", examples=["supports"]
    )
    varied: Line | None = Field(
        default=None,
        description="what was varied, all else being fixed",
        examples=["max_depth, learning_rate"],
    )
    runs: Distinct[Name] = Field(
        default=(),
        description="the runs behind it, by their names or the numbers of their run.started",
        examples=[["depth3", "depth4", "depth4-small-steps"]],
    )
    metrics: Many[Metric] = Field(
        default=(), description="the numbers that count", examples=[[{"name": "auc", "value": 0.9524}]]
    )
    files: Distinct[File] = Field(
        default=(),
        description="plots, tables, papers, by their content",
        examples=[[{"name": "ablation.csv", "sha256": "ab1a" * 16, "media_type": "text/csv"}]],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "EvidenceAttached":
        distinct_metrics(self.metrics)
        return self
