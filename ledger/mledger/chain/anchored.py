"""What time anchors prove: between when and when entries were made.

An anchor covers the entries before its checkpoint: they existed at its time. It stands in an event of
its own, and everything from that entry on was made later, since it is linked to a token that nobody
could foresee. Recorded time never decreases, so that a few entries speak for all. Pure.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple, cast

from mledger.chain.findings import Finding
from mledger.chain.history import Fact
from mledger.core.manifest import anchor_files
from mledger.core.moment import Moment, is_later
from mledger.errors import UsageError
from mledger.events.base import decode

if TYPE_CHECKING:
    from mledger.events.anchor import AnchorRecorded

ANCHOR = "anchor.recorded"

DAY = 86_400.0

TimeOf = Callable[[int], Moment | None]
"""The recorded time of an entry; None if it cannot be read, which is found elsewhere."""


def read_anchor(fact: Fact) -> "AnchorRecorded | None":
    """The anchor that an event records; None if it records none, or none that can be read."""
    if fact.type != ANCHOR or fact.body is None:
        return None
    try:
        return cast("AnchorRecorded", decode(fact.type, fact.version, fact.body))
    except UsageError:
        return None


def files_of(fact: Fact) -> dict[str, bytes]:
    """The files of a bundle that hold the anchor of an event; none if it records none."""
    body = read_anchor(fact)
    return anchor_files(fact.number, body.checkpoint.encode(), body.token_bytes) if body else {}


class Anchored(NamedTuple):
    """A proven time: that of the anchor in event `number`, over the first `size` entries, in entry `seq`.

    A clock of the ledger may be apart from it by `slack` seconds; `by` is who vouches for it.
    """

    seq: int
    number: str
    size: int
    time: Moment
    slack: float
    by: str

    def to_json(self) -> dict[str, object]:
        """The anchor as `--json` prints it."""
        return {"event": self.number, "entries": self.size, "time": self.time, "by": self.by}


class Term(NamedTuple):
    """From entry `seq` on, no entry may wait longer than `days` for an anchor; None asks for none."""

    seq: int
    days: int | None


class Interval(NamedTuple):
    """Between which anchors an entry was made; None where there is none."""

    after: Anchored | None
    before: Anchored | None


class Late(NamedTuple):
    """An entry that was anchored too late, or that is still waiting."""

    finding: Finding
    waiting: bool


def interval(anchors: Sequence[Anchored], seq: int) -> Interval:
    """What the anchors prove of the time of an entry."""
    after = max((one for one in anchors if one.seq <= seq), key=_by_time, default=None)
    before = min((one for one in anchors if one.size > seq), key=_by_time, default=None)
    return Interval(after, before)


def misdated(anchors: Sequence[Anchored], size: int, time_of: TimeOf) -> Iterator[Finding]:
    """Entries dated outside of what the anchors prove."""
    for one in anchors:
        slack = one.slack
        told = time_of(one.seq)
        if told is not None and is_later(one.time, told, slack):
            right = _first(one.seq, size, time_of, partial(_reaches, one.time, slack))
            message = f"recorded {told}, and made after event {one.number} proved that it was {one.time}"
            yield Finding("time.anchored", _range(one.seq, right - 1), message)
        told = time_of(one.size - 1)
        if told is not None and is_later(told, one.time, slack):
            wrong = _first(0, one.size, time_of, partial(is_later, than=one.time, seconds=slack))
            message = f"recorded {told}, and there at {one.time}, as event {one.number} proves"
            yield Finding("time.anchored", _range(wrong, one.size - 1), message)


def overdue(
    anchors: Sequence[Anchored], terms: Sequence[Term], size: int, time_of: TimeOf, now: Moment
) -> Iterator[Late]:
    """Entries that waited longer for an anchor than the policy allows, or still wait.

    It is enough to look where something begins: an entry that is the first not covered by an anchor, and
    a term of the policy.
    """
    by_size = sorted(anchors, key=lambda one: one.size)
    # For each anchor, the earliest time at which one as large, or larger, is proved.
    times = list(accumulate((one.time for one in reversed(by_size)), min))[::-1]
    sizes = [one.size for one in by_size]
    terms = sorted(terms, key=lambda term: term.seq)
    for seq in sorted({0, *sizes, *(term.seq for term in terms)}):
        made = time_of(seq) if seq < size else None
        days = terms[at - 1].days if (at := bisect_right(terms, seq, key=lambda term: term.seq)) else None
        if days is None or made is None:
            continue
        above = bisect_right(sizes, seq)
        then = times[above] if above < len(times) else None
        if is_later(then or now, made, days * DAY):
            what = f"was anchored only {then[:10]}" if then else "is not anchored yet"
            message = f"of {made[:10]} {what}; the policy asks for it within {counted(days)}"
            yield Late(Finding("anchor.overdue", f"entry {seq}", message), waiting=then is None)


def counted(days: int) -> str:
    """So many days."""
    return f"{days} day" if days == 1 else f"{days} days"


def _first(start: int, stop: int, time_of: TimeOf, holds: Callable[[Moment], bool]) -> int:
    """The first position from `start` on whose time is so; times only grow. `stop` if there is none."""
    while start < stop:
        middle = (start + stop) // 2
        told = time_of(middle)
        if told is not None and holds(told):
            stop = middle
        else:
            start = middle + 1
    return start


def _reaches(proven: Moment, slack: float, told: Moment) -> bool:
    return not is_later(proven, told, slack)


def _range(first: int, last: int) -> str:
    return f"entry {first}" if first >= last else f"entries {first} to {last}"


def _by_time(one: Anchored) -> Moment:
    return one.time
