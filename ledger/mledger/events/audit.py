"""Audits: somebody from outside looks, and says what they found."""

from typing import Literal

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Count,
    Day,
    Distinct,
    EventRef,
    EventType,
    Line,
    Many,
    Name,
    Part,
    Position,
    Refs,
    Severity,
    StreamName,
    Text,
)
from mledger.events.measures import Period

_AUDIT = Field(description="the audit.opened that it belongs to", examples=["101"])


class Sample(Part):
    """The events that were drawn by lot; the same seed and head give the same ones."""

    size: Count = Field(ge=1, description="how many", examples=[15])
    seed: Count = Field(description="the seed", examples=[20_261_123])
    types: Distinct[EventType] = Field(
        default=(), description="of which types; none means all", examples=[["promotion.approved"]]
    )
    stream: StreamName | None = Field(
        default=None, description="of which stream; absent: of all", examples=["model/credit-risk"]
    )
    head: Position = Field(
        description="among which entries", examples=[{"entries": 1318, "leaf": "4d77" * 16}]
    )


class Resolution(Part):
    """What became of one finding."""

    finding: EventRef = Field(description="the audit.finding that is meant", examples=["103"])
    state: Literal["mended", "accepted", "open", "withdrawn"] = Field(
        description="accepted: it stays and somebody answers for it; withdrawn: it was none",
        examples=["mended"],
    )
    detail: Line | None = Field(
        default=None, description="by what", examples=["approvals need a second person since event 120"]
    )


@event("audit.opened", on=("*",))
class AuditOpened(EventBody):
    """An audit begins: what is looked at, by which standard, by whom.

    Record it before anything is examined, on the stream of the model or dataset, or on the ledger's
    if it is about all. The sample is fixed here, so that nobody can choose it afterwards. Good
    content says what is left out of the scope.
    """

    title: Line = Field(description="the audit in a phrase", examples=["Annual audit of credit models 2026"])
    scope: Text = Field(
        description="what is looked at, and what is not",
        examples=["Promotions and decisions of credit-risk in 2026; not the data centre."],
    )
    auditors: Distinct[Name] = Field(
        min_length=1, description="who audits", examples=[["Frank Example, Auditors Ltd"]]
    )
    standards: Many[Line] = Field(
        default=(),
        description="by what it is judged",
        examples=[["EU AI Act, Annex IV", "policy acme-default"]],
    )
    period: Period | None = Field(
        default=None,
        description="the time that is looked at",
        examples=[{"start": "2026-01-01", "end": "2026-12-31"}],
    )
    sample: Sample | None = Field(
        default=None,
        description="the events that were drawn by lot",
        examples=[{"size": 15, "seed": 20_261_123, "head": {"entries": 1318, "leaf": "4d77" * 16}}],
    )
    refs: Refs = REFS


@event("audit.finding", on=("*",))
class AuditFinding(EventBody):
    """The auditor found something that is not as it should be.

    Record it when it is certain that it is one; answers are comments on it, and what becomes of it
    is said when the audit is closed. Good content names the criterion, what was seen instead, and
    the events that show it, so that those who answer need not guess.
    """

    answers = ("audit", "audit.opened")
    meaning = "review"

    audit: EventRef = _AUDIT
    title: Line = Field(
        description="the finding in a phrase", examples=["Author and approver share a mailbox"]
    )
    severity: Severity = Field(description="how bad it is", examples=["high"])
    criterion: Line = Field(
        description="what should be", examples=["policy acme-default: approvals by somebody else"]
    )
    observed: Text = Field(
        description="what is instead, and how it was found",
        examples=["Of 15 approvals in the sample, two were signed by keys with one mail address (51, 88)."],
    )
    events: Distinct[EventRef] = Field(
        default=(), description="the events that show it", examples=[["51", "88"]]
    )
    recommendation: Text | None = Field(
        default=None,
        description="what would mend it",
        examples=["Enrol keys by person; revoke the shared one."],
    )
    owner: Name | None = Field(default=None, description="who is to answer", examples=["Alice Example"])
    due: Day | None = Field(default=None, description="by when", examples=["2027-01-31"])
    refs: Refs = REFS


@event("audit.closed", on=("*",))
class AuditClosed(EventBody):
    """The audit is over: what the auditor thinks of it all, and what became of each finding.

    Record it when every finding has its answer, or when time is up, and say so. The signature means
    responsibility. Good content can be read by itself, by somebody who will not read the findings.
    """

    answers = ("audit", "audit.opened")
    meaning = "responsibility"

    audit: EventRef = _AUDIT
    opinion: Literal["satisfactory", "with reservations", "unsatisfactory", "no opinion"] = Field(
        description="what the auditor thinks of it all", examples=["with reservations"]
    )
    conclusion: Text = Field(
        description="why, in a few sentences",
        examples=["Decisions are documented and approved as the policy asks, but for two of 15 approvals."],
    )
    resolutions: Many[Resolution] = Field(
        default=(),
        description="what became of each finding",
        examples=[[{"finding": "103", "state": "mended", "detail": "shared key revoked, event 120"}]],
    )
    checked: Count | None = Field(default=None, description="how many events were examined", examples=[15])
    refs: Refs = REFS
