"""REV-004: decisions one of whose conditions has failed."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.duties import DutiesState, duties
from mledger.projections.lapses import lapses


@rule(
    "REV-004",
    "No decision in force is stale",
    severity="warning",
    why="A decision names the data and the values that it rests on; they have moved, and nobody has looked.",
    fix="mledger reviews due {model}",
    reads=("decision.proposed", "dataset.refreshed", "monitoring.reported", "evaluation.recorded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find conditions that a refresh of the model's data, or a metric in use, has broken."""
    state = DutiesState()
    for record in dossier.records:
        duties.take(state, record.event, record.body)
    versions = {
        name: {version.name: version.source for version in found.versions.values()}
        for name, found in dossier.datasets.items()
    }
    for number, decision in dossier.state.decisions.by_status("in force").items():
        for lapse in lapses(decision, state, versions):
            if lapse.source is not None:
                fix = f"mledger decision reaffirm {number}"
                message = f"decision {number} is stale because {lapse.why}: {cut(decision.title)}"
                yield Found(message, (number, lapse.source.number), fix)
