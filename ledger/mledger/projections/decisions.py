"""Decisions: proposed, in force, rejected, ended, and what they set.

The last acceptance, rejection or invalidation of a proposal is its status; a supersession ends it for
good, and so does a proposal of the same person that completes it before anybody has answered it; a
reaffirmation changes nothing but the day of the next review. A parameter has the value that
the decision accepted last gave it, as long as that is in force.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from mledger.events.base import EventBody
from mledger.events.decision import (
    DecisionAccepted,
    DecisionInvalidated,
    DecisionProposed,
    DecisionReaffirmed,
    DecisionRejected,
    DecisionSuperseded,
)
from mledger.events.decision_parts import Condition as Stated
from mledger.projections.moves import Resolve
from mledger.projections.runs import short_name
from mledger.projections.statements import Citation, Correction, Header, Remark, behind

Status = Literal["proposed", "in force", "rejected", "superseded", "invalidated"]
STATUSES: tuple[Status, ...] = ("in force", "proposed", "rejected", "superseded", "invalidated")
Verdict = Literal["accepted", "rejected", "superseded", "invalidated", "reaffirmed", "completed"]

EVENTS = (
    DecisionProposed,
    DecisionAccepted,
    DecisionRejected,
    DecisionSuperseded,
    DecisionReaffirmed,
    DecisionInvalidated,
)
_OUTCOME: dict[str, Status] = {
    "accepted": "in force",
    "rejected": "rejected",
    "superseded": "superseded",
    "invalidated": "invalidated",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """What must stay true of a metric or of a dataset's version; or the day until which it holds."""

    of: Literal["metric", "dataset", "date"]
    name: str
    operator: str | None = None
    value: Any = None

    @property
    def words(self) -> str:
        """The condition as people write it."""
        return f"until {self.name}" if self.of == "date" else f"{self.name} {self.operator} {self.value}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said to a proposal; `by` is the decision that takes its place."""

    decision: str
    verdict: Verdict
    source: Citation
    reason: str | None = None
    conditions: tuple[str, ...] = ()
    by: str | None = None
    review_by: str | None = None
    validity: tuple[Condition, ...] = ()
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    """One parameter that a decision sets."""

    name: str
    before: Any
    to: Any


@dataclass(slots=True)
class Decision:
    """What was proposed, and what became of it."""

    title: str
    summary: str | None
    category: str
    level: str
    choice: str
    alternatives: tuple[str, ...]
    source: Citation
    parameters: tuple[Setting, ...] = ()
    parent: str | None = None
    review_by: str | None = None
    validity: tuple[Condition, ...] = ()
    corrected: tuple[Correction, ...] = ()
    open: tuple[str, ...] = ()
    status: Status = "proposed"
    answers: list[Answer] = field(default_factory=list)
    superseded_by: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return behind(self.source, *(answer.source for answer in self.answers), corrected=self.corrected)

    @property
    def settled(self) -> Citation:
        """The event that gave it its status."""
        fitting = [a.source for a in self.answers if _OUTCOME.get(a.verdict) == self.status]
        return fitting[-1] if fitting else self.source

    @property
    def own(self) -> tuple[str, ...]:
        """The numbers of the proposal and of its answers: what people may have said something about."""
        given = (answer.source for answer in self.answers if answer.verdict != "completed")
        return behind(self.source, *given)

    @property
    def next_review(self) -> str | None:
        """The day by which it is looked at again; None once it was, unless another day was set."""
        day = self.review_by
        for answer in self.answers:
            if answer.verdict == "reaffirmed":
                kept = day if day is not None and day >= answer.source.time[:10] else None
                day = answer.review_by or kept
        return day


@dataclass(frozen=True, slots=True)
class Parameter:
    """The value that a decision in force gives a parameter; `to` is None where it is dropped."""

    value: Any
    before: Any
    decision: str
    source: Citation


@dataclass(slots=True)
class Decisions:
    """Proposals and answers as recorded; status and parameters as they follow."""

    proposals: dict[str, Decision] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    parameters: dict[str, Parameter] = field(default_factory=dict)

    def add(self, event: Header, body: EventBody) -> None:
        """Take in one event of `EVENTS`."""
        if isinstance(body, DecisionProposed):
            self.proposals[event.number] = Decision(
                body.title,
                body.summary,
                body.category,
                body.level,
                body.choice,
                tuple(option.name for option in body.alternatives),
                event.source,
                tuple(Setting(p.name, p.before, p.to) for p in body.parameters),
                body.parent_decision,
                body.review_by,
                conditions_of(body.validity_conditions),
                event.corrections,
                body.open,
            )
            if body.completes is not None:
                self.answers.append(Answer(body.completes, "completed", event.source, by=event.number))
        elif (answer := answer_of(event, body)) is not None:
            self.answers.append(answer)

    def settle(self, resolve: Resolve) -> list[Remark]:
        """Work out what became of each proposal; answers to what is not there are returned."""
        for decision in self.proposals.values():
            decision.status, decision.answers, decision.superseded_by = "proposed", [], None
        remarks, answered = [], []
        for answer in self.answers:
            number = resolve(answer.decision)
            found = self.proposals.get(number or "")
            if found is None or number is None:
                text = f"{answer.verdict} decision {answer.decision}, which is not there to be read"
                remarks.append(Remark(text, answer.source))
                continue
            own = found.source.by == answer.source.by
            if answer.verdict == "completed" and not (own and found.status == "proposed"):
                why = f"is {found.status} already" if own else f"is by {found.source.by}"
                remarks.append(
                    Remark(f"does not take the place of decision {number}, which {why}", answer.source)
                )
                continue
            answered.append((number, found, answer))
            found.answers.append(answer)
            found.status = after(found.status, answer.verdict, own=own)
            if answer.by is not None:
                found.superseded_by = resolve(answer.by) or answer.by
        self.parameters = {
            setting.name: Parameter(setting.to, setting.before, number, answer.source)
            for number, found, answer in answered
            if found.status == "in force" and answer.source == found.settled
            for setting in found.parameters
        }
        return remarks

    def by_status(self, status: Status) -> dict[str, Decision]:
        """The decisions of one status by number."""
        return {number: found for number, found in self.proposals.items() if found.status == status}


def conditions_of(stated: Iterable[Stated]) -> tuple[Condition, ...]:
    """The conditions of a body."""
    found = []
    for one in stated:
        of: Literal["metric", "dataset", "date"] = (
            "metric" if one.metric else "dataset" if one.dataset else "date"
        )
        name = one.metric or short_name(one.dataset or one.date or "")
        found.append(Condition(of, name, one.operator, one.value))
    return tuple(found)


def answer_of(event: Header, body: EventBody) -> Answer | None:
    """The answer that an event gives, if it gives one."""
    source, corrected = event.source, event.corrections
    match body:
        case DecisionAccepted():
            return Answer(
                body.decision, "accepted", source, body.reason, body.conditions, corrected=corrected
            )
        case DecisionRejected():
            return Answer(body.decision, "rejected", source, body.reason, corrected=corrected)
        case DecisionSuperseded():
            return Answer(body.decision, "superseded", source, body.reason, by=body.by, corrected=corrected)
        case DecisionReaffirmed():
            return Answer(
                body.decision,
                "reaffirmed",
                source,
                body.reason,
                review_by=body.review_by,
                validity=conditions_of(body.validity_conditions),
                corrected=corrected,
            )
        case DecisionInvalidated():
            return Answer(body.decision, "invalidated", source, body.reason, corrected=corrected)
        case _:
            return None


def after(status: Status, verdict: str, *, own: bool) -> Status:
    """The status of a decision after one more answer; `own` is one of the person who proposed it."""
    if verdict == "completed":
        return "superseded" if own and status == "proposed" else status
    return status if status == "superseded" else _OUTCOME.get(verdict, status)


def statuses(
    proposals: Mapping[str, str], answers: Iterable[tuple[str | None, str, str]]
) -> dict[str, Status]:
    """The status of each proposal after answers in order.

    `proposals` are the people who made them by number; an answer has a resolved number, a verdict,
    and who gave it.
    """
    found: dict[str, Status] = dict.fromkeys(proposals, "proposed")
    for number, verdict, by in answers:
        if number in found:
            found[number] = after(found[number], verdict, own=by == proposals[number])
    return found


def counts(found: Mapping[str, Status]) -> dict[str, int]:
    """How many decisions have each status."""
    held: dict[str, int] = {}
    for status in found.values():
        held[status] = held.get(status, 0) + 1
    return held
