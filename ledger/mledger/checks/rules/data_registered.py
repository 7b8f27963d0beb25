"""DATA-003: data of a release that nobody registered."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import quoted, state
from mledger.checks.world import World
from mledger.events.measures import DatasetUse
from mledger.projections.dossier import Dossier
from mledger.projections.runs import short_name


@rule(
    "DATA-003",
    "All data of a release is registered, with the digest that its run used",
    severity="error",
    why="Data without an entry has no origin, no terms, and nobody who answers for it.",
    fix="mledger data add FILE --as NAME",
    reads=("version.released", "run.started", "dataset.registered", "dataset.refreshed"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find the states of data that a release's run used and no dataset has."""
    for version in dossier.versions:
        made = dossier.run_of(version)
        for use in made[2].datasets if made else ():
            wrong = _wrong(dossier, use)
            if made is not None and wrong is not None:
                yield Found(
                    f"{version.name} used {state(short_name(use.name), use.version)}, {wrong}",
                    (version.source.number, made[1].number),
                    f"mledger data add FILE --as {quoted(short_name(use.name))}",
                )


def _wrong(dossier: Dossier, use: DatasetUse) -> str | None:
    """What is wrong with the data that a run names; None if nothing is."""
    found = dossier.datasets.get(short_name(use.name))
    if found is None or not found.versions:
        return "which nobody registered"
    if use.version is None:
        return None if use.digest is None or use.digest in _all(found.versions.values()) else _OTHER
    version = found.versions.get(use.version)
    if version is None:
        return f"a state that {found.stream} does not have"
    return None if use.digest is None or use.digest in _all([version]) else _OTHER


_OTHER = "whose digest is none that was registered"


def _all(versions: object) -> set[str]:
    """The digests of states of data."""
    return {digest.sha256 for version in versions for digest in version.digests}  # type: ignore[attr-defined]
