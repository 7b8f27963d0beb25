"""RISK-002: smaller risks about which nothing was decided."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.rules.risk_grave import GRAVE, open_risks, told
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RISK-002",
    "No risk is left open",
    severity="warning",
    why="A risk that is known and left open is one that nobody answers for.",
    fix="mledger append risk.assessed {stream} --edit",
    reads=("risk.assessed", "risk.mitigated"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find risks of low or medium impact whose treatment is open."""
    for event, body in open_risks(dossier):
        if body.level.impact not in GRAVE:
            yield told(event, body)
