"""APP-002: requests for promotion that wait for an approval."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import quoted
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "APP-002",
    "Each release that asks for a stage has the approvals that it needs",
    severity="error",
    why="A pipeline must not go on where people have not agreed.",
    fix="mledger approve EVENT --reason TEXT",
    reads=("promotion.requested", "promotion.approved", "promotion.rejected"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:
    """Find the last request of each release and stage that is rejected, or lacks an approval."""
    names = {version.name for version in dossier.versions}
    stages = dossier.state.stages
    last = {(r.version, r.to_stage.casefold()): (number, r) for number, r in stages.requests.items()}
    standing = {(place.version, place.stage.casefold()) for place in stages.places}
    for asked, (number, request) in last.items():
        if request.version not in names or request.status == "rolled back":
            continue
        what = f"promotion {number} of {request.version} to {request.to_stage}"
        numbers = (number, *(answer.source.number for answer in request.answers))
        fix = f"mledger approve {number} --reason TEXT"
        awaited = (world.approvals or {}).get(number)
        if request.status == "rejected":
            by = [answer.source.by for answer in request.answers if answer.kind == "rejected"][-1]
            version = quoted(f"{dossier.name}@{request.version}")
            anew = f"mledger promotion request {version} --to {quoted(request.to_stage)} --reason TEXT"
            # what stands there cannot be asked for anew: it is approved after all, or rolled back
            yield Found(f"{what} was rejected by {by}", numbers, fix if asked in standing else anew)
        elif awaited is not None and awaited.missing:
            lacks = f"approvals {awaited.given} of {awaited.needed}, missing {', '.join(awaited.missing)}"
            yield Found(f"{what}: {lacks}", numbers, fix)
        elif awaited is None and request.status == "open":
            yield Found(f"{what} has no approval", numbers, fix)
