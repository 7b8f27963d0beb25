"""mledger ablate: what several runs show together, as evidence."""

import json

import pytest

import mledger
from mledger.ledger import Ledger
from mledger.reader import Reader
from tests.cli.asking import MODEL, done, refused


@pytest.fixture
def trials(begun):
    """A comment, event 2, and three runs with different depths, events 3 to 8; the last one fails."""
    with Ledger.open(begun) as ledger:
        ledger.append("comment.added", MODEL, {"on": "1", "text": "Depth?"})
    for depth, auc in ((3, 0.94), (4, 0.9524), (5, None)):
        run = mledger.run(
            "credit-risk", name=f"d{depth}", hypothesis="x", criteria={"auc": ">=0.95"}, quiet=True,
            params={"max_depth": depth, "rate": 0.1},
        ).start()  # fmt: skip
        if auc is None:
            run.fail("MemoryError", "too deep")
        else:
            run.metric("auc", auc)
            run.metric("loss", 0.5)
            run.finish()
    return begun


def test_runs_stand_beside_each_other(trials, run):
    """Only what was varied is a column, then the metrics and what became of each run."""
    lines = done(run("ablate", "3..8", "--metric", "auc")).splitlines()
    assert [line.split() for line in lines] == [
        ["run", "max_depth", "auc", "verdict"],
        ["3", "3", "0.94", "refuted"],
        ["5", "4", "0.9524", "supported"],
        ["7", "5", "-", "failed"],
    ]
    table = json.loads(done(run("ablate", "d3", "run:5", "--json")))
    assert table["varied"] == ["max_depth"]
    assert table["runs"][1] == {
        "run": "5", "name": "d4", "verdict": "supported", "varied": {"max_depth": "4"},
        "metrics": {"auc": 0.9524, "loss": 0.5},
    }  # fmt: skip


def test_it_becomes_evidence(trials, run):
    """The evidence names the runs, what was varied, each value, and keeps the table as a file."""
    done(run("ablate", "3..8", "--on", "2", "--weight", "supports"))
    with Reader.open(trials) as reader:
        body = reader.fact("9").data
        file = reader.attachment(body.files[0].sha256)
    assert (body.on, body.kind, body.weight, body.varied) == ("2", "ablation", "supports", "max_depth")
    assert body.runs == ("d3", "d4", "d5")
    assert body.finding == (
        "auc goes from 0.94 (run 3: max_depth 3) to 0.9524 (run 5: max_depth 4). loss is 0.5 in all."
    )
    assert [(m.name, m.value, m.slice) for m in body.metrics][:2] == [
        ("auc", 0.94, "run 3"),
        ("loss", 0.5, "run 3"),
    ]
    assert file.decode().splitlines() == [
        "run,name,max_depth,auc,loss,verdict",
        "3,d3,3,0.94,0.5,refuted",
        "5,d4,4,0.9524,0.5,supported",
        "7,d5,5,,,failed",
    ]


def test_what_is_no_ablation_is_refused(trials, run):
    """One run, runs of two models, a metric that nobody measured, a weight left out: each is refused."""
    mledger.run("fraud", name="other", hypothesis="x", criteria={"auc": ">0"}, quiet=True).start()
    assert refused(run("ablate", "d3"), "two runs or more") == "mledger runs --all"
    assert refused(run("ablate", "d3", "other"), "several models: credit-risk, fraud")
    assert "auc, loss" in refused(
        run("ablate", "d3", "d4", "--metric", "gap"), "none of these runs measured gap"
    )
    assert refused(run("ablate", "d3", "d4", "--on", "2"), "--on goes with --weight")
    assert refused(run("ablate", "1..100"), "several models: credit-risk, fraud")
    assert refused(run("ablate", "100..200"), "no run started with an event from 100 to 200")
    assert refused(run("ablate", "d3..d4"), "no run is called")
