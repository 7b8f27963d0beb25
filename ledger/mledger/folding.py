"""The overview of a whole ledger, folded on from the nearest snapshot.

A fold from the opening reads every event. Where that is much, the state is kept in a cache every
so many events, with the head that it belongs to, and a later fold goes on from there.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic_core import from_json as parse
from pydantic_core import to_json as encode

from mledger.chain.history import Fact, History
from mledger.errors import FormatError
from mledger.projections.overview import OverviewState, overview
from mledger.projections.statements import from_json, to_json
from mledger.snapshots import Snapshot, Snapshots

if TYPE_CHECKING:
    from mledger.reader import Reader

# Raise it with every change of what the overview folds or keeps.
NAME = "overview/3"
# Events between two snapshots: folding so many takes a fraction of a second.
APART = 25_000


def overview_at(reader: "Reader", history: History) -> OverviewState:
    """The overview of what the history knows, the same as a fold from the opening."""
    if reader.path is None:
        return overview.fold(history.facts())
    snapshots = reader.snapshots
    saved = snapshots.newest(NAME, history.size, reader.leaf_at)
    state = _opened(snapshots, saved)
    for facts, size in _pieces(history, saved.size if saved and state else 0):
        state = overview.go_on(state or OverviewState(), facts)
        if size is not None and (leaf := reader.leaf_at(size - 1)) is not None:
            snapshots.keep(NAME, Snapshot(size, leaf, encode(to_json(state))))
    return overview.go_on(OverviewState(), ()) if state is None else state


def _opened(snapshots: Snapshots, saved: Snapshot | None) -> OverviewState | None:
    """The state that was kept; what is none was written by somebody else, and all are thrown away."""
    if saved is None:
        return None
    try:
        return from_json(OverviewState, parse(saved.state))
    except (ValueError, FormatError):
        snapshots.clear()
        return None


def wrong_snapshot(reader: "Reader", history: History, snapshots: Snapshots) -> str | None:
    """What is wrong with the newest snapshot, found by a fold from the opening; None if nothing is."""
    saved = snapshots.newest(NAME, history.size, reader.leaf_at)
    if saved is None:
        return None
    state: OverviewState | None = None
    for facts, _ in _pieces(history.known_at(saved.size), 0):
        state = overview.go_on(state or OverviewState(), facts)
    if state is not None and encode(to_json(state)) == saved.state:
        return None
    return f"the overview kept of the first {saved.size:,} entries is not what they say"


def _pieces(history: History, start: int) -> Iterator[tuple[list[Fact], int | None]]:
    """The facts from entry `start` on in pieces that end with an entry; the last piece has no size.

    With each piece comes the number of entries up to its end.
    """
    piece: list[Fact] = []
    for fact in history.read(None, start, history.size):
        if len(piece) >= APART and fact.seq != piece[-1].seq:
            yield piece, fact.seq
            piece = []
        piece.append(fact)
    if piece:
        yield piece, None
