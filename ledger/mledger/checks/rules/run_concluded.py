"""RUN-001: finished runs without a verdict."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RUN-001",
    "Each finished run has a verdict",
    severity="warning",
    why="A result that nobody judged is forgotten, and tried again.",
    fix="mledger conclude RUN --lesson TEXT",
    reads=("run.started", "run.finished", "run.concluded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find runs that finished and whose verdict nobody gave, neither at the end nor later."""
    for number, run in dossier.state.runs.of("finished").items():
        if run.verdict is None:
            fix = f"mledger conclude {number} --lesson TEXT"
            ends = (run.end.source.number,) if run.end else ()
            yield Found(f"run {run.name} finished and nobody said what it showed", (number, *ends), fix)
