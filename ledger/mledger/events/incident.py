"""Incidents: something went wrong in use."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Distinct,
    EventRef,
    Instant,
    Line,
    Many,
    Name,
    Part,
    Refs,
    Severity,
    Text,
)
from mledger.events.free import refuse


class Notice(Part):
    """Who was told, and when."""

    to: Line = Field(
        description="the authority, customer or office", examples=["national supervisory authority"]
    )
    at: Instant = Field(description="when", examples=["2026-11-24T09:00:00Z"])
    reference: Line | None = Field(default=None, description="their reference", examples=["2026-4711"])


@event("incident.reported", on=("model", "dataset"))
class IncidentReported(EventBody):
    """Something went wrong in use, and people or business may have been harmed.

    Record it as soon as it is known, with what is known, and again with `updates` when more is.
    Good content keeps facts apart from guesses, says who was harmed and what was done for them, and
    does not look for somebody to blame.
    """

    title: Line = Field(description="the incident in a phrase", examples=["Approvals doubled in two regions"])
    severity: Severity = Field(description="how bad it is", examples=["high"])
    description: Text = Field(
        description="what happened, in the order of time",
        examples=[
            "10:31 2.1 serves. 11:25 the monitor alerts: approval rate of regions 3 and 7 has doubled."
        ],
    )
    detected_at: Instant = Field(description="when it was noticed", examples=["2026-11-23T11:25:00Z"])
    started_at: Instant | None = Field(
        default=None, description="when it began, as far as one can tell", examples=["2026-11-23T10:31:00Z"]
    )
    ended_at: Instant | None = Field(
        default=None, description="when it was over", examples=["2026-11-23T11:40:00Z"]
    )
    versions: Distinct[Name] = Field(
        default=(), description="the versions that are concerned", examples=[["2.1"]]
    )
    affected: Line | None = Field(
        default=None,
        description="who was harmed, and how many",
        examples=["1,204 applications, decided again"],
    )
    cause: Text | None = Field(
        default=None,
        description="the cause, if it is known",
        examples=["The deployed image read region codes of 2020."],
    )
    measures: Many[Line] = Field(
        default=(),
        description="what was done, and will be",
        examples=[["rollback to 2.0 at 11:40", "images check the code table when they start"]],
    )
    notices: Many[Notice] = Field(
        default=(),
        description="who was told, and when",
        examples=[[{"to": "national supervisory authority", "at": "2026-11-24T09:00:00Z"}]],
    )
    status: Literal["open", "contained", "closed"] = Field(
        default="open",
        description="contained: it does no more harm; closed: causes are mended",
        examples=["open"],
    )
    updates: EventRef | None = Field(
        default=None, description="the incident.reported whose place it takes", examples=["58"]
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _forward(self) -> "IncidentReported":
        if self.started_at and self.started_at > self.detected_at:
            raise refuse("should not be after detected_at", at="started_at")
        if self.started_at and self.ended_at and self.ended_at < self.started_at:
            raise refuse("should not be before started_at", at="ended_at")
        return self
