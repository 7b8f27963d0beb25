"""RISK-001: grave risks about which nothing was decided."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut, plain
from mledger.checks.world import World
from mledger.events.risk import RiskAssessed, RiskMitigated
from mledger.projections.dossier import Dossier
from mledger.projections.statements import Header

GRAVE = frozenset({"high", "critical"})


@rule(
    "RISK-001",
    "No risk of high impact is left open",
    severity="error",
    why="Somebody has to decide whether a grave risk is mitigated, accepted or avoided, and sign that.",
    fix="mledger append risk.mitigated {stream} --edit",
    reads=("risk.assessed", "risk.mitigated"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find risks of high or critical impact whose treatment is open."""
    for event, body in open_risks(dossier):
        if body.level.impact in GRAVE:
            yield told(event, body)


def told(event: Header, body: RiskAssessed) -> Found:
    """An open risk in a line."""
    return Found(
        f"risk {plain(body.risk)} is open, {plain(body.level.likelihood)},"
        f" impact {plain(body.level.impact)}: {cut(body.title)}",
        (event.number,),
        f"mledger append risk.mitigated {event.stream} --set risk={event.number} --edit",
    )


def open_risks(dossier: Dossier) -> Iterator[tuple[Header, RiskAssessed]]:
    """The last assessment of each risk that is open and that nothing was done against since."""
    last: dict[tuple[str, str], tuple[Header, RiskAssessed]] = {}
    for event, body in dossier.around(RiskAssessed):
        last[event.stream, body.risk] = (event, body)
    treated = {dossier.resolve(body.risk) for _, body in dossier.around(RiskMitigated)}
    for event, body in last.values():
        if body.treatment == "open" and event.number not in treated:
            yield event, body
