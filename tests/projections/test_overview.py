"""All models and datasets at once, a row each."""

from typing import Any

from hypothesis import given, settings

from mledger.chain.history import Fact
from mledger.events.record import RecordCorrected
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.projections.datasets import dataset
from mledger.projections.lifecycle import model
from mledger.projections.overview import dataset_row_of, overview, row_of
from mledger.testing.bodies import DATA, DATASET, MODEL, REFRESHED
from tests.projections.stories import Story, histories

RUNS = {RunStarted.type, RunFinished.type, RunFailed.type, RunAbandoned.type}


def story_of_two() -> Story:
    """A model with runs, decisions and stages, another that is only registered, a dataset, a key."""
    story = Story()
    story.register()
    story.tell(
        "model.registered", {"title": "Other", "purpose": "None.", "owner": "Bob"}, stream="model/other"
    )
    story.tell("dataset.registered", DATA, stream=DATASET)
    story.tell("dataset.refreshed", REFRESHED, stream=DATASET)
    for name in ("r1", "r2", "r3"):
        story.start(name)
    story.finish("r1")
    story.fail("r2")
    decision = story.propose()
    story.accept(decision)
    story.propose()
    story.promote("1.0", "staging")
    story.promote("1.0", "production", "staging")
    story.deploy("1.0")
    story.request("2.0", "staging")
    story.tell("comment.added", {"on": decision, "text": "Fine."})
    story.tell("dissent.recorded", {"on": decision, "text": "Wait."})
    story.tell("role.revoked", {"key": "0" * 64, "role": "owner"}, stream="ledger")
    return story


def test_a_row_says_what_people_ask_first() -> None:
    """Owner, stage, what is live, runs by outcome, decisions by status, the last event."""
    state = overview.fold(story_of_two().facts)
    row = state.models[MODEL]
    assert (row.name, row.events) == ("credit-risk", 19)
    assert row.owner is not None
    assert (row.owner.value, row.owner.numbers) == ("Alice Example", ("0",))
    assert row.stage is not None
    assert row.stage.value == "production"
    assert [(p.stage, p.environment, p.version) for p in row.live] == [("production", "eu-west", "1.0")]
    assert (row.runs_open, row.runs_finished, row.runs_failed) == (1, 1, 1)
    assert row.decisions == {"in force": 1, "proposed": 1}
    assert (row.requests_open, row.comments, row.dissent, row.corrected) == (1, 1, 1, 0)
    assert row.last is not None
    assert row.last.value == "dissent.recorded"


def test_a_second_end_of_an_abandoned_run_is_not_counted() -> None:
    """The overview says what the state of the model says, whatever its process writes afterwards."""
    story = Story()
    for name in ("r1", "r2", "r3"):
        story.start(name)
    for name in ("r1", "r1", "r2"):
        story.tell("run.abandoned", {"run": name, "reason": "It hangs."})
    story.finish("r1")
    story.fail("r2")
    row, whole = overview.fold(story.facts).models[MODEL], row_of(model.fold(story.facts))
    assert (row.runs_open, row.runs_finished, row.runs_failed, row.runs_abandoned) == (1, 0, 0, 2)
    assert (whole.runs_open, whole.runs_finished, whole.runs_abandoned) == (1, 0, 2)
    story.finish("r3")
    assert overview.fold(story.facts).models[MODEL].runs_finished == 1


def test_other_streams_have_their_own_rows() -> None:
    """Each model and each dataset has a row; other streams are counted."""
    state = overview.fold(story_of_two().facts)
    assert sorted(state.models) == [MODEL, "model/other"]
    data = state.datasets[DATASET]
    assert data.version is not None
    assert (data.version.value, data.version.numbers, data.versions) == ("v2", ("3",), 2)
    assert state.others == {"ledger": 1}
    assert state.trail.events == len(story_of_two().facts)


def test_a_stream_that_was_corrected_is_named_and_its_row_can_be_taken_from_its_own_fold() -> None:
    """An overview counts corrections, says where, and takes the row of a whole fold."""
    story = Story()
    number = story.register(owner="Alcie")
    story.correct(number, owner="Alice Example")
    state = overview.fold(story.facts)
    assert state.corrected == [MODEL]
    state.put(model.fold(story.facts))
    owner = state.models[MODEL].owner
    assert owner is not None
    assert (owner.value, owner.numbers) == ("Alice Example", (number, "1"))


def regular(facts: list[Fact]) -> list[Fact]:
    """The facts without corrections, and without runs: an overview counts what the state pairs."""
    return [fact for fact in facts if fact.type not in RUNS | {RecordCorrected.type}]


@given(histories(("model",)))
@settings(max_examples=60)
def test_a_row_is_that_of_the_whole_state_of_a_model(facts: list[Fact]) -> None:
    """Stage, live versions, decisions, requests and counts agree with the fold of the model itself."""
    facts = [fact for fact in regular(facts) if fact.body is not None]
    if facts:
        assert overview.fold(facts).models[MODEL] == row_of(model.fold(facts))


@given(histories(("dataset",)))
@settings(max_examples=60)
def test_a_row_is_that_of_the_whole_state_of_a_dataset(facts: list[Fact]) -> None:
    """Title, owner, version and counts agree with the fold of the dataset itself."""
    facts = regular(facts)
    if facts:
        assert overview.fold(facts).datasets[DATASET] == dataset_row_of(dataset.fold(facts))


def test_runs_are_counted_as_the_whole_state_pairs_them() -> None:
    """Where each run starts and ends once, counting by type gives the same outcome."""
    story = story_of_two()
    own = [fact for fact in story.facts if fact.stream == MODEL]
    assert overview.fold(story.facts).models[MODEL] == row_of(model.fold(own))


def test_memory_does_not_hold_what_was_read() -> None:
    """A finished overview keeps no body: only counts and the few fields that rows follow from."""
    state: Any = overview.fold(story_of_two().facts)
    assert state.newest is None
    assert all(account.newest is None for account in state.accounts.values())
    assert not any(account.stages.places or account.stages.steps for account in state.accounts.values())
    assert "It gets better." not in repr(state)
