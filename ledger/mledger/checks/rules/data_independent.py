"""DATA-007: tests on data that the model was trained on."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.rules.training_data import TRAINING
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.events.evaluation import EvaluationRecorded
from mledger.projections.dossier import Dossier


@rule(
    "DATA-007",
    "No release is tested on the data that it was trained on",
    severity="error",
    why="A model that is tested on what it has seen is tested on its memory.",
    fix="mledger append evaluation.recorded {stream} --edit",
    reads=("version.released", "run.started", "evaluation.recorded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find evaluations and test sets with a digest that is among those of the training data."""
    for version in dossier.versions:
        made = dossier.run_of(version)
        if made is None:
            continue
        run, start, body = made
        seen = {u.digest for u in body.datasets if u.digest and u.role.casefold() in TRAINING}
        numbers = (version.source.number, start.number)
        for use in body.datasets:
            if use.digest in seen and use.role.casefold() not in TRAINING and use.role != "reference":
                yield Found(f"run {run.name} uses {use.name} for training and for {use.role}", numbers)
        for event, test in dossier.of(EvaluationRecorded):
            of_run = dossier.state.runs.find(test.run, dossier.state.trail.resolve) is run
            if (test.version == version.name or of_run) and any(d.digest in seen for d in test.datasets):
                message = f"{version.name} was tested on its training data: {cut(test.title)}"
                yield Found(message, (*numbers, event.number))
