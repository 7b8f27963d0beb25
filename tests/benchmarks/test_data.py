"""The benchmark of data runs, and measures what it says."""

import json
import subprocess
import sys

from benchmarks.data import batches
from tests.architecture.tree import ROOT


def test_a_run_measures_data():
    """The command prints a row for hashing, for each format, and for memory."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.data", "--rows", "2000", "--bytes", "2000000", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert [row["target"] for row in rows] == [0.8, None, None, 1.25, 1.25]
    assert all(row["ratio"] > 0 for row in rows)


def test_the_table_is_the_same_every_time():
    """Twenty columns, the same for a seed, of as many rows as asked for."""
    one, two = list(batches(150_000)), list(batches(150_000))
    assert one == two
    assert sum(piece.num_rows for piece in one) == 150_000
    assert one[0].num_columns == 20
