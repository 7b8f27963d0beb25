"""What was last said of parameters, and what changed."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mledger.projections.decisions import Setting
from mledger.projections.lifecycle import model
from mledger.projections.parameters import changes, decided, flat, last_known, same
from tests.projections.stories import Story

_values = st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=3)
_params = st.dictionaries(st.text(max_size=3), _values | st.lists(_values, max_size=2), max_size=5)


def known(story: Story) -> tuple[str, dict, tuple] | None:
    """What is known last, with the parameters that the story's runs say."""
    facts = {fact.number: fact for fact in story.facts}
    found = last_known(model.fold(story.facts), lambda number: facts[number].data.params)
    return found and (found.what, found.params, found.numbers)


def test_the_last_release_counts_before_the_last_run() -> None:
    """A release whose run says nothing is passed over; without one the run that ended last counts."""
    story = Story()
    assert known(story) is None
    decision = story.propose()
    story.accept(decision)
    assert known(story) == ("decisions in force", {"max_depth": 4}, (decision,))
    first = story.start("r1", params={"a": {"b": 1}})
    second = story.start("r2", params={"a": {"b": 2}})
    story.finish("r2")
    story.finish("r1")
    assert known(story) == ("run r1", {"a.b": 1}, (first,))
    release = story.release("1.0", run="r2")
    story.start("r3")
    story.finish("r3")
    story.release("1.1", run="r3")
    assert known(story) == ("release 1.0, run r2", {"a.b": 2}, (release, second))


def test_the_newest_decision_on_a_parameter_settles_it() -> None:
    """In force or proposed, with the value in question; a rejected one settles nothing."""
    story = Story()
    number = story.propose()
    state = model.fold(story.facts).decisions
    assert decided(state, Setting("max_depth", 3, 4)) == number
    assert decided(state, Setting("max_depth", 3, 5)) is None
    assert decided(state, Setting("other", 3, 4)) is None
    story.tell("decision.rejected", {"decision": number, "reason": "No."})
    assert decided(model.fold(story.facts).decisions, Setting("max_depth", 3, 4)) is None


@given(_params, _params)
def test_changes_lead_from_one_to_the_other(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Applying them gives the values after; nothing that stayed is among them."""
    found = changes(before, after)
    made = before | {change.name: change.to for change in found}
    assert all(same(made.get(name), after.get(name)) for name in {*made, *after})
    assert not [change for change in found if same(change.before, change.to)]
    assert changes(after, after) == []


@given(_params, st.text("abc", min_size=1, max_size=3))
def test_nested_parameters_have_paths(params: dict[str, Any], name: str) -> None:
    """An object's names stand behind its own, joined by a dot; an empty object is a value."""
    assert flat({name: params}) == ({f"{name}.{key}": value for key, value in params.items()} or {name: {}})


def test_one_is_not_true() -> None:
    """1 and 1.0 are the same value; 1 and true, [1] and [true] are not."""
    assert same(1, 1.0)
    assert same([1, "a"], (1.0, "a"))
    assert not same(1, True)
    assert not same([1], [True])
    assert same(True, True)
