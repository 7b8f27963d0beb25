"""ARCH-001: components of the architecture that nobody decided on."""

import re
from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import plain, quoted
from mledger.checks.world import World
from mledger.events.decision import DecisionProposed
from mledger.projections.dossier import Dossier

FILE = "architecture.yaml"


@rule(
    "ARCH-001",
    "Each component of the architecture has a decision",
    severity="error",
    why="A component that nobody decided on has no alternative, no reason and no author to ask.",
    fix="mledger decide {model} --set category=architecture",
    reads=("decision.proposed",),
    needs=("components",),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:
    """Find components of `architecture.yaml` that no decision on the architecture names."""
    decisions = [body for _, body in dossier.decided() if body.category == "architecture"]
    for component in world.components or ():
        if not any(_names(body, component) for body in decisions):
            fix = (
                f"mledger decide {dossier.name} --set category=architecture"
                f" --set components.0={quoted(component)}"
            )
            yield Found(f"undocumented component {plain(component)}", (), fix, FILE)


def _names(body: DecisionProposed, component: str) -> bool:
    """Whether a decision is about a component: it lists it, or says its name in a heading."""
    if component.casefold() in map(str.casefold, body.components):
        return True
    said = " ".join(filter(None, (body.title, body.summary, body.question, body.choice)))
    return re.search(rf"(?<!\w){re.escape(component)}(?!\w)", said, re.IGNORECASE) is not None
