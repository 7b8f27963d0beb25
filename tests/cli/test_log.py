"""mledger log and show: what was recorded, listed and whole."""

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mledger.core.envelope import parse_envelope
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.tamper import force
from mledger.testing.tamper.tools import Hand
from mledger_cli import text
from tests.cli.asking import ALICE, MODEL, Run, done, told
from tests.cli.gaps import decision, made, record
from tests.ledger.company import found

LONG = "A sentence that says more than a line of a terminal holds, whatever else stands on it; " * 2


@pytest.fixture
def lived(run: Run, begun: Path) -> Path:
    """Events 2 to 5: two comments, one of them long, a dataset, and Bob's key."""
    comment = ("append", "comment.added", MODEL, "--set", "on=1", "--set")
    done(run(*comment, "text=short"))
    done(run(*comment, f"text={LONG}", "--at", "2026-01-02T03:04:05Z"))
    fields = {"title": "Applications", "origin": "forms", "collected_how": "all", "by_whom": "ACME"}
    fields |= {"licence": "internal", "version": "v1", "rows": "7"}
    digests = '[{"name": "a.csv", "sha256": "' + "ab" * 32 + '"}]'
    sets = [part for n, v in (fields | {"digests": digests}).items() for part in ("--set", f"{n}={v}")]
    done(run("append", "dataset.registered", "dataset/applications", *sets))
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    done(run("key", "enroll", "bob-example", "--role", "reviewer"))
    return begun


def numbers(run: Run, *args: object) -> list[str]:
    """The numbers of the events that are listed."""
    return [row["number"] for row in told(run("log", "--json", *args))]


def test_the_newest_comes_first(run: Run, lived: Path) -> None:
    """Without options everything is listed, the last event at the top, with what tells most about it."""
    rows = done(run("log")).splitlines()
    assert rows[0].split() == ["event", "recorded", "type", "stream", "by", "what"]
    assert [row.split()[0] for row in rows[1:]] == ["5", "4", "3", "2", "1", "0"]
    assert "Bob Example: reviewer" in rows[1]
    assert rows[3].rstrip().endswith(LONG.rstrip()[-20:])
    assert rows[6].endswith("acme.example/credit")


@pytest.mark.parametrize(
    ("args", "found"),
    [
        ([MODEL], "321"),
        (["credit-risk"], "321"),
        (["dataset/applications"], "4"),
        (["applications"], "4"),
        (["ledger"], "50"),
        (["--type", "comment.added"], "32"),
        (["--type", "comment"], "32"),
        (["--type", "model.*", "--type", "dataset"], "41"),
        (["--type", "decision"], ""),
        (["--by", "alice"], "543210"),
        (["--by", "bob"], ""),
        (["--limit", "2"], "54"),
        (["--limit", "0"], "543210"),
        (["--since", "2026-01-01"], "543210"),
        (["--since", "2100-01-01"], ""),
        (["--until", "2026-01-01"], ""),
        (["--until", "2100-01-01T00:00:00+02:00", "--limit", "1"], "5"),
        ([MODEL, "--type", "comment", "--by", "ALICE", "--limit", "1"], "3"),
    ],
)
def test_a_listing_is_narrowed(run: Run, lived: Path, args: list[str], found: str) -> None:
    """By stream, with its kind or without, by type or family, by signer, by time, by number."""
    assert numbers(run, *args) == list(found)


def test_times_of_recording_cut_exactly(run: Run, lived: Path) -> None:
    """--since and --until include the very moment that the listing shows."""
    rows = told(run("log", "--json"))[::-1]
    third = rows[3]["time"]
    assert numbers(run, "--until", third)[0] == "3"
    assert numbers(run, "--since", third)[-1] == "3"


def test_nothing_found_is_no_failure(run: Run, lived: Path) -> None:
    """An empty listing prints nothing, says so beside it, and succeeds; as JSON it is an empty array."""
    result = run("log", "--type", "decision")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "nothing of that kind is recorded\n"
    assert run("log", "--type", "decision", "-q").stderr == ""


def test_how_to_see_more_is_said(run: Run, lived: Path) -> None:
    """A listing that was cut says with which options it goes on; the moment named continues it."""
    result = run("log", "--limit", "2")
    note = result.stderr.strip()
    assert note.startswith("older ones: --limit 0, or --until ")
    assert note.endswith(done(run("log", "--limit", "2")).splitlines()[2].split()[1])
    assert run("log", "--limit", "6").stderr == ""
    assert run("log", "--limit", "2", "--json").stderr == ""


@pytest.mark.parametrize("columns", [80, 120, 160])
def test_a_listing_fits_the_screen(
    run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    """Where room is short what an event says stands below it; no line passes the edge, none is lost."""
    monkeypatch.setenv("COLUMNS", str(columns))
    shown = done(run("log")).splitlines()
    assert max(map(text.width, shown)) <= columns
    assert all(any(f" {number}  " in f"  {line}" for line in shown) for number in "543210")
    assert ("       short" in shown) == (columns < 160)
    assert any("A sentence" in line for line in shown)


def test_a_stream_of_its_own_needs_no_column(run: Run, lived: Path) -> None:
    """When one stream is asked for it is not repeated in every line."""
    assert "stream" not in done(run("log", MODEL)).splitlines()[0].split()


def test_json_is_one_event_a_line(run: Run, lived: Path) -> None:
    """`log --json` is an array that is read as it comes, each event on a line of its own."""
    printed = done(run("log", "--json")).splitlines()
    assert (printed[0], printed[-1]) == ("[", "]")
    assert [json.loads(line.rstrip(","))["number"] for line in printed[1:-1]] == list("543210")


def test_a_zone_can_be_asked_for(run: Run, lived: Path) -> None:
    """--tz shows times with their offset; JSON stays in UTC."""
    assert "+05:30" in done(run("log", "--tz", "Asia/Kolkata"))
    assert "occurred  2026-01-02T08:34:05+05:30" in done(run("show", "3", "--tz", "Asia/Kolkata"))
    assert (
        told(run("show", "3", "--tz", "Asia/Kolkata", "--json"))["occurred"] == "2026-01-02T03:04:05.000000Z"
    )


def test_an_event_is_shown_whole(run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Number, type, stream, signer, times, ids, hash, and every field, nested ones indented."""
    monkeypatch.setenv("COLUMNS", "80")
    shown = done(run("show", "4"))
    row = told(run("show", "4", "--json"))
    for value in ("event     4", "dataset.registered", f"{ALICE}, authorship", row["id"], row["leaf"]):
        assert value in shown
    assert "\nrows           7\n" in shown
    assert "\ndigests\n  - name: a.csv\n    sha256: " + "ab" * 32 in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_an_event_is_found_by_its_id(run: Run, lived: Path) -> None:
    """An event's UUID names it as its number does, in any case."""
    row = told(run("show", "3", "--json"))
    assert told(run("show", row["id"].upper(), "--json")) == row


def test_the_envelope_is_printed_byte_for_byte(run: Run, lived: Path) -> None:
    """--raw is the DSSE envelope whose hash is the leaf, and a newline."""
    raw = done(run("show", "3", "--raw")).removesuffix("\n").encode()
    with Reader.open(lived) as reader:
        assert raw == reader.envelope("3")
    assert json.loads(parse_envelope(raw).payload)["seq"] == 3


def test_one_of_several_is_named(run: Run, lived: Path) -> None:
    """An entry of several events asks which; its number with a dot shows one."""
    two = '{"on":"1","text":"a"}\n{"on":"1","text":"b"}\n'
    done(run("append", "comment.added", MODEL, "--as", "alice-example", "--from", "-", input=two))
    result = run("show", "6")
    assert (result.exit_code, "name one of 6.1 to 6.2" in result.stderr) == (2, True)
    assert told(run("show", "6.2", "--json"))["data"]["text"] == "b"


def test_a_terminal_is_shown_no_more_than_a_file(lived: Path, terminal: Callable, process: Callable) -> None:
    """At one width a terminal shows the characters that a file gets; colour is all that it adds."""
    for args in (["log"], ["show", "4"], ["verify"], ["key", "list", "--enrolled"]):
        process(*args)  # what a first look remembers is remembered by now
        _, shown = terminal(*args, columns=80).end()
        ended = process(*args, env={"COLUMNS": "80"})
        assert [line for line in shown.splitlines() if "20" not in line] == [
            line for line in (ended.stdout + ended.stderr).splitlines() if "20" not in line
        ]
        assert max(map(text.width, shown.splitlines())) <= 80


def test_a_model_is_told_by_decision(run: Run, begun: Path) -> None:
    """Each decision with the runs and versions that follow it; what none leads to is listed."""
    number = record(run, "decision.proposed", decision())
    made(run, "1.0", 0.05, decision=number)
    made(run, "1.1", 0.1)
    shown = done(run("log", "credit-risk", "--by", "decision"))
    line = next(line for line in shown.splitlines() if line.strip().startswith(number))
    assert "1.0" in line
    assert "r1.0" in line
    orphans = shown[shown.index("Orphans") :]
    assert "run r1.1" in orphans
    assert "version 1.1" in orphans
    assert told(run("log", "--by", "decision", "--json"))["report"] == "trace"
    assert done(run("log", "--by", "alice"))


@pytest.mark.parametrize("body", [b'{"on": "3", "text": ', b"[" * 5000, b'{"text":"\\ud800"}'])
def test_what_cannot_be_read_can_be_looked_at(run: Run, folder: Path, body: bytes) -> None:
    """A program of somebody's own recorded bytes that are no JSON object: all else is listed and found."""
    company = found(folder / "mledger.db")
    with closing(open_store(company.path)) as store:
        for kind in ("comment.added", "record.corrected", "run.started", "decision.proposed"):
            force(store, Hand(ALICE), kind, MODEL, body)
    company.say("After.", ALICE)
    rows = told(run("log", "--json"))
    assert [row.get("unreadable", False) for row in rows] == [False, *[True] * 4, *[False] * 4]
    assert [row["data"] is None for row in rows] == [False, *[True] * 4, *[False] * 4]
    assert done(run("log", MODEL)).count("(unreadable)") == 4
    assert "unreadable" in done(run("show", "5"))
    assert told(run("show", "5", "--json"))["unreadable"] is True
    assert [row["number"] for row in told(run("search", "After", "--json"))] == ["8"]
    assert "8" in done(run("search", "After"))
    result = run("verify", "--full")
    assert result.exit_code == 3
    assert "body.format" in result.stdout
