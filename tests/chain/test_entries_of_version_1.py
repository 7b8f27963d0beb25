"""A ledger that was written when every type was in its first version."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mledger.chain.entry import Entry, Slot
from mledger.core.merkle import Frontier
from mledger.projections.base import reading
from mledger.reader import Reader
from mledger.stores.memory import MemoryStore

# Never written again: what stands there was signed.
ROWS = [json.loads(line) for line in (Path(__file__).parent / "entries_v1.jsonl").read_text().splitlines()]
STREAM = "model/credit-risk"


def _slot(row: dict[str, object]) -> Slot:
    return Slot(bytes.fromhex(row["id"]), row["governance"], bytes.fromhex(row["salt"]), row["body"].encode())


@pytest.fixture
def reader() -> Reader:
    """The ledger, in memory, a year later."""
    entries = [
        Entry(
            row["seq"],
            bytes.fromhex(row["leaf"]),
            row["payload"].encode(),
            bytes.fromhex(row["signature"]),
            tuple(map(_slot, row["slots"])),
        )
        for row in ROWS
    ]
    frontier, store = Frontier(), MemoryStore()
    nodes = [node for entry in entries for node in frontier.append(entry.leaf)]
    store.append(entries, nodes, after=store.head())
    return Reader(store, clock=lambda: datetime(2027, 1, 1, tzinfo=UTC))


def test_it_verifies(reader: Reader) -> None:
    """Nothing is wrong with it: signatures are over the bytes, which no new version touches."""
    verification = reader.verify(full=True)
    assert verification.findings == []
    assert verification.signatures == len(ROWS)


def test_every_body_is_read_in_its_present_version(reader: Reader) -> None:
    """Each event has its data, whatever the version of its type is today."""
    facts = list(reader.facts())
    assert [fact.obstacle for fact in facts] == [None] * len(ROWS)
    assert {fact.version for fact in facts} == {1}
    started = [fact.data for fact in facts if fact.type == "run.started"]
    assert started[0].param_reasons[0].reason == "decision 46"
    assert started[0].schema_version > 1


def test_it_replays(reader: Reader) -> None:
    """The state of its model is folded from all of its events; none is passed over."""
    projection = reading(STREAM)
    assert projection is not None
    state = projection.fold(reader.facts(STREAM))
    assert state.trail.skipped == []
    assert [run.outcome for run in state.runs.started.values()] == ["finished", "failed"]
