import json
import math
import subprocess
import sys
from itertools import islice

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks import workload
from benchmarks.floor import Floor
from benchmarks.measuring import Sample, best, in_turns, median
from benchmarks.table import WIDTH, Row, draw, rate, took
from tests.architecture.tree import ROOT

TIME = "2026-01-05T09:00:00.000000Z"
EVENTS = 120


@pytest.fixture(scope="module")
def found():
    """What a run with very few events prints as JSON."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--events", str(EVENTS), "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_run_measures_every_target(found):
    """The command prints one row for each target of the ledger, each with numbers that can be."""
    rows = found["rows"]
    assert found["events"] == EVENTS
    assert {"date", "machine", "python", "load", "took"} <= found["machine"].keys()
    works = " | ".join(row["work"] for row in rows)
    for words in (
        "one durable append", "writers at once", "bulk append", "verify all, entries of one",
        "verify all, entries of many", "nothing new", "replay all", "one model, entries of one",
        "as known half-way", "inclusion proof", "bytes an event", "peak memory of verify",
        "training step", "last event of a run", "first event",
        "peak memory of replay", "--help", "mledger append", "mledger log",
        "find a phrase",
    ):  # fmt: skip
        assert words in works
    for row in rows:
        assert math.isfinite(row["ratio"])
        assert row["ratio"] > 0
        assert row["cpu"] is None or row["cpu"] >= 0
        assert row["met"] in ({"yes", "no", "cpu"} if row["target"] else {None})
        assert row["ours"]
        assert row["limit"]


def test_the_workload_is_the_same_every_time():
    """A seed gives the same bodies, streams and ids; another seed gives others."""

    def bytes_of(seed):
        made = workload.happenings(400, seed=seed, lag=50)
        return [(one.body.to_bytes(), one.stream, one.id) for one in made]

    assert bytes_of(1) == bytes_of(1)
    assert bytes_of(1) != bytes_of(2)


def test_the_workload_is_mostly_runs_of_the_size_it_says():
    """Bodies have about 640 bytes, more than half are of runs, and the probe has what was asked for."""
    made = list(workload.happenings(6_000, lag=500, probes=60))
    sizes = [len(one.body.to_bytes()) for one in made]
    assert 600 < sum(sizes) / len(sizes) < 680
    types = [one.body.type for one in made]
    assert 0.5 < sum(name.startswith("run.") for name in types) / len(types) < 0.7
    assert {"decision.accepted", "comment.added", "dataset.refreshed", "promotion.approved"} <= set(types)
    assert sum(one.stream == workload.PROBE for one in made) == 60
    assert len({one.stream for one in made}) == workload.MODELS + workload.DATASETS + 1


def test_answers_name_what_is_there_long_before():
    """Each acceptance and approval answers an event at least a lag before it, on the same stream."""
    places = {}
    for place, one in enumerate(workload.happenings(6_000, lag=500)):
        if one.id is not None:
            places[workload.format_id(one.id)] = place, one.stream
        if one.body.answers:
            asked, stream = places[getattr(one.body, one.body.answers[0])]
            assert asked + 500 <= place
            assert stream == one.stream


@pytest.fixture
def floor(tmp_path):
    """A floor with thirty events, half of them appended one by one."""
    made = Floor(tmp_path / "floor.db", Ed25519PrivateKey.from_private_bytes(bytes(32)))
    events = map(workload.plain, workload.happenings(30))
    for event in islice(events, 15):
        made.append(event, TIME)
    made.append_all(events, TIME)
    yield made
    made.close()


def test_the_floor_is_a_signed_chain(floor):
    """What was appended verifies, all of it or up to a row, and every event is replayed."""
    assert floor.verify() == 30
    assert floor.verify(7) == 7
    assert sum(row.events for row in floor.replay().values()) == 30


@pytest.mark.parametrize("column", ["record", "hash", "signature"])
def test_the_floor_sees_what_is_changed(floor, column):
    """The yardstick is no cheat: an edit of any column is found."""
    value = "replace(record, 'Example', 'Someone')" if column == "record" else "zeroblob(64)"
    floor._db.execute(f"UPDATE log SET {column} = {value} WHERE seq = 0")
    with pytest.raises(Exception, match=r"row 0|^$"):
        floor.verify()


def test_sides_take_turns():
    """Samples are taken A B A B, and the best and the middle are by kind of time."""
    turns = []

    def side(name):
        return lambda: turns.append(name) or 4

    first, second = in_turns([side("a"), side("b")], 3)
    assert "".join(turns) == "ababab"
    assert len(first) == len(second) == 3
    samples = [Sample(3, 1), Sample(1, 3), Sample(2, 2)]
    assert best(samples) == (1, 1)
    assert median(samples) == (2, 2)


def test_a_target_is_met_by_the_clock_or_by_processor_time():
    """`met` says yes by the clock, cpu if only processor time meets it, no otherwise, and nothing without."""
    limit = Sample(1.0, 1.0)
    assert rate("", Sample(0.5, 0.5), limit, 2).met == "yes"
    assert rate("", Sample(1.0, 0.5), limit, 2).met == "cpu"
    assert rate("", Sample(1.0, 0.5), limit, 2, waits=True).met == "no"
    assert rate("", Sample(1.0, 1.0), limit, 2, cores=2).met == "cpu"
    assert rate("", Sample(1.0, 1.0), limit).met is None
    assert took("", 0.2, 0.3).met == "yes"
    assert took("", 0.4, 0.3).met == "no"


def test_the_table_fits_a_screen():
    """No line is wider than it says, however long the name of a row."""
    long = Row("a very long name of a row " * 4, "1,000,000/s", "1,000,000/s", 12345.6, 25, cpu=99.999)
    lines = draw([long, took("short", 0.1, 1.0)]).splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert any(line.endswith("yes") for line in lines)
