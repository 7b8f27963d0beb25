"""What changed between two states, as people read it."""

from hypothesis import given

from mledger.chain.history import Fact
from mledger.projections.diff import GROUPS, Change, compare
from mledger.projections.lifecycle import model
from mledger.testing.bodies import FRAMED
from tests.projections.stories import Story, histories


def changes(story: Story, cut: int) -> dict[str, list[Change]]:
    """The changes by group from the first `cut` events to all."""
    found: dict[str, list[Change]] = {}
    before, after = model.fold(story.facts[:cut]), model.fold(story.facts)
    for change in compare(model.statements(before), model.statements(after)):
        found.setdefault(change.group, []).append(change)
    return found


def test_changes_stand_in_their_groups_with_before_and_after() -> None:
    """Parameters, data, evaluation, people, promotions, decisions, runs, corrections: each in its lane."""
    story = Story()
    first = story.register(owner="Alice Example")
    story.tell("problem.framed", FRAMED)
    story.accept(story.propose())
    story.start("r1")
    story.finish("r1", 0.94)
    story.release("2.0", run="r1")
    story.promote("2.0")
    story.deploy("2.0")
    cut = len(story.facts)
    story.register(owner="Bob Example")
    deeper = story.propose(
        title="Deeper still", parameters=[{"name": "max_depth", "from": 4, "to": 5, "justification": "More."}]
    )
    story.accept(deeper)
    story.start("r2", datasets=[{"name": "applications", "version": "v2", "role": "train"}])
    finished = story.finish("r2", 0.96)
    story.release("2.1", run="r2")
    story.promote("2.1")
    deployed = story.deploy("2.1")
    story.correct(finished, lesson="Regions.")
    found = changes(story, cut)
    assert set(found) == {
        "people",
        "parameters",
        "data",
        "evaluation",
        "promotions",
        "versions",
        "decisions",
        "runs",
        "corrected",
    }
    assert found["people"] == [Change("people", "owner", "Alice Example", "Bob Example", (str(cut),))]
    (parameter,) = found["parameters"]
    assert (parameter.path, parameter.before, parameter.after) == ("max_depth", "4", "5")
    assert parameter.numbers == (deeper, str(int(deeper) + 1))
    assert [(c.path, c.before, c.after) for c in found["data"]] == [("dataset applications", "v1", "v2")]
    assert [(c.before, c.after) for c in found["evaluation"]] == [
        ("0.94 >= 0.95, missed", "0.96 >= 0.95, met")
    ]
    moved = next(c for c in found["promotions"] if c.path == "production in eu-west")
    assert (moved.before, moved.after) == ("2.0", "2.1")
    assert moved.numbers[0] == deployed
    assert [(c.before, c.after) for c in found["runs"]] == [(None, "finished, supported")]
    assert first == "0"


def test_what_is_said_no_longer_keeps_the_events_that_said_it() -> None:
    """A version that left its stage is a change to nothing, with the numbers of before."""
    story = Story()
    number = story.promote("1.0", "staging")
    story.tell("model.retired", {"reason": "Done."})
    (left,) = [c for c in changes(story, 3)["promotions"] if c.after is None]
    assert (left.path, left.before) == ("staging", "1.0 (moved, no deployment recorded)")
    assert number in left.numbers


def test_groups_come_in_the_order_in_which_people_ask() -> None:
    """Purpose before architecture before data, corrections at the end."""
    story = Story()
    story.register()
    story.start()
    story.correct("0", owner="Bob Example")
    groups = list(changes(story, 0))
    assert groups == sorted(groups, key=GROUPS.index)


@given(histories(("model",)))
def test_a_comparison_turned_round_is_the_same_with_before_and_after_exchanged(facts: list[Fact]) -> None:
    """What changes from one state to the other changes back."""
    half = len(facts) // 2
    one = list(model.statements(model.fold(facts[:half])))
    two = list(model.statements(model.fold(facts)))
    there = {(c.group, c.path, c.before, c.after) for c in compare(one, two)}
    back = {(c.group, c.path, c.after, c.before) for c in compare(two, one)}
    assert there == back
