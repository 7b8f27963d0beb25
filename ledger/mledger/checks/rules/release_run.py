"""REL-001: releases whose run is missing, or made other files."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import correcting, plain
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.making import others


@rule(
    "REL-001",
    "Each release names the run that made it",
    severity="error",
    why="Parameters, data, code and seeds stand in the run: without it nothing of them can be checked.",
    fix="mledger correct EVENT --set FIELD=VALUE --reason TEXT",
    reads=("version.released", "run.started"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find releases whose run is not named, or not there, or made other files than those released."""
    for version in dossier.versions:
        if dossier.run_of(version) is None:
            what = f"names run {version.run}, which is not there" if version.run else "names no run"
            fix = correcting(version.source.number, "run", "RUN")
            yield Found(f"{version.name} {what}", (version.source.number,), fix)
            continue
        for other in others(dossier.state, version):
            name = other.run.name if other.run is not None else "RUN"
            fix = correcting(version.source.number, "run", name)
            end = other.named.end
            numbers = (version.source.number, *((end.source.number,) if end is not None else ()))
            yield Found(plain(f"{version.name}: {other.told()}"), numbers, fix)
