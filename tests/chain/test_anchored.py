"""What time anchors prove of entries, against a definition that looks at every one."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from mledger.chain.anchored import DAY, Anchored, Term, interval, misdated, overdue
from mledger.core.moment import format_moment, is_later

START = datetime(2026, 1, 1, tzinfo=UTC)
SLACK = 61.0


def at(seconds):
    """So many seconds after the start."""
    return format_moment(START + timedelta(seconds=seconds))


@st.composite
def histories(draw):
    """Recorded times that never decrease, and anchors over beginnings of them, at any times."""
    gaps = draw(st.lists(st.integers(0, 200_000), min_size=2, max_size=12))
    times = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    anchors = []
    for _ in range(draw(st.integers(0, 4))):
        seq = draw(st.integers(1, len(times) - 1))
        size, time = draw(st.integers(1, seq)), draw(st.integers(0, 1_500_000))
        anchors.append(Anchored(seq, str(seq), size, at(time), SLACK, "a clock"))
    return [at(time) for time in times], anchors


def named(where):
    """The entries that a finding names."""
    numbers = [int(word) for word in where.split() if word.isdigit()]
    return set(range(numbers[0], numbers[-1] + 1))


@given(histories())
def test_all_that_is_misdated_is_named(history):
    """An entry is named if and only if an anchor over it, or before it, says that its time is wrong."""
    times, anchors = history
    wrong = {
        seq
        for seq, time in enumerate(times)
        for one in anchors
        if (seq >= one.seq and is_later(one.time, time, SLACK))
        or (seq < one.size and is_later(time, one.time, SLACK))
    }
    found = list(misdated(anchors, len(times), times.__getitem__))
    assert {finding.rule for finding in found} <= {"time.anchored"}
    assert set().union(*(named(finding.where) for finding in found)) == wrong


@given(histories(), st.integers(1, 5), st.integers(0, 11), st.integers(0, 2_000_000))
def test_whoever_waits_too_long_makes_it_overdue(history, days, since, now):
    """Something is overdue if and only if some entry under the term waited, or waits, longer than it may."""
    times, anchors = history
    terms = [Term(min(since, len(times) - 1), days)]

    def waited(seq):
        covering = [one.time for one in anchors if one.size > seq]
        return is_later(min(covering) if covering else at(now), times[seq], days * DAY), not covering

    late = [waited(seq) for seq in range(terms[0].seq, len(times))]
    found = list(overdue(anchors, terms, len(times), times.__getitem__, at(now)))
    assert bool(found) == any(too_late for too_late, _ in late)
    assert any(one.waiting for one in found) == any(too_late and waits for too_late, waits in late)


def test_a_term_that_asks_for_nothing_finds_nothing():
    """Where the policy asks for no anchors, or no longer, nothing is overdue."""
    times = [at(0), at(DAY * 100)]
    assert not list(overdue([], [], 2, times.__getitem__, at(DAY * 200)))
    terms = [Term(0, 30), Term(1, None)]
    found = [one.finding.where for one in overdue([], terms, 2, times.__getitem__, at(DAY * 200))]
    assert found == ["entry 0"]


def test_an_interval_is_between_the_nearest_anchors():
    """After the last anchor whose event stands before, there by the first that covers it."""
    anchors = [Anchored(n, str(n), n - 1, at(n * 100), 0, "") for n in (3, 6, 9)]
    assert interval(anchors, 5) == (anchors[0], anchors[2])
    assert interval(anchors, 4) == (anchors[0], anchors[1])
    assert interval(anchors, 0) == (None, anchors[0])
    assert interval(anchors, 20) == (anchors[2], None)
    assert interval([], 1) == (None, None)


@given(histories())
def test_what_cannot_be_read_is_passed_over(history):
    """Entries whose time cannot be read are found elsewhere, and stop nothing."""
    times, anchors = history
    assert not list(misdated(anchors, len(times), lambda _: None))
    assert not list(overdue(anchors, [Term(0, 1)], len(times), lambda _: None, at(10**7)))
