"""The overview of a whole ledger, folded on from the nearest snapshot.

A fold from the opening reads every event. Where that is much, the state is kept in a cache every
so many events, with the head that it belongs to, and a later fold goes on from there.
"""

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from pydantic_core import to_json

from mledger.caches.snapshots import Snapshot, Snapshots
from mledger.chain.history import History
from mledger.errors import FormatError
from mledger.projections.overview import OverviewState, overview
from mledger.projections.statements import from_json

if TYPE_CHECKING:
    from mledger.reader import Reader

# Raise it with every change of what the overview folds or keeps.
NAME = "overview/5"
# Events between two snapshots: folding so many takes a tenth of a second.
APART = 10_000


def overview_at(reader: "Reader", history: History) -> OverviewState:
    """The overview of what the history knows, the same as a fold from the opening."""
    if reader.path is None:
        return overview.fold(history.facts())
    snapshots = reader.snapshots
    saved = snapshots.newest(NAME, history.size, reader.leaf_at)
    state = _opened(snapshots, saved)
    start = saved.size if saved is not None and state is not None else 0
    state = state or OverviewState()
    for size in _folding(state, history, start):
        if (leaf := reader.leaf_at(size - 1)) is not None:
            snapshots.keep(NAME, Snapshot(size, leaf, pack(state)))
    return state


def _opened(snapshots: Snapshots, saved: Snapshot | None) -> OverviewState | None:
    """The state that was kept; what is none was written by somebody else, and all are thrown away."""
    if saved is None:
        return None
    try:
        return from_json(OverviewState, zlib.decompress(saved.state))
    except (zlib.error, FormatError):
        snapshots.clear()
        return None


def pack(state: OverviewState) -> bytes:
    """The state as a snapshot keeps it: JSON, a fifth as long."""
    return zlib.compress(to_json(state), 1)


def wrong_snapshot(reader: "Reader", history: History, snapshots: Snapshots) -> str | None:
    """What is wrong with the newest snapshot, found by a fold from the opening; None if nothing is."""
    saved = snapshots.newest(NAME, history.size, reader.leaf_at)
    if saved is None:
        return None
    state = OverviewState()
    for _ in _folding(state, history.known_at(saved.size), 0):
        pass
    with suppress(zlib.error):
        if to_json(state) == zlib.decompress(saved.state):
            return None
    return f"the overview kept of the first {saved.size:,} entries is not what they say"


def _folding(state: OverviewState, history: History, start: int) -> Iterator[int]:
    """Let the facts from entry `start` on change the state, one after the other.

    Every so many events, at the end of an entry, the state is finished and the number of entries up to
    there given; in the end it is finished once more.
    """
    folded, last = 0, -1
    for fact in history.read(None, start, history.size):
        if folded >= APART and fact.seq != last:
            overview.go_on(state, ())
            yield fact.seq
            folded = 0
        overview.apply(state, fact)
        folded, last = folded + 1, fact.seq
    overview.go_on(state, ())
