"""RAT-005: decisions with fields that are still open."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RAT-005",
    "No decision has gaps from when it was drafted",
    severity="warning",
    why="A decision that was recorded in a hurry is worth the more, the sooner its gaps are filled.",
    fix="mledger decide --complete EVENT",
    reads=("decision.proposed",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find decisions that hold or may hold and name fields that are still open."""
    for event, body in dossier.decided():
        gaps = [str(name) for name in getattr(body, "open", ())]
        if gaps:
            message = f"decision {event.number} is a draft, {', '.join(gaps)} open: {cut(body.title)}"
            yield Found(message, (event.number,), f"mledger decide --complete {event.number}")
