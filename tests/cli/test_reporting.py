"""mledger onboard and mledger changelog: pages about a model, with the events behind each line."""

import re
from pathlib import Path
from typing import Any

import pytest

from mledger.testing.bodies import FRAMED, PROPOSED
from mledger_cli import text
from tests.cli.asking import MODEL, Run, done, refused_alike, told
from tests.cli.cared import BOB, CAROL, Cared, half_a_year

NUMBER = re.compile(r"\[\d+(?:\.\d+)?(?:, \d+(?:\.\d+)?)*(?:, \+\d+)?\]$")
METRIC = {"dimensions": ["performance"], "datasets": [{"name": "applications"}], "kind": "holdout"}


@pytest.fixture
def lived(folder: Path) -> Cared:
    """The half year, and more until 1 September: runs, a failure, a risk, dissent, releases, another goal."""
    cared = half_a_year(folder / "mledger.db")
    cared.tell("problem.framed", MODEL, FRAMED)  # 11
    started = {
        "hypothesis": "Region features help.",
        "criteria": [{"metric": "auc", "operator": ">=", "value": 0.95}],
        "datasets": [{"name": "applications", "version": "v3", "role": "train"}],
    }
    cared.tell("run.started", MODEL, started | {"run": "r1"}, by=CAROL)  # 12
    lesson = {"run": "r1", "verdict": "refuted", "lesson": "The fairness gap grows."}
    cared.tell("run.finished", MODEL, lesson, by=CAROL)  # 13
    cared.tell("run.started", MODEL, started | {"run": "r2"}, by=CAROL)  # 14
    cared.tell("run.finished", MODEL, {"run": "r2", "verdict": "supported"}, by=CAROL)  # 15
    risk = {"risk": "R-4", "title": "Reject-inference bias", "kind": "fairness", "description": "d"}
    level = {"likelihood": "likely", "impact": "medium"}
    cared.tell("risk.assessed", MODEL, risk | {"level": level, "owner": CAROL}, by=CAROL)  # 16
    cared.tell("dissent.recorded", MODEL, {"on": "5", "text": "Wait for November."}, by=BOB)  # 17
    test = METRIC | {"title": "Holdout", "run": "r2", "metrics": [{"name": "auc", "value": 0.947}]}
    cared.tell("evaluation.recorded", MODEL, test, by=CAROL)  # 18
    cared.day("2026-06-01")
    files = {"artifacts": [{"name": "m.pkl", "sha256": "c0" * 32}], "notes": "First.", "run": "r2"}
    cared.tell("version.released", MODEL, files | {"version": "1.0"}, by=CAROL)  # 19
    cared.day("2026-07-01")
    fields = PROPOSED | {"title": "Boosted trees", "category": "architecture", "level": "goal"}
    cared.tell("decision.proposed", MODEL, fields, by=CAROL)  # 20
    cared.tell("decision.accepted", MODEL, {"decision": "20"}, by=BOB)  # 21
    refreshed = {"why": "Monthly.", "digests": [{"name": "content", "sha256": "41d0" * 16}]}
    for version, previous in (("v4", "v3"), ("v5", "v4")):
        more = {"version": version, "previous": previous, "rows_added": 1204}
        cared.tell("dataset.refreshed", "dataset/applications", refreshed | more, by=CAROL)  # 22, 23
    again = METRIC | {"title": "Holdout", "version": "1.0", "metrics": [{"name": "auc", "value": 0.9524}]}
    cared.tell("evaluation.recorded", MODEL, again, by=CAROL)  # 24
    goal = [{"name": "auc", "direction": "maximize", "threshold": 0.96}]
    cared.tell("problem.framed", MODEL, FRAMED | {"metrics": goal})  # 25
    cared.day("2026-08-01")
    cared.tell("version.released", MODEL, files | {"version": "2.0", "previous": "1.0"}, by=CAROL)  # 26
    handed = {"from": "Alice Example", "to": BOB, "duties": ["all"], "ownership": True, "reviews": ["7"]}
    cared.tell("handover.recorded", MODEL, handed)  # 27
    cared.day("2026-09-01")
    fields = {"fields": {"notes": "The first."}, "reason": "A slip."}
    cared.tell("record.corrected", MODEL, fields | {"event": "19"}, by=CAROL)  # 28
    return cared


def lanes(run: Run, *args: object) -> dict[str, list[tuple[str, list[str]]]]:
    """The lines of a changelog by lane, with their events."""
    found: Any = told(run("changelog", "credit-risk", "--json", *args))
    return {s["title"]: [(b["words"], b["events"]) for b in s["blocks"]] for s in found["sections"]}


@pytest.mark.parametrize("span", [("1.0", "2.0"), ("2026-07-01", "2026-08-01"), ("19", "26")])
def test_changes_stand_in_their_lanes(run: Run, lived: Cared, span: tuple[str, str]) -> None:
    """Two refreshes, a decision of architecture, a metric and a goal: between versions, days or events."""
    found = lanes(run, "--from", span[0], "--to", span[1])
    assert [(w, n) for w, n in found["architecture"]] == [
        ("Boosted trees: four (max_depth 3 → 4); accepted by Bob Example", ["20", "21"])
    ]
    assert found["data"] == [
        ("v3 → v4 (+1,204 rows): Monthly.", ["22"]),
        ("v4 → v5 (+1,204 rows): Monthly.", ["23"]),
    ]
    assert found["evaluation"] == [
        ("Holdout of 1.0: auc 0.947 → 0.9524", ["24"]),
        ("auc >= 0.95 → >= 0.96", ["25"]),
    ]
    assert found["release"][0] == ("2.0 released, after 1.0: First.", ["26"])
    assert "corrected" not in found


def test_what_was_corrected_has_its_lane(run: Run, lived: Cared) -> None:
    """And the line that was corrected shows the new words with both events."""
    found = lanes(run, "--from", "2026-08-02")
    assert found["corrected"] == [("notes of event 19: First. → The first.; A slip.", ["28", "19"])]
    assert ("1.0 released: The first.", ["19", "28"]) in lanes(run)["release"]


def test_every_line_of_a_changelog_names_events(run: Run, lived: Cared) -> None:
    """In text and in Markdown, whose bytes are the same each time."""
    shown = done(run("changelog", "credit-risk", "--format", "md"))
    assert shown == done(run("changelog", "credit-risk", "--format", "md"))
    claims = [line for line in shown.splitlines() if line.startswith("- ")]
    assert len(claims) > 12
    assert all(re.search(r"\\\[\d[\d, .]*\\\]$", line) for line in claims)


def test_an_empty_span_says_so(run: Run, lived: Cared) -> None:
    """Nothing changed between a version and itself."""
    shown = done(run("changelog", "credit-risk", "--from", "2.0", "--to", "2.0"))
    assert shown.count("nothing changed") == 4


def test_spans_that_are_none_are_refused(run: Run, lived: Cared) -> None:
    """Backwards, unknown versions, a dataset for a model."""
    refused_alike(run, ["changelog", "credit-risk", "--from", "2.0", "--to", "1.0"], "1.0 is before 2.0")
    refused_alike(run, ["changelog", "credit-risk", "--from", "7.3"], "versions are 1.0, 2.0")
    refused_alike(run, ["changelog", "credit-risk", "--from", "99"], "neither a version, nor a day")
    refused_alike(run, ["changelog", "credit-risk", "--from", "2026-13-01"], "ISO 8601")
    refused_alike(run, ["changelog", "applications"], "dataset/applications is no model")
    refused_alike(run, ["onboard", "applications"], "dataset/applications is no model")
    refused_alike(run, ["onboard", "churn"], "nothing is recorded on churn")


def sections(run: Run, *args: object) -> dict[str, list[dict[str, Any]]]:
    """The page for a newcomer by section."""
    found: Any = told(run("onboard", "credit-risk", "--json", *args))
    return {section["title"]: section["blocks"] for section in found["sections"]}


def test_a_newcomer_finds_what_they_ask(run: Run, lived: Cared) -> None:
    """Purpose, state, people, decisions, risks, dead ends, data, what comes next: each with its events."""
    page = sections(run)
    said = {title: " ".join(f"{b['label']} {b['words']}" for b in blocks) for title, blocks in page.items()}
    assert "Decide on loans." in said["What it is for"]
    assert "objective auc: 0.947 >= 0.96, missed" in said["What it is for"]
    assert "in development" in said["Where it stands"]
    assert "owner Bob Example" in said["Whom to ask"]
    assert [block["label"] for block in page["Decisions to know"]] == ["20 goal", "5 component"]
    assert "Reject-inference bias (open, watched by Carol Example)" in said["Risks and objections"]
    assert "Wait for November." in said["Risks and objections"]
    assert "Lesson: The fairness gap grows." in said["What did not work"]
    assert "now v5" in said["Data"]
    assert "stale because applications v3, event 9" in said["What comes next"]
    assert all(block["events"] for blocks in page.values() for block in blocks)


def test_the_page_is_that_of_the_day(run: Run, lived: Cared) -> None:
    """As known in February there was no run, no risk, and Alice owned the model."""
    page = sections(run, "--known-at", "2026-02-15")
    assert page["What did not work"] == []
    assert page["Whom to ask"][0]["words"] == "Alice Example"
    shown = done(run("onboard", "credit-risk", "--known-at", "2026-02-15"))
    assert "as known on 2026-02-15, 9 entries of acme.example/credit" in shown
    assert "no failure is recorded" in shown


@pytest.mark.parametrize("columns", [80, 120])
@pytest.mark.parametrize("command", ["onboard", "changelog"])
def test_pages_fit_the_screen(
    run: Run, lived: Cared, monkeypatch: pytest.MonkeyPatch, columns: int, command: str
) -> None:
    """No line passes the edge, and each statement has its events at the right."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = done(run(command, "credit-risk")).splitlines()
    assert max(map(text.width, lines)) <= columns
    assert sum(NUMBER.search(line) is not None for line in lines) > 10


def test_decisions_are_chosen_by_the_rule(run: Run, lived: Cared) -> None:
    """In force before proposed, goals before components before parameters, then the latest; ten of them."""
    for n in range(12):
        level = ("goal", "component", "parameter")[n % 3]
        cared = lived.tell(
            "decision.proposed", MODEL, PROPOSED | {"title": f"D{n}", "level": level}, by=CAROL
        )
        if n % 2:
            lived.tell("decision.accepted", MODEL, {"decision": cared}, by=BOB)
    labels = [block["label"].split() for block in sections(run)["Decisions to know"]]
    assert len(labels) == 10
    first = labels[:8]
    assert [level for _, level in first] == sorted(
        (level for _, level in first), key=["goal", "component", "parameter"].index
    )
    for level in ("goal", "component", "parameter"):
        numbers = [int(number) for number, found in first if found == level]
        assert numbers == sorted(numbers, reverse=True)
    assert [level for _, level in labels[8:]] == ["goal", "goal"]
