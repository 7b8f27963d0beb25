"""Imports: facts that were taken over from another system, at second hand."""

from typing import Literal

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Count,
    Digest,
    Distinct,
    Instant,
    Line,
    Many,
    Name,
    Part,
    Refs,
    Text,
    Uri,
)


class ItemCount(Part):
    """How many items of one kind were taken over."""

    name: Name = Field(description="the kind, as the other system calls it", examples=["runs"])
    found: Count = Field(description="how many there were", examples=[412])
    recorded: Count = Field(description="how many were recorded now", examples=[409])
    known: Count = Field(default=0, description="how many had been recorded before", examples=[3])


class Anomaly(Part):
    """Something in the other system that cannot be, or that was changed afterwards."""

    kind: Line = Field(description="what is wrong", examples=["metric logged after the run had ended"])
    item: Line = Field(description="the item, as the other system calls it", examples=["run 8f2c1a7e"])
    detail: Line | None = Field(
        default=None, description="what was seen", examples=["auc logged 3 days after the end"]
    )


@event("import.performed", on=("*",))
class ImportPerformed(EventBody):
    """Facts were taken over from another system: from what, how many, and how far to trust them.

    Record it before the events that it brings, each of which refers to it by a link with
    `rel: imported_from` and has its time in the other system as the time it occurred. Nobody signed
    them when they happened, and nothing kept them from being changed since. Good content has the
    digest of what was read, and every anomaly, so that nobody takes them for more than they are.
    """

    meaning = "responsibility"

    system: Name = Field(description="the other system", examples=["mlflow"])
    source: Line = Field(
        description="what was read there", examples=["mlflow.db of the team server, experiment credit-risk"]
    )
    uri: Uri | None = Field(
        default=None, description="where it was found", examples=["https://mlflow.acme.example"]
    )
    snapshot_sha256: Digest | None = Field(
        default=None, description="the SHA-256 of the file that was read", examples=["5a1e" * 16]
    )
    read_at: Instant | None = Field(
        default=None, description="when it was read", examples=["2026-11-23T08:00:00Z"]
    )
    assurance: Literal["imported", "immutable", "signed"] = Field(
        default="imported",
        description="could it be changed there? imported: yes; immutable: no; signed: its signatures held",
        examples=["imported"],
    )
    tool: Line | None = Field(default=None, description="what read it", examples=["mledger 1.0.0"])
    counts: Distinct[ItemCount] = Field(
        default=(),
        description="how many items of each kind",
        examples=[[{"name": "runs", "found": 412, "recorded": 409, "known": 3}]],
    )
    anomalies: Many[Anomaly] = Field(
        default=(),
        description="what cannot be, or was changed afterwards",
        examples=[[{"kind": "metric logged after the run had ended", "item": "run 8f2c1a7e"}]],
    )
    skipped: Text | None = Field(
        default=None,
        description="what was left out, and why",
        examples=["Metrics per step: the last value of each is recorded."],
    )
    refs: Refs = REFS
