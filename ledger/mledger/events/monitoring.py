"""Monitoring: how a version behaves in use."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Distinct, File, Line, Many, Name, Part, Refs, Text
from mledger.events.measures import Criterion, Metric, Period, distinct_metrics


class Alert(Part):
    """A limit that was crossed."""

    limit: Criterion = Field(
        description="what should have held",
        examples=[{"metric": "psi_region", "operator": "<", "value": 0.35}],
    )
    times: Count = Field(default=1, description="how often it was crossed", examples=[2])
    answer: Line | None = Field(
        default=None, description="what was done", examples=["scores of region 7 checked by hand"]
    )


@event("monitoring.reported", on=("model",))
class MonitoringReported(EventBody):
    """How a version did in use over a period: inputs, outputs, and what became of its decisions.

    Record it at the end of each period, best by the monitor itself, when all was well too: a report
    that is missing says something. Conditions of decisions are judged by its metrics. Good content
    compares outputs with what really happened as soon as that is known. Single requests stay in
    their own log, of which the digest is kept here.
    """

    version: Name = Field(description="the version", examples=["2.1"])
    environment: Name | None = Field(
        default=None, description="where, if not everywhere", examples=["eu-west production cluster"]
    )
    period: Period = Field(
        description="the days that it covers", examples=[{"start": "2026-12-01", "end": "2026-12-31"}]
    )
    requests: Count | None = Field(default=None, description="how many requests", examples=[61_204])
    metrics: Many[Metric] = Field(
        min_length=1,
        description="what was measured",
        examples=[[{"name": "psi_region", "value": 0.31}, {"name": "latency_p95_ms", "value": 22}]],
    )
    outcomes: Text | None = Field(
        default=None,
        description="what became of its decisions, as far as that is known, against what was expected",
        examples=["Default rate of November's grants after 30 days: 0.8 %, expected 0.7 to 1.1 %."],
    )
    alerts: Many[Alert] = Field(
        default=(),
        description="limits that were crossed",
        examples=[[{"limit": {"metric": "psi_region", "operator": "<", "value": 0.35}, "times": 2}]],
    )
    summary: Text | None = Field(
        default=None,
        description="what a reader must know",
        examples=["Stable. The region mix settles; nothing to do."],
    )
    logs: Distinct[File] = Field(
        default=(),
        description="the logs of requests, by their content",
        examples=[[{"name": "requests-2026-12.parquet", "sha256": "10a5" * 16}]],
    )
    source: Line | None = Field(
        default=None, description="the monitor", examples=["dashboard credit-risk-live, rev. 14"]
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _distinct(self) -> "MonitoringReported":
        distinct_metrics(self.metrics)
        return self
