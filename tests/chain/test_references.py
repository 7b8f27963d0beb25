"""What a body leads to: judged before it is signed, in the library."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from mledger.chain.draft import format_id, new_ids
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.links import Deadline, Link, links
from mledger.ledger import What
from mledger.testing.bodies import MODEL, PROPOSED, REGISTERED, STARTED
from mledger.testing.samples import refused
from mledger.testing.simulator import Simulator
from tests import strategies


@pytest.fixture
def sim() -> Simulator:
    """A ledger with a model registered as event 1, and a decision as event 2."""
    made = Simulator()
    made.append("model.registered", MODEL, REGISTERED)
    made.append("decision.proposed", MODEL, PROPOSED)
    return made


def _error(sim: Simulator, type: str, fields: dict[str, Any], **how: Any) -> InputError:
    """The refusal, after which nothing was written."""
    size = sim.store.head()
    error = refused(InputError, lambda: sim.append(type, MODEL, fields, **how))
    assert sim.store.head() == size
    return error


@pytest.mark.parametrize(
    ("type", "fields", "path"),
    [
        ("decision.proposed", PROPOSED | {"parent_decision": "99"}, "parent_decision"),
        ("decision.proposed", PROPOSED | {"refs": [{"rel": "evidence", "event": "99"}]}, r"refs\[0\].event"),
        ("comment.added", {"on": "99", "text": "?"}, "on"),
        ("dissent.recorded", {"on": "0192f0c1-2345-7abc-8def-0123456789ab", "text": "?"}, "on"),
        (
            "run.started",
            STARTED | {"param_reasons": [{"name": "a", "decision": "3"}]},
            r"param_reasons\[0\].decision",
        ),
        ("record.corrected", {"event": "99", "fields": {"title": "x"}, "reason": "r"}, "event"),
    ],
)
def test_an_event_that_is_not_there_cannot_be_named(
    sim: Simulator, type: str, fields: Any, path: str
) -> None:
    """A reference ahead, or to nothing, is refused with its field, and nothing is written."""
    error = _error(sim, type, fields)
    assert "is not there" in error.message
    assert error.message.startswith(f"{type}: {path.replace(chr(92), '')}: ")
    assert error.details["rule"] == "reference"


def test_an_event_of_another_type_cannot_be_named(sim: Simulator) -> None:
    """A field that wants a decision is told what it was given instead."""
    error = _error(sim, "run.started", STARTED | {"decision": "1"})
    assert error.message.endswith("should name a decision.proposed, and event 1 is a model.registered")
    assert error.fix == "mledger log --type decision.proposed"


def test_an_event_cannot_name_itself_or_what_comes_after(sim: Simulator) -> None:
    """The number that the event itself would get is not there yet, nor is one of the same entry."""
    size = sim.store.head().size
    error = _error(sim, "comment.added", {"on": str(size), "text": "Myself."})
    assert "is not there" in error.message


def test_an_entry_of_several_events_is_named_with_a_place(sim: Simulator) -> None:
    """Where entry 3 carries two events, the way out names one of them."""
    body = events.build("comment.added", {"on": "1", "text": "?"})
    sim.ledger().append_all([What(body, MODEL), What(body, MODEL)])
    error = _error(sim, "comment.added", {"on": "3", "text": "?"})
    assert error.message.endswith("on: entry 3 carries several events: name one, like 3.1")
    sim.append("comment.added", MODEL, {"on": "3.2", "text": "?"})


def test_events_recorded_together_may_name_those_before_them(sim: Simulator) -> None:
    """By an id that the caller chose; one that comes later in the batch is not there yet."""
    one, two = new_ids(1_700_000_000_000, bytes(20), 2)
    first = What(events.build("comment.added", {"on": "1", "text": "?"}), MODEL, None, one)
    second = What(events.build("comment.added", {"on": format_id(one), "text": "!"}), MODEL, None, two)
    error = refused(InputError, lambda: sim.ledger().append_all([second, first]))
    assert "is not there" in error.message
    assert len(sim.ledger().append_all([first, second])) == 2
    again = sim.ledger().append_all([second])[0]
    assert not again.recorded
    sim.check()


def test_another_ledgers_events_cannot_be_named(sim: Simulator) -> None:
    """The id of an event of one ledger leads nowhere in another."""
    other = Simulator(origin="other.example/ledger", seed="other")
    foreign = other.append("model.registered", MODEL, REGISTERED).id
    assert "is not there" in _error(sim, "comment.added", {"on": foreign, "text": "?"}).message


def test_a_day_to_come_that_is_over_is_refused(sim: Simulator) -> None:
    """A review date, and a condition's, are compared with the ledger's clock, today included."""
    today = sim.clock.now.date()
    past, now = (today - timedelta(days=1)).isoformat(), today.isoformat()
    for field, value in (("review_by", past), ("validity_conditions", [{"date": past}])):
        error = _error(sim, "decision.proposed", PROPOSED | {field: value})
        assert f"{past} was over on {now}" in error.message
        assert error.fix == "name a day to come, or leave it out"
    sim.append("decision.proposed", MODEL, PROPOSED | {"review_by": now})
    sim.enrol("Bob Example", "reviewer")
    error = _error(
        sim, "decision.reaffirmed", {"decision": "2", "reason": "r", "review_by": past}, by="Bob Example"
    )
    assert "review_by" in error.message


def test_a_day_is_compared_with_when_the_event_happened(sim: Simulator) -> None:
    """A decision of last year that is recorded late may name a day that was to come then."""
    fields = PROPOSED | {"review_by": "2025-06-30"}
    sim.append("decision.proposed", MODEL, fields, at="2025-05-01T09:00:00Z")
    assert "over" in _error(sim, "decision.proposed", fields).message


def test_the_types_of_references() -> None:
    """What a decision names is told with paths as people write them, and with the types that fit."""
    body = events.build(
        "decision.proposed",
        PROPOSED
        | {
            "business_outcome_ref": "3",
            "completes": "4",
            "review_by": "2027-01-01",
            "alternatives": [
                {"name": "four", "refs": [{"rel": "evidence", "uri": "https://acme.example/"}]},
                {"name": "three", "why_not": "no", "refs": [{"rel": "evidence", "event": "7"}]},
            ],
        },
    )
    assert list(links(body)) == [
        Link("completes", "4", ("decision.proposed",)),
        Link("business_outcome_ref", "3", ("problem.framed",)),
        Link("alternatives[1].refs[0].event", "7", ()),
        Deadline("review_by", "2027-01-01"),
    ]


@given(strategies.bodies())
def test_links_of_any_body_are_read(body: events.EventBody) -> None:
    """Whatever a body holds, what it leads to is text at a path that begins with one of its fields."""
    names = {info.alias or name for name, info in type(body).model_fields.items()}
    for link in links(body):
        assert link.path.split(".")[0].split("[")[0] in names
        assert isinstance(link[1], str)
