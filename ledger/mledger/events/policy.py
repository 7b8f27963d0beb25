"""Policies: the rules that the ledger enforces on itself."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

from mledger.events.base import EventBody, event
from mledger.events.fields import Count, EventType, Line, Name, Part, RoleName, String, Text, unique
from mledger.events.words import Means

_PATTERN = r"^!?(\*|[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*\.\*|[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+)$"
Pattern: TypeAlias = Annotated[
    String,
    Field(pattern=_PATTERN),
    Means("an event type, a family like decision.*, or *; a leading ! takes away"),
]


class RoleRule(Part):
    """What one role may record."""

    may: Annotated[tuple[Pattern, ...], AfterValidator(unique)] = Field(
        min_length=1,
        description="the event types that the role may record: a type, a family, or all",
        examples=[["decision.accepted", "decision.rejected", "comment.*"]],
    )
    title: Line | None = Field(
        default=None, description="the role as people call it", examples=["Independent reviewer"]
    )


class Policy(Part):
    """The rules in force: roles, four eyes, clocks, anchors."""

    name: Name = Field(description="the name that reports and refusals show", examples=["acme-default"])
    roles: dict[RoleName, RoleRule] = Field(
        min_length=1,
        description="each role and what it may record",
        examples=[
            {
                "owner": {"may": ["*"], "title": "Owner of the ledger"},
                "reviewer": {"may": ["decision.accepted", "decision.rejected", "comment.*"]},
            }
        ],
    )
    four_eyes: Annotated[tuple[EventType, ...], AfterValidator(unique)] = Field(
        default=(),
        description="event types that nobody may record about their own proposal or request",
        examples=[["decision.accepted", "promotion.approved"]],
    )
    skew_seconds: Count = Field(
        default=120,
        le=86_400,
        description="how far ahead of the checking clock a recorded time may be, in seconds",
        examples=[120],
    )
    anchor_days: Count | None = Field(
        default=None,
        ge=1,
        le=3_650,
        description="how many days may pass between two time anchors",
        examples=[30],
    )


@event("policy.adopted", on=("ledger",))
class PolicyAdopted(EventBody):
    """New rules hold from the next entry on; earlier entries are judged by the rules of their time.

    Record it when roles, four-eyes rules or limits change. The event holds the whole policy and not
    the difference, so that one event answers what was allowed. Say in the reason who decided it and
    what it answers: a finding, a regulation, a new team.
    """

    policy: Policy = Field(
        description="the whole policy",
        examples=[
            {
                "name": "acme-default",
                "roles": {"owner": {"may": ["*"]}, "reviewer": {"may": ["decision.accepted", "comment.*"]}},
                "four_eyes": ["decision.accepted"],
            }
        ],
    )
    reason: Text = Field(
        description="what changed and why",
        examples=["Audit finding A-12: approvals now need a second person."],
    )
