"""DATA-002: training data that no decision chose."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import state
from mledger.checks.world import World
from mledger.events.measures import DatasetUse
from mledger.projections.dossier import Dossier
from mledger.projections.runs import short_name

TRAINING = frozenset({"train", "training", "fit"})


@rule(
    "DATA-002",
    "A decision selects the data on which a release was trained",
    severity="error",
    why="Of all choices the data is the one that nobody remembers making.",
    fix="mledger decide {model} --set category=dataset",
    reads=("version.released", "run.started", "decision.proposed", "dataset.registered", "dataset.refreshed"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find training data of releases that no decision selects by digest or by event."""
    for version in dossier.versions:
        made = dossier.run_of(version)
        if made is None:
            continue
        selected = {
            target
            for _, body in dossier.behind(version)
            for ref in body.refs
            if ref.rel == "selects"
            for target in (ref.digest, dossier.resolve(ref.event))
            if target is not None
        }
        for use in trained_on(made[2].datasets):
            names = digests_of(dossier, use)
            if selected.isdisjoint(names):
                yield _unselected(dossier, use, version.name, (version.source.number, made[1].number))


def _unselected(dossier: Dossier, use: DatasetUse, version: str, numbers: tuple[str, ...]) -> Found:
    target = use.digest or next(iter(digests_of(dossier, use)), "SHA256")
    fix = (
        f"mledger decide {dossier.name} --set category=dataset"
        f" --set refs.0.rel=selects --set refs.0.digest={target}"
    )
    name = state(short_name(use.name), use.version)
    return Found(f"no decision selects {name}, on which {version} was trained", numbers, fix)


def trained_on(uses: tuple[DatasetUse, ...]) -> Iterator[DatasetUse]:
    """The data that a run learned from."""
    return (use for use in uses if use.role.casefold() in TRAINING)


def digests_of(dossier: Dossier, use: DatasetUse) -> tuple[str, ...]:
    """By what a state of data may be named: its digests, and the number of the event that registered it."""
    found = dossier.datasets.get(short_name(use.name))
    version = found.versions.get(use.version or "") if found else None
    if found is not None and use.version is None:
        version = found.current
    known = (*(digest.sha256 for digest in version.digests), version.source.number) if version else ()
    return (*((use.digest,) if use.digest else ()), *known)
