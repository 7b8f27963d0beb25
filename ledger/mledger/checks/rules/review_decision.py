"""REV-003: decisions whose day of review is over."""

from collections.abc import Iterator
from datetime import date

from mledger.checks.base import Found, rule
from mledger.checks.words import cut
from mledger.checks.world import World
from mledger.projections.dossier import Dossier


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
        if dossier.status(event.number) != "in force":
            continue
        decision = dossier.state.decisions.proposals.get(event.number)
        answers = decision.answers if decision else []
        anew = [a.source.number for a in answers if a.verdict == "reaffirmed"]
        days = [decision.next_review if decision else body.review_by]
        if not anew:
            days += [condition.date for condition in body.validity_conditions]
        due = min((day for day in days if day), default=None)
        if due is not None and due < dossier.day:
            over = (date.fromisoformat(dossier.day) - date.fromisoformat(due)).days
            fix = f"mledger decision reaffirm {event.number}"
            message = f"decision {event.number} review overdue by {over} days: {cut(body.title)}"
            yield Found(message, (event.number, *anew), fix)
