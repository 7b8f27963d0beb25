"""What the rulebook refuses counts in no command: of each type one such event, and every reader asked.

An insider with a program of their own records what they may not. Each command that reads the ledger
then says what it said before; those that tell of everything say that it is not allowed.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click
import pytest

from mledger.attachment import Attachment
from mledger.errors import InputError
from mledger.events import base as events
from mledger.stores import open_store
from mledger.testing import bodies
from mledger.testing.bodies import DATASET, MODEL
from mledger.testing.simulator import Simulator
from mledger_cli.main import program
from tests.chain.test_authority import force
from tests.cli.asking import Run

RECORDED = Path(__file__).parents[1] / "events" / "recorded.jsonl"
ALICE, BOB, EVE = "Alice Example", "Bob Example", "Eve Example"
EVIL = "evil"
# Where a version stands is told all the same, with what the rulebook says of it.
MOVES = {"deployment.recorded", "promotion.executed", "rollback.executed"}

# What is refused names what is there, to change it, or brings something new.
NUMBERS = {"on": "8", "decision": "8", "request": "12"}
NAMED = {"previous": "v1", "run": "r1", "to_stage": "production"}
NEW = {
    "run.started": {"run": "evil-run"},
    "version.released": {"version": "9.9-evil"},
    "dataset.registered": {"version": "v2-evil"},
    "dataset.refreshed": {"version": "v2-evil"},
    "record.corrected": {"fields": {"title": "Evil title"}},
}

# These say the same as before, word for word.
SAME: dict[str, list[list[str]]] = {
    "ablate": [["r1", "r2"]],
    "audit list": [[]],
    "data diff": [["applications@v1", "applications"]],
    "data list": [[]],
    "data show": [["applications"]],
    "decision show": [["8"]],
    "decisions": [["credit-risk"]],
    "env diff": [["r1", "r2"]],
    "inbox": [["--for", ALICE], ["--for", BOB]],
    "key list": [[]],
    "lineage": [["credit-risk"], ["credit-risk@1.0"]],
    "refs": [["credit-risk"]],
    "repro": [["r1"]],
    "restore": [["credit-risk@1.0", "live"]],
    "retention": [[]],
    "reviews due": [[]],
    "runs compare": [["r1", "r2"]],
    "runs list": [[]],
    "show": [["3"], ["5"], ["6"], ["8"], ["10"], ["credit-risk@1.0"]],
    "similar": [["8"]],
    "waivers": [[]],
    "policy show": [[]],
    "why": [["credit-risk"]],
}
# These count the entries, and may say what is not allowed.
TELLING: dict[str, list[list[str]]] = {
    "verify": [[]],  # the first: log goes by what it noted
    "approvals": [[]],
    "changelog": [["credit-risk"]],
    "check": [["credit-risk"]],
    "diff": [["12", "80"]],
    "gate": [["--model", "credit-risk"]],
    "history": [["credit-risk"]],
    "log": [["--limit", "0"]],
    "onboard": [["credit-risk"]],
    "replay": [[], ["credit-risk"], ["dataset/applications"]],
    "report": [["dead-ends", "credit-risk"], ["learning", "credit-risk"], ["data-story", "applications"]],
    "review": [["12"]],
    "search": [["evil", "--limit", "0"]],
}
# These record, or look at nothing but bytes, keys and files.
OTHERS = {
    *("abandon", "anchor", "append", "approve", "attachment get", "attachment list", "audit answer"),
    *("audit close", "audit finding", "audit open", "audit sample", "bundle create", "bundle verify"),
    *("check-proof", "checkpoint", "comment", "completion", "conclude", "correct", "data add", "data issue"),
    *("data transform", "data verify", "decide", "decision accept", "decision invalidate"),
    *("decision reaffirm", "decision reject", "decision supersede", "demo", "dissent", "execute", "follow"),
    *("handover", "heads forget", "heads list", "init", "key adopt", "key appoint", "key enroll"),
    *("key grant", "key hand-over", "key new", "key revoke", "key rotate", "key show"),
    *("promotion deploy", "promotion execute", "promotion request", "prove", "publish", "rebuild"),
    *("redact", "reject", "retire", "reviews done", "reviews schedule", "rollback", "run"),
    *("spool drop", "spool list", "spool push", "template list", "template new", "template show"),
    *("trust export", "types", "witness add-log", "witness ask", "witness key", "witness logs"),
    *("policy adopt", "release", "waive", "witness serve"),
}


def commands(command: click.Command, context: click.Context, name: str = "") -> Iterator[str]:
    """The names of all commands below one."""
    if not isinstance(command, click.Group):
        yield name
        return
    for word in command.list_commands(context):
        found = command.get_command(context, word)
        assert found is not None
        below = click.Context(found, parent=context, info_name=word)
        yield from commands(found, below, f"{name} {word}".strip())


def test_of_each_command_it_is_known_whether_it_reads() -> None:
    """A new command is asked too, or is none that reads what was recorded."""
    known = [*SAME, *TELLING, *OTHERS]
    assert sorted(known) == sorted(commands(program, click.Context(program)))


@pytest.fixture
def sim(folder: Path) -> Simulator:
    """A model with data, two runs, a decision, a version and a request; Bob reviews, Eve may do nothing."""
    sim = Simulator(open_store(folder / "mledger.db", create=True), path=folder / "mledger.db")
    sim.enrol(BOB, "reviewer")
    sim.enrol(EVE)
    sim.append("model.registered", MODEL, bodies.REGISTERED)
    sim.append("problem.framed", MODEL, bodies.FRAMED)
    sim.append("dataset.registered", DATASET, bodies.DATA)
    for run in ("r1", "r2"):
        sim.append("run.started", MODEL, bodies.STARTED | {"run": run})
    sim.append("decision.proposed", MODEL, bodies.PROPOSED)
    sim.append("decision.accepted", MODEL, {"decision": "8", "reason": "Yes."}, by=BOB)
    file = Attachment.of(b"bytes", "model.pkl")
    files = [{"name": "model.pkl", "sha256": file.sha256.hex(), "size": 5, "role": "model"}]
    first = {"version": "1.0", "notes": "First.", "run": "r1", "artifacts": files}
    sim.ledger().append("version.released", MODEL, first, attach=[file])
    sim.append("comment.added", MODEL, {"on": "8", "text": "Well said."}, by=BOB)
    asked = {"version": "1.0", "to_stage": "production", "reason": "Better."}
    sim.append("promotion.requested", MODEL, asked)
    return sim


def refuse(sim: Simulator) -> int:
    """Record one event of each type, wherever it may stand, signed by Eve; how many."""
    seen: set[str] = set()
    count = 0
    for row in map(json.loads, RECORDED.read_text(encoding="utf-8").splitlines()):
        cls = events.find(row["type"])
        if row["v"] != cls.schema_version or events.is_governance(cls.type) or cls.type in seen | MOVES:
            continue
        seen.add(cls.type)
        body = worse(cls.type, row["body"])
        for stream in (MODEL, DATASET):
            if {"*", stream.partition("/")[0]} & set(cls.kinds):
                force(sim, cls.type, stream, body, EVE)
                count += 1
    return count


def worse(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """A body with "evil" in its texts, and with the names of what is there."""
    found = {key: value for key, value in body.items() if key != "refs"}
    for key, value in body.items():
        for change in _worse(key, value) if key in found else ():
            try:
                events.build(name, found | {key: change})
            except InputError:
                continue  # this field takes no such text
            found[key] = change
            break
    return found | NEW.get(name, {})


def _worse(key: str, value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield [next(_worse(key, one), one) for one in value]
    elif isinstance(value, dict):
        yield {name: next(_worse(name, one), one) for name, one in value.items()}
    elif isinstance(value, str):
        if value.isdigit():
            yield NUMBERS.get(key, "3")
        elif key == "version":
            yield from ("v1" if value.startswith("v") else "1.0",)
        else:
            yield from (NAMED[key],) if key in NAMED else (f"{EVIL} {value}", f"{EVIL}-{value}")


def _asked(run: Run, several: dict[str, list[list[str]]]) -> dict[str, str]:
    """What the commands print, by what they are asked."""
    said = {}
    for name, ways in several.items():
        for args in ways:
            result = run(*name.split(), *args)
            assert result.exit_code in (0, 1), (name, args, result.stderr)
            said[" ".join([name, *args])] = result.stdout
    return said


def test_what_is_refused_changes_nothing_that_is_told(
    run: Run, sim: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands about the state of things say what they said; the others mark what does not count."""
    monkeypatch.setenv("COLUMNS", "1000")
    run(*"restore credit-risk@1.0 live".split())
    before = _asked(run, SAME)
    assert EVIL not in "".join(before.values())
    with closing(sim.store):
        assert refuse(sim) > 70
    assert _asked(run, SAME) == before
    telling = _asked(run, TELLING)
    marked = {asked.split()[0] for asked, said in telling.items() if "NOT ALLOWED" in said}
    assert marked >= {"approvals", "history", "log", "search"}
    for asked, said in telling.items():
        told = [line for line in said.splitlines() if EVIL in line.casefold()]
        unmarked = [line for line in told if "NOT ALLOWED" not in line]
        assert not unmarked, (asked, unmarked)
    assert "model.pkl" in before["restore credit-risk@1.0 live"]
