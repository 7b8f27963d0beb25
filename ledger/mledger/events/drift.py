"""Drift: the world has moved away from the data."""

from typing import Literal

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Line, Many, Name, Refs, Severity, Text
from mledger.events.measures import DatasetState, Period, Shift


@event("drift.detected", on=("model", "dataset"))
class DriftDetected(EventBody):
    """What comes in, what comes out, or how the two belong together is not what it was.

    Record it when a monitor's threshold is crossed, best by the monitor. Decisions whose conditions
    name what moved fall due for review. Good content says compared with what, since when, and for
    which groups, and keeps what is seen apart from what is suspected.
    """

    kind: Literal["input", "output", "label", "concept", "performance"] = Field(
        description="what moved; concept: how inputs and outcomes belong together", examples=["input"]
    )
    severity: Severity = Field(description="how much it matters", examples=["medium"])
    shifts: Many[Shift] = Field(
        min_length=1,
        description="how far what moved",
        examples=[[{"column": "region", "metric": "psi", "value": 0.38, "threshold": 0.35}]],
    )
    version: Name | None = Field(default=None, description="the version that is concerned", examples=["2.1"])
    compared_with: DatasetState | None = Field(
        default=None,
        description="the data that it was compared with",
        examples=[{"name": "applications", "version": "v3", "digest": "77ab" * 16}],
    )
    period: Period | None = Field(
        default=None, description="when it was seen", examples=[{"start": "2026-12-09", "end": "2026-12-15"}]
    )
    suspected_cause: Text | None = Field(
        default=None,
        description="what is behind it, as far as one can tell",
        examples=["A campaign in region 7 since 8 December."],
    )
    action: Text | None = Field(
        default=None,
        description="what is done about it",
        examples=["Scores of region 7 are checked by hand until applications v4."],
    )
    detector: Line | None = Field(
        default=None, description="what noticed it", examples=["monitor credit-risk-live, weekly PSI"]
    )
    refs: Refs = REFS
