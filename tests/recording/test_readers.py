"""What is told to a run on the way counts for checks and reports as what was known at its start."""

import pytest
from click.testing import CliRunner

import mledger
from mledger.events import base, forms
from mledger.ledger import Ledger
from mledger_cli.main import program
from tests.recording.conftest import MODEL

SAID = {"hypothesis": "x", "criteria": {"auc": ">0"}, "quiet": True}


def command(*words):
    """What a command prints."""
    return CliRunner().invoke(program, list(words)).output


@pytest.fixture
def releases(path, decision):
    """Two releases, whose runs were told their parameters and data on the way."""
    for version, rate in (("1.0", 0.1), ("1.1", 0.05)):
        with mledger.run("credit-risk", name=f"run-{version}", **SAID) as run:
            run.params({"rate": rate, "depth": 4}, why={"depth": f"decision:{decision}"})
            run.dataset("applications@v3", role="train")
            run.metric("auc", 0.9)
        said = forms.example(base.find("version.released"), optional=False)
        with Ledger.open(path) as ledger:
            fields = said | {"version": version, "run": f"run-{version}"}
            ledger.append("version.released", MODEL, fields)
    return path


def test_a_check_sees_parameters_of_the_end(releases):
    """A parameter that changed between the runs of two releases is found, one that did not is not."""
    found = command("check", "credit-risk")
    assert "undocumented parameter change rate 0.1 → 0.05" in found
    assert "parameter change depth" not in found


def test_the_lineage_sees_data_of_the_end(releases):
    """Data that a run was told on the way stands in the lineage of its version."""
    assert "applications@v3" in command("lineage", "credit-risk@1.1")


def test_why_sees_parameters_and_reasons_of_the_end(releases, decision):
    """Why a parameter has its value leads to the decision that the run was told on the way."""
    told = command("why", "credit-risk@1.1:depth")
    assert "depth" in told
    assert f"[{decision}]" in told or f"decision {decision}" in told


def test_dead_ends_see_parameters_of_the_end(path):
    """The values that were tried in vain are told by parameter, whenever the runs were told of them."""
    for rate in (0.1, 0.2):
        with mledger.run("credit-risk", **SAID | {"criteria": {"auc": ">0.99"}}) as run:
            run.params({"rate": rate})
            run.metric("auc", 0.9)
    told = command("report", "dead-ends", "credit-risk")
    assert "0.1" in told
    assert "0.2" in told
