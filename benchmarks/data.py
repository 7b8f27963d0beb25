"""Measures data: hashing a file, digest and profile of a table: `python -m benchmarks.data`."""

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv
from pyarrow import parquet as pq

from benchmarks import machine, table
from benchmarks.measuring import best, in_a_process, in_turns
from benchmarks.table import Row
from mledger.data.capture import capture
from mledger.data.hashing import hash_file
from mledger.data.profile import Wishes
from mledger.data.sources import find_source

ROWS = 1_000_000
FEWER = 10
FILE = 256 << 20
SHARE = 0.8
FLAT = 1.25
_PIECE = 100_000


def batches(rows: int, seed: int = 7) -> Iterator[pa.Table]:
    """A table of 20 columns, piece by piece: numbers, codes, categories, text, days; some missing."""
    random, places = np.random.default_rng(seed), ["north", "south", "west", "east"]
    for start in range(0, rows, _PIECE):
        count = min(_PIECE, rows - start)
        columns: dict[str, object] = {f"amount{n}": random.lognormal(n, 0.5, count) for n in range(9)}
        columns |= {f"count{n}": random.integers(0, 10 ** (n + 1), count) for n in range(4)}
        columns |= {f"place{n}": random.choice(places, count) for n in range(3)}
        columns["missing"] = pa.array(random.random(count), mask=random.random(count) < 0.1)
        columns["good"] = random.random(count) < 0.1
        columns["remark"] = [f"remark {start + n}" for n in range(count)]
        days = np.sort(random.integers(20_000, 20_365, count)).astype("int32")
        yield pa.table(columns | {"day": pa.array(days, pa.date32())})


def write(folder: Path, rows: int) -> tuple[Path, Path]:
    """The table as Parquet and as CSV."""
    parquet, text = folder / f"{rows}.parquet", folder / f"{rows}.csv"
    schema = next(batches(1)).schema
    with pq.ParquetWriter(parquet, schema) as one, csv.CSVWriter(text, schema) as two:
        for piece in batches(rows):
            one.write_table(piece)
            two.write_table(piece)
    return parquet, text


def hashing(folder: Path, size: int) -> Row:
    """The digest of a file against SHA-256 of the same bytes in memory."""
    path, data = folder / "file.bin", np.random.default_rng(7).bytes(size)
    path.write_bytes(data)

    def ours() -> int:
        hash_file(path)
        return size >> 20

    def limit() -> int:
        hashlib.sha256(data).hexdigest()
        return size >> 20

    samples = in_turns([ours, limit], 5)
    return table.rate(
        "MB of a file hashed, and in memory by one core", best(samples[0]), best(samples[1]), SHARE
    )


def profiling(path: Path, read: Callable[[Path], object], rows: int) -> Row:
    """Everything that `mledger data add` finds out of a table, against pandas that only reads it."""

    def ours() -> int:
        capture(find_source(path), Wishes())
        return rows

    def limit() -> int:
        read(path)
        return rows

    samples = in_turns([ours, limit], 3)
    work = f"rows of 20 columns digested and profiled, {path.suffix[1:]}; pandas that reads them"
    return table.rate(work, best(samples[0]), best(samples[1]))


def peaks(large: Path, small: Path) -> Row:
    """The largest memory of one process at two sizes, which should be the same."""
    late, early = (in_a_process("profile", str(path)).megabytes for path in (large, small))
    work = f"peak memory of a profile, {large.suffix[1:]}, with {FEWER} times the rows"
    return Row(work, f"{late:.0f} MB", f"{early:.0f} MB", late / early, FLAT, at_least=False)


def measure(folder: Path, rows: int, size: int) -> Iterator[Row]:
    """The rows of the table, as they are measured."""
    yield hashing(folder, size)
    large, small = write(folder, rows), write(folder, max(1, rows // FEWER))
    for path, read in zip(large, (pd.read_parquet, pd.read_csv), strict=True):
        yield profiling(path, read, rows)
    yield from map(peaks, large, small)


def main() -> None:
    """Measure what the arguments ask for, in a folder that is gone afterwards."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.data", description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS, help="rows of the larger table")
    parser.add_argument("--bytes", type=int, default=FILE, help="bytes of the file that is hashed")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mledger-bench-") as name:
        facts, rows = machine.facts(), list(measure(Path(name), options.rows, options.bytes))
    facts["took"] = f"{time.monotonic() - began:.0f} s"
    if options.json:
        json.dump({"machine": facts, "rows": [row.to_json() for row in rows]}, sys.stdout, indent=2)
        return
    for fact, value in facts.items():
        sys.stdout.write(f"{fact:8} {value}\n")
    sys.stdout.write(f"{'rows':8} {options.rows:,}\n\n{table.draw(rows)}\n")


if __name__ == "__main__":
    main()
