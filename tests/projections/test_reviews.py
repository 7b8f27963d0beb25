"""Reviews: when they are due again, from whom, and who was asked."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.projections.duties import DutiesState, duties
from mledger.projections.reviews import following
from tests.projections.stories import Story

SCHEDULED = {
    "title": "Quarterly review",
    "scope": ["decisions hold"],
    "owner": "Carol Example",
    "cadence": "quarterly",
    "due": "2026-01-31",
}
DONE = {"outcome": "confirmed", "checked": ["all hold"]}
MONTHS = {"monthly": 1, "quarterly": 3, "half-yearly": 6, "yearly": 12}


def fold(story: Story) -> DutiesState:
    """The duties of the story."""
    return duties.fold(story.facts)


def schedule(story: Story, **fields: object) -> str:
    """Schedule a review."""
    return story.tell("review.scheduled", SCHEDULED | fields)


def complete(story: Story, number: str, **fields: object) -> str:
    """Say that a review was done."""
    return story.tell("review.completed", DONE | {"schedule": number} | fields)


def test_a_review_is_due_on_its_first_day() -> None:
    """Until it is done it stays due on the day that was set."""
    story = Story()
    number = schedule(story)
    review = fold(story).reviews.scheduled[number]
    assert (review.due, review.owner, review.numbers) == ("2026-01-31", "Carol Example", (number,))


def test_completion_resets_the_day() -> None:
    """The next day is a period later; the last day of a month stays the last."""
    story = Story()
    number = schedule(story)
    done = complete(story, number)
    review = fold(story).reviews.scheduled[number]
    assert review.due == "2026-04-30"
    assert review.numbers == (number, done)
    complete(story, number)
    assert fold(story).reviews.scheduled[number].due == "2026-07-31"


def test_a_late_completion_skips_what_it_covers() -> None:
    """What is done months late is due again after that, and not at once."""
    story = Story()
    number = schedule(story, due="2025-06-30")
    complete(story, number)  # on 5 January 2026
    assert fold(story).reviews.scheduled[number].due == "2026-03-30"


def test_another_day_may_be_set() -> None:
    """A completion may name the next day, from which the rhythm goes on."""
    story = Story()
    number = schedule(story)
    complete(story, number, next_due="2026-03-15")
    assert fold(story).reviews.scheduled[number].due == "2026-03-15"
    complete(story, number)
    assert fold(story).reviews.scheduled[number].due == "2026-06-15"


@pytest.mark.parametrize(
    ("fields", "done"), [({"cadence": "once"}, {}), ({}, {"outcome": "ended"})], ids=["once", "ended"]
)
def test_a_review_that_has_ended_is_due_no_more(fields: dict[str, str], done: dict[str, str]) -> None:
    """One that comes once, or is said to have ended, is not due again; a day that is set revives it."""
    story = Story()
    number = schedule(story, **fields)
    complete(story, number, **done)
    assert fold(story).reviews.scheduled[number].due is None
    complete(story, number, next_due="2027-01-01")
    assert fold(story).reviews.scheduled[number].due == "2027-01-01"


def test_a_handover_changes_the_owner() -> None:
    """The reviews that a handover names are due from whoever takes them; others stay."""
    story = Story()
    moved, kept = schedule(story), schedule(story)
    fields = {"from": "Carol Example", "to": "Bob Example", "duties": ["reviews"], "reviews": [moved]}
    number = story.tell("handover.recorded", fields)
    reviews = fold(story).reviews.scheduled
    assert (reviews[moved].owner, reviews[kept].owner) == ("Bob Example", "Carol Example")
    assert number in reviews[moved].numbers


def test_an_answer_ends_a_request() -> None:
    """A review that was asked for has its answers."""
    story = Story()
    number = story.tell("review.requested", {"on": "3", "question": "Does it hold?", "due": "2026-02-01"})
    assert not fold(story).reviews.asked[number].answers
    fields = {"request": number, "verdict": "approve", "summary": "It does."}
    answer = story.tell("review.submitted", fields, by="Bob Example")
    assert [c.number for c in fold(story).reviews.asked[number].answers] == [answer]


def test_what_leads_nowhere_is_a_remark() -> None:
    """A completion, a handover or an answer of what is not there is noted and changes nothing."""
    story = Story()
    complete(story, "77")
    fields = {"from": "Carol Example", "to": "Bob Example", "duties": ["reviews"], "reviews": ["78"]}
    story.tell("handover.recorded", fields)
    story.tell("review.submitted", {"request": "79", "verdict": "approve", "summary": "It does."})
    remarks = " ".join(remark.text for remark in fold(story).trail.remarks)
    assert all(number in remarks for number in ("77", "78", "79"))


DAYS = st.dates(date(1990, 1, 1), date(2100, 1, 1))


@given(st.sampled_from([*MONTHS, "weekly"]), DAYS, DAYS)
def test_the_next_day_is_the_first_of_the_rhythm_after(cadence: str, anchor: date, after: date) -> None:
    """It lies after the day, and less than a period later unless the rhythm has not begun."""
    found = following(cadence, anchor.isoformat(), after.isoformat())
    assert found is not None
    day = date.fromisoformat(found)
    assert day > after
    assert day > anchor or after < anchor
    if cadence == "weekly":
        assert (day - anchor).days % 7 == 0
        assert (day - max(after, anchor)).days <= 7
        return
    assert ((day.year - anchor.year) * 12 + day.month - anchor.month) % MONTHS[cadence] == 0
    assert day.day == min(anchor.day, last_day(day))
    assert (day - max(after, anchor)).days <= MONTHS[cadence] * 31


def last_day(day: date) -> int:
    """The last day of the month."""
    return ((day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)).day


@pytest.mark.parametrize("cadence", [*MONTHS, "weekly"])
def test_a_rhythm_ends_with_the_calendar(cadence: str) -> None:
    """Beyond the year 9999 nothing is due."""
    assert following(cadence, "9999-12-31", "9999-12-31") is None


def test_december_is_a_month() -> None:
    """A rhythm passes over the end of a year."""
    assert following("monthly", "2026-11-30", "2026-11-30") == "2026-12-30"
    assert following("monthly", "2026-12-31", "2026-12-31") == "2027-01-31"
    assert following("monthly", "9999-11-30", "9999-11-30") == "9999-12-30"
