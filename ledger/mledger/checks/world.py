"""What rules need to know of the world, gathered before they run.

Rules are pure: files, commits and references to other streams come to them as values. What was not
looked at is None, with a reason in `absent`; a rule that needs it is then not applied, and says so.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Change:
    """A watched file that differs from the last release: its digest now, and the commit that changed it."""

    path: str
    commit: str | None
    sha256: str | None
    """None if the file is gone."""
    later: tuple[str, ...] = ()
    """The commits since then, which have the file as it is."""


class Awaited(NamedTuple):
    """How far a request has come: so many approvals of those that the policy needs, and what is missing."""

    given: int
    needed: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Facts from outside the ledger, as they were when a check began."""

    components: tuple[str, ...] | None = None
    """The components that `architecture.yaml` names."""
    hashes: Mapping[str, str] | None = None
    """Files of the working tree by the name that the ledger has for them, with their SHA-256."""
    commits: Mapping[str, bool] | None = None
    """Commits that events name, and whether the repository has them."""
    changes: tuple[Change, ...] | None = None
    """The watched files that changed since the last release."""
    events: Mapping[str, str] | None = None
    """References of events to others that lead somewhere, with the numbers found there."""
    digests: frozenset[str] | None = None
    """Digests that events of other streams name as well, or that are kept as attachments."""
    approvals: Mapping[str, Awaited] | None = None
    """Requests for promotion, where the policy asks for approvals, with how far they have come."""
    absent: Mapping[str, str] = field(default_factory=dict)
    """By field, why it is None."""
