"""What the work on one event consists of: `python -m benchmarks.parts`.

Each part is done alone, by one process, over a ledger whose entries carry many events. Processor time,
best of five. What stands further in is a part of the line above it.
"""

import argparse
import sqlite3
import sys
import tempfile
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from orjson import dumps, loads

from benchmarks.floor import Floor
from benchmarks.ground import Ground, Place
from benchmarks.measuring import Work, best, home, once
from benchmarks.workload import Happening
from mledger.chain.bodies import not_strict
from mledger.chain.entry import Entry
from mledger.chain.seal import open_entry
from mledger.chain.span import How, check_span
from mledger.chain.statement import open_payload
from mledger.chain.survey import Survey
from mledger.core.envelope import format_envelope
from mledger.core.merkle import leaf_hash
from mledger.projections import base
from mledger.reader import Reader
from mledger.stores.base import probe

Part = tuple[str, Callable[[], object]]
ROUNDS = 5
KEY = "0" * 64


def of_verification(reader: Reader, entries: list[Entry]) -> Iterator[Part]:
    """Reading an event and checking it."""
    survey = Survey()
    survey.add(reader.store.entries(governance=True))
    how = How(survey.keys, reader.now(), governed=survey.governed)
    bodies = [[slot.body or b"" for slot in entry.slots] for entry in entries]
    salted = [(slot.salt or b"") + (slot.body or b"") for entry in entries for slot in entry.slots]
    yield "rows out of SQLite", lambda: [None for _ in reader.store.entries()]
    yield "all checks of entries", lambda: [check_span([e], e.seq, how) for e in entries] and None
    yield "  payload opened", lambda: [open_payload(e.payload) and None for e in entries]
    yield "    its JSON read and written again", lambda: [dumps(loads(e.payload)) and None for e in entries]
    yield (
        "  envelope and leaf",
        lambda: [leaf_hash(format_envelope(e.payload, KEY, e.signature)) for e in entries],
    )
    yield "  digests of bodies", lambda: [sha256(one).hexdigest() and None for one in salted]
    yield "  bodies are strict JSON", lambda: [not_strict(some) for some in bodies]
    yield (
        "    their JSON read and written again",
        lambda: [dumps(list(map(loads, some))) and None for some in bodies],
    )
    yield "what no signature covers", lambda: probe(reader.store)


def of_replay(reader: Reader, floor: Floor) -> Iterator[Part]:
    """Reading an event and folding it."""
    overview = base.find("overview")
    yield "entries opened", lambda: [open_entry(entry) and None for entry in reader.store.entries()]
    facts = list(reader.facts())
    yield "fold", lambda: overview.fold(facts)
    yield "floor: rows, JSON and fold", floor.replay


def of_append(happenings: list[Happening], entries: list[Entry], folder: Path) -> Iterator[Part]:
    """Making an event and writing it."""
    rows = [
        (entry.seq * 1000 + place, slot.id, slot.governance, slot.salt, slot.body)
        for entry in entries
        for place, slot in enumerate(entry.slots)
    ]
    yield "body written as JSON by pydantic", lambda: [one.body.to_bytes() and None for one in happenings]
    yield "bare rows into SQLite, id unique", lambda: _insert(folder / "bare.db", rows)


def _insert(path: Path, rows: list[tuple[object, ...]]) -> None:
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("CREATE TABLE event (n INTEGER PRIMARY KEY, id BLOB, flag INTEGER, salt BLOB, body TEXT)")
    db.execute("CREATE UNIQUE INDEX event_id ON event (id)")
    db.execute("BEGIN")
    db.executemany("INSERT INTO event VALUES (?, ?, ?, ?, CAST(? AS TEXT))", rows)
    db.execute("COMMIT")
    db.close()


def _table(ground: Ground, place: Place) -> Iterator[str]:
    happenings = list(ground._happenings(ground.events))  # noqa: SLF001  the same as in the ledger
    with Reader.open(place.path) as reader:
        entries = list(reader.store.entries())
        floor = ground.floor()
        parts = {
            "verification": of_verification(reader, entries),
            "replay": of_replay(reader, floor),
            "append": of_append(happenings, entries, ground.folder),
        }
        for work, found in parts.items():
            yield work
            for name, part in found:
                least = best([once(_counted(part, place.events)) for _ in range(ROUNDS)])
                yield f"  {name:40} {least.cpu * 1e6:5.2f} µs"


def _counted(part: Callable[[], object], events: int) -> Work:
    def work() -> int:
        part()
        return events

    return work


def main() -> None:
    """Build a ledger, and print what an event costs by its parts."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parts", description=__doc__)
    parser.add_argument("--events", type=int, default=20_000, help="events in the ledger")
    with tempfile.TemporaryDirectory(prefix="mledger-bench-") as name, home(Path(name) / "home"):
        ground = Ground(Path(name), parser.parse_args().events)
        place = ground.build_many("many.db", ground.events, timed=True)
        for line in _table(ground, place):
            sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
