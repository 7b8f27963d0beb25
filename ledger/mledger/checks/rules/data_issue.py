"""DATA-006: grave issues of data that nobody answered."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier

GRAVE = frozenset({"high", "critical"})


@rule(
    "DATA-006",
    "Each grave issue of the data is answered by a decision or a waiver",
    severity="error",
    why="What is wrong with the data is wrong with the model, unless somebody decided what that means.",
    fix="mledger waive DATA-006 {stream} --until DAY --reason TEXT",
    reads=("dataset.issue", "decision.proposed", "waiver.granted"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Find open issues of high or critical severity to which no decision points."""
    answered = {
        number
        for _, body in dossier.decided()
        for ref in body.refs
        if (number := dossier.resolve(ref.event)) is not None
    }
    for found in dossier.datasets.values():
        for number, issue in found.standing_issues.items():
            chain = _chain(dossier, number)
            if issue.severity in GRAVE and issue.status != "fixed" and answered.isdisjoint(chain):
                fix = (
                    f"mledger decide {dossier.name} --set category=dataset"
                    f" --set refs.0.rel=addresses --set refs.0.event={number}"
                )
                message = f"{issue.severity} issue of {found.name} without a decision: {cut(issue.title)}"
                yield Found(message, chain, fix)


def _chain(dossier: Dossier, number: str) -> tuple[str, ...]:
    """An issue, and those whose place it took."""
    chain = [number]
    issues = {n: issue for state in dossier.datasets.values() for n, issue in state.issues.items()}
    while (before := dossier.resolve(issues[chain[-1]].updates)) in issues and before not in chain:
        chain.append(str(before))
    return tuple(chain)
