r"""Samples for audits: drawn by lot, the same for everybody.

Each event has a lot: the SHA-256 of the seed and of the event's id. The events with the smallest lots
are the sample, in the order of their lots:

    lot = SHA-256("mledger sample 1\n" + seed in decimal + "\n" + id in lower case + "\n")

Nothing else takes part, so that an auditor can draw it again with any program: neither the order of
events nor those that were not asked for. A larger sample begins with the smaller one.
"""

import hashlib
import heapq
from collections.abc import Iterable
from typing import NamedTuple

from mledger.chain.draft import format_id
from mledger.chain.history import Fact


class Lot(NamedTuple):
    """An event that was drawn, with its lot in hex."""

    lot: str
    fact: Fact


def lot_of(seed: int, event: str) -> str:
    """The lot of the event with an id, in hex."""
    return hashlib.sha256(f"mledger sample 1\n{seed}\n{event}\n".encode()).hexdigest()


def draw(facts: Iterable[Fact], size: int, seed: int, types: Iterable[str] = ()) -> list[Lot]:
    """The events with the `size` smallest lots, of some types or of all; fewer if there are not so many."""
    wanted = frozenset(types)
    lots = (
        Lot(lot_of(seed, format_id(fact.id)), fact) for fact in facts if not wanted or fact.type in wanted
    )
    return heapq.nsmallest(size, lots, key=lambda one: one.lot)
