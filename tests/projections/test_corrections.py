"""How corrections change what is shown: old and new side by side, and never who agreed to what."""

from typing import Any

import pytest
from hypothesis import given

from mledger.chain.history import Fact
from mledger.events import base as events
from mledger.events.record import RecordCorrected
from mledger.projections.corrections import amendments
from mledger.projections.datasets import dataset
from mledger.projections.lifecycle import model
from mledger.projections.model import ModelState
from mledger.projections.statements import Correction
from mledger.testing.bodies import DATA, DATASET
from tests.projections.stories import Story, histories


def correct(story: Story, event: str, fields: dict[str, Any], **more: Any) -> str:
    """Correct an event by paths."""
    return story.tell("record.corrected", {"event": event, "fields": fields, "reason": "A slip."} | more)


def the_correction(state: ModelState) -> Correction:
    """The only correction of a state."""
    (found,) = state.trail.corrections
    return found


def test_a_corrected_statement_shows_both_values_and_cites_both_events() -> None:
    """The new value stands, beside it the old one, with the number of each event."""
    story = Story()
    first = story.register(owner="Alcie")
    second = correct(story, first, {"owner": "Alice Example"})
    owner = model.fold(story.facts).profile["owner"]
    assert (owner.value, owner.numbers) == ("Alice Example", (first, second))
    (correction,) = owner.corrected
    assert (correction.before, correction.after, correction.problem) == ("Alcie", "Alice Example", None)
    assert (correction.event, correction.source.number, correction.reason) == (first, second, "A slip.")


def test_what_was_not_corrected_cites_its_event_alone() -> None:
    """Other statements of a corrected event stay as they were."""
    story = Story()
    number = story.register(owner="Alcie")
    correct(story, number, {"owner": "Alice Example"})
    assert model.fold(story.facts).profile["title"].numbers == (number,)


def test_a_correction_reaches_into_lists_and_objects() -> None:
    """A path such as metrics[0].value names one value inside a body."""
    story = Story()
    story.start()
    number = story.finish(auc=0.69)
    by = correct(story, number, {"metrics[0].value": 0.96})
    state = model.fold(story.facts)
    end = state.runs.started["0"].end
    assert end is not None
    assert [measure.value for measure in end.measures] == [0.96]
    assert state.runs.started["0"].numbers == ("0", number, by)
    assert (the_correction(state).before, the_correction(state).after) == (0.69, 0.96)


@pytest.mark.parametrize(
    ("path", "before"),
    [
        ("params.torch.lr", 0.1),
        ("params.layers[1]", 32),
        ("params.plain", None),
        ("datasets[0].version", "v1"),
    ],
)
def test_names_may_hold_dots(path: str, before: Any) -> None:
    """What is there decides where a name ends; a name that is not there is added."""
    story = Story()
    number = story.start(params={"torch.lr": 0.1, "layers": [64, 32]})
    correct(story, number, {path: "v2"})
    found = the_correction(model.fold(story.facts))
    assert (found.before, found.after, found.problem) == (before, "v2", None)


def test_a_later_correction_builds_on_an_earlier_one() -> None:
    """Of two corrections of one field the second starts from what the first made of it."""
    story = Story()
    number = story.register(owner="Alcie")
    first = correct(story, number, {"owner": "Alice"})
    second = correct(story, number, {"owner": "Alice Example"})
    owner = model.fold(story.facts).profile["owner"]
    assert (owner.value, owner.numbers) == ("Alice Example", (number, first, second))
    assert [(c.before, c.after) for c in owner.corrected] == [("Alcie", "Alice"), ("Alice", "Alice Example")]


def test_a_corrected_name_joins_what_belongs_together() -> None:
    """A deployment whose version was misspelt stands as the version that it is."""
    story = Story()
    story.promote("2.1")
    number = story.deploy("2.l")
    correct(story, number, {"version": "2.1"})
    (place,) = model.fold(story.facts).stages.places
    assert (place.version, place.environment, len(place.approvals)) == ("2.1", "eu-west", 1)


@pytest.mark.parametrize(
    ("event", "path", "value"),
    [
        ("request", "version", "3.0"),
        ("approval", "request", "0"),
        ("proposal", "choice", "three"),
        ("acceptance", "decision", "1"),
        ("dissent", "text", "I agree."),
        ("comment", "text", "I agree."),
    ],
)
def test_nobody_changes_what_was_agreed_or_said(event: str, path: str, value: str) -> None:
    """Corrections of requests, proposals, answers and words are listed, and change nothing."""
    story = Story()
    numbers = {"proposal": story.propose(), "request": story.request("2.1")}
    numbers["acceptance"] = story.accept(numbers["proposal"])
    numbers["approval"] = story.approve(numbers["request"])
    story.move(numbers["request"], "2.1")
    numbers["dissent"] = story.tell("dissent.recorded", {"on": numbers["proposal"], "text": "Wait."})
    numbers["comment"] = story.tell("comment.added", {"on": numbers["proposal"], "text": "Wait."})
    before = model.fold(story.facts)
    correct(story, numbers[event], {path: value})
    state = model.fold(story.facts)
    assert [(p.version, p.how) for p in state.stages.places] == [("2.1", "moved")]
    assert state.decisions.proposals["0"].choice == before.decisions.proposals["0"].choice
    assert state.decisions.proposals["0"].status == "in force"
    assert state.discussion.dissent[0].text == "Wait."
    assert the_correction(state).problem
    assert the_correction(state).before != value


def test_what_others_only_ended_can_be_corrected() -> None:
    """An artifact can be put right though events of another type answer it: nobody agreed to its words."""
    story = Story()
    body = {"name": "m.pkl", "sha256": "c0" * 32, "size": 3, "media_type": "application/octet-stream"}
    number = story.tell("artifact.published", body)
    story.correct(number, name="model.pkl")
    assert model.fold(story.facts).artifacts[number].name == "model.pkl"


def test_a_correction_that_is_not_applied_is_shown_beside_what_stands() -> None:
    """A request keeps its words and carries the correction with the reason why it does not count."""
    story = Story()
    number = story.request("2.1")
    correct(story, number, {"version": "3.0"})
    request = model.fold(story.facts).stages.requests[number]
    assert request.version == "2.1"
    assert [(c.after, bool(c.problem)) for c in request.corrected] == [("3.0", True)]
    assert request.numbers == (number,)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"metrics[7].value": 1}, "has no field metrics[7].value"),
        ({"metrics[0].value": "high"}, "would not be valid"),
        ({"nonsense": 1}, "would not be valid"),
        ({"run.name": 1}, "has no field run.name"),
        ({"": 1}, "has no field"),
        ({"[0]": 1}, "has no field"),
        ({"metrics[0].value": 0.97, "nonsense": 1}, "would not be valid"),
    ],
)
def test_a_correction_that_does_not_fit_is_not_applied_at_all(fields: dict[str, Any], problem: str) -> None:
    """One wrong path or value, and none of the fields changes."""
    story = Story()
    story.start()
    number = story.finish(auc=0.96)
    correct(story, number, fields)
    state = model.fold(story.facts)
    end = state.runs.started["0"].end
    assert end is not None
    assert [measure.value for measure in end.measures] == [0.96]
    assert {problem in (c.problem or "") for c in state.trail.corrections} == {True}


def test_a_field_can_be_taken_away() -> None:
    """Null removes what should never have been there; what must be there cannot be removed."""
    facts = Story()
    number = facts.start(params={"a": 1, "b": 2}, cmd="rm -rf")
    body = {"event": number, "fields": {"cmd": None}, "reason": "A slip."}
    facts.tell("record.corrected", body)
    amended = amendments(facts.facts)[number].body
    assert amended is not None
    assert getattr(amended, "cmd", "?") is None


def test_a_part_of_an_erased_event_is_no_event() -> None:
    """What is gone stays gone; a correction of a field is listed without a value before."""
    story = Story()
    number = story.register()
    correct(story, number, {"owner": "Bob Example"})
    story.forget(number)
    found = the_correction(model.fold(story.facts))
    assert (found.before, found.after) == (None, "Bob Example")
    assert (found.problem or "").startswith(f"event {number} was erased, and this is no whole: ")


def test_the_rest_of_an_erased_event_stands_in_its_place() -> None:
    """A correction that holds a whole body is what the event says, and is listed as one."""
    story = Story()
    number = story.register()
    rest = {"title": "Credit risk", "purpose": "Decide.", "owner": "(name removed)"}
    correct(story, number, rest)
    story.forget(number)
    state = model.fold(story.facts)
    assert (state.profile["owner"].value, state.profile["title"].value) == ("(name removed)", "Credit risk")
    assert (the_correction(state).path, the_correction(state).problem) == ("*", None)


def test_an_event_that_is_not_there_cannot_be_corrected() -> None:
    """A correction of nothing is listed under the reference as it was written."""
    story = Story()
    correct(story, "41", {"owner": "Bob Example"})
    found = the_correction(model.fold(story.facts))
    assert (found.event, "not on model/credit-risk" in (found.problem or "")) == ("41", True)


def test_a_correction_cannot_correct_itself() -> None:
    """It is listed once, as a correction of what is not there."""
    story = Story()
    correct(story, "0", {"reason": "None."})
    found = the_correction(model.fold(story.facts))
    assert (found.event, found.problem is not None) == ("0", True)


def test_a_correction_counts_on_its_own_stream_alone() -> None:
    """A correction that stands on another stream than its event is no correction of it."""
    story = Story()
    number = story.register()
    story.tell(
        "record.corrected",
        {"event": number, "fields": {"owner": "Bob Example"}, "reason": "A slip."},
        stream=DATASET,
    )
    assert amendments(story.facts)[number].body is None
    assert (
        amendments(story.facts)[number].corrections[0].problem == f"event {number} stands on {story.stream}"
    )


def test_a_dataset_is_corrected_like_a_model() -> None:
    """The licence of a dataset shows its old and its new text."""
    story = Story(DATASET)
    number = story.tell("dataset.registered", DATA)
    correct(story, number, {"licence": "internal, no transfer", "digests[0].size": 12})
    state = dataset.fold(story.facts)
    licence = state.profile["licence"]
    assert (licence.value, licence.corrected[0].before) == ("internal, no transfer", "internal")
    assert state.versions["v1"].corrected == tuple(state.trail.corrections)


def test_a_fold_that_goes_on_says_which_correction_it_could_not_apply() -> None:
    """A correction of an event behind the starting state is listed with a problem, never lost."""
    story = Story()
    number = story.register()
    first = model.fold(story.facts)
    correct(story, number, {"owner": "Bob Example"})
    assert the_correction(model.fold(story.facts[1:], first)).problem
    assert the_correction(model.fold(story.facts)).problem is None


@given(histories(("model", "dataset", "ledger")))
def test_every_correction_is_listed_once_for_each_field(facts: list[Fact]) -> None:
    """No correction that can be read is lost, applied or not; amended bodies are valid."""
    made = amendments(facts)
    for fact in facts:
        if isinstance(body := fact.data, RecordCorrected):
            own = [c for c in made[fact.number].corrections if c.source.number == fact.number]
            assert [c.path for c in own] == list(body.fields)
    for number, amended in made.items():
        if amended.body is not None:
            found = next(fact for fact in facts if fact.number == number)
            assert events.decode(found.type, amended.body.schema_version, amended.body.to_bytes())
            assert any(c.problem is None for c in amended.corrections)
