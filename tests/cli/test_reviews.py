"""mledger reviews: what is due on which day, scheduled, done, and in a calendar."""

from datetime import UTC, date, datetime
from pathlib import Path

import icalendar
import pytest

from mledger_cli import text
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told
from tests.cli.cared import CAROL, Cared, half_a_year

LATE = "9999-12-31"


@pytest.fixture
def cared(folder: Path) -> Cared:
    """The ledger of half a year, as `mledger.db` here."""
    return half_a_year(folder / "mledger.db")


def rows(run: Run, *args: object) -> list[dict[str, object]]:
    """What is due, as JSON."""
    return told(run("reviews", "due", "--json", *args))["due"]  # type: ignore[index,call-overload,no-any-return]


@pytest.mark.parametrize(
    ("day", "found"),
    [
        ("2026-02-01", []),
        ("2026-03-31", [("review", "7", 0)]),
        ("2026-04-15", [("review", "7", 15)]),
        ("2026-04-25", [("review", "7", 25), ("stale", "5", 5)]),
        ("2026-05-10", [("stale", "5", 20)]),
    ],
)
def test_the_list_is_that_of_the_day(
    run: Run, cared: Cared, day: str, found: list[tuple[str, str, int]]
) -> None:
    """As known on any day: what was due, how late it was, and what a refresh had made stale by then."""
    listed = [(row["kind"], row["event"], row["overdue_days"]) for row in rows(run, "--known-at", day)]
    assert listed == found


def test_a_decision_is_stale_because_of_a_refresh(run: Run, cared: Cared) -> None:
    """The reason names the version and the event that broke the condition."""
    shown = " ".join(done(run("reviews", "due", "credit-risk", "--known-at", "2026-04-25")).split())
    assert "stale because applications v3, event 9: it holds while applications <= v2" in shown
    assert "STALE 5 d" in shown
    (row,) = rows(run, "credit-risk", "--known-at", "10")
    assert row["events"] == ["9", "5"]


def test_completion_resets_the_date(run: Run, cared: Cared) -> None:
    """Done on 4 May, the review of March is due again at the end of June; nothing else moved."""
    before = rows(run, "--by", LATE, "--known-at", "9")
    after = rows(run, "--by", LATE, "--known-at", "10")
    assert [row["due"] for row in before if row["kind"] == "review"] == ["2026-03-31"]
    assert [row["due"] for row in after if row["kind"] == "review"] == ["2026-06-30"]
    assert [r for r in before if r["kind"] == "decision"] == [r for r in after if r["kind"] == "decision"]


def test_a_passed_review_day_is_overdue(run: Run, cared: Cared) -> None:
    """A decision whose day has passed, and a condition whose day has, stand there as such today."""
    kinds = {(row["kind"], row["due"]): row["overdue_days"] for row in rows(run)}
    assert kinds["decision", "2026-06-30"] > 100
    assert "OVERDUE" in done(run("reviews", "due"))


def test_strict_ends_with_1(run: Run, cared: Cared) -> None:
    """Only if something is overdue, and only if asked."""
    late = run("reviews", "due", "--strict", "--known-at", "2026-04-15")
    assert late.exit_code == 1
    assert "OVERDUE 15 d" in late.stdout
    assert run("reviews", "due", "--known-at", "2026-04-15").exit_code == 0
    assert run("reviews", "due", "--strict", "--known-at", "2026-03-31").exit_code == 0


def test_the_policy_may_be_strict(run: Run, cared: Cared) -> None:
    """A policy with `overdue_fails` asks for the exit code in everybody's name."""
    policy = {"name": "strict", "roles": {"owner": {"may": ["*"]}}, "overdue_fails": True}
    cared.day("2026-07-01")
    cared.tell("policy.adopted", "ledger", {"policy": policy, "reason": "Audit."})
    assert run("reviews", "due").exit_code == 1


def test_nothing_due_says_what_comes(run: Run, cared: Cared) -> None:
    """An empty list names the next thing, beside the output."""
    result = run("reviews", "due", MODEL, "--known-at", "2026-02-01")
    assert done(result) == ""
    assert result.stderr == "nothing is due; next: 2026-03-31, Quarterly review (7)\n"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_list_fits_the_screen(
    run: Run, cared: Cared, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """No line passes the edge, of one model or of all."""
    monkeypatch.setenv("COLUMNS", str(columns))
    for args in ((), ("credit-risk",)):
        shown = done(run("reviews", "due", "--by", LATE, *args))
        assert max(map(text.width, shown.splitlines())) <= columns


def test_the_calendar_is_one(run: Run, cared: Cared, folder: Path) -> None:
    """Every open date is an entry that another program reads; the same ledger gives the same bytes."""
    result = run("reviews", "due", "--known-at", "10", "--ics", "due.ics")
    done(result)
    assert "4 dates in due.ics" in result.stderr
    data = (folder / "due.ics").read_bytes()
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    calendar = icalendar.Calendar.from_ical(data)
    assert not calendar.errors
    entries = {str(event["UID"]): event for event in calendar.walk("VEVENT")}
    review = entries["review-7@acme.example/credit"]
    assert review.decoded("DTSTART") == date(2026, 6, 30)
    assert review.decoded("DTEND") == date(2026, 7, 1)
    assert review.decoded("DTSTAMP") == datetime.fromisoformat("2026-05-04T09:00:00+00:00")
    assert str(review["SUMMARY"]) == f"Quarterly review ({MODEL})"
    assert str(review["DESCRIPTION"]).splitlines() == [
        "quarterly: decisions still hold; links lead somewhere",
        f"Owner: {CAROL}",
        "Events 7, 10 of acme.example/credit",
    ]
    assert {name.partition("@")[0] for name in entries} == {
        "review-7",
        "decision-5",
        "stale-5-1",
        "stale-5-2",
    }
    done(run("reviews", "due", "--known-at", "10", "--ics", "again.ics"))
    assert (folder / "again.ics").read_bytes() == data


def test_a_calendar_survives_any_text(run: Run, begun: Path, folder: Path) -> None:
    """What iCalendar takes for a mark, and letters of several bytes, come back as they were."""
    title = "Prüfung; erste, zweite \\n 日本語 " * 4
    args = ("--title", title, "--owner", ALICE, "--due", "2030-01-31", "--scope", "a;b,c")
    done(run("reviews", "schedule", MODEL, *args))
    done(run("reviews", "due", "--ics", "a.ics"))
    data = (folder / "a.ics").read_bytes()
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    (event,) = icalendar.Calendar.from_ical(data).walk("VEVENT")
    assert str(event["SUMMARY"]) == f"{title.strip()} ({MODEL})"


def test_a_calendar_replaces_nothing(run: Run, cared: Cared, folder: Path) -> None:
    """A file that is there is left alone."""
    (folder / "a.ics").write_text("mine")
    with nothing_written(folder):
        refused(run("reviews", "due", "--ics", "a.ics"), "a.ics is there already")


def test_a_review_is_scheduled_and_done(run: Run, begun: Path) -> None:
    """By its owner's first name; done, it says when it is due again; ended, that it is not."""
    args = ("--title", "Quarterly", "--owner", "alice", "--due", "2030-01-31", "--scope", "all")
    assert "event 2 " in done(run("reviews", "schedule", "credit-risk", *args))
    (row,) = rows(run, "--by", LATE)
    assert (row["event"], row["due"], row["owner"]) == ("2", "2030-01-31", ALICE)
    assert refused_alike(run, ["review", "2"], "nobody approves") == "mledger reviews done 2 --checked TEXT"
    result = run("reviews", "done", "2", "--checked", "all hold", "--finding", "low:One link is dead.")
    assert "event 3 " in done(result)
    assert result.stderr == "due again 2030-04-30\n"
    body = told(run("show", "3", "--json"))["data"]  # type: ignore[index,call-overload]
    assert body["findings"] == [{"title": "One link is dead.", "severity": "low"}]
    ended = run("reviews", "done", "2", "--checked", "nothing left", "--outcome", "ended")
    assert ended.stderr == "it is due no more\n"
    refused(run("reviews", "done", "2", "--checked", "again"), "review 2 is due no more")
    assert rows(run, "--by", LATE) == []


def test_the_inbox_says_how_a_review_is_done(run: Run, begun: Path) -> None:
    """Nobody approves it; the command that it names is the one that takes it."""
    today = datetime.now(UTC).date().isoformat()
    args = ("--title", "Quarterly", "--owner", "alice", "--due", today, "--scope", "all")
    done(run("reviews", "schedule", "credit-risk", *args))
    assert run("inbox").stderr == "say that one is done: mledger reviews done 2 --checked TEXT\n"


def test_an_owner_without_a_key_is_noted(run: Run, begun: Path) -> None:
    """A committee may own a review; a typo is seen."""
    args = ("--title", "Q", "--due", "2030-01-31", "--scope", "all")
    result = run("reviews", "schedule", MODEL, "--owner", "Credit committee", *args)
    assert "nobody called Credit committee has a key here" in result.stderr
    done(result)


def test_what_cannot_be_reviewed_is_refused(run: Run, begun: Path, folder: Path) -> None:
    """A day in the past, an event that is no review or not there, words that fit nowhere."""
    schedule = ["reviews", "schedule", MODEL, "--title", "Q", "--scope", "all", "--owner", ALICE]
    with nothing_written(folder):
        refused_alike(run, [*schedule, "--due", "2020-01-01"], "--due 2020-01-01 has passed")
        refused_alike(run, [*schedule, "--due", "soon"], "--due: 'soon' is not a day")
        refused(run(*schedule, "--due", "2030-01-01", "--on", "99"), "there is no entry 99")
        refused_alike(run, ["reviews", "done", "1", "--checked", "x"], "event 1 is a model.registered")
        refused_alike(run, ["reviews", "done", "99", "--checked", "x"], "there is no entry 99")
        refused_alike(run, ["reviews", "due", "credit-rsk"], "did you mean model/credit-risk?")
        refused_alike(
            run, ["reviews", "due", "--known-at", "yesterday"], "neither a time nor an event number"
        )
    done(run(*schedule, "--due", "2030-01-31"))
    with nothing_written(folder):
        refused_alike(run, ["reviews", "done", "2", "--checked", "x", "--finding", "bad"], "SEVERITY:TEXT")
        refused_alike(run, ["reviews", "done", "2", "--checked", "x", "--finding", "huge:x"], "severity")
        refused_alike(run, ["reviews", "done", "2", "--checked", "x", "--next", "2020-01-01"], "has passed")


def test_a_review_of_a_decision_is_another_command(run: Run, cared: Cared) -> None:
    """Whoever takes a decision for a review is told how it is looked at again."""
    fix = refused(run("reviews", "done", "5", "--checked", "x"), "event 5 is a decision.proposed")
    assert "reaffirm" in fix
