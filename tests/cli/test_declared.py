"""Types that the policy of the ledger declares, at the command line."""

import json
from collections.abc import Callable

import pytest

from mledger.opening import default_policy

RULE = {
    "title": "The credit committee has met.",
    "on": ["model"],
    "schema": {
        "type": "object",
        "properties": {"outcome": {"enum": ["continue", "stop"]}, "edition": {"type": "string"}},
        "required": ["outcome"],
        "additionalProperties": False,
    },
}


@pytest.fixture
def ledger(run: Callable, folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ledger whose policy declares acme.met."""
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "correct horse battery staple")
    assert run("init", "--origin", "acme.example/credit", "--name", "Alice Example").exit_code == 0
    policy = default_policy().model_dump(mode="json", by_alias=True, exclude_none=True)
    fields = {"policy": policy | {"types": {"acme.met": RULE}}, "reason": "The committee asks for it."}
    (folder / "policy.json").write_text(json.dumps(fields))
    assert run("append", "policy.adopted", "ledger", "--from", "policy.json").exit_code == 0


@pytest.mark.usefixtures("ledger")
def test_a_declared_type_is_listed_and_explained(run: Callable) -> None:
    """The listing has the type, and its fields and its form are shown like those of any other."""
    assert "acme.met" in run("types").stdout
    assert run("types", "acme").stdout.splitlines()[1].split()[0] == "acme.met"
    told = json.loads(run("types", "acme.met", "--json").stdout)
    assert [(f["name"], f["required"]) for f in told["fields"]] == [("outcome", True), ("edition", False)]
    assert "outcome: continue" in run("types", "acme.met", "--template").stdout


@pytest.mark.usefixtures("ledger")
def test_a_declared_type_is_recorded(run: Callable) -> None:
    """Its fields are set and checked like those of any other: text stays text."""
    done = run("append", "acme.met", "model/m", "--set", "outcome=stop", "--set", "edition=2.10")
    assert done.exit_code == 0, done.output
    assert json.loads(run("show", "2", "--json").stdout)["data"] == {"outcome": "stop", "edition": "2.10"}
    assert run("verify", "--full").exit_code == 0


@pytest.mark.usefixtures("ledger")
def test_what_does_not_fit_is_refused(run: Callable) -> None:
    """A wrong value and a wrong stream each end with exit code 2 and one line that says why."""
    done = run("append", "acme.met", "model/m", "--set", "outcome=no")
    assert (done.exit_code, "should be one of continue, stop" in done.stderr) == (2, True)
    done = run("append", "acme.met", "dataset/d", "--set", "outcome=stop")
    assert (done.exit_code, "belongs on model/d" in done.stderr) == (2, True)


@pytest.mark.usefixtures("ledger")
def test_many_declared_events_come_from_a_file(run: Callable, folder) -> None:
    """JSON lines of whole events may hold a declared type."""
    rows = [{"type": "acme.met", "stream": "model/m", "data": {"outcome": o}} for o in ("stop", "continue")]
    (folder / "events.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = run("append", "--from", "events.jsonl")
    assert done.exit_code == 0, done.output
    assert "2 events" in done.stdout


def test_elsewhere_nobody_knows_the_type(run: Callable) -> None:
    """Where there is no ledger, or another, the type is unknown, and that is all."""
    done = run("types", "acme.met")
    assert done.exit_code == 2
    assert "no event type is called 'acme.met'" in done.stderr
