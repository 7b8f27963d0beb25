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
    """No sequence of valid events makes a fold, or what it tells, fail; the facts are left as they were."""
    facts = data.draw(facts_for(projection).flatmap(st.permutations))
    before = pickle.dumps(facts)
    state = projection.fold(facts)
    list(projection.statements(state))
    assert projection.fold(iter(facts)) == state
    assert pickle.dumps(facts) == before


@every
@given(data=st.data())
@moderate
def test_it_can_go_on_from_any_point(projection: Projection[Any], data: st.DataObject) -> None:
    """A fold of the beginning and then of the rest is a fold of all; the first state stays as it was.

    So it does from a state that was written as JSON and read again, which is the same state.
    """
    facts = uncorrected(data.draw(facts_for(projection)))
    cut = data.draw(st.integers(0, len(facts)))
    whole = projection.fold(facts)
    first = projection.fold(facts[:cut])
    before = to_json(first)
    assert projection.fold(facts[cut:], first) == whole
    assert to_json(first) == before

    again = from_json(projection.state, before)
    assert again == first == from_json(projection.state, to_bytes(first))
    assert projection.fold(facts[cut:], again) == whole

    assert projection.go_on(first, facts[cut:]) is first
    assert first == whole


@every
@given(data=st.data())
@moderate
def test_what_it_tells_rests_on_events(projection: Projection[Any], data: st.DataObject) -> None:
    """Each statement belongs to a group and names the events behind it, which are among the facts.

    Comparing a state with itself finds no change; with the empty state, all that it says.
    """
    facts = data.draw(facts_for(projection))
    numbers = {fact.number for fact in facts}
    told = list(projection.statements(projection.fold(facts)))
    for statement in told:
        assert statement.group in GROUPS
        assert statement.numbers
        own = [number for number in statement.numbers if "-" not in number]
        assert statement.group == "corrected" or numbers.issuperset(own)

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
