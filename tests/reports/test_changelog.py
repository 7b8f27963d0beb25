"""The changelog: each kind of event in its lane, with what was before."""

from typing import Any

import pytest

from mledger.reports.changelog import changelog
from mledger.testing.bodies import DATA, DATASET, FRAMED, MODEL, REFRESHED
from tests.projections.stories import Story
from tests.reports.histories import history_of

PLAN = {
    "title": "Plan",
    "signatories": ["Alice Example"],
    "data_sources": ["applications"],
    "splits": [{"name": "holdout", "rule": "by applicant"}],
    "evaluation_protocol": "Once.",
    "metrics": [{"metric": "auc", "operator": ">=", "value": 0.95}],
}


def lines(story: Story, start: int = 0) -> dict[str, list[str]]:
    """What changed from an entry on, by lane."""
    document = changelog(history_of(story), MODEL, start, len(story.facts))
    return {section.title: [claim.words for claim in section.blocks] for section in document.sections}  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("category", "lane"),
    [
        ("architecture", "architecture"),
        ("hyperparameter", "architecture"),
        ("optimizer", "architecture"),
        ("regularization", "architecture"),
        ("dataset", "data"),
        ("feature", "data"),
        ("evaluation", "evaluation"),
        ("deployment", "release"),
        ("risk", "release"),
        ("retirement", "release"),
    ],
)
def test_the_lane_of_a_decision_follows_from_its_category(category: str, lane: str) -> None:
    """Accepted, superseded or invalidated, it stands in one lane and in no other; a proposal in none."""
    story = Story()
    first, second = story.propose(category=category), story.propose(category=category, parameters=[])
    assert not any(lines(story).values())
    story.accept(first)
    story.accept(second)
    story.tell("decision.superseded", {"decision": first, "by": second, "reason": "Better."})
    story.tell("decision.invalidated", {"decision": second, "reason": "The mix moved."})
    assert [name for name, found in lines(story).items() if found] == [lane]
    title = "Deeper trees" if category == lane else f"{category}: Deeper trees"
    assert lines(story)[lane] == [
        f"{title}: four (max_depth 3 → 4); accepted by Bob Example",
        f"{title}: superseded by {second}; Better.",
        f"{title}: four; accepted by Bob Example",
        f"{title}: does not hold any more; The mix moved.",
    ]


def test_data_has_its_lane() -> None:
    """Registered, refreshed, with issues, deprecated, drifted, transformed; of datasets that are named."""
    story = Story()
    story.start()
    story.tell("dataset.registered", DATA, stream=DATASET)
    story.tell("dataset.registered", DATA, stream="dataset/unknown")
    changes = [{"column": "region", "change": "redefined"}]
    story.tell(
        "dataset.refreshed", REFRESHED | {"rows_removed": 3, "schema_changes": changes}, stream=DATASET
    )
    issue = {"title": "Late", "kind": "late", "severity": "low", "description": "It was late."}
    story.tell("dataset.issue", issue, stream=DATASET)
    story.tell("dataset.deprecated", {"reason": "Consent."}, stream=DATASET)
    shift = {"column": "region", "metric": "psi", "value": 0.38}
    story.tell("drift.detected", {"kind": "input", "severity": "low", "shifts": [shift]})
    assert lines(story)["data"] == [
        "v1 registered, 900 rows",
        "v1 → v2 (+100 rows, -3 rows, region redefined, region psi 0.31): The rest came in.",
        "issue, open: Late (low)",
        "all versions deprecated: Consent.",
        "input drift: region psi 0.38",
    ]


def test_a_dataset_of_a_condition_is_named() -> None:
    """A decision that names a dataset brings it in; a name of no stream is left out."""
    story = Story()
    conditions = [
        {"dataset": "applications", "operator": "<=", "value": "v2"},
        {"dataset": "s3 bucket!", "operator": "<=", "value": "v2"},
    ]
    story.propose(validity_conditions=conditions)
    story.tell("dataset.registered", DATA, stream=DATASET)
    assert lines(story)["data"] == ["v1 registered, 900 rows"]


def test_goals_and_plans_have_their_lane() -> None:
    """A goal that is new, moved, or gone; a plan that is agreed and amended."""
    story = Story()
    story.tell("problem.framed", FRAMED)
    moved = {"metrics": [{"name": "auc", "direction": "maximize", "threshold": 0.96}]}
    story.tell("problem.framed", FRAMED | moved)
    other = {"metrics": [{"name": "gap", "direction": "minimize", "threshold": 0.02, "dataset": "holdout"}]}
    story.tell("problem.framed", FRAMED | other)
    story.tell("problem.framed", FRAMED | other)
    story.tell("plan.agreed", PLAN)
    assert lines(story)["evaluation"] == [
        "+ auc >= 0.95",
        "auc >= 0.95 → >= 0.96",
        "+ gap on holdout <= 0.02, - auc",
        "a plan is agreed",
    ]


def test_the_release_lane_is_the_models_way() -> None:
    """Registered, released, approved, moved, deployed, rolled back, handed over, retired."""
    story = Story()
    story.register()
    story.release()
    story.promote()
    story.deploy()
    story.release("2.0", previous="1.0")
    story.roll_back("2.0", "1.0")
    story.tell("handover.recorded", {"from": "Alice Example", "to": "Bob Example", "duties": ["all"]})
    story.tell("model.retired", {"reason": "Replaced."})
    assert lines(story)["release"] == [
        "registered: Credit risk, owned by Alice Example",
        "1.0 released: New.",
        "1.0 to production, approved by Bob Example",
        "1.0 moved to production",
        "1.0 deployed to production in eu-west",
        "2.0 released, after 1.0: New.",
        "2.0 rolled back to 1.0 in production: It failed.",
        "Alice Example hands over to Bob Example: all",
        "retired: Replaced.",
    ]


def test_an_approval_stands_where_it_was_given() -> None:
    """After the move that it came after, though the request that it answers came before."""
    story = Story()
    request = story.request()
    story.move(request)
    story.approve(request)
    assert lines(story)["release"] == [
        "1.0 moved to production",
        "1.0 to production, approved by Bob Example",
    ]


def test_what_was_before_is_known_where_the_span_begins() -> None:
    """Values from before the span stand as what they were; what is erased says nothing."""
    story = Story()
    story.tell("problem.framed", FRAMED)
    start = len(story.facts)
    moved = {"metrics": [{"name": "auc", "direction": "maximize", "threshold": 0.96}]}
    story.tell("problem.framed", FRAMED | moved)
    assert lines(story, start)["evaluation"] == ["auc >= 0.95 → >= 0.96"]
    gone = story.tell("problem.framed", FRAMED)
    story.forget(gone)
    assert lines(story, start)["evaluation"] == ["auc >= 0.95 → >= 0.96"]


def test_a_correction_that_was_not_applied_changed_nothing() -> None:
    """It stands nowhere; one that was has its lane, and what it corrected names it."""
    story = Story()
    decision = story.propose()
    story.correct(decision, title="Other")
    assert "corrected" not in lines(story)
    number = story.register()
    story.correct(number, title="Credit risk, retail")
    found = lines(story)
    assert found["corrected"] == ["title of event 2: Credit risk → Credit risk, retail; A slip."]
    assert found["release"] == ["registered: Credit risk, retail, owned by Alice Example"]


def test_an_answer_to_nothing_changed_nothing() -> None:
    """What refers to what is not there is left out, and nothing fails."""
    story = Story()
    story.accept("77")
    story.approve("78")
    transform: dict[str, Any] = {"decision": "79", "by": "80", "reason": "x"}
    story.tell("decision.superseded", transform)
    assert not any(lines(story).values())
