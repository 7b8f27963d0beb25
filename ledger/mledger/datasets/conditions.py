"""Decisions that hold as long as a dataset is in some state."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from mledger.caches.search import Wanted
from mledger.chain.history import Fact
from mledger.events.decision import DecisionProposed
from mledger.projections.base import find
from mledger.projections.decisions import Decision

if TYPE_CHECKING:
    from mledger.reader import Reader

_STANDING = ("in force", "proposed")


def naming(reader: "Reader", dataset: str) -> dict[str, Decision]:
    """The decisions by number that name a dataset in a validity condition, unless they have ended."""
    numbers: dict[str, set[str]] = {}
    for fact in _proposals(reader):
        body = fact.data
        if isinstance(body, DecisionProposed) and any(c.dataset == dataset for c in body.validity_conditions):
            numbers.setdefault(fact.stream, set()).add(fact.number)
    found: dict[str, Decision] = {}
    for stream, wanted in numbers.items():
        state = find(stream.partition("/")[0]).fold(reader.judged(reader.facts(stream)))
        found |= {
            number: decision
            for number, decision in state.decisions.proposals.items()
            if number in wanted and decision.status in _STANDING
        }
    return dict(sorted(found.items(), key=lambda item: tuple(map(int, item[0].split(".")))))


def _proposals(reader: "Reader") -> Iterator[Fact]:
    """Every proposal; a ledger in a file finds them by its index."""
    if reader.path is None:
        return (fact for fact in reader.facts() if fact.type == DecisionProposed.type)
    return reader.search(Wanted(type=DecisionProposed.type))
