"""mledger correct, and how what is corrected or late is shown."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from mledger_cli import text
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused_alike, told

CRITERIA = ("--set", 'criteria=[{"metric": "auc", "operator": ">=", "value": 0.95}]')


@pytest.fixture
def evaluated(run: Run, begun: Path) -> Path:
    """Events 2 and 3: a run that began 30 days before it was recorded, and its end."""
    long_ago = (datetime.now(UTC) - timedelta(days=30, hours=1)).isoformat()
    hypothesis = ("--set", "hypothesis=Deeper is better.")
    done(run("append", "run.started", MODEL, "--set", "run=r1", *hypothesis, *CRITERIA, "--at", long_ago))
    metrics = '[{"name": "auc", "value": 0.9524}]'
    done(run("append", "run.finished", MODEL, "--set", "run=r1", "--set", f"metrics={metrics}"))
    return begun


def correct(run: Run, event: str, *sets: str) -> str:
    """Correct an event."""
    given = [part for one in sets for part in ("--set", one)]
    return done(run("correct", event, *given, "--reason", "Two digits were exchanged."))


def test_old_and_new_stand_side_by_side(run: Run, evaluated: Path) -> None:
    """Before it is signed, and for ever after: in the event, in listings, in the state."""
    shown = correct(run, "3", "metrics[0].value=0.9514", "verdict=supported").splitlines()
    assert shown[0] == f"event 3, run.finished on {MODEL}, signed {ALICE}"
    assert [line.split() for line in shown[2:4]] == [
        ["metrics[0].value", "0.9524", "0.9514"],
        ["verdict", "nothing", "supported"],
    ]
    assert shown[4].startswith("event 4 ")
    event = " ".join(done(run("show", "3")).split())
    assert "metrics[0].value: it says 0.9524, and should say 0.9514 (by event 4, Alice Example: Two" in event
    assert "value: 0.9524" in event
    assert "corrects" in done(run("show", "4"))
    for command in (("log",), ("search", "--type", "run.finished")):
        assert "corrected by 4" in done(run(*command))
    state = " ".join(done(run("replay", MODEL)).split())
    assert "auc 0.9514" in state
    assert "metrics[0].value of event 3: 0.9524 -> 0.9514" in state


def test_criteria_are_never_edited_in_silence(run: Run, evaluated: Path) -> None:
    """What was stated before the run stays to be read; whoever moved it, and why, stands beside it."""
    correct(run, "2", "criteria.0.value=0.96")
    shown = told(run("show", "2", "--json"))
    assert shown["data"]["criteria"][0]["value"] == 0.95  # type: ignore[index,call-overload]
    (row,) = shown["corrections"]  # type: ignore[index,call-overload]
    assert (row["by"], row["path"], row["before"], row["after"], row["problem"]) == (
        "4",
        "criteria[0].value",
        0.95,
        0.96,
        None,
    )
    assert "corrected     criteria[0].value of event 2" in done(run("replay", MODEL))


def test_a_second_correction_starts_from_the_first(run: Run, evaluated: Path) -> None:
    """What it says now is what was corrected last; a field may be taken away and come again."""
    correct(run, "3", "metrics[0].value=0.9514")
    assert "0.9514" in correct(run, "3", "metrics[0].value=0.9515")
    assert "corrected by 4 and 5" in done(run("log"))
    correct(run, "3", "lesson=Depth alone is enough.")
    assert "nothing" in correct(run, "3", "lesson=null")


def test_an_event_may_be_named_by_its_id(run: Run, evaluated: Path) -> None:
    """A UUID means the same event, here and in an earlier correction."""
    uuid: Any = told(run("show", "3", "--json"))["id"]  # type: ignore[index,call-overload]
    fields = ("--set", f"event={uuid}", "--set", 'fields={"verdict": "refuted"}', "--set", "reason=A slip.")
    done(run("append", "record.corrected", MODEL, *fields))
    assert "corrected by 4" in done(run("log"))
    assert "refuted" in correct(run, uuid, "verdict=supported")


@pytest.mark.parametrize(
    ("event", "sets", "line"),
    [
        ("3", "metrix=1", "metrix: is not a field of run.finished; did you mean metrics?"),
        ("3", "metrics[7].value=1", "run.finished has no field metrics[7].value"),
        ("3", "metrics[0].valeu=1", "valeu"),
        ("3", "metrics[0].value=much", "should be a number"),
        ("3", "verdict=perhaps", "should be 'supported'"),
        ("3", "run=null", "run: is missing"),
        ("3", "metrics[0].value=0.9524", "metrics[0].value says that already"),
        ("3", "verdict", "should read FIELD=VALUE"),
        ("0", "origin=other", "who may do what is changed by a new event alone"),
        ("99", "title=x", "there is no entry 99"),
        ("x", "title=x", "not an event number"),
    ],
)
def test_a_correction_that_cannot_be_is_refused(
    run: Run, evaluated: Path, folder: Path, event: str, sets: str, line: str
) -> None:
    """Unknown fields, values that do not fit, nothing new, what stands for ever: nothing is written."""
    with nothing_written(folder):
        refused_alike(run, ["correct", event, "--set", sets, "--reason", "x"], line)


def test_a_field_is_set_once(run: Run, evaluated: Path, folder: Path) -> None:
    """Two values for one field, however it is spelt, are refused."""
    with nothing_written(folder):
        twice = ["--set", "metrics[0].value=0.1", "--set", "metrics.0.value=0.2"]
        refused_alike(run, ["correct", "3", *twice, "--reason", "x"], "metrics[0].value is there twice")


def test_what_was_agreed_to_is_not_corrected(run: Run, evaluated: Path) -> None:
    """The words that others answer stand; a comment is the way."""
    decision = (
        '{"title": "Deeper", "summary": "Deeper.", "category": "architecture", "question": "How?",'
        ' "alternatives": [{"name": "a"}, {"name": "b", "why_not": "No."}], "choice": "a",'
        ' "rationale": "It is.", "data_quality_influence": "None."}'
    )
    done(run("append", "decision.proposed", MODEL, "--from", "-", input=decision))
    fix = refused_alike(
        run, ["correct", "4", "--set", "title=x", "--reason", "x"], "it is answered as it was signed"
    )
    assert fix == "mledger comment 4 TEXT"
    fields = ("--set", "event=4", "--set", 'fields={"title": "x"}', "--set", "reason=A slip.")
    done(run("append", "record.corrected", MODEL, *fields))
    assert "correction 5 not applied" in done(run("log"))
    assert "not applied: it is answered as it was signed" in " ".join(done(run("show", "4")).split())


def test_late_is_said(run: Run, evaluated: Path) -> None:
    """An event of 30 days before is marked in listings and in itself; one of today is not."""
    rows = done(run("log")).splitlines()
    assert [("LATE 30d" in row) for row in rows if " run." in row] == [False, True]
    assert "LATE 30d" in done(run("show", "2"))
    assert "LATE" not in done(run("show", "3"))


def test_the_future_is_refused(run: Run, begun: Path, folder: Path) -> None:
    """Nothing can have happened that has not happened yet."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    fields = ("--set", "run=r1", "--set", "hypothesis=Deeper.", *CRITERIA)
    with nothing_written(folder):
        refused_alike(run, ["append", "run.started", MODEL, *fields, "--at", tomorrow], "future")


def test_a_late_event_is_known_late(run: Run, evaluated: Path) -> None:
    """As known ten days ago there was no run; as it was ten days ago, there is."""
    day = (datetime.now(UTC) - timedelta(days=10)).date().isoformat()
    known = told(run("replay", MODEL, "--known-at", day, "--json"))
    assert known["state"]["runs"]["started"] == {}  # type: ignore[index,call-overload]
    assert [row["type"] for row in known["not_yet_known"]] == ["run.started"]  # type: ignore[index,call-overload]
    was = told(run("replay", MODEL, "--as-of", day, "--json"))
    assert list(was["state"]["runs"]["started"]) == ["2"]  # type: ignore[index,call-overload]


def test_nobody_signs_what_they_decline(evaluated: Path, terminal: Any) -> None:
    """At a terminal the values are shown and a person is asked; no means nothing is written."""
    args = ("correct", "3", "--set", "metrics[0].value=0.9514", "--reason", "x")
    declined = terminal(*args)
    declined.wait_for("Sign this?")
    declined.type("n\n")
    code, screen = declined.end()
    assert code == 130
    assert "0.9524" in screen
    agreed = terminal(*args)
    agreed.wait_for("Sign this?")
    agreed.type("y\n")
    code, screen = agreed.end()
    assert (code, "event 4 " in screen) == (0, True)


@pytest.mark.parametrize("columns", [80, 120])
def test_corrections_fit_the_screen(
    run: Run, evaluated: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """No line passes the edge."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = correct(run, "3", f"lesson={'A long lesson about depth. ' * 12}")
    for lines in (shown, done(run("show", "3")), done(run("log"))):
        assert max(map(text.width, lines.splitlines())) <= columns
