"""Beginning a ledger and recording in it, as people type it and as they get it wrong."""

import hashlib
import json
import os
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]

FINE = ("comment.added", "model/credit", "--set", "on=1", "--set", "text=x")
MODEL = ("--set", "title=Credit", "--set", "purpose=Decides.", "--set", "owner=Alice Example")


def ok(result: Result) -> str:
    """What was printed, all having gone well."""
    assert result.exit_code == 0, result.output
    return result.output


def refused(result: Result, code: int, *words: str) -> str:
    """The one line that says what is wrong, with these words in it, and the exit code."""
    lines = result.stderr.splitlines()
    assert result.exit_code == code, result.output
    assert lines[0].startswith("mledger: "), result.output
    assert len(lines) <= 2, result.output
    for word in words:
        assert word in result.stderr, result.stderr
    return lines[0]


def events(run: Run) -> list[dict[str, object]]:
    """Everything that is recorded, oldest first."""
    found: list[dict[str, object]] = json.loads(ok(run("log", "--limit", "0", "--json")))
    return found[::-1]


def digest(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def begun(run: Run) -> Run:
    """A ledger in this folder, opened by Alice, with one model."""
    ok(run("init", "--origin", "acme.example/x", "--name", "Alice Example", "--no-passphrase"))
    ok(run("append", "model.registered", "model/credit", *MODEL))
    return run


def test_init_makes_a_ledger_and_a_key(run: Run, folder: Path) -> None:
    """The ledger lies here, the key in the person's home, and entry 0 opens the ledger."""
    said = ok(run("init", "--origin", "acme.example/x", "--name", "Alice Example", "--no-passphrase", "-q"))
    assert "acme.example/x" in said
    assert (folder / "mledger.db").is_file()
    assert [event["type"] for event in events(run)] == ["ledger.opened"]


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ((), ["--origin"]),
        (("--origin", "a b", "--name", "A", "--no-passphrase"), ["space"]),
        (("--origin", "a+b", "--name", "A", "--no-passphrase"), ["+"]),
        (("--origin", "a.example"), ["--name"]),
        (("--origin", "a.example", "--name", "A"), ["MLEDGER_PASSPHRASE"]),
        (("--origin", "a.example", "--key", "nobody"), ["nobody"]),
    ],
)
def test_init_says_what_is_missing_or_wrong(
    process, folder: Path, args: tuple[str, ...], words: list[str]
) -> None:
    """Without a terminal nothing is asked and nothing is left behind: one line says what to give."""
    done = process("init", *args)
    assert done.returncode == 2, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert not (folder / "mledger.db").exists()


def test_init_never_takes_the_place_of_a_file(begun: Run, folder: Path) -> None:
    """A ledger that is there stays as it is."""
    before = digest(folder / "mledger.db")
    refused(begun("init", "--origin", "b.example", "--name", "Bob", "--no-passphrase"), 2, "there already")
    assert digest(folder / "mledger.db") == before


def test_append_prints_number_hash_and_signer(begun: Run) -> None:
    """One event is one line or two: its number, the short hash of its entry, who signed."""
    said = ok(begun("append", "comment.added", "model/credit", "--set", "on=1", "--set", "text=Fine."))
    assert said.startswith("event 2")
    assert "Alice Example" in said
    receipt = json.loads(
        ok(begun("append", "comment.added", "model/credit", "--set", "on=1", "--set", "text=Fine.", "--json"))
    )
    assert (receipt["number"], receipt["recorded"]) == ("3", True)
    assert len(receipt["leaf"]) == 64


def test_the_same_id_is_recorded_once(begun: Run) -> None:
    """Again with the same content it gives the first number; with other content it is refused."""
    args = (
        "append",
        "comment.added",
        "model/credit",
        "--id",
        "01935f6e-0000-7000-8000-000000000001",
        "--set",
        "on=1",
    )
    first = json.loads(ok(begun(*args, "--set", "text=Once.", "--json")))
    again = json.loads(ok(begun(*args, "--set", "text=Once.", "--json")))
    assert (again["number"], again["recorded"]) == (first["number"], False)
    refused(begun(*args, "--set", "text=Twice."), 2, "other content")
    assert len(events(begun)) == 3


def test_set_knows_text_from_numbers_and_goes_deeper(begun: Run) -> None:
    """A version of 2.10 stays text, a parameter of 0.1 is a number, and dots lead into objects and lists."""
    ok(
        begun(
            *("append", "run.started", "model/credit", "--set", "run=1.10", "--set", "hypothesis=It works."),
            *("--set", 'criteria=[{"metric": "auc", "operator": ">="}]', "--set", "criteria.0.value=0.9"),
            *("--set", "params.rate=0.1", "--set", "params.kind=tree"),
        )
    )
    body = events(begun)[-1]["data"]
    assert body["run"] == "1.10"
    assert body["params"] == {"rate": 0.1, "kind": "tree"}
    assert body["criteria"] == [{"metric": "auc", "operator": ">=", "value": 0.9}]


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_from_reads_json_and_yaml(begun: Run, folder: Path, form: str) -> None:
    """A document of either kind gives the fields, --set what is to be otherwise."""
    text = {"json": '{"on": "1", "text": "From a file."}', "yaml": "on: '1'\ntext: From a file.\n"}[form]
    (folder / f"event.{form}").write_text(text)
    ok(begun("append", "comment.added", "model/credit", "--from", f"event.{form}"))
    ok(begun("append", "comment.added", "model/credit", "--from", "-", "--set", "on=2", input=text))
    assert [event["data"]["on"] for event in events(begun)[-2:]] == ["1", "2"]


WRONG_DOCUMENTS = {
    "duplicate JSON key": (b'{"on": "1", "on": "2", "text": "x"}', "twice"),
    "duplicate YAML key": (b"on: '1'\non: '2'\ntext: x\n", "twice"),
    "bad UTF-8": (b'{"on": "1", "text": "\xff"}', "UTF-8"),
    "bad UTF-8 in YAML": (b"text: \xff\n", "UTF-8"),
    "not finite": (b'{"on": "1", "text": "x", "x": NaN}', "NaN"),
    "no object": (b"[1, 2]", "object"),
    "nothing": (b"", "empty"),
    "unknown field": (b'{"on": "1", "text": "x", "tone": "harsh"}', "tone"),
    "missing field": (b'{"on": "1"}', "text"),
    "wrong kind": (b'{"on": "1", "text": 3}', "text"),
    "too large": (b'{"on": "1", "text": "' + b"x" * (1 << 20) + b'"}', "1,048,576"),
}


@pytest.mark.parametrize("name", WRONG_DOCUMENTS)
def test_a_wrong_document_writes_nothing(begun: Run, folder: Path, name: str) -> None:
    """One line says what is wrong with it, and the ledger's file is as it was."""
    data, word = WRONG_DOCUMENTS[name]
    (folder / "event.txt").write_bytes(data)
    before = digest(folder / "mledger.db")
    result = begun("append", "comment.added", "model/credit", "--from", "event.txt")
    assert word.casefold() in refused(result, 2).casefold(), result.stderr
    assert digest(folder / "mledger.db") == before


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("comment.addded", "model/credit", "--set", "on=1"), "comment.added"),
        (("comment.added", "model credit", "--set", "on=1"), "model credit"),
        (("model.registered", "dataset/x", *MODEL), "model/"),
        (("comment.added", "model/credit", "--set", "on"), "FIELD=VALUE"),
        (
            (
                "comment.added",
                "model/credit",
                "--set",
                "on=1",
                "--set",
                "text=x",
                "--at",
                "2026-01-01T00:00:00",
            ),
            "zone",
        ),
        (
            (
                "comment.added",
                "model/credit",
                "--set",
                "on=1",
                "--set",
                "text=x",
                "--at",
                "2999-01-01T00:00:00Z",
            ),
            "future",
        ),
        ((*FINE, "--id", "7"), "UUID"),
        ((*FINE, "--meaning", "love"), "love"),
        ((*FINE, "--as", "nobody"), "nobody"),
        (("comment.added", "model/credit", "--from", "nowhere.json"), "nowhere.json"),
        (("comment.added",), "STREAM"),
    ],
)
def test_wrong_words_write_nothing(begun: Run, folder: Path, args: tuple[str, ...], word: str) -> None:
    """Each mistake gets one line that names it."""
    before = digest(folder / "mledger.db")
    result = begun("append", *args)
    refused(result, 2)
    assert word in result.stderr, result.stderr
    assert digest(folder / "mledger.db") == before


def test_errors_are_json_if_asked(begun: Run) -> None:
    """With --json an error is an object with message, fix and exit code."""
    result = begun("append", "comment.added", "model/credit", "--json")
    row = json.loads(result.stderr)
    assert (row["exit_code"], result.exit_code) == (2, 2)
    assert row["message"]
    assert row["fix"]


def test_json_lines_are_packed(begun: Run, folder: Path) -> None:
    """A thousand lines become a few entries, all found again in order."""
    lines = [json.dumps({"on": "1", "text": f"Line {n}."}) for n in range(1_000)]
    (folder / "many.jsonl").write_text("\n".join(lines) + "\n\n")
    row = json.loads(ok(begun("append", "comment.added", "model/credit", "--from", "many.jsonl", "--json")))
    assert (row["events"], row["recorded"]) == (1_000, 1_000)
    assert row["entries"] < 10
    assert [event["data"]["text"] for event in events(begun)[2:]] == [f"Line {n}." for n in range(1_000)]
    assert "1,000 events" in ok(begun("append", "comment.added", "model/credit", "--from", "many.jsonl"))


def test_a_wrong_line_stops_all_lines(begun: Run, folder: Path) -> None:
    """Line 3 of 5 is wrong: it is named, and nothing is recorded."""
    lines = ['{"on": "1", "text": "x"}'] * 5
    lines[2] = '{"on": "1"}'
    (folder / "some.jsonl").write_text("\n".join(lines))
    before = digest(folder / "mledger.db")
    refused(begun("append", "comment.added", "model/credit", "--from", "some.jsonl"), 2, "line 3", "text")
    assert digest(folder / "mledger.db") == before


def test_what_log_prints_can_be_recorded_elsewhere(begun: Run, folder: Path) -> None:
    """The whole events of one ledger are read by append into another, ids and all, and once only."""
    for word in ("one", "two"):
        ok(begun("append", "comment.added", "model/credit", "--set", "on=1", "--set", f"text={word}"))
    rows = [row for row in events(begun) if row["type"] != "ledger.opened"]
    (folder / "moved.jsonl").write_text("\n".join(map(json.dumps, rows)))
    ok(begun("init", "--ledger", "other.db", "--origin", "b.example", "--key", "alice-example"))
    said = ok(begun("append", "--ledger", "other.db", "--from", "moved.jsonl"))
    assert "3 events" in said
    moved = json.loads(ok(begun("log", "--ledger", "other.db", "--limit", "0", "--json")))[::-1]
    assert [row["id"] for row in moved[1:]] == [row["id"] for row in rows]
    again = json.loads(ok(begun("append", "--ledger", "other.db", "--from", "moved.jsonl", "--json")))
    assert again["recorded"] == 0


def editor(folder: Path, script: str) -> dict[str, str]:
    """An editor that does what a shell script says to the file $1."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"EDITOR": str(path), "VISUAL": ""}


def test_edit_records_what_was_saved(begun: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The form opens in $EDITOR, and what is saved in it is recorded."""
    for name, value in editor(folder, """printf "on: '1'\\ntext: Typed.\\n" > "$1" """).items():
        monkeypatch.setenv(name, value)
    ok(begun("append", "comment.added", "model/credit", "--edit"))
    assert events(begun)[-1]["data"] == {"on": "1", "text": "Typed."}


@pytest.mark.parametrize("script", [': > "$1"', "exit 3", 'echo "on: [" > "$1"', 'echo "on: 1" > "$1"'])
def test_edit_that_goes_wrong_records_nothing(
    begun: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    """An empty form, a failing editor, a broken or an incomplete form: one line, and nothing written."""
    for name, value in editor(folder, script).items():
        monkeypatch.setenv(name, value)
    before = digest(folder / "mledger.db")
    refused(begun("append", "comment.added", "model/credit", "--edit"), 2)
    assert digest(folder / "mledger.db") == before


def test_a_ledger_that_is_none_is_told_apart(run: Run, folder: Path) -> None:
    """A missing file, a file of another kind, a folder, another program's database: each in one line."""
    refused(run("log"), 2, "no ledger", "mledger init")
    (folder / "mledger.db").write_text("hello " * 300)
    refused(run("log"), 2)
    (folder / "other.db").mkdir()
    refused(run("log", "--ledger", "other.db"), 2, "folder")
    with sqlite3.connect(folder / "third.db") as connection:
        connection.execute("CREATE TABLE t (x)")
    connection.close()
    refused(run("log", "--ledger", "third.db"), 2, "another program")


def test_a_newer_ledger_is_left_alone(begun: Run, folder: Path) -> None:
    """A file of a later layout is not touched, and the line says what to do."""
    connection = sqlite3.connect(folder / "mledger.db", isolation_level=None)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    refused(begun("append", "comment.added", "model/credit", "--set", "on=1", "--set", "text=x"), 2, "newer")


def test_a_locked_ledger_is_a_case_for_later(begun: Run, folder: Path) -> None:
    """While another process writes, an append ends with exit code 4 and nothing is written."""
    connection = sqlite3.connect(folder / "mledger.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        refused(begun("append", "comment.added", "model/credit", "--set", "on=1", "--set", "text=x"), 4)
    finally:
        connection.execute("ROLLBACK")
        connection.close()
    assert len(events(begun)) == 2


def test_a_wrong_passphrase_is_said(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key under a passphrase signs with the right one and refuses another in one line."""
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "right")
    ok(run("init", "--origin", "a.example", "--name", "Alice Example"))
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "wrong")
    refused(run("append", "model.registered", "model/m", *MODEL), 2, "passphrase")
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "right")
    ok(run("append", "model.registered", "model/m", *MODEL))


def test_a_ledger_that_was_cut_off_is_not_appended_to(begun: Run, folder: Path) -> None:
    """An older copy put back is found by the memory of heads; the way out that is named works."""
    old = (folder / "mledger.db").read_bytes()
    comment = ("append", "comment.added", "model/credit", "--set", "on=1", "--set", "text=x")
    ok(begun(*comment))
    (folder / "mledger.db").write_bytes(old)
    for name in ("mledger.db-wal", "mledger.db-shm"):
        (folder / name).unlink(missing_ok=True)
    refused(begun(*comment), 3, "heads forget")
    assert begun("verify").exit_code == 3
    ok(begun("heads", "forget", "acme.example/x"))
    ok(begun(*comment))


def test_a_read_only_folder_is_said(begun: Run, folder: Path) -> None:
    """Reading goes on, and an append names what cannot be written."""
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    folder.chmod(0o555)
    try:
        ok(begun("log"))
        refused(begun("append", "comment.added", "model/credit", "--set", "on=1", "--set", "text=x"), 4)
    finally:
        folder.chmod(0o755)
