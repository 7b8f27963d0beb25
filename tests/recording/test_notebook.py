"""%%mledger in a real IPython: a cell is a run, and nothing of the notebook changes for it."""

import atexit
import json
from functools import partial

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from mledger.reader import Reader

LINE = '%%mledger credit-risk --hypothesis "Depth 4 is enough." --criterion "auc>=0.95"'


@pytest.fixture
def shell(path, monkeypatch):
    """A notebook in the folder of the ledger, which knows the magic."""
    monkeypatch.setenv("IPYTHONDIR", str(path.parent / "ipython"))
    InteractiveShell.clear_instance()
    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    config.InteractiveShell.colors = "nocolor"
    made = InteractiveShell.instance(config=config)
    monkeypatch.setattr(made, "run_cell", partial(made.run_cell, store_history=True))
    assert made.run_cell("%load_ext mledger").success
    yield made
    atexit.unregister(made.atexit_operations)
    made.history_manager.end_session()
    InteractiveShell.clear_instance()


def test_a_cell_is_a_run(shell, recorded, capsys):
    """Hypothesis first, then the cell with `run` in it; its value is shown, its names stay."""
    said = "--name one --param max_depth=4 --data holdout=applications@v3 --seed 7 --quiet"
    done = shell.run_cell(f'{LINE} {said}\nauc = 0.96\nrun.metric("auc", auc)\nauc * 2')
    assert done.success
    assert done.result == 1.92
    first, last = recorded()
    assert first["data"]["hypothesis"] == "Depth 4 is enough."
    assert first["data"]["criteria"] == [{"metric": "auc", "operator": ">=", "value": 0.95}]
    assert first["data"]["params"] == {"max_depth": 4}
    assert first["data"]["datasets"] == [{"name": "applications", "version": "v3", "role": "holdout"}]
    assert first["data"]["seeds"]["python"] == 7
    assert first["data"]["cmd"] == "notebook"
    assert last["data"]["verdict"] == "supported"
    assert shell.run_cell("auc, run.name").result == (0.96, "one")
    with Reader.open("mledger.db") as reader:
        cells = reader.attachment(first["data"]["code_digest"]).decode()
    assert "load_ext mledger" in cells
    assert "auc = 0.96\n" in cells


def test_an_exception_fails_the_run_and_the_cell(shell, recorded, capsys):
    """It is recorded, and shown once, as without mledger."""
    done = shell.run_cell(f"{LINE} --quiet\n1 / 0")
    assert isinstance(done.error_in_exec, ZeroDivisionError)
    assert recorded()[-1]["data"]["exit"]["exception_type"] == "ZeroDivisionError"
    shown = capsys.readouterr()
    assert (shown.out + shown.err).count("ZeroDivisionError: division by zero") == 1
    assert "1 / 0" in shown.out + shown.err


def test_magics_within_the_cell_work(shell, recorded):
    """What IPython allows in a cell is allowed in this one; a cell without a last value has none."""
    done = shell.run_cell(f"{LINE} --quiet\nwhere = %pwd\nrun.metric('auc', len(where) / 1)\nx = 1")
    assert done.success
    assert done.result is None
    assert recorded()[-1]["type"] == "run.finished"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%%mledger", "required: model"),
        ("%%mledger credit-risk --hypotesis x", "unrecognized arguments: --hypotesis x"),
        ('%%mledger credit-risk --hypothesis "x', "No closing quotation"),
        ("%%mledger credit-risk --hypothesis x --criterion auc", "is no comparison"),
        ("%%mledger credit-risk --hypothesis x --criterion auc>=1 --param depth", "is not NAME=VALUE"),
        ("%%mledger credit-risk --hypothesis x --criterion auc>=1 --decision 99", "event 99 is not there"),
        ("%%mledger no/such/model! --hypothesis x --criterion auc>=1", "model!"),
        ("%%mledger credit-risk --hypothesis x --criterion auc>=1 --seed x", "invalid int value"),
    ],
)
def test_what_is_wrong_with_the_line_is_one_line(shell, recorded, capsys, line, words):
    """The cell is not run, nothing is recorded, and no traceback is shown."""
    done = shell.run_cell(f"{line}\nran = True")
    assert not done.success
    shown = capsys.readouterr()
    told = shown.out + shown.err
    assert words in told
    assert "fix: " in told
    assert "Traceback" not in told
    assert "ran" not in shell.user_ns
    assert recorded() == []


def test_nothing_stated_is_a_gap(shell, recorded):
    """A cell of which nobody says what is expected runs, and the gap shows."""
    assert shell.run_cell(
        "%%mledger credit-risk --quiet --unstated 'a first look'\nrun.metric('auc', 1)"
    ).success
    assert recorded()[0]["data"]["unstated"] == "a first look"


def test_twenty_lines_gain_a_record_by_three(script, path, folder):
    """A training script gains a full record with three added lines."""
    plain = """
import random

def features(n):
    return [(random.random(), random.random()) for _ in range(n)]

def label(row):
    return row[0] + row[1] > 1

def predict(threshold, row):
    return row[0] > threshold

rows = features(200)
best, threshold = 0.0, 0.0
for step in range(20):
    tried = step / 20
    right = sum(predict(tried, row) == label(row) for row in rows) / len(rows)
    if right > best:
        best, threshold = right, tried
print(threshold)
print(round(best, 3))
"""
    begin, end = plain.split("rows = features(200)\n")
    indented = "".join(f"    {line}\n" for line in ("rows = features(200)\n" + end).splitlines())
    added = (
        "import mledger",
        'with mledger.run("m", hypothesis="x", criteria={"right": ">=0.5"}, seed=7, quiet=True) as run:',
        '    run.metric("right", best)',
    )
    done = script(f"{added[0]}{begin}{added[1]}\n{indented}{added[2]}\n")
    assert done.returncode == 0, done.stderr
    with Reader.open(path) as reader:
        first, last = [json.loads(fact.body) for fact in reader.facts("model/m")]
    assert {"hypothesis", "criteria", "env", "hardware", "captures", "cmd", "seeds", "code_digest"} <= set(
        first
    )
    assert last["verdict"] == "supported"
