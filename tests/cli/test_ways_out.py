"""Ways out that messages name, followed to their end."""

import json
import shlex
from pathlib import Path

import pytest

from mledger.testing.bodies import REGISTERED
from tests.cli.asking import MODEL, Run, done, refused, refused_alike, told

BOB = ("--as", "bob-example")
ALICE = ("--as", "alice-example")


@pytest.fixture
def bob(run: Run, begun: Path) -> Path:
    """The folder of a ledger in which Bob is a reviewer."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase", "-q"))
    done(run("key", "enroll", "bob-example", "--role", "reviewer", *ALICE))
    return begun.parent


def test_who_may_not_is_told_how_to(run: Run, bob: Path) -> None:
    """The command that grants a role works as it is named, once the role is filled in."""
    (bob / "m.pkl").write_bytes(b"the model")
    release = ("release", "credit-risk@1.0", "--file", "m.pkl", "--notes", "x", *BOB)
    fix = refused(run(*release), "may not record version.released")
    command = fix.partition(": ")[2].replace("ROLE", "engineer").replace("TEXT", "Deputy")
    done(run(*shlex.split(command)[1:], *ALICE))
    done(run(*release))


def test_a_type_that_is_none_is_told(run: Run, begun: Path) -> None:
    """A slip in a type is no empty list; a type of which nothing is recorded is."""
    line = "no event type is called 'run.finishd'; did you mean run.finished"
    refused_alike(run, ["log", "--type", "run.finishd"], line)
    refused_alike(run, ["log", "--type", "rnu"], "no event type is called 'rnu'; did you mean run")
    assert run("log", "--type", "run.finished").stderr == "nothing of that kind is recorded\n"
    assert told(run("log", "--type", "run", "--json")) == []
    assert len(told(run("log", "--type", "model", "--json"))) == 1


def test_the_gate_takes_a_model_as_check_does(run: Run, begun: Path) -> None:
    """The model stands behind `gate`, or behind --model; without any it is asked for."""
    found = [
        json.loads(run("gate", *args, "--json").stdout) for args in (["credit-risk"], ["--model", MODEL])
    ]
    assert found[0]["check"]["rules"] == found[1]["check"]["rules"]
    assert refused_alike(run, ["gate"], "MODEL is missing") == "mledger gate MODEL"


def test_a_gate_is_for_one_model(run: Run, begun: Path) -> None:
    """The same named twice is one; another is refused, and not passed over."""
    assert run("gate", "credit-risk", "--model", MODEL).exit_code in {0, 1}
    line = "credit-risk and other are two models"
    refused_alike(run, ["gate", "credit-risk", "--model", "other"], line)


def test_each_way_out_leads_on(run: Run, bob: Path) -> None:
    """The key of `data add` is --key; the ledger has no story of data; a version is made by `release`."""
    Path("cards.csv").write_text("a\n1\n")
    add = ["data", "add", "cards.csv", "--as", "cards", "--title", "Cards", "--origin", "post"]
    fix = refused_alike(run, add, "several of your keys may sign here")
    assert fix == "choose one with --key KEY"
    assert refused_alike(run, ["lineage", "ledger"], "ledger is no model") == "mledger lineage MODEL"


def test_a_model_may_be_called_like_a_program(run: Run, begun: Path) -> None:
    """Where it is recorded it is meant; and a short name is near to those like it, and to no other."""
    result = run("append", "comment.added", "model/sort", "--set", "on=0", "--set", "text=x")
    done(result)
    assert "model/sort is new here, and nobody registered it" in result.stderr
    done(run("append", "model.registered", "model/sort", "--from", "-", input=json.dumps(REGISTERED)))
    done(run("run", "sort", "-q", "true"))
    assert len(told(run("runs", "sort", "--json"))) == 1
