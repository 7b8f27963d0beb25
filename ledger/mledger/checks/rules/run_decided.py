"""RUN-003: releases whose run no decision leads to."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import correcting
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RUN-003",
    "A decision leads to each release",
    severity="error",
    why="Whoever asks why a release is as it is must find a way back to a decision.",
    fix="mledger decide {model}",
    reads=("version.released", "run.started", "decision.proposed"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find releases that name no decision that is there, themselves or by their run."""
    known = {event.number for event, _ in dossier.decided(ended=True)}
    for version in dossier.versions:
        named = list(version.decisions)
        made = dossier.run_of(version)
        if made is not None:
            body = made[2]
            named += filter(None, (body.decision, *(reason.decision for reason in body.param_reasons)))
        if known.isdisjoint({dossier.resolve(reference) for reference in named}):
            numbers = (version.source.number, *((made[1].number,) if made else ()))
            fix = correcting(version.source.number, "decisions", '["EVENT"]')
            yield Found(f"no decision leads to {version.name}", numbers, fix)
