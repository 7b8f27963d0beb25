"""What waits for somebody: requests, proposals, plans and reviews without their answer.

Folds all streams. A promotion waits until it is rejected, executed, deployed, or asked for again: how many
approvals it needs is for the rulebook to count. One that was rejected waits for who asked, until
somebody approves it after all, or asks for a stage of that model again. A decision waits until
somebody answers it, a plan until all its signatories have signed it word for word, a review that names
reviewers until each of them, or who took it over, has answered. Reviews that were scheduled are due as
`reviews` says.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
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
from mledger.events.deployment import DeploymentRecorded
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
from mledger.projections.order import place
from mledger.projections.reviews import Reviews
from mledger.projections.statements import Citation, Header, Trail

Kind = Literal["promotion", "rejected", "decision", "plan", "review", "review due"]


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
    key: str = ""
    """What a later event of the same key takes the place of: a version's stage, a plan's words."""
    before: "Waiting | None" = None
    """Of a rejection: the request as it waited, and waits again once somebody approves it after all."""


@dataclass(slots=True)
class InboxState:
    """What waits, by event number."""

    trail: Trail = field(default_factory=Trail)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    reviews: Reviews = field(default_factory=Reviews)
    streams: dict[str, str] = field(default_factory=dict)
    """The streams of scheduled reviews, by event number."""

    def find(self, reference: str) -> str:
        """The number of what waits under a number or an id; the reference itself if nothing does."""
        return self.trail.resolve(reference) or reference


inbox = register(Projection("inbox", InboxState, eager=True))


@inbox.each
def _seen(state: InboxState, fact: Fact) -> None:
    state.trail.events += 1
    if fact.type == ReviewScheduled.type:
        state.streams[fact.number] = fact.stream
    if fact.type in _QUESTIONS:
        state.trail.ids[fact.number] = state.trail.ids[format_id(fact.id)] = fact.number


@inbox.on(PromotionRequested)
def _requested(state: InboxState, event: Header, body: PromotionRequested) -> None:
    about = f"{body.version} to {body.to_stage}"
    key = f"{event.stream} {body.version} {body.to_stage.casefold()}"
    for number, waiting in [*state.waiting.items()]:
        refused = waiting.kind == "rejected" and waiting.stream == event.stream
        if refused or (waiting.kind == "promotion" and waiting.key == key):
            del state.waiting[number]
    _wait(state, event, Waiting("promotion", event.type, event.stream, about, event.source, key=key))


@inbox.on(PromotionApproved)
def _approved(state: InboxState, event: Header, body: PromotionApproved) -> None:
    number = state.find(body.request)
    if (found := state.waiting.get(number)) is not None:
        if found.before is not None:
            found = state.waiting[number] = replace(found.before, answered=[])
        found.answered.append(event.source.by)


@inbox.on_each((PromotionExecuted, DeploymentRecorded))
def _over(state: InboxState, event: Header, body: PromotionExecuted | DeploymentRecorded) -> None:  # noqa: ARG001
    if body.request is not None:
        state.waiting.pop(state.find(body.request), None)


@inbox.on(PromotionRejected)
def _rejected(state: InboxState, event: Header, body: PromotionRejected) -> None:
    number = state.find(body.request)
    if (found := state.waiting.get(number)) is None:
        return
    asked = found.before or found
    told = Waiting("rejected", asked.type, asked.stream, f"{asked.about}: {body.reason}", event.source)
    state.waiting[number] = replace(told, asked=[asked.source.by], before=asked)


@inbox.on(ModelRetired)
def _retired(state: InboxState, event: Header, body: ModelRetired) -> None:  # noqa: ARG001
    for number in [n for n, w in state.waiting.items() if _is_moving(w) and w.stream == event.stream]:
        del state.waiting[number]


@inbox.on(DecisionProposed)
def _proposed(state: InboxState, event: Header, body: DecisionProposed) -> None:
    completed = state.find(body.completes or "")
    if (draft := state.waiting.get(completed)) is not None and draft.source.by == event.source.by:
        del state.waiting[completed]
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


@inbox.on(HandoverRecorded)
def _handed_over(state: InboxState, event: Header, body: HandoverRecorded) -> None:
    state.reviews.add(event, body)
    for waiting in state.waiting.values():
        handed = waiting.kind == "review" and waiting.stream == event.stream
        if handed and body.giver not in waiting.answered:
            waiting.asked = [body.taker if name == body.giver else name for name in waiting.asked]


inbox.include(lambda state: state.reviews, (ReviewScheduled, ReviewCompleted))


def _is_moving(waiting: Waiting) -> bool:
    return waiting.kind in {"promotion", "rejected"}


def _wait(state: InboxState, event: Header, waiting: Waiting) -> None:
    state.waiting[event.number] = waiting


@inbox.finish
def _settle(state: InboxState) -> None:
    state.reviews.settle(state.trail.resolve)
    waiting = {number: w for number, w in state.waiting.items() if w.kind != "review due"}
    for number, review in state.reviews.scheduled.items():
        if review.due is not None:
            stream = state.streams[number]
            waiting[number] = Waiting(
                "review due",
                ReviewScheduled.type,
                stream,
                review.title,
                review.source,
                [review.owner],
                due=review.due,
            )
    state.waiting = dict(sorted(waiting.items(), key=lambda one: place(one[0])))


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
