"""Bad input of every kind: one clear line, a way out, the exit code, nothing written."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, works

COMMENT = ("append", "comment.added", MODEL)
GOOD = (*COMMENT, "--set", "on=1", "--set", "text=x")
READERS = (["log"], ["show", "1"], ["verify"], ["prove", "1"], ["key", "list", "--enrolled"], ["replay"])
ALL = [*READERS, ["append", "comment.added", MODEL, "--set", "on=1", "--set", "text=x"], ["checkpoint"]]


def empty(path: Path) -> None:
    """A file without a byte."""
    path.write_bytes(b"")


def text(path: Path) -> None:
    """A file of another kind."""
    path.write_text("A shopping list.\n" * 100)


def foreign(path: Path) -> None:
    """A database of another program."""
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE shopping (item)")
    database.commit()
    database.close()


def newer(path: Path) -> None:
    """A ledger of a later layout."""
    shutil.copy("mledger.db", path)
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()


def folder(path: Path) -> None:
    """A folder."""
    path.mkdir()


NO_LEDGERS = {
    "missing": (lambda _: None, "there is no ledger at"),
    "empty": (empty, "it is empty"),
    "text": (text, "it is no SQLite file"),
    "foreign": (foreign, "of another program"),
    "newer": (newer, "was written by a newer mledger"),
    "folder": (folder, "is a folder"),
    "device": (lambda path: path.symlink_to("/dev/null"), "is not a file"),
}


@pytest.mark.parametrize("args", ALL, ids=lambda args: args[0])
@pytest.mark.parametrize("kind", NO_LEDGERS)
def test_what_is_no_ledger_is_refused_by_every_command(
    run: Run, begun: Path, kind: str, args: list[str]
) -> None:
    """A missing or wrong file, one that is no ledger or of a newer version: exit 2, and it stays as it is."""
    make, line = NO_LEDGERS[kind]
    make(Path("other.db"))
    with nothing_written(begun.parent):
        fix = refused_alike(run, [*args, "--ledger", "other.db"], line)
    if kind == "missing":
        assert fix.startswith("mledger init --ledger other.db")


DOCUMENTS = {
    "duplicate JSON key": (b'{"on": "1", "on": "2", "text": "x"}', "has the key 'on' twice", "mend the JSON"),
    "duplicate JSON key inside": (b'{"refs": [{"a": 1, "a": 2}]}', "has the key 'a' twice", "mend the JSON"),
    "duplicate YAML key": (b"on: 1\ntext: a\ntext: b\n", "line 3: the key 'text' stands twice", "YAML"),
    "duplicate YAML key inside": (
        b"refs:\n- {rel: see, rel: see}\n",
        "line 2: the key 'rel' stands twice",
        "YAML",
    ),
    "NaN": (b'{"on": "1", "text": "x", "x": NaN}', "holds NaN", '"NaN"'),
    "Infinity": (b'{"x": -Infinity}', "holds -Infinity", '"NaN"'),
    "large integer": (b'{"x": 9007199254740992}', "which passes 2**53 - 1", "as text"),
    "large number": (b'{"x": 1e999}', "which a double cannot hold", "as text"),
    "bad UTF-8 in JSON": (b'{"on": "1", "text": "\xff"}', "is not UTF-8", "mend"),
    "bad UTF-8 in YAML": (b"text: \xff\n", "is not UTF-8", "iconv"),
    "UTF-16": ('{"on": "1"}'.encode("utf-16"), "is not UTF-8", "iconv"),
    "surrogate": (b'{"on": "1", "text": "\\ud800"}', "a surrogate", "mend"),
    "broken JSON": (b'{"on": "1",\n "text": }', "line 2, column 10", "mend the JSON"),
    "broken YAML": (b"on: [\n", "line 2", "mend the YAML"),
    "deep JSON": (b'{"x": ' + b"[" * 99 + b"]" * 99 + b"}", "nested deeper", "mend"),
    "deep YAML": (b"x: " + b"[" * 2_000, "nested too deep", "mend"),
    "alias": (b"on: &a 1\ntext: *a\n", "line 2: an alias", "mend"),
    "tag": (b"text: !!python/name:os.system x\n", "line 1", "mend"),
    "two documents": (b"--- {on: 1}\n--- {on: 2}\n", "another document", "mend"),
    "key that is no text": (b"? [1]\n: 2\n", "a key must be text", "mend"),
    "text alone": (b"just text", "holds text alone", "mledger types comment.added --template"),
    "a YAML list": (b"- 1\n- 2\n", "holds a list", "mledger types comment.added --template"),
    "a number": (b"41", "holds a single value", "mledger types comment.added --template"),
    "comments alone": (b"# nothing\n", "holds nothing", "mledger types comment.added --template"),
    "nothing": (b"", "is empty", "mledger types"),
    "unknown field": (b"on: 1\ntext: x\ntxet: y\n", "txet: is not a field", "mledger types comment.added"),
    "missing field": (b"on: 1\n", "text: is missing", "mledger types comment.added"),
    "field of another kind": (
        b'{"on": "1", "text": 3}',
        "text: should be text, not 3",
        "mledger types comment.added",
    ),
    "a body too large": (b'{"on": "1", "text": "' + b"x" * (1 << 20) + b'"}', "at most 1,048,576", "attach"),
    "an array of numbers": (b"[1, 2]", "event 1: should be a JSON object", "mledger append --help"),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_wrong_document_is_refused(run: Run, begun: Path, name: str) -> None:
    """What is wrong, where in the file, and how to mend it; nothing is recorded."""
    data, line, way_out = DOCUMENTS[name]
    Path("event.yaml").write_bytes(data)
    with nothing_written(begun.parent):
        fix = refused_alike(run, [*COMMENT, "--from", "event.yaml"], line)
    assert way_out in fix
    works(run, fix)


@pytest.mark.parametrize("source", ["nowhere.yaml", ".", "no/where.yaml"])
def test_a_file_that_cannot_be_read_is_named(run: Run, begun: Path, source: str) -> None:
    """A file that is not there, or a folder in its place, is told by its name."""
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENT, "--from", source], f"{source} cannot be read")
        refused_alike(run, ["append", "--from", source], f"{source} cannot be read")


def test_an_empty_pipe_is_told(run: Run, begun: Path) -> None:
    """`--from -` with nothing on standard input records nothing, for one event and for many."""
    with nothing_written(begun.parent):
        refused_alike(run, [*COMMENT, "--from", "-"], "standard input is empty", input="")
        refused_alike(run, ["append", "--from", "-"], "standard input is empty", input="")


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["--at", "2026-01-01T00:00:00"], "--at: the time 2026-01-01T00:00:00 has no time zone"),
        (["--at", "2026-01-01"], "has no time zone"),
        (["--at", "yesterday"], "--at: 'yesterday' is not an ISO 8601 time"),
        (["--at", "2999-01-01T00:00:00Z"], "which is in the future"),
        (["--id", "7"], "--id: '7' is not a UUID"),
        (["--id", "01955f9a-1a00-4000-8000-000000000001"], "is no UUID of version 7"),
        (["--meaning", "love"], "--meaning: 'love' is none of authorship, review"),
        (["--meaning", "machine"], "cannot sign with the meaning 'machine'"),
        (["--as", "nobody"], "no key is called 'nobody'"),
        (["--tz", "Mars/Base", "--json"], ""),
    ],
)
def test_a_wrong_option_is_named(run: Run, begun: Path, args: list[str], line: str) -> None:
    """Times without zone or in the future, ids, meanings and keys that are none."""
    if not line:
        return
    with nothing_written(begun.parent):
        fix = refused_alike(run, [*GOOD, *args], line)
    works(run, fix)


@pytest.mark.parametrize("origin", ["a b", "a+b", "", "x" * 256, "a\tb", "e\u0301"])
def test_a_wrong_origin_is_refused(run: Run, folder: Path, home: Path, origin: str) -> None:
    """A name with a space, a plus, nothing in it or too much: nothing is made, no key either."""
    args = ["init", "--origin", origin, "--name", "Alice", "--no-passphrase"]
    with nothing_written(folder), nothing_written(home):
        refused_alike(run, args, "--origin")


def test_a_wrong_passphrase_is_told(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is named, and nothing is recorded."""
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "sesame")
    done(run("init", "--origin", "a.example", "--name", "Alice"))
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "barley")
    with nothing_written(folder):
        fix = refused_alike(run, [*GOOD], "the passphrase of the key alice is wrong")
    assert "try again" in fix


def test_a_key_that_may_not_is_told(run: Run, begun: Path) -> None:
    """A key that is not enrolled, has no role for it, or was revoked: exit 2 with the rule in the JSON."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    as_bob = ["--as", "bob-example"]
    with nothing_written(begun.parent):
        assert "mledger key enroll" in refused_alike(run, [*GOOD, *as_bob], "is not enrolled in acme.example")
        assert json.loads(run(*GOOD, *as_bob, "--json").stderr)["rule"] == "key.unknown"
    done(run("key", "enroll", "bob-example", "--role", "auditor"))
    with nothing_written(begun.parent):
        run_ = ["append", "model.retired", MODEL, "--set", "reason=old", *as_bob]
        assert "mledger key grant" in refused_alike(
            run, run_, "Bob Example (auditor) may not record model.retired"
        )
        assert "--as" in refused_alike(run, [*GOOD], "several of your keys may sign here")
    done(run("key", "revoke", "bob-example", "--reason", "left", "--as", "alice-example"))
    with nothing_written(begun.parent):
        refused_alike(run, [*GOOD, *as_bob], "was revoked by entry")
    done(run(*GOOD))


def test_nobody_approves_their_own_request(run: Run, begun: Path) -> None:
    """The four-eyes rule is told with its name, and nothing is recorded."""
    sets = {
        "title": "t",
        "summary": "s",
        "category": "dataset",
        "question": "q",
        "choice": "a",
        "rationale": "r",
    }
    more = {
        "data_quality_influence": "none",
        "single_option_reason": "only one",
        "alternatives": '[{"name":"a"}]',
    }
    args = [part for name, value in (sets | more).items() for part in ("--set", f"{name}={value}")]
    done(run("append", "decision.proposed", MODEL, *args))
    accept = ["append", "decision.accepted", MODEL, "--set", "decision=2"]
    with nothing_written(begun.parent):
        refused_alike(run, accept, "Alice Example signed event 2 and cannot answer it")
    assert json.loads(run("--json", *accept).stderr)["rule"] == "four-eyes"


def test_a_key_that_is_in_no_keystore_is_told(run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without a key an append says how to get one; reading goes on."""
    monkeypatch.setenv("MLEDGER_HOME", str(begun.parent / "elsewhere"))
    assert "mledger key new" in refused(run(*GOOD), "none of your keys is enrolled in acme.example/credit")
    assert MODEL in done(run("log"))


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["show", "x"], "WHAT: 'x' is not an event number"),
        (["show", "99"], "there is no entry 99"),
        (["show", "1.2"], "entry 1 carries one event, there is no 1.2"),
        (["show", "--", "-1"], "WHAT: '-1' is not an event number"),
        (["show", "01955f9a-1a00-7000-8000-000000000001"], "there is no event 01955f9a"),
        (["show", "01955f9a-1a00-4000-8000-000000000001"], "is no UUID of version 7"),
        (["log", "nothing"], "nothing is recorded on nothing"),
        (["why", ""], "the name is empty"),
        (["why", "@1.0"], "the name is empty"),
        (["why", "ledger"], "ledger is no model"),
        (["lineage", ""], "the name is empty"),
        (["key", "grant", "", "engineer", "--reason", "x"], "the name is empty, and says nobody"),
        (["key", "revoke", " ", "--reason", "x"], "the name is empty, and says nobody"),
        (["inbox", "--for", ""], "the name is empty, and says nobody"),
        (["handover", "credit-risk", "--from", "", "--to", "Bob"], "the name is empty, and says nobody"),
        (["log", "--by", "decision", "--type", "run"], "--by decision tells a model whole"),
        (["search", "--model", "nothing"], "nothing is recorded on nothing"),
        (["comment", "1", ""], "text: should not be empty"),
        (["log", "model/credit-rsk"], "did you mean model/credit-risk?"),
        (["log", "model//x"], "STREAM: 'model//x' is not a stream"),
        (["log", "--since", "yesterday"], "--since: 'yesterday' is not an ISO 8601 time"),
        (["log", "--until", "2026-13-01"], "--until: "),
        (["log", "--type", "X"], "--type: 'X' is not an event type"),
        (["log", "--limit", "-1"], "invalid value for '--limit'"),
        (["log", "--tz", "Mars/Base"], "no time zone is called 'Mars/Base'"),
        (["prove"], "name one EVENT, or two checkpoints"),
        (["prove", "1"], "no checkpoint covers entry 1 yet"),
        (["prove", "99"], "there is no entry 99"),
        (["replay", "nothing"], "nothing"),
        (["replay", "--known-at", "soon"], "'soon' is neither a time nor an event number"),
        (["replay", "--known-at", "99"], "there is no entry 99"),
        (["replay", "--as-of", "soon"], "--as-of: 'soon' is not an ISO 8601 time"),
        (["diff", "1"], "missing argument 'WHEN2'"),
        (["diff", "1", "soon"], "'soon' is neither a time nor an event number"),
        (["types", "nothing"], "no event type begins with 'nothing'"),
        (["types", "decison"], "did you mean decision?"),
        (["heads", "forget", "nothing"], "no ledger called 'nothing' is remembered"),
        (["key", "show", "nobody"], "no key is called 'nobody'"),
        (["key", "enroll", "nobody", "--role", "engineer"], "no key is called 'nobody'"),
        (["key", "revoke", "Alice Exmple", "--reason", "x"], "did you mean 'Alice Example'?"),
        (
            ["key", "grant", "nobody", "engineer", "--reason", "x"],
            "no active key of this ledger belongs to 'nobody'",
        ),
        (["key", "grant", "Alice Example", "wizard", "--reason", "x"], "the policy knows no role 'wizard'"),
        (["key", "revoke", "Alice Example", "--reason", "x"], "nobody would be left who may grant roles"),
        (["search", '"'], "has no word to look for"),
        (["init"], "mledger.db is there already"),
        (["init", "--ledger", "no/where.db"], "there is no folder"),
    ],
)
def test_a_wrong_word_is_put_right(run: Run, begun: Path, args: list[str], line: str) -> None:
    """Every command says what is wrong with what it was given; its way out, where it is a command, works."""
    with nothing_written(begun.parent):
        fix = refused_alike(run, args, line)
    if args[0] != "init":  # which would ask for what is still missing
        works(run, fix)


def test_init_asks_nobody_who_is_not_there(
    process: Callable, folder: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal what is missing is named, with a command that says it; nothing is made."""
    with nothing_written(folder), nothing_written(home):
        for args in ([], ["--origin", "a.example"], ["--name", "Alice"]):
            ended = process("init", *args)
            assert ended.returncode == 2
            line, fix = ended.stderr.splitlines()
            assert "must be said: there is no terminal to ask at" in line
            assert fix == "  fix: mledger init --origin acme.example/credit-risk --name 'Alice Example'"
        ended = process("init", "--origin", "a.example", "--name", "Alice")
        assert (ended.returncode, "MLEDGER_PASSPHRASE" in ended.stderr) == (2, True)
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "sesame")
    assert (
        process(*fix.removeprefix("  fix: mledger ").split(" --name")[0].split(), "--name", "A").returncode
        == 0
    )


def test_a_key_that_others_can_read_is_refused(run: Run, begun: Path, home: Path) -> None:
    """As ssh does; the way out is the command that locks the file."""
    (file,) = home.rglob("alice-example.key")
    file.chmod(0o644)
    fix = refused(run(*GOOD), "can be read by others (mode 0644)")
    assert fix == f"chmod 600 {file}"
    os.system(fix)  # noqa: S605  it is what the person is told to type
    done(run(*GOOD))
