"""What every projection keeps, whoever wrote it."""

import pickle
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic_core import to_json as to_bytes

from mledger.chain.history import Fact
from mledger.core.moment import format_moment
from mledger.events import base as events
from mledger.events.record import RecordCorrected
from mledger.projections import base
from mledger.projections.base import Projection
from mledger.projections.diff import GROUPS, compare
from mledger.projections.statements import from_json, to_json
from tests.projections.stories import START, fact_of, histories

PROJECTIONS = [pytest.param(base.find(name), id=name) for name in base.names()]
every = pytest.mark.parametrize("projection", PROJECTIONS)
moderate = settings(max_examples=40)


def facts_for(projection: Projection[Any]) -> st.SearchStrategy[list[Fact]]:
    """Facts of the streams that a projection reads."""
    return histories(projection.kinds)


def uncorrected(facts: list[Fact]) -> list[Fact]:
    """The facts without those that correct others."""
    return [fact for fact in facts if fact.type != RecordCorrected.type]


@every
@given(data=st.data())
@moderate
def test_it_takes_any_valid_events_in_any_order(projection: Projection[Any], data: st.DataObject) -> None:
    """No sequence of valid events makes a fold, or what it tells, fail."""
    facts = data.draw(facts_for(projection).flatmap(st.permutations))
    list(projection.statements(projection.fold(facts)))


@every
@given(data=st.data())
@moderate
def test_it_is_a_function_of_the_facts(projection: Projection[Any], data: st.DataObject) -> None:
    """The same facts give the same state, and are left as they were."""
    facts = data.draw(facts_for(projection))
    before = pickle.dumps(facts)
    assert projection.fold(facts) == projection.fold(iter(facts))
    assert pickle.dumps(facts) == before


@every
@given(data=st.data())
@moderate
def test_it_can_go_on_from_any_point(projection: Projection[Any], data: st.DataObject) -> None:
    """A fold of the beginning and then of the rest is a fold of all, and the first state stays as it was."""
    facts = uncorrected(data.draw(facts_for(projection)))
    cut = data.draw(st.integers(0, len(facts)))
    first = projection.fold(facts[:cut])
    before = to_json(first)
    assert projection.fold(facts[cut:], first) == projection.fold(facts)
    assert to_json(first) == before
    assert projection.go_on(first, facts[cut:]) is first
    assert first == projection.fold(facts)


@every
@given(data=st.data())
@moderate
def test_its_state_survives_as_json(projection: Projection[Any], data: st.DataObject) -> None:
    """A state written as JSON and read again is the same state, and goes on as it would have."""
    facts = uncorrected(data.draw(facts_for(projection)))
    cut = data.draw(st.integers(0, len(facts)))
    state = projection.fold(facts[:cut])
    again = from_json(projection.state, to_json(state))
    assert again == state == from_json(projection.state, to_bytes(state))
    assert projection.fold(facts[cut:], again) == projection.fold(facts)


@every
@given(data=st.data())
@moderate
def test_what_it_tells_rests_on_events(projection: Projection[Any], data: st.DataObject) -> None:
    """Each statement belongs to a group and names the events behind it, which are among the facts."""
    facts = data.draw(facts_for(projection))
    numbers = {fact.number for fact in facts}
    for statement in projection.statements(projection.fold(facts)):
        assert statement.group in GROUPS
        assert statement.numbers
        own = [number for number in statement.numbers if "-" not in number]
        assert statement.group == "corrected" or numbers.issuperset(own)


@every
@given(data=st.data())
@moderate
def test_a_state_does_not_differ_from_itself(projection: Projection[Any], data: st.DataObject) -> None:
    """Comparing a state with itself finds no change; with the empty state, all that it says."""
    state = projection.fold(data.draw(facts_for(projection)))
    told = list(projection.statements(state))
    assert compare(told, told) == []
    empty = list(projection.statements(projection.fold([])))
    assert {(c.group, c.path) for c in compare(empty, told)} == {
        (s.group, s.path) for s in told if s.value is not None
    }


@every
def test_it_skips_types_that_it_does_not_know_with_a_note(projection: Projection[Any]) -> None:
    """An event of a foreign type is counted with its number and the reason, and changes nothing else."""
    stream = f"{projection.kinds[0]}/x" if projection.kinds and projection.kinds != ("ledger",) else "ledger"
    body = events.build("comment.added", {"on": "1", "text": "Hello."})
    fact = fact_of(body, 7, stream, format_moment(START))._replace(type="acme.novelty")
    skipped = projection.fold([fact, fact]).trail.skipped
    assert [(n.type, n.why, n.count, n.numbers) for n in skipped] == [
        ("acme.novelty", base.UNKNOWN, 2, ["7", "7"])
    ]


@every
@pytest.mark.parametrize(
    ("body", "why"),
    [(None, "erased"), (b'{"nonsense":1}', "unreadable"), (b"\xff", "unreadable")],
)
def test_it_skips_what_cannot_be_read_with_a_note(
    projection: Projection[Any], body: bytes | None, why: str
) -> None:
    """An event that the projection reads is noted, with the reason, if its body is gone or broken."""
    for name in sorted(projection.types):
        made = events.build("comment.added", {"on": "1", "text": "Hello."})
        fact = fact_of(made, 3, "ledger", format_moment(START))._replace(type=name, version=1, body=body)
        (note,) = projection.fold([fact]).trail.skipped
        assert (note.type, note.count, note.numbers) == (name, 1, ["3"])
        assert note.why.startswith(why)


@every
def test_a_newer_version_of_a_type_is_skipped_with_a_note(projection: Projection[Any]) -> None:
    """A body of a version that this mledger does not know is noted and not guessed at."""
    name = min(projection.types)
    made = events.build("comment.added", {"on": "1", "text": "Hello."})
    fact = fact_of(made, 3, "ledger", format_moment(START))._replace(type=name, version=99)
    assert [note.numbers for note in projection.fold([fact]).trail.skipped] == [["3"]]
