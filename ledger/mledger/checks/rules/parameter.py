"""PARAM-001: parameters that changed between releases without a reason."""

from collections.abc import Iterator
from typing import Any

from mledger.checks.base import Found, rule
from mledger.checks.words import plain, quoted, same, shown
from mledger.checks.world import World
from mledger.events.run import RunStarted
from mledger.projections.dossier import Dossier
from mledger.projections.model import Version


@rule(
    "PARAM-001",
    "Each parameter that changed since the release before has a reason",
    severity="error",
    why="Whoever asks later why a value changed must find who changed it and what was expected of it.",
    fix="mledger decide {model} --set category=hyperparameter",
    reads=("version.released", "run.started", "decision.proposed"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Compare the parameters of each release with those of the one before it."""
    for version in dossier.versions:
        earlier = dossier.before(version)
        now, was = dossier.run_of(version), dossier.run_of(earlier)
        if now is not None and was is not None and earlier is not None and now[0] is not was[0]:
            yield from _compared(dossier, version, earlier, now[2], was[2])


def _compared(
    dossier: Dossier, version: Version, earlier: Version, now: RunStarted, was: RunStarted
) -> Iterator[Found]:
    runs = dossier.state.runs
    starts = [runs.names.get(now.run, ""), runs.names.get(was.run, "")]
    numbers = (version.source.number, earlier.source.number, *filter(None, starts))
    for name in sorted({*now.params, *was.params}):
        before, after = was.params.get(name), now.params.get(name)
        if (same(before, after) and (name in was.params) == (name in now.params)) or _explained(
            dossier, version, now, name, after
        ):
            continue
        wrong, behind = _otherwise(dossier, name)
        yield Found(
            f"undocumented parameter change {plain(name)} {shown(before)} → {shown(after)}"
            f" from {earlier.name} to {version.name}{wrong}",
            (*numbers, *behind),
            f"mledger decide {dossier.name} --set category=hyperparameter"
            f" --set parameters.0.name={quoted(name)}",
        )


def _explained(dossier: Dossier, version: Version, run: RunStarted, name: str, value: Any) -> bool:
    """Whether a decision sets the parameter to the value, or the run says why it has it."""
    for _, body in dossier.behind(version):
        if any(p.name == name and same(p.to, value) for p in body.parameters):
            return True
    if any(reason.name == name for reason in run.param_reasons):
        return True
    return run.tuning is not None and name in run.tuning.space


def _otherwise(dossier: Dossier, name: str) -> tuple[str, tuple[str, ...]]:
    """What decisions say of the parameter instead, and their events."""
    for event, body in reversed(list(dossier.decided())):
        for setting in body.parameters:
            if setting.name == name:
                return f"; decision {event.number} set it to {shown(setting.to)}", (event.number,)
    return "", ()
