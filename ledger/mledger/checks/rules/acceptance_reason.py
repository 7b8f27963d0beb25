"""RAT-001: acceptances that do not say what convinced."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


@rule(
    "RAT-001",
    "Each decision in force says why it was accepted",
    severity="warning",
    why="A signature without a reason shows that somebody agreed, and not that somebody looked.",
    fix="mledger comment EVENT",
    reads=("decision.proposed", "decision.accepted", "comment.added"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find decisions in force whose acceptances give no reason, and have no comment that does."""
    for number, decision in dossier.state.decisions.by_status("in force").items():
        accepted = [a for a in decision.answers if a.verdict == "accepted"]
        said = {dossier.resolve(c.on) for c in dossier.state.discussion.comments}
        if not any(answer.reason or answer.source.number in said for answer in accepted):
            yield Found(
                f"decision {number} was accepted without a reason: {cut(decision.title)}",
                (number, *(answer.source.number for answer in accepted)),
                f"mledger comment {accepted[-1].source.number}",
            )
