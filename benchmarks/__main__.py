"""Measures everything and prints the table: `python -m benchmarks --events 100000`."""

import argparse
import compileall
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import mledger
import mledger_cli
from benchmarks import (
    appending,
    holding,
    machine,
    proving,
    replaying,
    searching,
    starting,
    table,
    training,
    verifying,
)
from benchmarks.ground import Ground
from benchmarks.measuring import home
from benchmarks.table import Row

LEAST = 100


def measure(ground: Ground, tell: Callable[[str], None] = lambda _: None) -> Iterator[Row]:
    """The rows of the table, as they are measured."""
    tell("starting commands")
    starts = starting.of_commands(ground)
    tell(f"recording {ground.events:,} events in entries of many, and in the floor")
    many = ground.build_many("many.db", ground.events, timed=True)
    tell(f"recording {ground.events:,} events in entries of one")
    single = ground.build_single("single.db", ground.events)
    sizes = holding.bytes_an_event(many, single)
    small_many = ground.build_many("many-small.db", ground.smaller)
    small_single = ground.build_single("single-small.db", ground.smaller)
    floor = ground.floor()
    tell("appending one by one")
    yield from appending.one_by_one(ground, single)
    yield from appending.in_bulk(ground)
    tell("recording runs")
    yield from training.of_runs(ground)
    tell("verifying")
    yield from verifying.in_full(ground, single, many, floor)
    yield from verifying.nothing_new(ground, single, many)
    tell("replaying")
    yield from replaying.from_opening(ground, many, single, floor)
    yield from replaying.of_one_model(ground, single, small_single, "one")
    yield from replaying.of_one_model(ground, many, small_many, "many")
    yield from replaying.at_a_moment(ground, many, single)
    tell("proving, and weighing")
    yield from proving.cold(ground, single)
    yield from sizes
    yield from holding.peaks(many, small_many, "many")
    yield from holding.peaks(single, small_single, "one")
    yield from starts
    tell("searching")
    yield from searching.among_all(ground, many)
    floor.close()


def main() -> None:
    """Measure what the arguments ask for, in a folder that is gone afterwards."""
    options = _options()
    _compile()
    began = time.monotonic()

    def tell(what: str) -> None:
        sys.stderr.write(f"[{time.monotonic() - began:4.0f} s] {what}\n")

    with tempfile.TemporaryDirectory(prefix="mledger-bench-", dir=options.folder) as name:
        folder = Path(name)
        with home(folder / "home"):
            facts = machine.facts()
            rows = list(measure(Ground(folder, options.events), tell))
    facts["took"] = f"{time.monotonic() - began:.0f} s"
    if options.json:
        found = {"events": options.events, "machine": facts, "rows": [row.to_json() for row in rows]}
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
        return
    for fact, value in facts.items():
        sys.stdout.write(f"{fact:8} {value}\n")
    sys.stdout.write(f"{'events':8} {options.events:,}\n\n{table.draw(rows)}\n")


def _compile() -> None:
    """Compile what commands import, as an installer does, also where Python is told not to by itself."""
    for package in (mledger, mledger_cli):
        for folder in package.__path__:
            compileall.compile_dir(folder, quiet=1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--events", type=int, default=100_000, help="events in the large ledgers")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--folder", type=Path, help="a folder on the disk to be measured")
    options = parser.parse_args()
    if options.events < LEAST:
        parser.error(f"--events: at least {LEAST}")
    return options


if __name__ == "__main__":
    main()
