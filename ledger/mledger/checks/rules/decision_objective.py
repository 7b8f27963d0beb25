"""RAT-003: decisions that serve no objective and do not say why."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut, superseding
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RAT-003",
    "Each decision in force serves an objective, or says why it serves none",
    severity="error",
    why="What is optimised for nothing that was agreed on cannot be judged by what was agreed on.",
    fix="mledger decision supersede EVENT --by EVENT",
    reads=("decision.proposed", "decision.accepted"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find decisions in force that name neither an objective nor a reason for having none."""
    for event, body in dossier.decided():
        named = body.objectives or body.no_objective or body.business_outcome_ref
        links = any(ref.rel == "addresses" for ref in body.refs)
        if dossier.status(event.number) == "in force" and not named and not links:
            message = f"decision {event.number} names no objective: {cut(body.title)}"
            yield Found(message, (event.number,), superseding(event.number))
