"""The state as it was known, and as it was, at a moment."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.errors import InputError, IntegrityError, NotFoundError
from mledger.projections.lifecycle import model
from mledger.projections.overview import row_of
from mledger.replay import Replay, diff, replay
from mledger.stores.memory import MemoryStore
from mledger.testing.bodies import DATA, DATASET, FRAMED, MODEL, PROPOSED, REFRESHED, REGISTERED
from mledger.testing.simulator import START, Simulator

RUN = {
    "run": "r1",
    "hypothesis": "It gets better.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.95}],
    "datasets": [{"name": "applications", "version": "v1", "role": "train"}],
}
DEPLOYED = {"version": "1.0", "environment": "eu-west", "stage": "production"}
BACK = {"from_version": "2.0", "to_version": "1.0", "stage": "production", "reason": "Bad."}
FAR = "9999-12-31"


def day(sim: Simulator, date: str) -> None:
    """Set the clock to nine o'clock of a day, in UTC."""
    sim.clock.now = datetime.fromisoformat(f"{date}T09:00:00+00:00")


@pytest.fixture
def late() -> Simulator:
    """A deployment that happened on 1 May and was recorded on 9 May, after a comment of 8 May."""
    sim = Simulator()
    day(sim, "2026-04-01")
    sim.append("model.registered", MODEL, REGISTERED)
    day(sim, "2026-05-08")
    sim.append("comment.added", MODEL, {"on": "1", "text": "Is it live?"})
    day(sim, "2026-05-09")
    sim.append("deployment.recorded", MODEL, DEPLOYED, at="2026-05-01T12:00:00Z")
    return sim


def stage(found: Replay) -> str | None:
    """The stage of the model, if it has one."""
    return found.state.stage.value if found.state.stage else None


def test_known_at_lacks_what_was_recorded_later_and_as_of_has_it(late: Simulator) -> None:
    """R5: of an event of 1 May recorded on 9 May, `known_at` 5 May knows nothing and `as_of` 5 May does."""
    reader = late.reader()
    assert stage(replay(reader, MODEL, known_at="2026-05-05")) == "registered"
    assert stage(replay(reader, MODEL, as_of="2026-05-05")) == "production"


def test_what_was_dated_before_and_recorded_after_is_named(late: Simulator) -> None:
    """The state of 5 May names the deployment as not yet known, and not the comment of 8 May."""
    found = replay(late.reader(), MODEL, known_at="2026-05-05")
    assert [(m.source.number, m.type, m.about) for m in found.not_yet_known] == [
        ("3", "deployment.recorded", "1.0")
    ]
    assert found.recorded_later == ()


def test_what_only_became_known_later_is_named_in_the_state_of_the_world(late: Simulator) -> None:
    """The world of 5 May holds the deployment, and says that nobody could read it then."""
    found = replay(late.reader(), MODEL, as_of="2026-05-05")
    assert [m.source.number for m in found.recorded_later] == ["3"]
    assert found.not_yet_known == ()


def test_both_cuts_together_cut_twice(late: Simulator) -> None:
    """What was known on 9 May of the world of 30 April is the registration alone."""
    reader = late.reader()
    assert stage(replay(reader, MODEL, known_at="2026-05-09", as_of="2026-04-30")) == "registered"
    assert stage(replay(reader, MODEL, known_at="2026-05-09", as_of="2026-05-02")) == "production"
    found = replay(reader, MODEL, known_at="2026-05-08", as_of="2026-05-02")
    assert (stage(found), [m.source.number for m in found.not_yet_known]) == ("registered", ["3"])
    found = replay(reader, MODEL, known_at="2026-05-08", as_of="2026-04-30")
    assert found.not_yet_known == ()


def test_an_entry_number_includes_that_entry(late: Simulator) -> None:
    """`known_at` 3 knows entry 3; the moment of the cut is its recorded time."""
    reader = late.reader()
    for asked in (3, "3", " 3 ", "3.1"):
        found = replay(reader, MODEL, known_at=asked)
        assert (stage(found), found.cut.entries, found.cut.entry) == ("production", 4, 3)
    assert found.cut.known_at == reader.statement(3).time
    assert stage(replay(reader, MODEL, known_at=2)) == "registered"


def test_a_date_means_its_end_in_utc_and_a_time_itself(late: Simulator) -> None:
    """The ninth of May knows what was recorded that day; one second earlier it was not known."""
    reader = late.reader()
    assert stage(replay(reader, MODEL, known_at="2026-05-09")) == "production"
    assert stage(replay(reader, MODEL, known_at="2026-05-09T11:00:01+02:00")) == "production"
    assert stage(replay(reader, MODEL, known_at="2026-05-09T09:00:00.999999Z")) == "registered"
    moment = datetime(2026, 5, 9, 9, 0, 1, tzinfo=UTC)
    assert stage(replay(reader, MODEL, known_at=moment)) == "production"
    assert stage(replay(reader, MODEL, known_at=moment - timedelta(seconds=1))) == "registered"


def test_before_the_beginning_nothing_is_known(late: Simulator) -> None:
    """A cut before the first event of a stream gives the empty state, and what was still to come."""
    found = replay(late.reader(), MODEL, known_at="2020-01-01")
    assert (found.stream, found.cut.entries, stage(found), found.not_yet_known) == (MODEL, 0, None, ())
    assert found.state == model.fold([])


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"known_at": "yesterday"}, InputError, "neither a time nor an event number"),
        ({"known_at": "2026-05-05T10:00"}, InputError, "no time zone"),
        ({"known_at": datetime(2026, 5, 5)}, InputError, "no time zone"),  # noqa: DTZ001
        ({"as_of": "05/05/2026"}, InputError, "not an ISO 8601 time"),
        ({"as_of": "3"}, InputError, "not an ISO 8601 time"),
        ({"known_at": "4"}, NotFoundError, "ends with entry 3"),
        ({"known_at": -1}, InputError, "count from 0"),
    ],
)
def test_a_moment_that_cannot_be_read_is_refused(
    late: Simulator, asked: dict[str, Any], error: type[Exception], words: str
) -> None:
    """One clear line for a time without zone, a word, an entry that is not there."""
    with pytest.raises(error, match=words):
        replay(late.reader(), MODEL, **asked)


def test_a_stream_that_does_not_exist_is_refused_with_the_nearest(late: Simulator) -> None:
    """A misspelt model is answered with the name that was meant."""
    with pytest.raises(NotFoundError, match="did you mean model/credit-risk") as caught:
        replay(late.reader(), "model/credit-rsik")
    assert caught.value.fix == "mledger replay"
    with pytest.raises(NotFoundError, match="did you mean model/credit-risk"):
        replay(late.reader(), "credit-rsik")


@pytest.mark.parametrize("name", ["model/", "a b", "../x", ""])
def test_a_name_that_no_stream_has_is_refused(late: Simulator, name: str) -> None:
    """What cannot be a stream is an InputError and no search."""
    with pytest.raises(InputError, match="is not a stream"):
        replay(late.reader(), name)


def test_the_kind_of_a_stream_may_be_left_out(late: Simulator) -> None:
    """A bare name means the model of that name, or else the dataset."""
    late.append("dataset.registered", DATASET, DATA)
    assert replay(late.reader(), "credit-risk").stream == MODEL
    assert replay(late.reader(), "applications").stream == DATASET


def test_a_stream_that_nothing_reads_is_refused(late: Simulator) -> None:
    """A kind of stream without a projection is named, with the way to see its events."""
    late.append("comment.added", "project/x", {"on": "1", "text": "Hello."})
    with pytest.raises(NotFoundError, match="state of project/x") as caught:
        replay(late.reader(), "project/x")
    assert caught.value.fix == "mledger log project/x"


@pytest.fixture
def lived() -> Simulator:
    """A model that used a dataset which was refreshed, with a second person, and an unrelated model."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    sim.append("model.registered", MODEL, REGISTERED)
    sim.append("dataset.registered", DATASET, DATA)
    sim.append("problem.framed", MODEL, FRAMED)
    decision = sim.append("decision.proposed", MODEL, PROPOSED).number
    sim.append("decision.accepted", MODEL, {"decision": decision}, by="Bob Example")
    sim.append("run.started", MODEL, RUN)
    sim.append("run.finished", MODEL, {"run": "r1", "metrics": [{"name": "auc", "value": 0.96}]})
    sim.append("dataset.refreshed", DATASET, REFRESHED)
    sim.append("model.registered", "model/other", REGISTERED | {"owner": "Alcie"})
    sim.append(
        "record.corrected",
        "model/other",
        {"event": "10", "fields": {"owner": "Carol Example"}, "reason": "A slip."},
    )
    return sim


def test_a_model_comes_with_the_datasets_that_it_names(lived: Simulator) -> None:
    """The state of the dataset stands beside that of the model, cut alike."""
    found = replay(lived.reader(), MODEL)
    assert found.projection == "model"
    assert list(found.datasets) == ["applications"]
    current = found.datasets["applications"].current
    assert current is not None
    assert current.name == "v2"
    before = replay(lived.reader(), MODEL, known_at=8).datasets["applications"].current
    assert before is not None
    assert before.name == "v1"


def test_a_dataset_that_is_not_recorded_here_is_left_out(lived: Simulator) -> None:
    """A name without a stream of its own, or that no stream can have, gives no state."""
    uses = [{"name": name, "role": "test"} for name in ("unheard", "a b")]
    lived.append("run.started", MODEL, RUN | {"run": "r2", "datasets": uses})
    found = replay(lived.reader(), MODEL)
    assert "unheard" in found.state.datasets
    assert list(found.datasets) == ["applications"]


def test_late_facts_of_its_datasets_belong_to_a_model(lived: Simulator) -> None:
    """A refresh of the past that was recorded later is not yet known to the model's state either."""
    cut = lived.clock().isoformat()
    lived.clock.forward(days=9)
    lived.append("dataset.refreshed", DATASET, REFRESHED | {"version": "v3"}, at="2026-01-01T00:00:00Z")
    found = replay(lived.reader(), MODEL, known_at=cut)
    assert [(m.stream, m.about) for m in found.not_yet_known] == [(DATASET, "v3")]


def test_without_a_stream_all_are_shown_and_corrected_rows_come_from_their_own_fold(lived: Simulator) -> None:
    """Each row is that of the whole state, and those who may sign stand beside."""
    found = replay(lived.reader())
    assert (found.stream, found.projection, sorted(found.state.models)) == (
        None,
        "overview",
        [MODEL, "model/other"],
    )
    for name, row in found.state.models.items():
        assert row == row_of(replay(lived.reader(), name).state)
    assert found.state.models["model/other"].owner.value == "Carol Example"
    assert found.people is not None
    assert sorted(key.holder for key in found.people.keys.values()) == ["Alice Example", "Bob Example"]


def test_the_ledgers_own_stream_tells_who_may_sign(lived: Simulator) -> None:
    """The stream `ledger` replays into keys, roles and policy."""
    found = replay(lived.reader(), "ledger", known_at=0)
    assert found.projection == "people"
    assert [key.holder for key in found.state.keys.values()] == ["Alice Example"]


def test_a_replay_is_plain_json_without_what_only_serves_to_fold_on(lived: Simulator) -> None:
    """Every replay can be printed; each statement carries its event; ids and accounts stay inside."""
    for stream in (None, MODEL, DATASET, "ledger"):
        text = json.dumps(replay(lived.reader(), stream, known_at=FAR).to_json(), allow_nan=False)
        found = json.loads(text)
        assert found["origin"] == "sim.example/ledger"
        assert "ids" not in found["state"]["trail"]
        assert "accounts" not in found["state"]
    owner = replay(lived.reader(), MODEL).to_json()["state"]["profile"]["owner"]  # type: ignore[index]
    assert (owner["value"], owner["source"]["number"], owner["source"]["by"]) == (
        "Alice Example",
        "2",
        "Alice Example",
    )


def test_a_broken_ledger_has_no_state(lived: Simulator) -> None:
    """Replay verifies first: one changed byte and there is no state at all."""
    entries = list(lived.store.entries())
    slot = entries[4].slots[0]
    changed = slot._replace(body=(slot.body or b"").replace(b"hand", b"head"))
    entries[4] = entries[4]._replace(slots=(changed,))
    broken = Simulator.__new__(Simulator)
    broken.store, broken.clock = MemoryStore(), lived.clock
    broken.store._entries = entries
    broken.store._governance = [0, 1]
    with pytest.raises(IntegrityError, match="is broken"):
        replay(broken.reader(), MODEL)


# --- differences


def test_a_difference_names_what_became_known_between(lived: Simulator) -> None:
    """From before the run to the end: the run, the new state of the data, the objective met."""
    found = diff(lived.reader(), 6, 9, MODEL)
    assert (found.before.entries, found.after.entries, found.stream) == (7, 10, MODEL)
    changed = {(c.group, c.path): (c.before, c.after, c.numbers) for c in found.changes}
    assert changed["runs", "r1 (7)"] == (None, "finished", ("7", "8"))
    assert changed["data", "dataset applications"] == (None, "v1", ("7",))
    before, after, numbers = changed["data", "dataset/applications version"]
    assert (before, numbers) == ("v1, 900 rows", ("9",))
    assert str(after).startswith("v2, 1,000 rows, +100 rows")


def test_a_difference_counts_a_dataset_that_only_one_side_names(lived: Simulator) -> None:
    """The data existed before the model used it, and is not told as new."""
    found = diff(lived.reader(), 6, 8, MODEL)
    assert [c.path for c in found.changes if c.path.startswith("dataset/")] == []


def test_data_that_the_model_named_only_before_is_compared_too(late: Simulator) -> None:
    """A dataset that was used at the first moment, and whose use was corrected away, is no loss of data."""
    late.append("dataset.registered", DATASET, DATA)
    number = late.append("run.started", MODEL, RUN).number
    body = {"event": number, "fields": {"datasets[0].name": "other"}, "reason": "A slip."}
    late.append("record.corrected", MODEL, body)
    late.append("dataset.refreshed", DATASET, REFRESHED)
    changes = diff(late.reader(), number, FAR, MODEL).changes
    assert sorted(c.path for c in changes if c.group == "data") == [
        "dataset applications",
        "dataset other",
        "dataset/applications version",
    ]


def test_a_difference_tells_of_people_too(lived: Simulator) -> None:
    """Who may sign is part of what changed, for one model and for all."""
    for stream in (MODEL, None):
        people = [c for c in diff(lived.reader(), 0, FAR, stream).changes if c.group == "people"]
        assert any(c.path.startswith("Bob Example (person") and c.after == "reviewer" for c in people)


def test_a_difference_can_be_of_the_world(late: Simulator) -> None:
    """By occurrence the deployment lies between 30 April and 5 May; by knowledge nothing does."""
    reader = late.reader()
    assert diff(reader, "2026-04-30", "2026-05-05", MODEL).changes == ()
    changed = diff(reader, "2026-04-30", "2026-05-05", MODEL, by="as_of").changes
    assert [(c.path, c.before, c.after) for c in changed if c.path == "stage"] == [
        ("stage", "registered", "production")
    ]


def test_a_difference_is_plain_json(lived: Simulator) -> None:
    """It can be printed, with both cuts and the numbers behind each change."""
    found = json.loads(json.dumps(diff(lived.reader(), 2, FAR).to_json()))
    assert (found["before"]["entries"], found["after"]["entry"]) == (3, None)
    assert all(change["numbers"] for change in found["changes"])


# --- what holds for every ledger

STEPS: list[tuple[str, str, dict[str, Any]]] = [
    ("comment.added", MODEL, {"on": "1", "text": "Fine."}),
    ("run.started", MODEL, RUN),
    ("run.failed", MODEL, {"run": "r1", "exit": {"exception_type": "MemoryError"}}),
    ("deployment.recorded", MODEL, DEPLOYED),
    ("deployment.recorded", MODEL, DEPLOYED | {"version": "2.0"}),
    (
        "rollback.executed",
        MODEL,
        {"from_version": "2.0", "to_version": "1.0", "stage": "production", "reason": "Bad."},
    ),
    ("dataset.registered", DATASET, DATA),
    ("dataset.refreshed", DATASET, REFRESHED),
]


@st.composite
def ledgers(draw: st.DrawFn, *, late: bool) -> Simulator:
    """A ledger of a model's steps in any order, hours apart; some recorded days after they happened."""
    sim = Simulator()
    sim.append("model.registered", MODEL, REGISTERED)
    for event, stream, fields in draw(st.lists(st.sampled_from(STEPS), max_size=8)):
        sim.clock.forward(hours=draw(st.integers(1, 40)))
        days = draw(st.integers(0, 5)) if late else 0
        at = (sim.clock() - timedelta(days=days)).isoformat() if days else None
        sim.append(event, stream, fields, at=at)
    return sim


few = settings(max_examples=25)
streams = st.sampled_from([None, MODEL])


def states(found: Replay) -> tuple[object, ...]:
    """What was made of the facts, whatever the cut was."""
    plain = found.to_json()
    return plain["state"], plain["datasets"], plain["people"]


@given(ledgers(late=True), streams)
@few
def test_the_last_entry_knows_all(sim: Simulator, stream: str | None) -> None:
    """What is known at the last entry, and now, is what a replay without a cut shows."""
    reader = sim.reader()
    whole = replay(reader, stream)
    assert states(replay(reader, stream, known_at=reader.head.size - 1)) == states(whole)
    at_last = replay(reader, stream, known_at=FAR)
    assert (states(at_last), at_last.not_yet_known) == (states(whole), ())


@given(ledgers(late=False), streams)
@few
def test_without_late_events_the_world_is_what_is_known(sim: Simulator, stream: str | None) -> None:
    """Where everything is recorded as it happens, both cuts agree at every moment."""
    reader = sim.reader()
    assert states(replay(reader, stream, as_of=FAR)) == states(replay(reader, stream))
    for seq in range(1, reader.head.size):
        moment = reader.statement(seq).time
        known, was = replay(reader, stream, known_at=moment), replay(reader, stream, as_of=moment)
        assert states(known) == states(was)
        assert (known.not_yet_known, was.recorded_later) == ((), ())


@given(ledgers(late=True), st.integers(0, 300))
@few
def test_known_and_not_yet_known_are_all_that_had_happened(sim: Simulator, hours: int) -> None:
    """At any moment, what is known and had happened, and what is not yet known, make up the world."""
    reader = sim.reader()
    moment = (START + timedelta(hours=hours)).isoformat()
    known = replay(reader, known_at=moment, as_of=moment)
    world = replay(reader, as_of=moment)
    assert known.state.trail.events + len(known.not_yet_known) == world.state.trail.events
    assert {m.source.number for m in known.not_yet_known} == {m.source.number for m in world.recorded_later}


@given(ledgers(late=True), st.data())
@few
def test_a_difference_is_empty_between_equal_moments(sim: Simulator, data: st.DataObject) -> None:
    """Nothing changes from a moment to itself, for any stream."""
    seq = data.draw(st.integers(1, sim.store.head().size - 1))
    for stream in (None, MODEL):
        assert diff(sim.reader(), seq, seq, stream).changes == ()
