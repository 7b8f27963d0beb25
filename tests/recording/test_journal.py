"""The journal: what a run was told is there after its process was killed, and goes with its end."""

import errno
import json
import math
import os
import signal
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mledger
from mledger import folders
from mledger.chain.draft import format_id, new_ids
from mledger.recording.journal import Journal, left
from mledger.recording.series import Key, Points
from mledger.recording.told import Told

SAID = {"hypothesis": "x", "criteria": {"auc": ">=0.5"}, "quiet": True}
TELLING = """
import mledger, os
with mledger.run("credit-risk", name="a", hypothesis="x", criteria={"auc": ">=0.5"}, quiet=True) as run:
    run.dataset("applications@v3")
    run.params({"max_depth": 4}, why={"max_depth": "it is enough"})
    for step in range(3):
        run.metric("loss", 1 / (step + 1), step=step)
    run.metric("auc", float("nan"), dataset="applications@v3", interval=(0.1, 0.2))
    run.metric("auc", "high")
    run.note("flat from here on")
    run.artifact("train.py", role="code")
    run.seed(7)
"""


def open_runs():
    """What is left of the runs without an end, by their files."""
    return [left(path.stem) for path in sorted(folders.journal_folder().glob("*"))]


@pytest.mark.parametrize("how", ["os._exit(3)", "os.kill(os.getpid(), 9)"])
def test_what_was_told_outlives_the_process(script, path, how):
    """A process that leaves by os._exit or is killed leaves data, parameters, metrics, notes, files, gaps."""
    done = script(f"{TELLING}    {how}\n")
    assert done.returncode in (3, -signal.SIGKILL)
    (found,) = open_runs()
    assert not found.alive
    assert found.damaged == 0
    fields = found.told.fields()
    assert fields["datasets"][0]["name"] == "applications"
    assert fields["params"] == {"max_depth": 4}
    assert fields["param_reasons"] == [{"name": "max_depth", "reason": "it is enough"}]
    assert fields["notes"] == ["flat from here on"]
    assert [row["name"] for row in fields["artifacts"]] == ["train.py"]
    assert fields["seeds"]["python"] == 7
    assert "metric: 'high' is not a number" in fields["gaps"]
    assert found.told.measured.metrics() == [
        {"name": "loss", "value": 1 / 3, "step": 2},
        {"name": "auc", "value": "NaN", "dataset": "applications@v3", "ci_low": 0.1, "ci_high": 0.2},
    ]


def test_the_journal_goes_with_the_end(path, recorded):
    """A run that ends, well or not, leaves nothing; one that says nothing has no file."""
    with mledger.run("credit-risk", **SAID):
        assert open_runs() == []
    with mledger.run("credit-risk", **SAID) as run:
        run.note("here")
        (found,) = open_runs()
        assert found.alive
    assert open_runs() == []
    with pytest.raises(ZeroDivisionError), mledger.run("credit-risk", **SAID) as run:
        run.metric("auc", 1 / 0)
    assert open_runs() == []


def test_an_end_that_is_recorded_nowhere_leaves_the_journal(path, folder, monkeypatch, capsys):
    """If neither ledger nor spool take the end, the journal is what is left."""
    run = mledger.run("credit-risk", **SAID).start()
    run.note("here")
    path.unlink()
    folders.spool_folder().parent.joinpath("spool").write_text("in the way")
    run.finish()
    assert "recorded nowhere" in capsys.readouterr().err
    assert open_runs()[0].told.fields()["notes"] == ["here"]


def test_a_run_in_the_spool_has_a_journal_under_the_id_of_its_start(script, folder):
    """So that it is found once its start is pushed."""
    from mledger.recording.spool import Spool

    script(f"{TELLING}    os._exit(3)\n")
    (waiting,) = Spool().waiting()
    assert left(waiting.said["id"]).told.fields()["notes"] == ["flat from here on"]


def test_a_forked_process_writes_into_no_journal_but_its_own(script, path):
    """What a child is refused does not stand in the journal of the parent."""
    lines = """    if os.fork() == 0:
        run.note("from the child")
        os._exit(0)
    os.wait()
    os._exit(3)
"""
    assert "belongs to process" in script(TELLING + lines).stderr
    (found,) = open_runs()
    assert not [gap for gap in found.told.fields()["gaps"] if "belongs" in gap]


def test_a_disk_that_takes_no_more_stops_nobody(path, recorded, capsys):
    """It is warned of once, and the run is recorded as if nothing had been."""
    folders.journal_folder().parent.mkdir(exist_ok=True)
    folders.journal_folder().write_text("in the way")
    with mledger.run("credit-risk", **SAID) as run:
        for step in range(50):
            run.metric("auc", 0.9, step=step)
        run.note("here")
    err = capsys.readouterr().err
    assert err.count("is lost if its process is killed") == 1
    assert recorded()[-1]["data"]["notes"] == ["here"]


def test_a_write_that_is_cut_ends_the_journal(path, monkeypatch, capsys):
    """After half a line nothing more is written, so that what is there can be read."""
    run = mledger.run("credit-risk", **SAID).start()
    run.note("whole")
    write = os.write
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: write(handle, data[: len(data) // 2]))
        run.note("cut in two")
    run.note("later")
    (found,) = open_runs()
    assert (found.told.fields()["notes"], found.damaged) == (["whole"], 1)
    assert "1 of its lines could not be read" in found.how
    run.finish()


VALUES = st.tuples(
    st.integers(0, 2),
    st.floats(allow_nan=True, allow_infinity=True),
    st.none() | st.integers(0, 2**53 - 1),
    st.none() | st.tuples(st.floats(allow_nan=False), st.floats(allow_nan=False)),
)


@given(st.lists(VALUES, max_size=40))
@settings(max_examples=40)
def test_every_value_is_read_as_it_was_written(values):
    """NaN, infinity, steps and intervals: what is left is what was told, to the bit."""
    id_ = format_id(new_ids(0, os.urandom(10), 1)[0])
    told, kept = Told(), Journal(id_, ledger=folders.journal_folder(), stream="model/m", run="r")
    for place, value, step, ends in values:
        key = Key(f"metric {place}")
        if key not in told.measured.points:
            told.metric(*key)
            kept.write("metric", *key)
        points = told.measured.points[key]
        low, high = ends or (None, None)
        points.add(value, step, low, high)
        kept.value(points, value, step, low, high)
    kept.write("note", "the end")
    found = left(id_)
    kept.end(done=True)
    assert left(id_) is None
    assert repr(found.told.measured.metrics()) == repr(told.measured.metrics())
    assert found.told.measured.points.keys() == told.measured.points.keys()
    for key, points in told.measured.points.items():
        assert list(map(repr, points.values)) == list(map(repr, found.told.measured.points[key].values))
        assert points.steps == found.told.measured.points[key].steps


@given(st.binary(max_size=200))
@settings(max_examples=60)
def test_damage_is_counted_and_never_a_traceback(data):
    """Whatever stands in the file: lines that are none are counted, the others are read."""
    folder = folders.journal_folder()
    folder.mkdir(parents=True, exist_ok=True)
    head = json.dumps({"journal": 1, "pid": 1, "host": "h"}).encode()
    (folder / "damaged.jsonl").write_bytes(head + b'\n["note","first"]\n' + data + b'\n["note","last"]\n')
    found = left("damaged")
    notes = found.told.fields()["notes"]
    assert (notes[0], notes[-1]) == ("first", "last")
    (folder / "damaged.jsonl").write_bytes(data)
    assert left("damaged") is None or data.startswith(b"{")
    (folder / "damaged.jsonl").unlink()


def test_a_metric_whose_beginning_is_lost_takes_no_other_along(path):
    """Its values are counted as damage; those of later metrics stay theirs."""
    with mledger.run("credit-risk", **SAID) as run:
        for value in (1.0, 2.0):
            run.metric("loss", value)
            run.metric("auc", value / 10)
        (file,) = folders.journal_folder().iterdir()
        file.write_bytes(file.read_bytes().replace(b'["metric","loss"', b'["metric"+"loss"'))
        (found,) = open_runs()
    assert found.told.measured.metrics() == [{"name": "auc", "value": 0.2}]
    assert found.damaged == 3


def test_values_that_come_together_after_a_pause_are_written(path):
    """The metrics at the end of an epoch are there, whatever comes next and when."""
    with mledger.run("credit-risk", **SAID) as run:
        for n in range(60):
            run.metric(f"metric {n}", n, step=1)
        (found,) = open_runs()
        assert len(found.told.measured.metrics()) == 60


@pytest.mark.parametrize("lacking", ["the module", "the lock"])
def test_where_nothing_tells_whether_a_process_lives_it_may(path, monkeypatch, lacking):
    """Without locks no run is taken for dead, and no journal is thrown away."""
    import fcntl

    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    run = mledger.run("credit-risk", **SAID).start()
    run.note("here")
    if lacking == "the module":
        monkeypatch.setitem(sys.modules, "fcntl", None)
    else:
        monkeypatch.setattr(fcntl, "flock", refuse)
    (found,) = open_runs()
    assert found.alive
    found.remove()
    assert found.path.exists()


def test_values_that_come_thick_and_fast_are_written_together(path, monkeypatch):
    """A loop of thousands of steps writes some dozen times; a value without a step is written at once."""
    writes = []
    write = os.write
    run = mledger.run("credit-risk", **SAID).start()
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", lambda handle, data: writes.append(data) or write(handle, data))
        for step in range(3_000):
            run.metric("loss", 0.5, step=step)
        fast = len(writes)
        run.metric("auc", math.pi)
    (found,) = open_runs()
    assert fast < 300
    assert found.told.measured.metrics()[-1] == {"name": "auc", "value": math.pi}
    assert len(found.told.measured.points["loss", None, None].values) == 3_000
    run.finish()


def test_points_know_their_place():
    """The place of a metric is what its values name it by."""
    assert Points(3).place == 3
    told = Told()
    told.metric("a")
    told.metric("b")
    told.metric("a")
    assert told.measured.at(1) is told.measured.points["b", None, None]
    assert told.measured.metrics() == []
    assert told.measured.file() is None


def test_another_process_shows_that_it_lives(path, folder):
    """As long as the process runs, its journal is held."""
    (folder / "train.py").write_text(f"{TELLING}    print('on', flush=True); import time; time.sleep(60)\n")
    process = subprocess.Popen(
        [sys.executable, "train.py"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdout.readline() == b"on\n"
    assert open_runs()[0].alive
    assert open_runs()[0].pid == process.pid
    process.kill()
    process.wait(60)
    process.stdout.close()
    assert not open_runs()[0].alive


def test_a_name_that_is_no_text_harms_nothing(tmp_path):
    """What is no UTF-8, or no JSON, is kept as well as it can be, and so is all after it."""
    journal = Journal("1", ledger=tmp_path / "mledger.db", stream="model/m", run="a")
    journal.write("artifact", {"name": "caf\udce9.pt", "uri": tmp_path})
    journal.write("note", "fine")
    (path,) = folders.journal_folder().iterdir()
    _, odd, fine = map(json.loads, path.read_text().splitlines())
    assert odd == ["artifact", {"name": "caf\udce9.pt", "uri": str(tmp_path)}]
    assert fine == ["note", "fine"]
    journal.end(done=True)
    assert not path.exists()


def test_a_journal_that_could_not_go_on_goes_with_the_end(tmp_path, monkeypatch, capsys):
    """After a full disk the file is thrown away too, once the end of the run is recorded."""
    journal = Journal("1", ledger=tmp_path / "mledger.db", stream="model/m", run="a")
    journal.write("note", "first")
    (path,) = folders.journal_folder().iterdir()
    monkeypatch.setattr(os, "write", lambda *_: 0)
    journal.write("note", "second")
    assert "is lost if its process is killed" in capsys.readouterr().err
    journal.end(done=True)
    assert not path.exists()


def test_a_ledger_below_a_folder_of_another_encoding_has_a_journal(folder):
    """A path that is no UTF-8 is written as an escape, and read back."""
    where = folder / os.fsdecode(b"caf\xe9.db")
    id_ = format_id(new_ids(0, os.urandom(10), 1)[0])
    kept = Journal(id_, ledger=where, stream="model/m", run="r")
    kept.write("note", "here")
    assert left(id_).told.fields()["notes"] == ["here"]
    kept.end(done=True)


def test_values_without_a_step_delay_no_others(path):
    """However many came before: a value with a step, after a pause, is written at once."""
    with mledger.run("credit-risk", **SAID) as run:
        for _ in range(500):
            run.metric("loss", 0.5)
        for step in range(3):
            run.metric("val", 0.5, step=step)
        (found,) = open_runs()
        assert len(found.told.measured.points["val", None, None].values) == 3
