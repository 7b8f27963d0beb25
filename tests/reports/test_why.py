"""The walk from a version back to its problem, and the page of a decision: pure, from facts."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.errors import NotFoundError
from mledger.projections.lifecycle import model
from mledger.reports.base import Claim, Document
from mledger.reports.decision import page
from mledger.reports.why import why
from mledger.testing.bodies import FRAMED, MODEL, PROPOSED
from tests.projections.stories import Story, histories

DEEPER = [{"name": "max_depth", "from": 3, "to": 4, "justification": "Three is too few."}]


def told(story: Story) -> dict[str, Any]:
    """A whole life: problem, decision, run, release."""
    story.tell("problem.framed", FRAMED)
    decision = story.propose(
        business_outcome_ref="0", objectives=["auc"], refs=[{"rel": "evidence", "event": "0"}]
    )
    story.accept(decision)
    run = story.start(decision=decision, params={"max_depth": 4, "depth": {"least": 2}})
    story.finish()
    release = story.release(run="r1", decisions=[decision])
    return {"decision": decision, "run": run, "release": release}


def asked(story: Story, param: str | None = None, version: str | None = None) -> Document:
    """The walk from the current version."""
    return why(MODEL, story.facts, version, param)


def section(document: Document, title: str) -> list[str]:
    """The words of the claims of a section."""
    found = next(part for part in document.sections if part.title == title)
    return [block.words for block in found.blocks if isinstance(block, Claim)]


def missing(document: Document) -> list[str]:
    """What is missing on the way."""
    return [gap["what"] for gap in document.data["missing"]]


def test_a_whole_way_lacks_nothing() -> None:
    """Each step cites its events, and the story has three to five sentences."""
    story = Story()
    events = told(story)
    document = asked(story, "max_depth")
    assert missing(document) == []
    assert set(document.numbers) >= {"0", *events.values()}
    sentences = section(document, "The story")
    assert 3 <= len(sentences) <= 5
    assert sentences[0] == "In credit-risk 1.0, whose release names run r1, max_depth is 4."
    assert sentences[-1] == "It serves the problem: Half of the applications are decided by hand."


def test_the_same_events_tell_the_same_story() -> None:
    """Byte for byte, however often it is told."""
    story = Story()
    told(story)
    assert asked(story).markdown() == asked(story).markdown()
    assert asked(story).to_json() == asked(story).to_json()


def test_the_reason_of_a_parameter_leads_first() -> None:
    """A decision that the run names for a parameter comes before the one that the run serves."""
    story = Story()
    story.tell("problem.framed", FRAMED)
    served = story.propose(parameters=DEEPER)
    own = story.propose(title="Another", parameters=[{"name": "x", "to": 1, "justification": "y"}])
    story.start(
        decision=served, params={"max_depth": 4}, param_reasons=[{"name": "max_depth", "decision": own}]
    )
    story.finish()
    story.release(run="r1")
    labels = [b.label for b in asked(story, "max_depth").sections[1].blocks if isinstance(b, Claim)]
    assert f"decision {own}" in labels
    assert f"decision {served}" not in labels


def test_a_decision_nobody_linked_is_found_by_what_it_sets() -> None:
    """The newest one before the run that sets the parameter to its value; a later one explains nothing."""
    story = Story()
    early = story.propose(parameters=DEEPER)
    story.propose(parameters=[DEEPER[0] | {"to": 9}])
    story.start(params={"max_depth": 4.0})
    story.finish()
    story.propose(parameters=DEEPER)
    story.release(run="r1")
    labels = [b.label for b in asked(story, "max_depth").sections[1].blocks if isinstance(b, Claim)]
    assert [label for label in labels if label.startswith("decision")] == [f"decision {early}"]


def test_the_goal_above_is_walked_to() -> None:
    """Parameter, component, goal: the problem of the goal is that of all, and each is named."""
    story = Story()
    problem = story.tell("problem.framed", FRAMED)
    goal = story.propose(level="goal", refs=[{"rel": "addresses", "event": problem}])
    part = story.propose(parent_decision=story.id_of(goal))
    story.start(decision=part)
    story.finish()
    story.release(run="r1")
    document = asked(story)
    labels = [b.label for b in document.sections[1].blocks if isinstance(b, Claim)]
    assert labels[2:] == [f"decision {part}", f"decision {goal}", "problem", "outcome"]
    assert not [words for words in missing(document) if "names no problem" in words]


def test_a_circle_of_parents_ends() -> None:
    """Two decisions that each name the other are walked once."""
    story = Story()
    story.propose(parent_decision="1")
    story.propose(parent_decision="0")
    story.start(decision="0")
    story.finish()
    story.release(run="r1")
    assert (
        len([b for b in asked(story).sections[1].blocks if isinstance(b, Claim) and "decision" in b.label])
        == 2
    )


def test_every_gap_on_the_way_is_named() -> None:
    """Of the decision: not accepted, open, without evidence, without a problem."""
    story = Story()
    number = story.propose(open=["question"], question=None)
    story.start(decision=number)
    story.finish()
    story.release(run="r1")
    assert missing(asked(story)) == [
        f"decision {number} is proposed",
        f"decision {number} leaves open: question",
        f"decision {number} has no evidence",
        f"decision {number} names no problem that it serves",
    ]


@pytest.mark.parametrize(
    ("release", "start", "words"),
    [
        ({}, {}, "version 1.0 names no run"),
        ({"run": "other"}, {}, "version 1.0 names run other, which is not recorded"),
        ({"run": "r1"}, {}, "run r1 names no decision"),
        ({"run": "r1"}, {"decision": "77"}, "decision 77 cannot be read here"),
    ],
)
def test_a_broken_link_is_named(release: dict, start: dict, words: str) -> None:
    """A version without its run, a run without its decision, a decision that is not there."""
    story = Story()
    story.start(**start)
    story.finish()
    story.release(**release)
    assert words in missing(asked(story))


def test_a_reason_in_words_is_told_where_no_decision_is() -> None:
    """The run's own reason stands beside what is missing."""
    story = Story()
    story.start(params={"a": 1}, param_reasons=[{"name": "a", "reason": "It is the default."}])
    story.finish()
    story.release(run="r1")
    document = asked(story, "a")
    assert missing(document) == ["no decision names a; the run says: It is the default"]
    assert section(document, "The story")[-1] == "No decision says why."


def test_a_correction_is_what_is_told() -> None:
    """The run's parameter is the corrected one."""
    story = Story()
    told(story)
    story.correct("3", **{"params.max_depth": 5})
    assert "max_depth is 5" in section(asked(story, "max_depth"), "The story")[0]


def test_versions_and_parameters_that_are_not_there() -> None:
    """Refused with the nearest names."""
    story = Story()
    with pytest.raises(NotFoundError, match="no version of credit-risk is released yet"):
        asked(story)
    told(story)
    with pytest.raises(NotFoundError, match=r"has no version '1\.1'; did you mean 1\.0\?"):
        asked(story, version="1.1")
    with pytest.raises(NotFoundError, match=r"did you mean depth\.least\?"):
        asked(story, "depth.leas")


def test_dissent_stands_in_the_walk_and_on_the_page() -> None:
    """What is said against the decision or against its acceptance; answers to it below."""
    story = Story()
    events = told(story)
    number = story.tell(
        "dissent.recorded", {"on": "2", "text": "Too early.", "would_settle": "AUC."}, by="Carol"
    )
    story.tell("comment.added", {"on": number, "text": "We wait."})
    assert section(asked(story), "Dissent") == [
        f"Carol on decision {events['decision']}: Too early. Would settle it: AUC."
    ]
    assert "Carol disagreed" in " ".join(section(asked(story), "The story"))
    said = section(page(MODEL, story.facts, events["decision"]), "What people say")
    assert [words.partition(": ")[2] for words in said] == [
        "Too early. Would settle it: AUC.",
        "answers: We wait.",
    ]


def test_a_page_begins_with_the_summary_and_the_options() -> None:
    """Choice first, then what was not chosen and why; columns that say nothing are left out."""
    story = Story()
    number = story.propose(
        expected_effects=[{"metric": "auc", "direction": "increase", "size": 0.004, "confidence": "low"}],
        constraints={"train_time_s": 7200, "budget": "1 EUR"},
        impacts=[{"dimension": "cost", "effect": "-"}],
        validity_conditions=[
            {"date": "2027-01-01"},
            {"dataset": "applications", "operator": "<=", "value": "v4"},
        ],
        tradeoffs=["time"],
        consequences=["thresholds"],
        review_by="2027-01-01",
        refs=[{"rel": "evidence", "digest": "ab" * 32, "title": "Plot"}, {"rel": "evidence", "event": "99"}],
        dissent=["Carol would wait"],
    )
    story.tell(
        "evidence.attached",
        {"on": number, "kind": "ablation", "title": "T", "finding": "F.", "weight": "opposes"},
    )
    document = page(MODEL, story.facts, number)
    assert [part.title for part in document.sections[:2]] == ["Summary", "Options"]
    table = document.sections[1].blocks[0]
    assert table.columns == ("option", "choice", "why not")
    assert [row.cells for row in table.rows] == [("four", "chosen", ""), ("three", "", "AUC is too low.")]
    assert section(document, "Consequences") == [
        "max_depth 3 -> 4: Three is too few.",
        "auc increase by 0.004, low confidence",
        "cost -",
        "time",
        "thresholds",
        "training time 7,200 s, budget 1 EUR",
    ]
    assert section(document, "Holds") == ["until 2027-01-01", "applications <= v4", "2027-01-01"]
    assert section(document, "Evidence") == ["Plot: file abababababab", "event 99", "ablation, opposes: T; F"]
    with pytest.raises(NotFoundError):
        page(MODEL, story.facts, "99")


@given(histories(("model",)), st.data())
def test_any_history_can_be_told(facts: list, data: st.DataObject) -> None:
    """Whatever was recorded, walk and page end, cite events that are there, and tell short stories."""
    state = model.fold(facts)
    documents = [why(MODEL, facts, version) for version in state.versions]
    documents += [page(MODEL, facts, n) for n, d in state.decisions.proposals.items() if d.status]
    for document in documents:
        assert document.markdown() == document.markdown()
        story = next(part for part in document.sections if part.title == "The story")
        assert 1 <= len(story.blocks) <= 5


def test_a_decision_of_a_dataset_has_a_page() -> None:
    """Decisions stand on datasets, too."""
    story = Story("dataset/applications")
    number = story.tell("decision.proposed", PROPOSED)
    assert page("dataset/applications", story.facts, number).about == f"decision {number} on applications"
