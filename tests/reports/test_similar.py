"""Decisions that are like one: the reason of each match is true."""

import pytest
from hypothesis import given

from mledger.errors import NotFoundError
from mledger.events.decision import DecisionProposed
from mledger.reports.similar import similar, words
from tests.projections.stories import Story, histories


def test_shared_parameters_weigh_most() -> None:
    """Then words, then the category; of two alike the newer comes first."""
    story = Story()
    calm = {"summary": "s", "question": "q", "rationale": "r", "parameters": [], "title": "Nothing alike"}
    options = {"alternatives": [{"name": "x"}, {"name": "y", "why_not": "z"}], "choice": "x"}
    depth = story.propose(**calm | options, category="risk")
    old, new = story.propose(**calm | options), story.propose(**calm | options)
    sets = story.propose(
        **calm | options | {"parameters": [{"name": "max_depth", "to": 9, "justification": "j"}]}
    )
    asked = story.propose()
    found = similar(story.facts, asked)
    assert [match.number for match in found] == [sets, new, old]
    assert found[0].reason == "sets max_depth too; same category, hyperparameter"
    assert depth not in {match.number for match in found}


def test_words_that_everybody_uses_tell_nothing() -> None:
    """A word in many decisions makes none of them alike; small words never do."""
    story = Story()
    for n in range(8):
        story.propose(
            title=f"Calibration n{n}", category="risk", parameters=[], summary=f"n{n}", question=f"n{n}"
        )
    asked = story.propose(title="Calibration of all", category="feature")
    assert all("calibration" not in match.words for match in similar(story.facts, asked))
    assert words("What would the models be? Trees, and a Tree.") == {"tree"}


def test_the_draft_of_a_decision_is_not_like_it() -> None:
    """What a decision completes is the decision itself; what came later is no example."""
    story = Story()
    draft = story.propose(open=["refs"])
    asked = story.propose(completes=draft)
    story.propose()
    assert similar(story.facts, asked) == []
    with pytest.raises(NotFoundError):
        similar(story.facts, "99")


@given(histories(("model", "dataset")))
def test_every_match_is_earlier_and_has_its_reason(facts: list) -> None:
    """For any decision of any history: earlier, at most as many as asked for, the reason true."""
    asked = [fact for fact in facts if isinstance(fact.data, DecisionProposed)]
    for fact in asked[-2:]:
        found = similar(facts, fact.number, 3)
        assert len(found) <= 3
        for match in found:
            other = next(one for one in facts if one.number == match.number)
            assert other.seq < fact.seq
            assert match.reason
            assert set(match.parameters) <= {p.name for p in fact.data.parameters}
            assert match.category in {None, fact.data.category}
