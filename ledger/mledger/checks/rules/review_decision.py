"""REV-003: decisions whose day of review is over."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut, days
from mledger.checks.world import World
from mledger.projections.dossier import Dossier
from mledger.projections.lapses import last_day
from mledger.projections.reviews import days_between


@rule(
    "REV-003",
    "No decision in force is overdue for review",
    severity="warning",
    why="A decision holds under conditions; somebody set a day on which to look whether they still do.",
    fix="mledger decision reaffirm EVENT",
    reads=("decision.proposed", "decision.accepted", "decision.reaffirmed"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Compare each decision's day of review, or the day until which it holds, with today."""
    for event, body in dossier.decided():
        decision = dossier.decision(event.number)
        due = last_day(decision) if decision is not None and decision.status == "in force" else None
        if decision is not None and due is not None and due < dossier.day:
            anew = [a.source.number for a in decision.answers if a.verdict == "reaffirmed"]
            fix = f"mledger decision reaffirm {event.number}"
            over = days_between(due, dossier.day)
            message = f"decision {event.number} review overdue by {days(over)}: {cut(body.title)}"
            yield Found(message, (event.number, *anew), fix)
