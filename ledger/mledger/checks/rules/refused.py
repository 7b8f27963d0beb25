"""APP-003: events that the rulebook refuses."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import waiving
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "APP-003",
    "Nothing about the model was recorded against the policy",
    severity="error",
    why="Whoever signs what no rule allows them to, with a program of their own, agrees to nothing.",
    fix="mledger waive APP-003 {stream} --until DAY --reason TEXT",
    reads=("*",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find events of the model, of its datasets and of the ledger that the rulebook does not let count."""
    for fact in dossier.refused:
        message = f"{fact.type} by {fact.signer} does not count: {fact.refused}"
        yield Found(message, (fact.number,), waiving("APP-003", dossier.stream, fact.number))
