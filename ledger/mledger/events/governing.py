"""Which types of events decide who may do what."""

from functools import lru_cache

_FAMILIES = frozenset({"ledger", "key", "role", "policy", "hold", "act"})
_TYPES = frozenset({"record.redacted", "anchor.recorded"})
APPROVAL_TYPES = frozenset(
    {"promotion.requested", "promotion.approved", "promotion.rejected", "promotion.executed"}
    | {"deployment.recorded", "rollback.executed", "version.released"}
)
"""What the rules read in order to count approvals, where a policy asks for some."""


@lru_cache(maxsize=1024)
def is_governance(type: str) -> bool:
    """Whether events of this type decide who may do what: never redacted, in every bundle.

    Answered from the name alone, so that it holds for types that this version does not know.
    """
    return type.partition(".")[0] in _FAMILIES or type in _TYPES


def may_be_grave(type: str) -> bool:
    """Whether a policy may ask that others agree before an event of this type has an effect."""
    asking = type.startswith("act.") or type in {"ledger.opened", "anchor.recorded"}
    return is_governance(type) and not asking
