"""Samples: the same for everybody, drawn again by anybody."""

import hashlib
import uuid

from hypothesis import given
from hypothesis import strategies as st

from mledger.chain.history import Fact
from mledger.core.moment import format_moment
from mledger.events import base as events
from mledger.reports.sample import draw, lot_of
from tests.projections.stories import START, fact_of

BODY = events.build("comment.added", {"on": "0", "text": "Hello."})
ids = st.lists(st.uuids(), unique=True, max_size=30)
seeds = st.integers(0, 2**53 - 1)


def facts(found: list[uuid.UUID]) -> list[Fact]:
    """Facts with these ids."""
    made = [fact_of(BODY, seq, "model/x", format_moment(START)) for seq, _ in enumerate(found)]
    return [fact._replace(id=name.bytes) for fact, name in zip(made, found, strict=True)]


def test_the_lot_of_an_event_is_what_the_guide_says() -> None:
    """A lot that `printf … | sha256sum` gives as well; it never changes."""
    event = "01a21461-5a34-72b8-a591-3bdcef2f39a3"
    text = b"mledger sample 1\n20261123\n01a21461-5a34-72b8-a591-3bdcef2f39a3\n"
    assert lot_of(20261123, event) == hashlib.sha256(text).hexdigest()
    assert lot_of(20261123, event) == "1584dd1366e10f18a6aa1884dbd9a8b7247272ebb6e3fa050fcf85cba360237e"


@given(ids, seeds, st.integers(0, 40))
def test_the_smallest_lots_are_drawn(found: list[uuid.UUID], seed: int, size: int) -> None:
    """As an auditor would do it with a spreadsheet: hash, sort, take the first."""
    rows = sorted(
        (hashlib.sha256(f"mledger sample 1\n{seed}\n{name}\n".encode()).hexdigest(), str(name))
        for name in found
    )
    drawn = draw(facts(found), size, seed)
    assert [(lot, str(uuid.UUID(bytes=fact.id))) for lot, fact in drawn] == rows[:size]


@given(ids, seeds, st.randoms(use_true_random=False))
def test_the_order_of_events_plays_no_part(found: list[uuid.UUID], seed: int, shuffle: object) -> None:
    """Whoever reads them in another order draws the same; a larger sample begins with the smaller."""
    given_facts = facts(found)
    mixed = list(given_facts)
    shuffle.shuffle(mixed)  # type: ignore[attr-defined]
    assert draw(given_facts, 5, seed) == draw(mixed, 5, seed)
    assert draw(given_facts, 9, seed)[:5] == draw(given_facts, 5, seed)


@given(ids, seeds)
def test_what_was_not_asked_for_plays_no_part(found: list[uuid.UUID], seed: int) -> None:
    """Of some types the same are drawn, whatever else there is."""
    wanted = facts(found)
    others = [fact._replace(type="run.started", id=uuid.uuid4().bytes) for fact in wanted]
    assert draw([*others, *wanted], 4, seed, ["comment.added"]) == draw(wanted, 4, seed)


def test_another_seed_draws_others() -> None:
    """Of a hundred events, two seeds draw different tens."""
    many = facts([uuid.UUID(int=n) for n in range(100)])
    assert draw(many, 10, 1) != draw(many, 10, 2)
