"""Reviews: scheduled, done, due again; and those that somebody was asked for.

A review that is done is due again on the next day of its rhythm: the first after both the day that
was due and the day on which it was done, counted from the day that was set last, so that the last day
of a month stays the last. Whoever completes it may set another day. One that comes once, or whose
outcome is "ended", is due no more. Whoever takes a review over by a handover is its owner.
"""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from mledger.events.base import EventBody
from mledger.events.handover import HandoverRecorded
from mledger.events.review import ReviewCompleted, ReviewRequested, ReviewScheduled, ReviewSubmitted
from mledger.projections.moves import Resolve
from mledger.projections.statements import Citation, Correction, Header, Remark, behind

EVENTS = (ReviewScheduled, ReviewCompleted, ReviewRequested, ReviewSubmitted)

_MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}


@dataclass(frozen=True, slots=True)
class Completion:
    """A review that was done once."""

    schedule: str
    outcome: str
    checked: tuple[str, ...]
    source: Citation
    findings: tuple[str, ...] = ()
    next_due: str | None = None
    corrected: tuple[Correction, ...] = ()


@dataclass(slots=True)
class Review:
    """What is looked at again: `due` is the next day, None once it has ended."""

    title: str
    scope: tuple[str, ...]
    cadence: str
    first: str
    named: str
    source: Citation
    on: str | None = None
    corrected: tuple[Correction, ...] = ()
    due: str | None = None
    owner: str = ""
    completions: list[Completion] = field(default_factory=list)
    handed: list[Citation] = field(default_factory=list)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return behind(
            self.source, *(c.source for c in self.completions), *self.handed, corrected=self.corrected
        )


@dataclass(slots=True)
class Asked:
    """A review that somebody was asked for, and the answers by number."""

    on: str
    question: str
    reviewers: tuple[str, ...]
    due: str | None
    source: Citation
    corrected: tuple[Correction, ...] = ()
    answers: list[Citation] = field(default_factory=list)


@dataclass(slots=True)
class Reviews:
    """Reviews as recorded; days, owners and answers as they follow."""

    scheduled: dict[str, Review] = field(default_factory=dict)
    completions: list[Completion] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)
    submitted: list[tuple[str, Citation]] = field(default_factory=list)
    handovers: list[tuple[str, str, Citation]] = field(default_factory=list)
    """The review, whoever takes it, and the event."""

    def add(self, event: Header, body: EventBody) -> None:
        """Take in one event of `EVENTS`, or a handover."""
        match body:
            case ReviewScheduled():
                self.scheduled[event.number] = Review(
                    body.title,
                    body.scope,
                    body.cadence,
                    body.due,
                    body.owner,
                    event.source,
                    body.on,
                    event.corrections,
                )
            case ReviewCompleted():
                found = tuple(finding.title for finding in body.findings)
                self.completions.append(
                    Completion(
                        body.schedule,
                        body.outcome,
                        body.checked,
                        event.source,
                        found,
                        body.next_due,
                        event.corrections,
                    )
                )
            case ReviewRequested():
                self.asked[event.number] = Asked(
                    body.on, body.question, body.reviewers, body.due, event.source, event.corrections
                )
            case ReviewSubmitted():
                self.submitted.append((body.request, event.source))
            case HandoverRecorded():
                self.handovers += [(review, body.taker, event.source) for review in body.reviews]

    def settle(self, resolve: Resolve) -> list[Remark]:
        """Work out when each review is due, and from whom; what does not fit is returned."""
        for review in self.scheduled.values():
            review.due, review.owner = review.first, review.named
            review.completions, review.handed = [], []
        for asked in self.asked.values():
            asked.answers = []
        return [*self._complete(resolve), *self._hand_over(resolve), *self._answer(resolve)]

    def _complete(self, resolve: Resolve) -> Iterator[Remark]:
        anchors = {number: review.first for number, review in self.scheduled.items()}
        for done in self.completions:
            number = resolve(done.schedule) or ""
            review = self.scheduled.get(number)
            if review is None:
                text = f"completes review {done.schedule}, which is not there to be read"
                yield Remark(text, done.source)
                continue
            review.completions.append(done)
            if done.next_due is not None:
                anchors[number] = review.due = done.next_due
            elif done.outcome == "ended" or review.due is None:
                review.due = None
            else:
                last = max(review.due, done.source.occurred[:10])
                review.due = following(review.cadence, anchors[number], last)

    def _hand_over(self, resolve: Resolve) -> Iterator[Remark]:
        for reference, taker, source in self.handovers:
            review = self.scheduled.get(resolve(reference) or "")
            if review is None:
                yield Remark(f"hands over review {reference}, which is not there to be read", source)
            else:
                review.owner = taker
                review.handed.append(source)

    def _answer(self, resolve: Resolve) -> Iterator[Remark]:
        for reference, source in self.submitted:
            asked = self.asked.get(resolve(reference) or "")
            if asked is None:
                yield Remark(f"answers request {reference}, which is not there to be read", source)
            else:
                asked.answers.append(source)


def days_between(one: str, other: str) -> int:
    """The days from one day to another."""
    return (date.fromisoformat(other) - date.fromisoformat(one)).days


def following(cadence: str, anchor: str, after: str) -> str | None:
    """The first day of a rhythm that begins at `anchor` and lies after a day; None if it comes once."""
    if cadence == "once":
        return None
    first, last = date.fromisoformat(anchor), date.fromisoformat(after)
    try:
        if cadence == "weekly":
            weeks = max(0, (last - first).days) // 7 + 1
            return (first + timedelta(weeks=weeks)).isoformat()
        step = _MONTHS[cadence]
        passed = max(0, (last.year - first.year) * 12 + last.month - first.month)
        count = passed // step
        while (day := _later(first, count * step)) <= last:
            count += 1
    except (OverflowError, ValueError):
        return None  # beyond the year 9999 nothing is due
    return day.isoformat()


def _later(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month if it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))
