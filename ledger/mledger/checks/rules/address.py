"""LINK-004: addresses that cannot be one."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.links import is_address, links_of, mending
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "LINK-004",
    "Each address is well formed",
    severity="warning",
    why="Evidence that nobody can open is none.",
    fix="mledger correct EVENT --set FIELD=VALUE --reason TEXT",
    reads=("*",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find addresses without the host or the path that their scheme needs; none is opened."""
    for link in links_of(dossier.records):
        if link.kind == "uri" and not is_address(link.target):
            message = f"event {link.number} names {cut(link.target)} in {link.path}, which is no address"
            yield Found(message, (link.number,), mending(dossier, link, "LINK-004", "URI"))
