"""mledger handover: who answers from now on."""

from pathlib import Path
from typing import Any

import pytest

from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told
from tests.cli.cared import BOB, CAROL, Cared, half_a_year

RISK = {
    "risk": "R-4",
    "title": "Reject-inference bias",
    "kind": "fairness",
    "description": "No outcome of the rejected.",
    "level": {"likelihood": "likely", "impact": "medium"},
}
ASKED = {"on": "5", "question": "Does it hold?", "reviewers": [ALICE], "due": "2099-01-31"}


@pytest.fixture
def mine(run: Run, begun: Path) -> Path:
    """Events 2 to 7: a review, a risk, a request, a proposal and an audit finding of Alice."""
    args = ("--title", "Quarterly", "--owner", "alice", "--due", "2099-01-31", "--scope", "all")
    done(run("reviews", "schedule", MODEL, *args))
    given = [part for name, value in RISK.items() if name != "level" for part in ("--set", f"{name}={value}")]
    level = ("--set", 'level={"likelihood": "likely", "impact": "medium"}', "--set", f"owner={ALICE}")
    done(run("append", "risk.assessed", MODEL, *given, *level))
    asked = ("--set", "on=1", "--set", "question=Does it hold?", "--set", f'reviewers=["{ALICE}"]')
    done(run("append", "review.requested", MODEL, *asked))
    decision = (
        '{"title": "Deeper", "summary": "Deeper.", "category": "architecture", "question": "How?",'
        ' "alternatives": [{"name": "a"}, {"name": "b", "why_not": "No."}], "choice": "a",'
        ' "rationale": "It is.", "data_quality_influence": "None."}'
    )
    done(run("append", "decision.proposed", MODEL, "--from", "-", input=decision))
    done(run("audit", "open", MODEL, "--title", "Audit", "--scope", "All.", "--auditor", "Frank"))
    finding = ("--title", "Mailbox", "--severity", "low", "--criterion", "One.", "--observed", "Two.")
    done(run("audit", "finding", "6", *finding, "--owner", "alice", "--due", "2099-01-31"))
    return begun


def test_all_that_somebody_answers_for_is_listed_and_moves(run: Run, mine: Path) -> None:
    """The model, the review, the risk, the request, the finding, the proposal: each with its event."""
    shown = done(run("handover", "credit-risk", "--from", "alice", "--to", "Bob Example", "--notes", "Late."))
    lines = [line.split(":")[0].strip() for line in shown.splitlines()[1:7]]
    assert lines == ["owner", "review", "request", "risk", "finding", "proposal"]
    body: Any = told(run("show", "8", "--json"))["data"]  # type: ignore[index,call-overload]
    assert (body["from"], body["to"], body["reviews"], body["ownership"]) == (ALICE, BOB, ["2"], True)
    assert {item["event"] for item in body["open_items"]} == {"3", "4", "5", "7"}
    state = done(run("replay", MODEL))
    assert any(line.startswith("owner") and BOB in line and "[8]" in line for line in state.splitlines())
    due: Any = told(run("reviews", "due", "--by", "2099-12-31", "--json"))
    assert {row["owner"] for row in due["due"]} == {BOB}
    assert f"owner {BOB}" in done(run("replay"))


def test_what_was_handed_over_cannot_be_handed_over_again(run: Run, mine: Path, folder: Path) -> None:
    """The giver answers for nothing any more, unless it is said what; the new holder can go on."""
    done(run("handover", MODEL, "--from", ALICE, "--to", BOB))
    with nothing_written(folder):
        fix = refused(run("handover", MODEL, "--from", ALICE, "--to", "Carol"), f"{BOB} does")
        assert fix == "say what is handed over: --duty TEXT"
    done(run("handover", MODEL, "--from", ALICE, "--to", "Carol", "--duty", "keys of the monitor"))
    done(run("handover", MODEL, "--from", BOB, "--to", CAROL))
    due: Any = told(run("reviews", "due", "--by", "2099-12-31", "--json"))
    assert {row["owner"] for row in due["due"]} == {CAROL}


def test_a_handover_to_a_stranger_is_noted(run: Run, mine: Path) -> None:
    """Who has no key can answer for a model; a typo is seen."""
    result = run("handover", MODEL, "--from", "alice", "--to", "Bop Example", "--effective", "2099-01-01")
    assert "nobody called Bop Example has a key here" in result.stderr
    done(result)


def test_what_cannot_be_handed_over_is_refused(run: Run, mine: Path, folder: Path) -> None:
    """To oneself, of nothing, on nothing."""
    with nothing_written(folder):
        refused_alike(run, ["handover", MODEL, "--from", "alice", "--to", ALICE], "--from and --to are both")
        refused_alike(run, ["handover", MODEL, "--from", "Zoe", "--to", ALICE], "Zoe answers for nothing")
        refused_alike(
            run, ["handover", "churn", "--from", "alice", "--to", BOB], "nothing is recorded on churn"
        )


def test_a_dataset_may_be_handed_over(run: Run, folder: Path) -> None:
    """Its owner changes like that of a model, from the event on."""
    cared = half_a_year(folder / "mledger.db")
    stream = "dataset/applications"
    fields = {"from": ALICE, "to": CAROL, "duties": ["all of it"], "ownership": True}
    number = cared.tell("handover.recorded", stream, fields)
    state: Any = told(run("replay", stream, "--json"))
    assert state["state"]["profile"]["owner"]["value"] == CAROL
    before: Any = told(run("replay", stream, "--known-at", str(int(number) - 1), "--json"))
    assert "owner" not in before["state"]["profile"]


def test_decisions_move_with_their_author(run: Run, folder: Path) -> None:
    """A stale decision is due from whoever took over from its author."""
    cared: Cared = half_a_year(folder / "mledger.db")
    cared.day("2026-05-20")
    cared.tell("handover.recorded", MODEL, {"from": CAROL, "to": BOB, "duties": ["decisions"]})
    due: Any = told(run("reviews", "due", MODEL, "--known-at", "2026-05-21", "--json"))
    assert [(row["event"], row["owner"]) for row in due["due"]] == [("5", BOB)]
