"""REV-005: scheduled reviews whose day is over."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import cut, days
from mledger.checks.world import World
from mledger.events.handover import HandoverRecorded
from mledger.projections import reviews
from mledger.projections.dossier import Dossier
from mledger.projections.reviews import Reviews, days_between


@rule(
    "REV-005",
    "No scheduled review is overdue",
    severity="warning",
    why="Somebody said that this would be looked at by then, and nobody has.",
    fix="mledger reviews due {model}",
    reads=("review.scheduled", "review.completed", "handover.recorded"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Compare the day on which each review is due with today."""
    found = Reviews()
    for record in dossier.records:
        if isinstance(record.body, (*reviews.EVENTS, HandoverRecorded)):
            found.add(record.event, record.body)
    found.settle(dossier.resolve)
    for number, review in found.scheduled.items():
        if review.due is not None and review.due < dossier.day:
            over = days_between(review.due, dossier.day)
            message = f"review {number} overdue by {days(over)}, {review.owner}: {cut(review.title)}"
            yield Found(message, review.numbers, f"mledger reviews done {number} --checked TEXT")
