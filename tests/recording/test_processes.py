"""Runs and processes: forks, os._exit, kill, scripts without a file, notebooks."""

import signal
import subprocess
import sys
import time
import types

import pytest

from mledger.reader import Reader

BEGIN = """
import mledger, os, sys, time
SAID = dict(hypothesis="x", criteria={"auc": ">=0.5"}, quiet=True)
"""


WAITING = f"""{BEGIN}
with mledger.run("credit-risk", name="a", **SAID) as run:
    print("on", flush=True)
    time.sleep(60)
"""


def kinds(recorded):
    """The types of what was recorded, with the name of the run."""
    return [(row["type"].partition(".")[2], row["data"]["run"]) for row in recorded()]


def test_os_exit_leaves_the_run_open(script, recorded):
    """A process that leaves by os._exit has a run that started and did not end."""
    done = script(BEGIN + 'with mledger.run("credit-risk", name="a", **SAID) as run: os._exit(7)')
    assert done.returncode == 7
    assert kinds(recorded) == [("started", "a")]


def test_kill_leaves_the_run_open(path, folder, recorded):
    """A process that is killed has a run that started and did not end."""
    (folder / "train.py").write_text(WAITING)
    process = subprocess.Popen([sys.executable, "train.py"], stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"on\n"
    process.send_signal(signal.SIGKILL)
    process.wait(60)
    process.stdout.close()
    assert kinds(recorded) == [("started", "a")]


def test_ctrl_c_fails_the_run(path, folder, recorded):
    """An interrupt is recorded as what it is, and ends the script as it would without mledger."""
    (folder / "train.py").write_text(WAITING)
    # Tests that run in the background would hand down that Ctrl-C is ignored.
    hears = "import signal; signal.signal(2, signal.default_int_handler); exec(open('train.py').read())"
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    process = subprocess.Popen([sys.executable, "-c", hears], **piped)
    assert process.stdout.readline() == b"on\n"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert b"KeyboardInterrupt" in err
    assert process.returncode == -signal.SIGINT
    assert recorded()[1]["data"]["exit"]["exception_type"] == "KeyboardInterrupt"


def test_a_fork_within_a_run(script, recorded):
    """What a forked process tells the run of its parent is refused; a run of its own is recorded."""
    done = script(
        BEGIN
        + """
with mledger.run("credit-risk", name="parent", **SAID) as run:
    pid = os.fork()
    if pid == 0:
        run.metric("auc", 0.1)
        with mledger.run("credit-risk", name="child", **SAID) as own:
            own.metric("auc", 0.7)
        sys.exit(0)
    os.waitpid(pid, 0)
    run.metric("auc", 0.9)
"""
    )
    assert done.returncode == 0, done.stderr
    assert "this run belongs to process" in done.stderr
    rows = {row["data"]["run"]: row["data"] for row in recorded() if row["type"] == "run.finished"}
    assert rows["parent"]["metrics"] == [{"name": "auc", "value": 0.9}]
    assert rows["child"]["metrics"] == [{"name": "auc", "value": 0.7}]
    assert len(recorded()) == 4


@pytest.mark.parametrize("way", ["fork", "forkserver", "spawn"])
def test_many_processes_at_once(script, recorded, way):
    """Runs in a pool of processes are all recorded, whichever way the processes are made."""
    done = script(
        BEGIN
        + f"""
import multiprocessing
def train(n):
    with mledger.run("credit-risk", name=f"run-{{n}}", **SAID) as run:
        run.metric("auc", n / 10)
if __name__ == "__main__":
    with mledger.run("credit-risk", name="first", **SAID) as run:
        with multiprocessing.get_context("{way}").Pool(3) as pool:
            pool.map(train, range(6))
        run.metric("auc", 1)
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert sorted(kinds(recorded)) == sorted(
        (kind, name)
        for kind in ("started", "finished")
        for name in ("first", *(f"run-{n}" for n in range(6)))
    )


def test_children_spool_into_files_of_their_own(script, folder):
    """Without a ledger a parent and its children write to one file each, and nothing is lost."""
    from mledger.recording.spool import Spool

    done = script(
        BEGIN
        + """
with mledger.run("credit-risk", name="parent", **SAID) as run:
    for n in range(3):
        pid = os.fork()
        if pid == 0:
            with mledger.run("credit-risk", name=f"child-{n}", **SAID) as own:
                own.metric("auc", n)
            os._exit(0)
        os.waitpid(pid, 0)
"""
    )
    assert done.returncode == 0, done.stderr
    assert len(Spool().files()) == 4
    assert len(Spool().waiting()) == 8


@pytest.mark.parametrize("how", ["-c", "-m", "stdin"])
def test_code_without_a_script(path, folder, recorded, how):
    """Python -c, python -m and lines on standard input are recorded, too."""
    lines = BEGIN + 'with mledger.run("credit-risk", **SAID) as run: run.metric("auc", 1)'
    (folder / "module.py").write_text(lines)
    words = {"-c": ["-c", lines], "-m": ["-m", "module"], "stdin": ["-"]}[how]
    done = subprocess.run([sys.executable, *words], input=lines, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    first, last = recorded()
    assert last["type"] == "run.finished"
    assert first["data"]["cmd"].startswith("python")
    assert ("code_digest" in first["data"]) == (how == "-m")


class Shell:
    """What IPython shows of itself to the code in its cells."""

    def __init__(self):
        """Begin a session."""
        self.user_ns = {"In": [""], "__name__": "__main__"}

    def run(self, cell):
        """Run one cell, and keep it as IPython does."""
        self.user_ns["In"].append(cell)
        exec(cell, self.user_ns)  # noqa: S102  as IPython does


def test_cells_of_a_notebook(path, recorded, monkeypatch):
    """In a notebook, where __file__ does not exist, the cells run so far are kept; a run may span cells."""
    shell = Shell()
    stand_in = types.ModuleType("IPython")
    stand_in.get_ipython = lambda: shell
    monkeypatch.setitem(sys.modules, "IPython", stand_in)
    shell.run("import mledger")
    shell.run('run = mledger.run("credit-risk", hypothesis="x", criteria={"auc": ">=0.5"}).start()')
    shell.run('run.metric("auc", 0.9)')
    shell.run("run.finish()")
    first, last = recorded()
    assert first["data"]["cmd"] == "notebook"
    assert ("cells.py", "cells that were run") in [(f["name"], f["role"]) for f in first["data"]["files"]]
    with Reader.open(path) as reader:
        assert reader.attachment(first["data"]["code_digest"]).startswith(b"import mledger\n\nrun = ")
    assert last["data"]["verdict"] == "supported"


def test_code_that_is_executed_without_a_file(path, recorded):
    """Code that is executed by a program that has no __file__ works as well."""
    main = sys.modules["__main__"]
    file = main.__dict__.pop("__file__", None)
    try:
        lines = BEGIN + 'with mledger.run("credit-risk", **SAID) as run: run.metric("auc", 1)'
        exec(compile(lines, "<cell>", "exec"), {"__name__": "__main__"})  # noqa: S102  as a notebook does
    finally:
        if file is not None:
            main.__file__ = file
    assert [row["type"] for row in recorded()] == ["run.started", "run.finished"]


def test_a_closed_standard_error_stops_nobody(path, folder, recorded):
    """A script whose standard error is closed records its run all the same."""
    lines = (
        BEGIN + 'with mledger.run("credit-risk", **(SAID | {"quiet": False})) as run: run.metric("auc", "x")'
    )
    done = subprocess.run([sys.executable, "-c", f"import sys; sys.stderr.close()\n{lines}"], check=False)
    assert done.returncode == 0
    assert len(recorded()) == 2


def test_a_metric_costs_next_to_nothing(path, recorded):
    """A million metrics of a training loop need little time and no event each."""
    import mledger

    with mledger.run("credit-risk", hypothesis="x", criteria={"loss": "<1"}, quiet=True) as run:
        begun = time.perf_counter()
        for step in range(20_000):
            run.metric("loss", 0.5, step=step)
        each = (time.perf_counter() - begun) / 20_000
    assert each < 0.001
    assert len(recorded()) == 2


def test_a_folder_that_is_gone_stops_nobody(script, path, recorded):
    """A script whose current folder vanishes goes on."""
    done = script(
        BEGIN
        + f"""
import pathlib
os.mkdir("gone"); os.chdir("gone"); os.rmdir("../gone")
with mledger.run("credit-risk", ledger={str(path)!r}, **SAID) as run: run.metric("auc", 1)
"""
    )
    assert done.returncode == 0, done.stderr
    assert len(recorded()) == 2
