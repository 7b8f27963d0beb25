"""What waits for somebody: requests, proposals, plans and reviews without their answer.

Folds all streams. A promotion waits until it is rejected, executed, or asked for again: how many
approvals it needs is for the rulebook to count. A decision waits until somebody answers it, a plan
until all its signatories have signed it word for word, a review that names reviewers until each of
them has answered. A review that was scheduled is due a period after it was done last.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from mledger.chain.draft import format_id
from mledger.chain.history import Fact
from mledger.events.decision import (
    DecisionAccepted,
    DecisionInvalidated,
    DecisionProposed,
    DecisionRejected,
    DecisionSuperseded,
)
from mledger.events.handover import HandoverRecorded
from mledger.events.model import ModelRetired
from mledger.events.plan import PlanAgreed, PlanAmended
from mledger.events.promotion import (
    PromotionApproved,
    PromotionExecuted,
    PromotionRejected,
    PromotionRequested,
)
from mledger.events.review import ReviewCompleted, ReviewRequested, ReviewScheduled, ReviewSubmitted
from mledger.projections.base import Projection, Statement, register
from mledger.projections.statements import Citation, Header, Trail

Kind = Literal["promotion", "decision", "plan", "review", "review due"]
_MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}


@dataclass(slots=True)
class Waiting:
    """Something that is not answered: who is asked by name, nobody if by role, and who has answered."""

    kind: Kind
    type: str
    stream: str
    about: str
    source: Citation
    asked: list[str] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    due: str | None = None
    cadence: str | None = None
    key: str = ""
    """What a later event of the same key takes the place of: a version's stage, a plan's words."""


@dataclass(slots=True)
class InboxState:
    """What waits, by event number."""

    trail: Trail = field(default_factory=Trail)
    waiting: dict[str, Waiting] = field(default_factory=dict)

    def find(self, reference: str) -> str:
        """The number of what waits under a number or an id; the reference itself if nothing does."""
        return self.trail.resolve(reference) or reference


inbox = register(Projection("inbox", InboxState, eager=True))


@inbox.each
def _seen(state: InboxState, fact: Fact) -> None:
    state.trail.events += 1
    if fact.type in _QUESTIONS:
        state.trail.ids[fact.number] = state.trail.ids[format_id(fact.id)] = fact.number


@inbox.on(PromotionRequested)
def _requested(state: InboxState, event: Header, body: PromotionRequested) -> None:
    about = f"{body.version} to {body.to_stage}"
    key = f"{event.stream} {body.version} {body.to_stage.casefold()}"
    for number in [n for n, w in state.waiting.items() if w.kind == "promotion" and w.key == key]:
        del state.waiting[number]
    _wait(state, event, Waiting("promotion", event.type, event.stream, about, event.source, key=key))


@inbox.on(PromotionApproved)
def _approved(state: InboxState, event: Header, body: PromotionApproved) -> None:
    if (found := state.waiting.get(state.find(body.request))) is not None:
        found.answered.append(event.source.by)


@inbox.on_each((PromotionRejected, PromotionExecuted))
def _over(state: InboxState, event: Header, body: PromotionRejected | PromotionExecuted) -> None:  # noqa: ARG001
    state.waiting.pop(state.find(body.request), None)


@inbox.on(ModelRetired)
def _retired(state: InboxState, event: Header, body: ModelRetired) -> None:  # noqa: ARG001
    for number in [n for n, w in state.waiting.items() if w.kind == "promotion" and w.stream == event.stream]:
        del state.waiting[number]


@inbox.on(DecisionProposed)
def _proposed(state: InboxState, event: Header, body: DecisionProposed) -> None:
    _wait(state, event, Waiting("decision", event.type, event.stream, body.title, event.source))


@inbox.on_each((DecisionAccepted, DecisionRejected, DecisionSuperseded, DecisionInvalidated))
def _decided(state: InboxState, event: Header, body: DecisionAccepted) -> None:  # noqa: ARG001
    state.waiting.pop(state.find(body.decision), None)


@inbox.on_each((PlanAgreed, PlanAmended))
def _agreed(state: InboxState, event: Header, body: PlanAgreed | PlanAmended) -> None:
    key = f"{event.stream} {body.digest}"
    if isinstance(body, PlanAmended):
        old = state.waiting.get(state.find(body.plan))
        for number in [n for n, w in state.waiting.items() if old is not None and w.key == old.key]:
            del state.waiting[number]
    found = next(((n, w) for n, w in state.waiting.items() if w.key == key), None)
    if found is None:
        plan = Waiting(
            "plan", event.type, event.stream, body.title, event.source, [*body.signatories], key=key
        )
        found = event.number, plan
        _wait(state, event, plan)
    number, plan = found
    plan.answered.append(event.source.by)
    if set(plan.asked) <= set(plan.answered):
        state.waiting.pop(number, None)


@inbox.on(ReviewRequested)
def _asked(state: InboxState, event: Header, body: ReviewRequested) -> None:
    review = Waiting("review", event.type, event.stream, body.question, event.source, [*body.reviewers])
    review.due = body.due
    _wait(state, event, review)


@inbox.on(ReviewSubmitted)
def _reviewed(state: InboxState, event: Header, body: ReviewSubmitted) -> None:
    number = state.find(body.request)
    if (found := state.waiting.get(number)) is not None:
        found.answered.append(event.source.by)
        if set(found.asked) <= set(found.answered):
            del state.waiting[number]


@inbox.on(ReviewScheduled)
def _scheduled(state: InboxState, event: Header, body: ReviewScheduled) -> None:
    review = Waiting("review due", event.type, event.stream, body.title, event.source, [body.owner])
    review.due, review.cadence = body.due, body.cadence
    _wait(state, event, review)


@inbox.on(ReviewCompleted)
def _completed(state: InboxState, event: Header, body: ReviewCompleted) -> None:  # noqa: ARG001
    number = state.find(body.schedule)
    found = state.waiting.get(number)
    if found is None or found.due is None:
        return
    if body.outcome == "ended" or (found.cadence == "once" and body.next_due is None):
        del state.waiting[number]
    else:
        found.due = body.next_due or a_period_later(found.due, found.cadence or "")


@inbox.on(HandoverRecorded)
def _handed_over(state: InboxState, event: Header, body: HandoverRecorded) -> None:  # noqa: ARG001
    for reference in body.reviews:
        if (found := state.waiting.get(state.find(reference))) is not None and found.kind == "review due":
            found.asked = [body.taker]


def _wait(state: InboxState, event: Header, waiting: Waiting) -> None:
    state.waiting[event.number] = waiting


def a_period_later(day: str, cadence: str) -> str:
    """The day on which something is due again; the last day of a month if it has no such day."""
    due = date.fromisoformat(day)
    if cadence == "weekly":
        return date.fromordinal(due.toordinal() + 7).isoformat()
    months = due.month - 1 + _MONTHS.get(cadence, 0)
    year, month = due.year + months // 12, months % 12 + 1
    for number in range(due.day, 27, -1):
        try:
            return date(year, month, number).isoformat()
        except ValueError:
            continue
    return date(year, month, due.day).isoformat()


@inbox.tell
def _tell(state: InboxState) -> Iterator[Statement]:
    for number, waiting in state.waiting.items():
        yield Statement("people", f"{waiting.kind} {number}", waiting.about, (number,))


_QUESTIONS = frozenset(
    cls.type
    for cls in (
        PromotionRequested,
        DecisionProposed,
        PlanAgreed,
        PlanAmended,
        ReviewRequested,
        ReviewScheduled,
    )
)
TYPES = inbox.types
"""The types of event that bear on what waits."""
