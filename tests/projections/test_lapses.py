"""Decisions that may not hold any more: which event broke which condition."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.projections.decisions import Condition
from mledger.projections.duties import duties
from mledger.projections.lapses import Lapse, holds_of_value, holds_of_version, lapses, last_day, natural
from mledger.projections.statements import Citation
from mledger.testing.bodies import DATA, DATASET, MODEL, REFRESHED
from tests.projections.stories import Story

CONDITION = {"dataset": "applications", "operator": "<=", "value": "v2"}
AUC = {"metric": "auc", "operator": ">=", "value": 0.95}


def broken(story: Story) -> list[Lapse]:
    """What has broken the conditions of all decisions in force of the story."""
    of = {name: [f for f in story.facts if f.stream == name] for name in (MODEL, DATASET)}
    state = duties.fold(of[MODEL])
    versions = {"applications": duties.fold(of[DATASET]).versions}
    found = state.decisions.by_status("in force").values()
    return [lapse for decision in found for lapse in lapses(decision, state, versions)]


def decided(story: Story, *conditions: dict[str, Any], **fields: Any) -> str:
    """A decision in force with conditions."""
    number = story.propose(validity_conditions=list(conditions), **fields)
    story.accept(number)
    return number


def register(story: Story) -> str:
    """Register the dataset in version 1."""
    return story.tell("dataset.registered", DATA, stream=DATASET)


def refresh(story: Story, version: str) -> str:
    """Refresh the dataset."""
    return story.tell("dataset.refreshed", REFRESHED | {"version": version}, stream=DATASET)


def reaffirm(story: Story, number: str, **fields: Any) -> str:
    """Look at a decision again."""
    return story.tell("decision.reaffirmed", {"decision": number, "reason": "Seen."} | fields)


def monitor(story: Story, value: object, **fields: Any) -> str:
    """Report a metric of a version in use."""
    body = {
        "version": "1.0",
        "period": {"start": "2026-01-01", "end": "2026-01-31"},
        "metrics": [{"name": "auc", "value": value}],
    }
    return story.tell("monitoring.reported", body | fields)


def evaluate(story: Story, value: float, **fields: Any) -> str:
    """Record an evaluation."""
    body = {
        "title": "Test",
        "kind": "holdout",
        "dimensions": ["performance"],
        "datasets": [{"name": "applications"}],
        "metrics": [{"name": "auc", "value": value}],
    }
    return story.tell("evaluation.recorded", body | fields)


def test_a_refresh_beyond_the_version_breaks_a_condition() -> None:
    """The first version that does not fit is named with its event; those that fit break nothing."""
    story = Story()
    register(story)
    decided(story, CONDITION)
    refresh(story, "v2")
    assert broken(story) == []
    number = refresh(story, "v3")
    refresh(story, "v4")
    (lapse,) = broken(story)
    assert lapse.source is not None
    assert lapse.source.number == number
    assert lapse.why == f"applications v3, event {number}: it holds while applications <= v2"


def test_only_decisions_in_force_lapse() -> None:
    """A proposal, and what was ended, is not judged."""
    story = Story()
    register(story)
    story.propose(validity_conditions=[CONDITION])
    ended = decided(story, CONDITION)
    refresh(story, "v3")
    story.tell("decision.invalidated", {"decision": ended, "reason": "v3 is too different."})
    assert broken(story) == []


def test_a_condition_that_was_broken_when_it_was_written_is_broken() -> None:
    """The state in which the data was then counts."""
    story = Story()
    register(story)
    number = refresh(story, "v3")
    decided(story, CONDITION)
    assert [lapse.source and lapse.source.number for lapse in broken(story)] == [number]


def test_whoever_reaffirms_has_seen_what_was_known() -> None:
    """A reaffirmation settles what was broken, the next refresh breaks it again."""
    story = Story()
    register(story)
    decision = decided(story, CONDITION, {"date": "2026-01-04"})
    refresh(story, "v3")
    assert len(broken(story)) == 2
    reaffirm(story, decision)
    assert broken(story) == []
    number = refresh(story, "v4")
    assert [lapse.source and lapse.source.number for lapse in broken(story)] == [number]
    reaffirm(story, decision, validity_conditions=[CONDITION | {"value": "v5"}])
    refresh(story, "v5")
    assert broken(story) == []
    refresh(story, "v6")
    assert len(broken(story)) == 1


@pytest.mark.parametrize("by", ["monitoring", "evaluation"])
def test_a_metric_in_use_breaks_a_condition(by: str) -> None:
    """Monitoring, and evaluations of what is released; a recovery mends nothing."""

    def tell(story: Story, value: float) -> str:
        return monitor(story, value) if by == "monitoring" else evaluate(story, value, version="1.0")

    story = Story()
    monitor(story, 0.5)
    decided(story, AUC)
    story.release()
    tell(story, 0.96)
    assert broken(story) == []
    number = tell(story, 0.94)
    tell(story, 0.97)
    (lapse,) = broken(story)
    assert lapse.source is not None
    assert lapse.source.number == number
    assert f"auc 0.94 by {by} of 1.0" in lapse.why


def test_a_trial_that_failed_breaks_nothing() -> None:
    """Runs, and evaluations of runs or versions that are not released, say nothing of what is in use."""
    story = Story()
    decided(story, AUC)
    story.start()
    story.finish(auc=0.2)
    evaluate(story, 0.2, run="r1")
    evaluate(story, 0.2, version="9.9")
    monitor(story, 0.99, metrics=[{"name": "auc", "value": 0.2, "slice": "age < 25"}])
    assert broken(story) == []
    story.release(run="r1")
    assert len(broken(story)) == 1


def test_drift_breaks_a_condition_that_names_it() -> None:
    """A shift is a metric of the name of its measure and column."""
    story = Story()
    decided(story, {"metric": "psi_region", "operator": "<", "value": 0.35})
    shifts = [{"column": "region", "metric": "psi", "value": 0.38}]
    number = story.tell("drift.detected", {"kind": "input", "severity": "medium", "shifts": shifts})
    assert [lapse.source and lapse.source.number for lapse in broken(story)] == [number]


def test_dates_stand_whether_or_not_they_have_passed() -> None:
    """The day of a condition is the last on which it holds."""
    story = Story()
    decided(story, {"date": "2030-04-30"})
    assert [(lapse.day, lapse.source) for lapse in broken(story)] == [("2030-04-30", None)]


def test_the_day_of_the_next_review() -> None:
    """As proposed; done once somebody has looked, unless it is still to come or another day was set."""
    story = Story()
    number = decided(story, review_by="2026-01-04")

    def day() -> str | None:
        found = duties.fold(story.facts).decisions.proposals[number]
        assert last_day(found) == found.next_review
        return found.next_review

    assert day() == "2026-01-04"
    reaffirm(story, number)
    assert day() is None
    reaffirm(story, number, review_by="2027-01-31")
    assert day() == "2027-01-31"
    reaffirm(story, number)
    assert day() == "2027-01-31"


def test_the_last_day_is_that_of_the_review_or_of_a_condition() -> None:
    """Whichever comes first; a look without a new day ends both."""
    story = Story()
    number = decided(story, {"date": "2026-01-03"}, review_by="2026-01-04")
    assert last_day(duties.fold(story.facts).decisions.proposals[number]) == "2026-01-03"
    reaffirm(story, number)
    assert last_day(duties.fold(story.facts).decisions.proposals[number]) is None


def versions(*names: str) -> dict[str, Citation]:
    """Versions recorded in this order."""
    story = Story(DATASET)
    cited = [story.tell("comment.added", {"on": "0", "text": name}) for name in names]
    times = [fact.time for fact in story.facts]
    return {
        name: Citation(number, time, time, "Alice Example", "authorship")
        for name, number, time in zip(names, cited, times, strict=True)
    }


@pytest.mark.parametrize(
    ("version", "operator", "value", "holds"),
    [
        ("v9", "<=", "v10", True),
        ("v10", "<", "v9", False),
        ("2026-10", "<=", "2026-11", True),
        ("1.2.10", ">", "1.2.9", True),
        ("v3", "==", "v3", True),
        ("v3", "!=", "v3", False),
        ("march", "<=", "v4", None),
        ("v3", "<=", "march", None),
        ("a3", "<=", "b4", None),
        ("latest", "<=", "newest", None),
    ],
)
def test_versions_compare_by_their_names(version: str, operator: str, value: str, holds: bool | None) -> None:
    """Numbers count as numbers; names of different patterns cannot be compared."""
    assert holds_of_version(Condition("dataset", "d", operator, value), version, {}) is holds


def test_versions_that_are_recorded_compare_by_their_order() -> None:
    """Names without numbers too."""
    known = versions("march", "april")
    assert holds_of_version(Condition("dataset", "d", "<=", "march"), "april", known) is False
    assert holds_of_version(Condition("dataset", "d", "<=", "april"), "march", known) is True


def test_what_cannot_be_compared_asks_for_a_person() -> None:
    """A version of another pattern breaks the condition, and the reason says why."""
    story = Story()
    register(story)
    decided(story, CONDITION | {"value": "v4"}, AUC | {"value": "good"})
    refresh(story, "spring")
    monitor(story, 0.99)
    assert all("cannot be compared" in lapse.why for lapse in broken(story))
    assert len(broken(story)) == 2


@pytest.mark.parametrize(
    ("value", "holds"),
    [(0.95, True), (0.9499, False), ("NaN", False), ("Infinity", True), ("good", None), (None, None)],
)
def test_values_compare_as_numbers(value: object, holds: bool | None) -> None:
    """What is not a number never fits; what is no value cannot be compared."""
    assert holds_of_value(Condition("metric", "auc", ">=", 0.95), value) is holds


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_numbers_in_versions_are_numbers(one: int, other: int) -> None:
    """The order of v1, v2, v10 is that of the numbers."""
    assert (natural(f"v{one}") < natural(f"v{other}")) == (one < other)
