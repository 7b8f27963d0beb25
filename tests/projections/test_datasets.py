"""One dataset: its profile, its states, what changed with each."""

import pytest

from mledger.projections.datasets import DatasetState, dataset, describe
from mledger.testing.bodies import DATA, DATASET, PROPOSED, REFRESHED
from tests.projections.stories import Story


def told(*refreshed: dict) -> tuple[Story, DatasetState]:
    """A dataset with refreshes, and its state."""
    story = Story(DATASET)
    story.tell("dataset.registered", DATA)
    for fields in refreshed:
        story.tell("dataset.refreshed", REFRESHED | fields)
    return story, dataset.fold(story.facts)


def test_the_current_state_is_the_one_recorded_last() -> None:
    """A registration is the first state; each refresh the next, with what changed."""
    _, state = told({"period": {"start": "2026-01-01", "end": "2026-10-31"}})
    assert (state.stream, state.name, list(state.versions)) == (DATASET, "applications", ["v1", "v2"])
    current = state.current
    assert current is not None
    assert (current.name, current.previous, current.rows, current.rows_added) == ("v2", "v1", 1000, 100)
    assert (current.why, current.source.number) == ("The rest came in.", "1")
    assert current.period == ("2026-01-01", "2026-10-31")
    assert [d.sha256[:4] for d in current.digests] == ["41d0"]


def test_a_profile_cites_its_registration() -> None:
    """Origin, licence and the rest name the event that says so."""
    _, state = told()
    assert {name: said.numbers for name, said in state.profile.items()} == dict.fromkeys(
        ("title", "origin", "collected_how", "by_whom", "licence"), ("0",)
    )


@pytest.mark.parametrize(
    ("value", "threshold", "exceeds"),
    [
        (0.31, 0.25, True),
        (0.25, 0.25, True),
        (0.2, 0.25, False),
        (-0.2, 0.05, True),
        (0.31, None, None),
        ("NaN", 0.25, True),
        ("Infinity", 0.25, True),
    ],
)
def test_a_shift_is_compared_with_its_threshold(
    value: object, threshold: object, exceeds: bool | None
) -> None:
    """From the threshold on it counts; what is no number is beyond any threshold."""
    shift = {"column": "region", "metric": "psi", "value": value, "threshold": threshold}
    _, state = told({"shift": [shift]})
    current = state.current
    assert current is not None
    assert [s.exceeds for s in current.shift] == [exceeds]


def test_a_state_is_described_in_a_line() -> None:
    """Name, rows, what came and went, schema changes and shifts that count."""
    _, state = told(
        {
            "rows_removed": 7,
            "schema_changes": [{"column": "region", "change": "redefined", "detail": "codes of 2026"}],
            "shift": [
                {"column": "region", "metric": "psi", "value": 0.31, "threshold": 0.25},
                {"column": "age", "metric": "psi", "value": 0.01, "threshold": 0.25},
            ],
        }
    )
    assert state.current is not None
    assert describe(state.current) == (
        "v2, 1,000 rows, +100 rows, -7 rows, region redefined: codes of 2026, region psi 0.31 above 0.25"
    )


def test_a_second_state_of_one_name_is_a_remark() -> None:
    """Of two states called v2 the first counts."""
    _, state = told({}, {"rows": 5})
    assert state.versions["v2"].rows == 1000
    assert [remark.source.number for remark in state.trail.remarks] == ["2"]


def test_a_second_registration_counts_and_is_a_remark() -> None:
    """The profile is the one registered last."""
    story, _ = told()
    story.tell("dataset.registered", DATA | {"licence": "open", "version": "w1"})
    state = dataset.fold(story.facts)
    assert state.profile["licence"].value == "open"
    assert [remark.source.number for remark in state.trail.remarks] == ["1"]


def test_an_issue_stands_until_another_takes_its_place() -> None:
    """Of an issue and its update only the update stands, with its own event."""
    story, _ = told()
    body = {"title": "Late codes", "kind": "late", "severity": "medium", "description": "Region 7."}
    first = story.tell("dataset.issue", body)
    second = story.tell("dataset.issue", body | {"status": "fixed", "updates": first})
    found = dataset.fold(story.facts)
    assert sorted(found.issues) == [first, second]
    assert [(n, issue.status) for n, issue in found.standing_issues.items()] == [(second, "fixed")]


def test_a_deprecated_state_says_why() -> None:
    """The state that must not be used is named, or that all must not."""
    story, _ = told()
    number = story.tell("dataset.deprecated", {"version": "v1", "reason": "Consent was withdrawn."})
    (found,) = dataset.fold(story.facts).deprecations
    assert (found.version, found.source.number) == ("v1", number)


def test_decisions_about_data_stand_on_its_stream() -> None:
    """A decision on the stream of a dataset has its status there."""
    story, _ = told()
    number = story.tell("decision.proposed", PROPOSED | {"category": "dataset"})
    story.accept(number)
    assert dataset.fold(story.facts).decisions.proposals[number].status == "in force"
