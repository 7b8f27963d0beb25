"""OPT-002: tuning without a recorded search space."""

import re
from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import correcting
from mledger.checks.world import World
from mledger.events.run import RunStarted
from mledger.projections.dossier import Dossier

# Programs that search for values of parameters, as packages and commands call them.
TUNERS = (
    "optuna", "hyperopt", "ray-tune", "ray.tune", "keras-tuner", "scikit-optimize", "skopt", "nevergrad",
    "ax-platform", "smac", "flaml", "syne-tune", "gridsearchcv", "randomizedsearchcv", "sweep", "tune",
    "tuning", "tuned",
)  # fmt: skip
_TUNER = re.compile("|".join(rf"(?<![a-z]){re.escape(name)}(?![a-z])" for name in TUNERS), re.IGNORECASE)


@rule(
    "OPT-002",
    "Each release whose parameters were searched for has its search space on record",
    severity="error",
    why="The best of 600 trials means something else than the best of 6.",
    fix="mledger correct EVENT --set FIELD=VALUE --reason TEXT",
    reads=("version.released", "run.started"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find releases whose run shows signs of a tuner and is in no recorded search.

    Signs are its command, its name, its tags, the names of its parameters and what it says of their
    reasons. A package in the environment is none: it need not have been used.
    """
    searches = [body.tuning for _, body in dossier.of(RunStarted) if body.tuning is not None]
    trials = {name for search in searches for name in search.trials}
    for version in dossier.versions:
        made = dossier.run_of(version)
        if made is None:
            continue
        run, start, body = made
        sign = _sign(body)
        known = body.tuning is not None or not trials.isdisjoint({run.name, start.number})
        if sign is not None and not known:
            message = f"run {run.name} of {version.name} used a tuner ({sign}) and has no search space"
            fix = correcting(start.number, "tuning", '{"method": "METHOD", "space": {}}')
            yield Found(message, (version.source.number, start.number), fix)


def _sign(body: RunStarted) -> str | None:
    """What shows that values were searched for."""
    reasons = (reason.reason for reason in body.param_reasons)
    for text in (body.cmd, body.run, *body.tags, *body.params, *reasons):
        if (found := _TUNER.search(text or "")) is not None:
            return found[0]
    return None
