"""mledger audit: opened, sampled, found, answered, closed."""

import csv
import io
from pathlib import Path

import pytest

from mledger_cli import text
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told

OPEN = ("audit", "open", MODEL, "--title", "Annual audit", "--scope", "All of 2026.", "--auditor", "alice")
FINDING = (
    "--title",
    "Shared mailbox",
    "--severity",
    "high",
    "--criterion",
    "Two people.",
    "--observed",
    "One.",
)
CLOSE = ("--opinion", "with reservations", "--conclusion", "Documented, but for one.")


@pytest.fixture
def lived(run: Run, begun: Path) -> Path:
    """Events 2 to 9: comments."""
    for number in range(8):
        done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", f"text=Comment {number}."))
    return begun


def drawn(shown: str) -> list[str]:
    """The event numbers of a sample in CSV."""
    return [row["event"] for row in csv.DictReader(io.StringIO(shown))]


def test_the_same_seed_draws_the_same(run: Run, lived: Path) -> None:
    """Again, with more, among the same entries after others came; another seed draws others."""
    args = ("audit", "sample", "--n", "4", "--seed", "20261123")
    first = done(run(*args))
    assert done(run(*args)) == first
    assert len(drawn(first)) == 4
    assert drawn(done(run("audit", "sample", "--n", "6", "--seed", "20261123")))[:4] == drawn(first)
    assert done(run("audit", "sample", "--n", "4", "--seed", "7")) != first
    for number in range(6):
        done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", f"text=Later {number}."))
    assert done(run(*args, "--entries", "10")) == first


def test_a_sample_is_csv_and_json(run: Run, lived: Path) -> None:
    """Both name events, people, ids and lots; beside them stands among which entries they were drawn."""
    result = run("audit", "sample", "--n", "3", "--seed", "1", "--type", "comment.added,audit.opened")
    rows = list(csv.DictReader(io.StringIO(done(result))))
    assert {row["type"] for row in rows} == {"comment.added"}
    assert "3 events of the first 10 entries" in result.stderr
    same = told(run("audit", "sample", "--n", "3", "--seed", "1", "--type", "comment.added", "--json"))
    assert same["drawn"] == [dict(row) for row in rows]  # type: ignore[index,call-overload]
    assert same["head"]["entries"] == 10  # type: ignore[index,call-overload]
    few = run("audit", "sample", "--n", "9", "--seed", "1", "--type", "model.registered")
    assert drawn(done(few)) == ["1"]
    assert "there are no 9 of that kind" in few.stderr


def test_an_audit_fixes_its_sample(run: Run, lived: Path) -> None:
    """It is recorded with the head when the audit is opened, and drawn again from its number alone."""
    before = done(run("audit", "sample", MODEL, "--n", "3", "--seed", "5"))
    assert "event 10 " in done(run(*OPEN, "--n", "3", "--seed", "5"))
    body = told(run("show", "10", "--json"))["data"]  # type: ignore[index,call-overload]
    assert body["auditors"] == [ALICE]
    assert (body["sample"]["size"], body["sample"]["seed"], body["sample"]["stream"]) == (3, 5, MODEL)
    assert body["sample"]["head"]["entries"] == 10
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=Later."))
    assert done(run("audit", "sample", "10")) == before
    refused(run("audit", "sample", "10", "--n", "4"), "an audit says itself what is drawn")


def test_findings_have_answers_and_an_end(run: Run, lived: Path) -> None:
    """Found, answered, mended: each with its events, in the list and in what is due."""
    done(run(*OPEN))
    finding = ("audit", "finding", "10", *FINDING, "--event", "3", "--owner", "alice", "--due", "2099-01-31")
    assert "event 11 " in done(run(*finding))
    due = told(run("reviews", "due", "--by", "2099-12-31", "--json"))["due"]  # type: ignore[index,call-overload]
    assert [(row["kind"], row["event"], row["owner"]) for row in due] == [("finding", "11", ALICE)]
    rows = {row["event"]: row for row in told(run("audit", "list", "--json"))}  # type: ignore[attr-defined]
    assert all(row["what"].startswith(row["title"]) for row in rows.values())
    assert {row["kind"] for row in rows.values()} == {"audit", "finding"}
    assert (rows["10"]["state"], rows["11"]["state"]) == ("open", "open")
    done(run("audit", "answer", "11", "The shared key is revoked."))
    assert "answered" in done(run("audit", "list"))
    fix = refused(run("audit", "close", "10", *CLOSE), "nothing is said of finding 11")
    assert fix == "add --resolve 11=STATE:TEXT"
    done(run("audit", "close", "10", *CLOSE, "--resolve", "11=mended:the key is revoked"))
    listed = " ".join(done(run("audit", "list", MODEL)).split())
    assert "with reservations" in listed
    assert f"{ALICE}: The shared key is revoked. [12]" in listed
    assert "mended" in listed
    assert told(run("audit", "list", "--open", "--json")) == []
    assert told(run("reviews", "due", "--by", "2099-12-31", "--json"))["due"] == []  # type: ignore[index,call-overload]
    refused(run("audit", "close", "10", *CLOSE), "audit 10 is closed already, by event 13")


def test_a_finding_may_stay_open(run: Run, lived: Path) -> None:
    """Closing an audit does not make a finding go away: it stays in the list of what is open."""
    done(run(*OPEN))
    done(run("audit", "finding", "10", *FINDING))
    done(run("audit", "close", "10", *CLOSE, "--resolve", "11=open"))
    open_rows = told(run("audit", "list", "--open", "--json"))
    assert [row["event"] for row in open_rows] == ["10", "11"]  # type: ignore[attr-defined]


def test_an_audit_of_all(run: Run, lived: Path) -> None:
    """An audit on the stream ledger draws of all streams."""
    done(
        run(
            "audit",
            "open",
            "ledger",
            *OPEN[3:],
            "--n",
            "10",
            "--seed",
            "1",
            "--period",
            "2026-01-01",
            "2026-12-31",
        )
    )
    assert {"0", "1"} <= set(drawn(done(run("audit", "sample", "10"))))


def test_what_cannot_be_audited_is_refused(run: Run, lived: Path, folder: Path) -> None:
    """Half a sample, types and events that are not there, words that are none: nothing is written."""
    done(run(*OPEN))
    done(run("audit", "finding", "10", *FINDING))
    with nothing_written(folder):
        refused_alike(run, ["audit", "sample", "--n", "4"], "--seed is missing")
        refused_alike(run, ["audit", "sample", "--seed", "4"], "--n is missing")
        refused_alike(run, ["audit", "sample", "--n", "0", "--seed", "4"], "--n")
        refused_alike(run, ["audit", "sample", "--n", "1", "--seed", "x"], "--seed")
        refused_alike(
            run, ["audit", "sample", "--n", "1", "--seed", "4", "--type", "comment.aded"], "did you mean"
        )
        refused_alike(
            run, ["audit", "sample", "--n", "1", "--seed", "4", "--entries", "99"], "there are 12 entries"
        )
        refused_alike(run, ["audit", "sample", "3"], "event 3 is a comment.added, and no audit")
        refused_alike(run, ["audit", "sample", "10"], "audit 10 has no sample")
        refused_alike(run, [*OPEN, "--seed", "4"], "--n is missing")
        refused_alike(run, ["audit", "finding", "3", *FINDING], "event 3 is a comment.added, and no audit")
        refused_alike(run, ["audit", "finding", "10", *FINDING, "--event", "99"], "there is no entry 99")
        refused_alike(run, ["audit", "finding", "10", *FINDING, "--due", "2020-01-01"], "has passed")
        refused_alike(run, ["audit", "answer", "10", "x"], "event 10 is a audit.opened, and no finding")
        refused_alike(run, ["audit", "close", "10", *CLOSE, "--resolve", "11"], "should read EVENT=STATE")
        refused_alike(run, ["audit", "close", "10", *CLOSE, "--resolve", "11=gone"], "state")
    assert run("audit", "list", "ledger").stderr == "no audit is recorded\n"


def test_an_audit_of_another_history_is_noticed(run: Run, lived: Path) -> None:
    """A sample whose head is not the ledger's is not drawn: exit 3."""
    head = '{"entries": 4, "leaf": "' + "ab" * 32 + '"}'
    sample = f'{{"size": 2, "seed": 1, "head": {head}}}'
    fields = (
        "--set",
        "title=A",
        "--set",
        "scope=All.",
        "--set",
        'auditors=["F"]',
        "--set",
        f"sample={sample}",
    )
    done(run("append", "audit.opened", MODEL, *fields))
    refused_alike(run, ["audit", "sample", "10"], "not the one that audit 10 was opened after", code=3)


@pytest.mark.parametrize("columns", [80, 120])
def test_audits_fit_the_screen(run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    """No line passes the edge."""
    done(run(*OPEN))
    done(run("audit", "finding", "10", *FINDING, "--recommendation", "Enrol by person. " * 9))
    done(run("audit", "answer", "11", "We did. " * 30))
    monkeypatch.setenv("COLUMNS", str(columns))
    for args in ((), (MODEL,)):
        assert max(map(text.width, done(run("audit", "list", *args)).splitlines())) <= columns
