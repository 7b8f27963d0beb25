"""mledger replay, diff, search: states as they were known, and what changed between."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mledger.caches.search import words_file
from mledger.reader import Reader
from mledger_cli import text
from tests.cli.asking import ALICE, MODEL, Run, done, refused_alike, told
from tests.cli.gaps import decision, record

OTHER = "model/churn"


def started(run: Run, name: str, stream: str = MODEL, *more: object) -> None:
    """Record that a run began."""
    criteria = (
        "--set",
        "criteria.0.metric=auc",
        "--set",
        "criteria.0.operator=>=",
        "--set",
        "criteria.0.value=0.9",
    )
    args = ("--set", f"run={name}", "--set", "hypothesis=Deeper trees are better.", *criteria, *more)
    done(run("append", "run.started", stream, *args))


@pytest.fixture
def lived(run: Run, begun: Path) -> Path:
    """Events 2 to 5: a run, its end, a comment dated a year before it was recorded, another model."""
    started(run, "r1")
    done(run("append", "run.finished", MODEL, "--set", "run=r1", "--set", "verdict=supported"))
    late = ("--at", "2025-01-02T03:04:05Z")
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=Dated before.", *late))
    fields = ("--set", "title=Churn", "--set", "purpose=p", "--set", f"owner={ALICE}")
    done(run("append", "model.registered", OTHER, *fields))
    return begun


def test_the_present_state_names_the_event_behind_each_statement(run: Run, lived: Path) -> None:
    """Of one model and of all: owner, runs, and event numbers in brackets."""
    for name in (MODEL, "credit-risk"):
        shown = done(run("replay", name))
        assert shown.startswith("model/credit-risk: Credit risk\nas known now, 6 entries\n")
        assert any(line.startswith("owner") and line.endswith("[1]") for line in shown.splitlines())
        assert "Deeper trees are better." in shown
    everything = done(run("replay"))
    assert "credit-risk" in everything
    assert "churn" in everything


def test_what_was_known_is_cut_by_time_or_entry(run: Run, lived: Path) -> None:
    """After entry 2 the run was open; before the ledger there was nothing; both cuts work together."""
    assert "r1 open" in " ".join(done(run("replay", MODEL, "--known-at", "2")).split())
    assert "as known with entry 2" in done(run("replay", MODEL, "--known-at", "2"))
    before = done(run("replay", MODEL, "--known-at", "2025-06-01"))
    assert "0 of 6 entries" in before
    assert "not yet known" in before.casefold() or "nothing was recorded" in before
    both = told(run("replay", MODEL, "--known-at", "3", "--as-of", "2100-01-01", "--json"))
    assert both["cut"]["entries"] == 4
    assert both["cut"]["as_of"] == "2100-01-01T23:59:59.999999Z"


def test_what_was_dated_before_and_recorded_after_is_named(run: Run, lived: Path) -> None:
    """An event that had happened by the cut and was recorded later stands under not yet known."""
    state = told(run("replay", MODEL, "--known-at", "3", "--json"))
    assert [row["source"]["number"] for row in state["not_yet_known"]] == ["4"]
    assert "not yet known" in done(run("replay", MODEL, "--known-at", "3"))
    later = told(run("replay", MODEL, "--as-of", "2025-06-01", "--json"))
    assert [row["source"]["number"] for row in later["recorded_later"]] == ["4"]


def test_a_difference_says_what_changed(run: Run, lived: Path) -> None:
    """Between two entries, dates or times; backwards too; nothing is said as such."""
    shown = done(run("diff", "2", "3", "credit-risk"))
    assert "as known with entry 2" in shown
    assert "as known with entry 3" in shown
    assert "r1" in shown
    assert "open" in shown
    changes = told(run("diff", "2", "3", MODEL, "--json"))["changes"]
    assert changes
    back = told(run("diff", "3", "2", MODEL, "--json"))["changes"]
    assert {(c["path"], c["before"]) for c in changes} == {(c["path"], c["after"]) for c in back}
    assert "nothing changed" in done(run("diff", "4", "4"))
    assert "churn" in done(run("diff", "2025-01-01", "2100-01-01"))


def test_an_ambiguous_name_must_be_whole(run: Run, lived: Path) -> None:
    """A name that a model and a dataset share means the model, as people do; a typo gets the nearest."""
    fields = {
        "title": "A",
        "origin": "f",
        "collected_how": "all",
        "by_whom": "A",
        "licence": "x",
        "version": "v1",
    }
    digests = '[{"name": "a", "sha256": "' + "ab" * 32 + '"}]'
    sets = [p for n, v in (fields | {"rows": "1", "digests": digests}).items() for p in ("--set", f"{n}={v}")]
    done(run("append", "dataset.registered", "dataset/credit-risk", *sets))
    assert {row["stream"] for row in told(run("log", "credit-risk", "--json"))} == {MODEL}
    refused_alike(run, ["log", "credit-rsk"], "did you mean")
    refused_alike(run, ["replay", "credit-rsk"], "did you mean")


def test_a_broken_ledger_has_no_state(run: Run, lived: Path) -> None:
    """A replay verifies first: what is not what was signed is refused with exit 3, not shown."""
    import sqlite3

    database = sqlite3.connect(lived, isolation_level=None)
    database.execute("DROP TRIGGER event_only_erase")
    database.execute("UPDATE event SET body = replace(body, 'Deeper', 'Shorter') WHERE seq = 2")
    database.close()
    for args in (["replay"], ["replay", MODEL], ["diff", "1", "3"]):
        fix = refused_alike(run, args, "the ledger is broken", code=3)
        assert fix == "mledger verify --full"


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("args", [["replay"], ["replay", MODEL], ["diff", "1", "4"], ["search", "trees"]])
def test_states_fit_the_screen(
    run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], columns: int
) -> None:
    """No line passes the edge; in a zone, times have its offset."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = done(run(*args, "--tz", "Asia/Kolkata"))
    assert max(map(text.width, shown.splitlines())) <= columns


def test_words_are_found(run: Run, lived: Path) -> None:
    """All words, a phrase, the beginning of a word; narrowed by model, type and person; counted by facets."""
    found = lambda *args: [row["number"] for row in told(run("search", "--json", *args))]  # noqa: E731
    assert found("deeper", "trees") == ["2"]
    assert found('"deeper trees"') == ["2"]
    assert found("deep*") == ["2"]
    assert found("trees", "--model", "churn") == []
    assert found("--type", "model.registered") == ["5", "1"]
    assert found("--by", "alice", "--limit", "1") == ["5"]
    assert run("search", "zebra").stderr == "nothing matches\n"
    assert json.loads(done(run("search", "--facets", "--json")))["type"]["model.registered"] == 2


def test_options_may_stand_among_the_words(run: Run, lived: Path) -> None:
    """category:architecture is --category architecture; both at once, if they differ, are refused."""
    found = lambda *args: [row["number"] for row in told(run("search", "--json", *args))]  # noqa: E731
    record(run, "decision.proposed", decision(category="architecture", title="Trees, not nets"))
    assert found("category:architecture") == found("--category", "architecture") == ["6"]
    assert found("category:risk") == []
    assert found("trees", "model:credit-risk", "type:decision.proposed", "by:alice") == ["6"]
    assert found("model:churn", "--model", "churn") == found("--model", "churn")
    assert told(run("search", "--facets", "--json"))["category"] == {"architecture": 1}
    refused_alike(run, ["search", "model:churn", "--model", "credit-risk"], "--model: asked for twice")
    refused_alike(run, ["search", "type:Nonsense"], "'Nonsense' is not an event type")
    assert found("nobody:knows") == []


def test_a_replay_shows_its_work_on_a_terminal(lived: Path, terminal: Callable) -> None:
    """At a terminal the same is shown; a short verification draws no bar."""
    code, shown = terminal("replay", MODEL).end()
    assert code == 0
    assert "verifying" not in shown


def test_what_was_derived_can_be_made_anew(run: Run, lived: Path) -> None:
    """Whatever became of the caches, states and listings are then the same as before, byte for byte."""
    asked = (["replay", "--json"], ["replay", MODEL, "--json"], ["search", "deeper"], ["log", MODEL])
    before = [done(run(*args)) for args in asked]
    with Reader.open(lived) as reader:
        words = words_file(reader.genesis.leaf)
    with closing(sqlite3.connect(words)) as cache:
        cache.execute("DELETE FROM about")
        cache.commit()
    assert run("search", "deeper").stderr == "nothing matches\n"
    shown = done(run("rebuild"))
    told_of = [line.split(maxsplit=1) for line in shown.splitlines()]
    assert told_of == [
        ["streams", "3 streams"],
        ["words", "of 6 events"],
        ["states", "of 2 models and 0 datasets"],
    ]
    assert [done(run(*args)) for args in asked] == before
    for file in words.parent.iterdir():
        file.unlink()
    assert told(run("rebuild", "--json")) == {"streams": 3, "events": 6, "models": 2, "datasets": 0}
    assert [done(run(*args)) for args in asked] == before


def test_an_amended_plan_shows_what_it_changes(run: Run, begun: Path) -> None:
    """By show and by the page of a review: what is new, what is gone, what reads otherwise."""
    plan = {
        "title": "Regain the AUC",
        "signatories": [ALICE],
        "data_sources": ["applications"],
        "splits": [{"name": "holdout", "rule": "20 %"}],
        "evaluation_protocol": "Once.",
        "metrics": [{"metric": "auc", "operator": ">=", "value": 0.95}],
    }
    first = record(run, "plan.agreed", plan)
    more = {"data_sources": ["applications from v3 on"], "evaluation_protocol": "Twice.", "plan": first}
    second = record(run, "plan.amended", plan | more | {"reason": "Codes came late."})
    wanted = ["protocol: Once. -> Twice.", "- data: applications", "+ data: applications from v3 on"]
    for args in (["show", second], ["review", second]):
        shown = done(run(*args))
        assert [line for line in wanted if line not in shown] == []
    assert "amended" not in done(run("show", first)).splitlines()[-1]
    changes = done(run("changelog", "credit-risk"))
    assert "the plan is amended: protocol: Once. -> Twice.; " in " ".join(changes.split())
