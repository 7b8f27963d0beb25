"""RAT-004: decisions that expect nothing."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut, superseding
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RAT-004",
    "Each decision says what it is expected to change",
    severity="warning",
    why="An expectation in numbers can be contradicted by the result; without one nothing is learnt.",
    fix="mledger decision supersede EVENT --by EVENT",
    reads=("decision.proposed",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find decisions that hold or may hold and state no expected effect."""
    for event, body in dossier.decided():
        if not body.expected_effects:
            message = f"decision {event.number} expects no effect: {cut(body.title)}"
            yield Found(message, (event.number,), superseding(event.number))
