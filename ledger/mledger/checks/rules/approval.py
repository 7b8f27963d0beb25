"""APP-001: versions in use that nobody approved."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import plain, quoted
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.model_told import where


@rule(
    "APP-001",
    "Each version that stands in production was approved for it",
    severity="error",
    why="Who lets a version decide about people must be on record before it does.",
    fix="mledger promotion request {model}@VERSION --to STAGE --reason TEXT",
    reads=("promotion.requested", "promotion.approved", "promotion.executed", "deployment.recorded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find places in production whose version was moved there without an approval before it."""
    stages = dossier.state.stages
    for place in stages.places:
        if place.stage.casefold() not in {"production", "prod"} or place.version not in _names(dossier):
            continue
        if place.approvals or place.how == "rolled back":
            continue
        asked = stages.requests.get(place.request or "")
        later = asked.approvals if asked is not None else ()
        if later:  # the version may be moved again, on them
            people = ", ".join(f"{one.by} ({one.number})" for one in later)
            said = f"had approved that before event {place.since.number}; afterwards {people} did"
            fix = f"mledger promotion execute {place.request}"
        else:
            said = "approved that"
            what = quoted(f"{dossier.name}@{place.version}")
            fix = f"mledger promotion request {what} --to {quoted(place.stage)} --reason TEXT"
            if asked is not None:
                fix = f"mledger approve {place.request} --reason TEXT"
        message = plain(f"{place.version} stands in {where(place)} and nobody {said}")
        yield Found(message, (*place.numbers, *(one.number for one in later)), fix)


def _names(dossier: Dossier) -> set[str]:
    """The versions that are asked about; what stands without a release is asked about as well."""
    return (
        {place.version for place in dossier.state.stages.places} if dossier.asked is None else {dossier.asked}
    )
