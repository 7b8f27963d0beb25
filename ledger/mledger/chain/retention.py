"""Until when the content of an event must be kept. Pure."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.core.moment import Moment

if TYPE_CHECKING:
    from mledger.events.policy import Policy
    from mledger.events.retention import RetentionRule


class Kept(NamedTuple):
    """Content that is kept until then, and the rule that says so."""

    until: Moment
    rule: "RetentionRule"


def kept(
    policy: "Policy | None", event_type: str, stream: str, recorded: Moment, legal_basis: str | None = None
) -> Kept | None:
    """The rule of a policy that keeps an event longest; None if none is about it.

    With a legal basis those rules are left out that give way to it.
    """
    kind = stream.partition("/")[0]
    found = [
        Kept(rule.until(recorded), rule)
        for rule in (policy.retention if policy is not None else ())
        if rule.covers(event_type, kind) and not (legal_basis is not None and rule.yields(legal_basis))
    ]
    return max(found, key=lambda one: one.until, default=None)
