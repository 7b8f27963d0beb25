"""LIM-001: runs that went over a stated limit."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import waiving
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.limits import exceeded


@rule(
    "LIM-001",
    "No run goes over the limits that its decision states",
    severity="warning",
    why="A limit forced a compromise; a result that ignores it is no answer to the question.",
    fix="mledger waive LIM-001 {stream} --until DAY --reason TEXT",
    reads=("decision.proposed", "run.started", "run.finished", "run.failed"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Compare what each run used up with the limits of the decision that it follows."""
    for over in exceeded(dossier):
        fix = waiving("LIM-001", dossier.stream, over.numbers[-1])
        yield Found(f"run {over.run} over its limit: {over.words}", over.numbers, fix)
