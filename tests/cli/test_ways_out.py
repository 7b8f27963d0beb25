"""Ways out that messages name, followed to their end."""

import json
import shlex
from pathlib import Path

import pytest

from mledger.testing.bodies import DATA, PROPOSED
from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

BOB = ("--as", "bob-example")
ALICE = ("--as", "alice-example")


def record(run: Run, type: str, fields: dict[str, object], stream: str = MODEL, *more: str) -> str:
    """Record it; its number."""
    args = ("append", type, stream, "--from", "-", "--json", *more)
    return told(run(*args, input=json.dumps(fields)))["number"]


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


def test_a_broken_link_of_a_decision_is_superseded_or_waived(run: Run, bob: Path) -> None:
    """What is answered as it was signed cannot be corrected, and no finding says that it can."""
    refs = [{"rel": "see", "uri": "http:///nowhere"}]
    number = record(run, "decision.proposed", PROPOSED | {"refs": refs}, MODEL, *ALICE)
    assert (
        fix_of(run, "LINK-004") == f"mledger waive LINK-004 {MODEL} --on {number} --until DAY --reason TEXT"
    )
    done(run("decision", "accept", number, "--reason", "Good.", *BOB))
    assert fix_of(run, "LINK-004") == f"mledger decision supersede {number} --by EVENT"
    done(run("waive", "LINK-004", MODEL, "--on", number, "--until", "2999-12-31", "--reason", "x", *BOB))
    assert "LINK-004" not in done_or_findings(run)


def fix_of(run: Run, rule: str) -> str:
    """The way out of the first finding of a rule."""
    rows = json.loads(run("check", "credit-risk", "--json").stdout)[0]["rules"]
    return next(row["found"][0]["fix"] for row in rows if row["rule"] == rule)


def done_or_findings(run: Run) -> list[str]:
    """The rules that find something."""
    rows = json.loads(run("check", "credit-risk", "--json").stdout)[0]["rules"]
    return [row["rule"] for row in rows if row["found"]]


def test_a_type_that_is_none_is_told(run: Run, begun: Path) -> None:
    """A slip in a type is no empty list; a type of which nothing is recorded is."""
    line = "no event type is called 'run.finishd'; did you mean run.finished"
    refused_alike(run, ["log", "--type", "run.finishd"], line)
    refused_alike(run, ["log", "--type", "rnu"], "no event type is called 'rnu'; did you mean run")
    assert run("log", "--type", "run.finished").stderr == "nothing of that kind is recorded\n"
    assert told(run("log", "--type", "run", "--json")) == []
    assert len(told(run("log", "--type", "model", "--json"))) == 1


def test_a_bundle_is_of_a_version_that_is_there(run: Run, begun: Path) -> None:
    """A slip in a version hands out nothing, and signs nothing."""
    (begun.parent / "m.pkl").write_bytes(b"the model")
    done(run("release", "credit-risk@1.0", "--file", "m.pkl", "--notes", "x"))
    with nothing_written(begun.parent):
        ask = ["bundle", "create", "credit-risk@1.1", "-o", "b.zip"]
        refused_alike(run, ask, "no version of credit-risk is called '1.1'; did you mean 1.0?")
    done(run("bundle", "create", "credit-risk@1.0", "-o", "b.zip"))
    fix = refused(run("restore", "credit-risk@1.0", "/proc/there", "--from", "."), "/proc/there", code=4)
    assert fix == "name a folder that you can write to"


def test_a_person_signs_what_is_wrong_with_data(run: Run, bob: Path) -> None:
    """`data issue` takes --as like every other command, and --key as before."""
    record(run, "dataset.registered", DATA, "dataset/applications", *ALICE)
    issue = ("data", "issue", "applications", "Late codes", "--kind", "late", "--severity", "low")
    for option in ("--as", "--key"):
        assert "signed Alice Example" in done(run(*issue, option, "alice-example"))


def test_the_gate_takes_a_model_as_check_does(run: Run, begun: Path) -> None:
    """The model stands behind `gate`, or behind --model; without any it is asked for."""
    found = [
        json.loads(run("gate", *args, "--json").stdout) for args in (["credit-risk"], ["--model", MODEL])
    ]
    assert found[0]["check"]["rules"] == found[1]["check"]["rules"]
    assert refused_alike(run, ["gate"], "MODEL is missing") == "mledger gate MODEL"
