"""Roles: which event types a key may record.

A role is a set of patterns: `decision.accepted` is that type, `decision.*` its whole family, `*`
everything. A leading `!` takes away, and wins over whatever else is given.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple


class Role(NamedTuple):
    """What people call the role's holders, and what they may record."""

    name: str
    may: tuple[str, ...]
    title: str


def may_record(patterns: Iterable[str], event_type: str) -> bool:
    """Whether the patterns allow the event type: one gives it and none takes it away."""
    given = False
    for pattern in patterns:
        if pattern.startswith("!"):
            if _matches(pattern[1:], event_type):
                return False
        else:
            given = given or _matches(pattern, event_type)
    return given


def _matches(pattern: str, event_type: str) -> bool:
    if pattern.endswith(".*"):
        return event_type.startswith(pattern[:-1])
    return pattern in ("*", event_type)


# What every person may say for themselves.
_PERSON = ("comment.*", "dissent.*", "handover.*", "training.*")

_ROLES = (
    Role("owner", ("*",), "Owner of the ledger"),
    Role(
        "admin",
        (
            *(
                "ledger.*",
                "key.*",
                "role.*",
                "policy.*",
                "anchor.*",
                "verification.*",
                "record.*",
                "hold.*",
                "act.*",
            ),
            *("review.scheduled", "review.completed"),
            *_PERSON,
        ),
        "Keeper of keys and rules",
    ),
    Role(
        "engineer",
        (
            *("model.*", "problem.*", "plan.*"),
            *("decision.proposed", "decision.invalidated", "evidence.*"),
            *("dataset.*", "transform.*", "profile.*"),
            *("run.*", "evaluation.*", "risk.*"),
            *("artifact.*", "version.*", "release.*", "promotion.requested", "promotion.executed"),
            *("deployment.*", "rollback.*", "monitoring.*", "drift.*", "incident.*"),
            *("review.requested", "review.scheduled", "review.completed"),
            *("import.*", "document.*", "record.corrected"),
            *_PERSON,
        ),
        "Builder of models and data",
    ),
    Role(
        "reviewer",
        (
            *("decision.accepted", "decision.rejected", "decision.superseded"),
            *("decision.reaffirmed", "decision.invalidated", "evidence.*"),
            *("promotion.approved", "promotion.rejected", "act.approved", "act.rejected"),
            *("plan.*", "waiver.*"),
            *("evaluation.*", "risk.*", "run.invalidated"),
            *("review.submitted", "review.scheduled", "review.completed"),
            *_PERSON,
        ),
        "Reviewer who approves and rejects",
    ),
    Role(
        "machine",
        (
            *("dataset.registered", "dataset.refreshed", "dataset.issue", "transform.*", "profile.*"),
            # What a run taught, and whether it was sound, is for people to say.
            *("run.*", "!run.concluded", "!run.invalidated", "evaluation.*"),
            *("artifact.published", "release.*", "promotion.executed", "deployment.recorded"),
            *("monitoring.*", "drift.*", "import.*", "document.*", "verification.*"),
        ),
        "Pipeline or training job",
    ),
    Role("auditor", ("audit.*", "verification.*", "document.*", *_PERSON), "Auditor who reads and comments"),
)

DEFAULT_ROLES: Mapping[str, Role] = MappingProxyType({role.name: role for role in _ROLES})
"""The roles of a new ledger by name, until its policy says otherwise."""
