"""Policies: the rules that the ledger enforces on itself."""

import operator
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, Field, ValidationInfo, model_validator

from mledger.events import base
from mledger.events.base import EventBody, event
from mledger.events.fields import (
    Count,
    Distinct,
    EventType,
    Line,
    Many,
    Name,
    Part,
    RoleName,
    String,
    Text,
    unique,
)
from mledger.events.free import refuse_each
from mledger.events.governing import APPROVAL_TYPES, is_governance
from mledger.events.grave import GraveRule
from mledger.events.retention import Pattern, RetentionRule, StreamKind
from mledger.events.shape import Schema, faults
from mledger.events.vouching import EXAMPLE_ROOT, EXAMPLE_WITNESS, RootCertificate, Witnesses
from mledger.events.words import Means
from mledger.keys.roles import may_record

CheckName: TypeAlias = Annotated[
    String, Field(pattern="^[A-Z]{2,6}-[0-9]{3}$"), Means("the name of a rule like DATA-006")
]
CheckLevel: TypeAlias = Literal["error", "warning", "off"]


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


class TypeRule(Part):
    """An event type of your own: what it says, where it stands, what its body holds."""

    title: Line = Field(
        description="what has happened, in a sentence", examples=["The credit committee has met."]
    )
    help: Text | None = Field(
        default=None,
        description="when to record it, and what good content is",
        examples=["Record it after each meeting. Good content says what was asked, too."],
    )
    on: Annotated[tuple[StreamKind, ...], AfterValidator(unique)] = Field(
        default=("*",),
        min_length=1,
        description="the kinds of stream that it may stand on",
        examples=[["model"]],
    )
    version: Count = Field(
        default=1, ge=1, description="which schema of the type this is, counted from 1", examples=[1]
    )
    shape: Schema = Field(
        alias="schema",
        description="what its body must be, in the part of JSON Schema that is described in the format",
        examples=[
            {
                "type": "object",
                "properties": {"outcome": {"enum": ["continue", "pause", "stop"]}},
                "required": ["outcome"],
                "additionalProperties": False,
            }
        ],
    )


class ApprovalRule(Part):
    """How many people of which roles must approve before a version may enter a stage."""

    stages: Distinct[Name] = Field(
        default=(), description="the stages that it is about; none means every one", examples=[["production"]]
    )
    needs: dict[RoleName, Annotated[Count, Field(ge=1, le=20)]] = Field(
        min_length=1,
        max_length=20,
        description="so many different people of each role, who held it when they approved",
        examples=[{"reviewer": 1, "model-risk": 1}],
    )
    independent: Annotated[bool, Field(exclude_if=operator.not_)] = Field(
        default=False,
        description="whether those count for nothing who made the version, its decisions or its run",
        examples=[True],
    )

    def covers(self, stage: str) -> bool:
        """Whether it is about a stage; upper and lower case are one."""
        return not self.stages or stage.casefold() in map(str.casefold, self.stages)


class Policy(Part):
    """The rules in force: roles, four eyes, approvals, retention, clocks, who vouches, what bodies hold."""

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
    approvals: Many[ApprovalRule] = Field(
        default=(),
        description="the approvals that a version needs before it may enter a stage",
        examples=[[{"stages": ["production"], "needs": {"reviewer": 1}, "independent": True}]],
    )
    record_refusals: Annotated[bool, Field(exclude_if=operator.not_)] = Field(
        default=False,
        description="whether it is recorded, as attempt.refused, when the rules refuse somebody",
        examples=[True],
    )
    grave: Many[GraveRule] = Field(
        default=(),
        description="the acts of governing that others must agree to, besides the one who asks for them",
        examples=[[{"types": ["policy.adopted", "role.granted"], "needs": {"admin": 1}}]],
    )
    retention: Many[RetentionRule] = Field(
        default=(),
        description="how long what was recorded is kept; the longest rule about an event counts",
        examples=[
            [{"types": ["decision.*"], "on": ["model"], "keep": "P10Y", "basis": "AI Act, Article 18(1)"}]
        ],
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
    anchor_roots: Distinct[RootCertificate] = Field(
        default=(),
        description="the roots of the time-stamping authorities that are believed (RFC 3161)",
        examples=[[EXAMPLE_ROOT]],
    )
    witnesses: Witnesses | None = Field(
        default=None,
        description="who must cosign the checkpoints of this ledger",
        examples=[{"keys": [EXAMPLE_WITNESS], "needed": 1, "days": 7}],
    )
    overdue_fails: Annotated[bool, Field(exclude_if=operator.not_)] = Field(
        default=False,
        description="whether `mledger reviews due` ends with 1 when something is overdue",
        examples=[True],
    )
    types: Annotated[dict[EventType, TypeRule], Field(exclude_if=operator.not_)] = Field(
        default_factory=dict,
        description="event types of your own, each with its schema; begin their names with your own",
        examples=[
            {
                "acme.committee-met": {
                    "title": "The credit committee has met.",
                    "on": ["model"],
                    "schema": {
                        "type": "object",
                        "properties": {
                            "outcome": {"enum": ["continue", "pause", "stop"]},
                            "minutes": {"type": "string", "minLength": 1},
                        },
                        "required": ["outcome"],
                        "additionalProperties": False,
                    },
                }
            }
        ],
    )
    required: Annotated[
        dict[EventType, Annotated[tuple[Name, ...], AfterValidator(unique), Field(min_length=1)]],
        Field(exclude_if=operator.not_),
    ] = Field(
        default_factory=dict,
        description="for an event type, the fields that must be filled in here though mledger does not ask",
        examples=[{"decision.proposed": ["review_by", "expected_effects"]}],
    )
    checks: Annotated[dict[CheckName, CheckLevel], Field(exclude_if=operator.not_)] = Field(
        default_factory=dict,
        description="for rules of `mledger check`, how grave they are here, or off",
        examples=[{"RAT-004": "error", "RUN-001": "off"}],
    )

    @property
    def governed(self) -> frozenset[str]:
        """The types of event of whose bodies this policy asks something."""
        counted = APPROVAL_TYPES if self.approvals else ()
        return frozenset((*self.types, *self.required, *counted))

    def governs(self, type: str) -> bool:
        """Whether this policy asks something of the bodies of a type."""
        return type in self.types or type in self.required

    def faults(self, type: str, version: int, fields: Mapping[str, Any]) -> dict[str, str]:
        """What this policy finds wrong with the body of an event, by path, as its JSON says it."""
        wrong = {
            name: f"is missing, and the policy {self.name} asks for it"
            for name in self.required.get(type, ())
            if fields.get(name) in (None, "", [], {})
        }
        rule = self.types.get(type)
        if rule is None:
            return wrong
        if rule.version != version:
            return wrong | {"": f"is of version {version}, and the policy {self.name} knows {rule.version}"}
        return wrong | faults(rule.shape, fields)

    @model_validator(mode="after")
    def _leaves_ours_alone(self, info: ValidationInfo) -> "Policy":
        wrong = {
            f"{place}.{name}": "should be no type that governs the ledger"
            for place, names in (("types", self.types), ("required", self.required))
            for name in names
            if is_governance(name)
        }
        # What was recorded is taken as it is: types that came later must not make it unreadable.
        if info.mode == "python" and not wrong:
            wrong = _useless(self)
        if wrong:
            raise refuse_each(wrong)
        return self


def _useless(policy: Policy) -> dict[str, str]:
    """Where a policy that is about to be adopted says what cannot be meant."""
    wrong = {
        f"types.{name}": "should begin with a name of your own: this family is one of mledger's"
        for name in policy.types
        if base.is_ours(name)
    }
    wrong |= _unheld(policy, "approvals", policy.approvals, "promotion.approved")
    wrong |= _unheld(policy, "grave", policy.grave, "act.approved")
    for name, fields in policy.required.items():
        if name in policy.types:
            known = policy.types[name].shape.get("properties", {}).keys()
        elif base.known(name):
            known = {info.alias or field for field, info in base.find(name).model_fields.items()}
        else:
            continue
        for n, field in enumerate(fields):
            if field not in known:
                wrong[f"required.{name}[{n}]"] = f"should be a field of {name}, not {field!r}"
    return wrong


def _unheld(
    policy: Policy, name: str, rules: Sequence[ApprovalRule | GraveRule], answer: str
) -> dict[str, str]:
    """The roles that rules ask for, and that are none or may not give the answer."""
    wrong = {}
    for n, rule in enumerate(rules):
        for role in rule.needs:
            if role not in policy.roles:
                wrong[f"{name}[{n}].needs.{role}"] = "should be a role of the policy"
            elif not may_record(policy.roles[role].may, answer):
                wrong[f"{name}[{n}].needs.{role}"] = f"should be a role that may record {answer}"
    return wrong


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
