"""LINK-001: references to events that are not there."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.links import links_of, mending
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "LINK-001",
    "Each reference to an event leads to one",
    severity="error",
    why="A chain of reasons is as good as its weakest link.",
    fix="mledger correct EVENT --set FIELD=VALUE --reason TEXT",
    reads=("*",),
    needs=("events",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:
    """Find references to events that the ledger does not hold."""
    for link in links_of(dossier.records):
        known = dossier.resolve(link.target) or link.target in (world.events or {})
        if link.kind == "event" and not known:
            message = f"event {link.number} names event {link.target} in {link.path}, which is not there"
            yield Found(message, (link.number,), mending(dossier, link, "LINK-001", "EVENT"))
