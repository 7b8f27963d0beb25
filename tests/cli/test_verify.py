"""mledger verify: what was checked, with what it was compared, what is wrong, how it ends."""

import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

COMMENT = ("append", "comment.added", MODEL, "--set", "on=1", "--set")


@pytest.fixture
def lived(run: Run, begun: Path) -> Path:
    """A ledger with two comments, events 2 and 3."""
    for text in ("one", "two"):
        done(run(*COMMENT, f"text={text}"))
    return begun


def alter(ledger: Path, *statements: str) -> None:
    """Do what somebody who owns the file can do with it."""
    database = sqlite3.connect(ledger, isolation_level=None)
    triggers = database.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for (name,) in triggers:
        database.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        database.execute(statement)
    database.close()


def test_a_clean_ledger_is_verified_at_a_level(run: Run, lived: Path) -> None:
    """The first look on the machine that wrote it reaches level 2, and says what 3 and 4 need."""
    shown = done(run("verify"))
    assert "\nentries   4\n" in shown
    assert "\nchecked   4 signatures, 4 bodies, 1 key\n" in shown
    assert "compared  with this machine's memory of 4 entries" in shown
    assert "VERIFIED at level 2: consistent in itself" in shown
    assert "  level 3 needs a time anchor" in shown
    assert "  level 4 needs cosignatures" in shown
    row = told(run("verify", "--json", "--full"))
    assert (row["intact"], row["level"], row["exit_code"], row["findings"]) == (True, 2, 0, [])


def test_a_second_run_says_what_it_did_not_check_again(run: Run, lived: Path) -> None:
    """While only mledger wrote to the file, what was verified is named and not checked again."""
    done(run("verify"))
    again = done(run("verify"))
    assert "\nchecked   nothing is new\n" in again
    assert "before    4 entries verified 2" in again
    assert "--full checks all" in " ".join(again.split())
    done(run(*COMMENT, "text=three"))
    more = done(run("verify"))
    assert "\nentries   5, 1 new\n" in more
    assert "\nchecked   1 signature, 1 body, 1 key\n" in more
    full = done(run("verify", "--full"))
    assert "before" not in full
    assert "\nchecked   5 signatures, 5 bodies, 1 key\n" in full


def test_a_machine_that_never_saw_it_trusts_less(
    run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without memory and without anything kept elsewhere the level is 0, and the next is explained."""
    done(run("checkpoint", "-o", "kept"))
    head = told(run("verify", "--json"))["head"]
    monkeypatch.setenv("MLEDGER_HOME", str(lived.parent / "auditor"))
    shown = done(run("verify"))
    assert "compared  with nothing kept elsewhere" in shown
    assert "VERIFIED at level 0: consistent in itself\n" in shown
    assert "  level 1 needs" in shown
    for place, args in enumerate((["--from-checkpoint", "kept"], ["--expect-head", head])):
        monkeypatch.setenv("MLEDGER_HOME", str(lived.parent / f"other-{place}"))
        assert "VERIFIED at level 2" in done(run("verify", *args))


ATTACKS = {
    "a body": ("UPDATE event SET body = replace(body, 'one', 'two') WHERE seq = 2", "BROKEN", "body.digest"),
    "an entry that is gone": ("DELETE FROM entry WHERE seq = 2", "BROKEN", "chain.seq"),
    "a signature": ("UPDATE entry SET signature = zeroblob(64) WHERE seq = 2", "BROKEN", "entry."),
    "a leaf": ("UPDATE entry SET leaf = zeroblob(32) WHERE seq = 1", "BROKEN", "entry.leaf"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_broken_ledger_is_told_with_every_finding(run: Run, lived: Path, attack: str) -> None:
    """Exit 3: where, which rule, what was seen; the verdict last; as JSON the same findings."""
    done(run("verify"))
    statement, verdict, rule = ATTACKS[attack]
    alter(lived, statement)
    result = run("verify")
    assert result.exit_code == 3
    assert verdict in result.stdout
    assert "✗" in result.stdout
    row = json.loads(run("verify", "--json").stdout)
    assert (row["intact"], row["level"], row["exit_code"]) == (False, None, 3)
    assert any(finding["rule"].startswith(rule) for finding in row["findings"])
    assert all(finding["message"][:30] in " ".join(result.stdout.split()) for finding in row["findings"][:3])


def test_findings_are_never_cut(run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At 80 columns a finding goes on in further lines, and no line passes the edge."""
    alter(lived, ATTACKS["a body"][0])
    monkeypatch.setenv("COLUMNS", "80")
    shown = run("verify").stdout
    assert max(map(len, shown.splitlines())) <= 80
    assert "…" not in shown


def test_findings_of_policy_alone_end_with_one(run: Run, lived: Path) -> None:
    """A signature that may be somebody else's breaks nothing, and is told with exit code 1."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    done(run("key", "enroll", "bob-example", "--role", "engineer"))
    done(run(*COMMENT, "text=from Bob", "--as", "bob-example"))
    done(run("key", "revoke", "Bob Example", "--since", "5", "--reason", "stolen", "--as", "alice-example"))
    result = run("verify")
    assert result.exit_code == 1
    assert "VERIFIED, WITH FINDINGS, at level 2" in result.stdout
    assert "key.disputed" in result.stdout


def test_a_rolled_back_ledger_is_diverged(run: Run, lived: Path) -> None:
    """An older copy is intact in itself, and not what this machine has seen: exit 3."""
    shutil.copy(lived, "older.db")
    done(run(*COMMENT, "text=three"))
    shutil.copy("older.db", lived)
    result = run("verify")
    assert result.exit_code == 3
    assert "DIVERGED" in result.stdout
    assert "5 entries were seen on" in result.stdout


def test_a_ledger_that_is_gone_is_diverged(run: Run, lived: Path, begun: Path) -> None:
    """A file that this machine remembers is missed, or told from an empty one: never valid, exit 3."""
    lived.unlink()
    fix = refused_alike(run, ["verify"], "mledger.db held 4 entries of acme.example/credit on", code=3)
    assert "mledger heads forget " in fix
    lived.write_bytes(b"")
    refused_alike(run, ["verify"], "and now is no ledger", code=3)
    refused_alike(
        run, ["append", "comment.added", MODEL, "--set", "on=1", "--set", "text=x"], "held 4", code=3
    )
    done(run("heads", "forget", fix.split()[-1]))
    refused_alike(run, ["verify"], "it is empty")


def test_a_damaged_file_is_told(run: Run, lived: Path) -> None:
    """A file that was cut in the middle is no ledger any more: exit 3."""
    data = lived.read_bytes()
    lived.write_bytes(data[: len(data) // 3])
    for args in (["verify"], ["log"]):
        refused_alike(run, args, "is damaged or cut short", code=3)


def test_another_ledger_in_the_same_place_is_diverged(
    run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that was exchanged for a ledger from elsewhere is found by its place, by every command."""
    with monkeypatch.context() as patch:
        patch.setenv("MLEDGER_HOME", str(lived.parent / "elsewhere"))
        done(run("init", "--ledger", "other.db", "--origin", "b.example", "--name", "B", "--no-passphrase"))
    shutil.copy("other.db", lived)
    result = run("verify")
    assert result.exit_code == 3
    assert "DIVERGED" in result.stdout
    assert "this file held acme.example/credit" in " ".join(result.stdout.split())
    assert "warning: this is not the ledger acme.example/credit" in run("log").stderr


def test_a_checkpoint_of_this_ledger_holds(run: Run, lived: Path) -> None:
    """A checkpoint that was kept is named among what the ledger was compared with."""
    done(run("checkpoint", "-o", "kept"))
    done(run(*COMMENT, "text=three"))
    assert "with the checkpoint given, of 4 entries" in done(run("verify", "--from-checkpoint", "kept"))
    relied_on = told(run("verify", "--from-checkpoint", "kept", "--json"))["relied_on"]
    assert relied_on[1] == "the checkpoint given, of 4 entries"


def test_a_checkpoint_of_another_ledger_does_not_hold(run: Run, lived: Path) -> None:
    """A kept checkpoint that this ledger does not extend: exit 3, whoever signed it."""
    done(run("init", "--ledger", "other.db", "--origin", "b.example"))
    done(run("checkpoint", "--ledger", "other.db", "-o", "foreign"))
    result = run("verify", "--from-checkpoint", "foreign")
    assert result.exit_code == 3
    assert "the checkpoint given" in result.stdout


def test_a_checkpoint_of_a_forged_history_does_not_hold(run: Run, lived: Path) -> None:
    """The same origin and the same key with another history: the roots differ, exit 3."""
    done(run("init", "--ledger", "forged.db", "--origin", "acme.example/credit"))
    done(run("checkpoint", "--ledger", "forged.db", "-o", "forged"))
    result = run("verify", "--from-checkpoint", "forged")
    assert result.exit_code == 3
    assert "head.diverged" in result.stdout


@pytest.mark.parametrize("content", [b"", b"not a note\n", b"\xff\xfe", b"x" * (2 << 20)])
def test_what_is_no_checkpoint_is_wrong_use(run: Run, lived: Path, content: bytes) -> None:
    """A file that is no checkpoint says nothing about the ledger: exit 2, not 3."""
    Path("kept").write_bytes(content)
    with nothing_written(lived.parent):
        refused_alike(run, ["verify", "--from-checkpoint", "kept"], "kept is ")


def test_a_checkpoint_that_is_not_there_is_wrong_use(run: Run, lived: Path) -> None:
    """A file that is missing is told as such."""
    refused_alike(run, ["verify", "--from-checkpoint", "nowhere"], "'nowhere' does not exist")


def test_an_expected_head_is_looked_for(run: Run, lived: Path) -> None:
    """The hash of any entry that is there holds; another one does not; a part of one is no hash."""
    for number in ("0", "2", "3"):
        leaf = told(run("show", number, "--json"))["leaf"]
        assert "with the expected head" in done(run("verify", "--expect-head", leaf.upper()))
    result = run("verify", "--expect-head", "ab" * 32)
    assert result.exit_code == 3
    assert "DIVERGED" in result.stdout
    for wrong in ("ab", leaf[:12], "x" * 64, leaf + "0"):
        refused_alike(run, ["verify", "--expect-head", wrong], "--expect-head: ")


def test_a_reader_is_warned_of_what_is_not_known(run: Run, lived: Path) -> None:
    """Listing a ledger that was rolled back warns beside the output, and goes on."""
    shutil.copy(lived, "older.db")
    done(run(*COMMENT, "text=three"))
    shutil.copy("older.db", lived)
    for args in (["log"], ["show", "1"], ["key", "list", "--enrolled"], ["search", "one"]):
        result = run(*args)
        assert result.exit_code == 0, result.stderr
        warning, fix = result.stderr.splitlines()
        assert warning.startswith("mledger: warning: the ledger had 5 entries on ")
        assert "mledger heads forget " in fix
        as_json = run(*args, "--json")
        assert json.loads(as_json.stdout)
        assert json.loads(as_json.stderr)["warning"] == "diverged"


def test_an_append_to_a_rolled_back_ledger_is_refused_with_a_way_out(
    run: Run, lived: Path, home: Path
) -> None:
    """Both ways out work: the newest copy put back, or the memory given up by the name that is printed."""
    shutil.copy(lived, "older.db")
    done(run(*COMMENT, "text=three"))
    shutil.copy(lived, "newest.db")
    shutil.copy("older.db", lived)
    with nothing_written(lived.parent):
        fix = refused_alike(run, [*COMMENT, "text=x"], "the ledger had 5 entries on", code=3)
        refused_alike(run, ["checkpoint"], "the ledger had 5 entries on", code=3)
    shutil.copy("newest.db", lived)
    done(run(*COMMENT, "text=four"))
    shutil.copy("older.db", lived)
    refused(run(*COMMENT, "text=x"), "the ledger had 6 entries on", code=3)
    done(run(*fix.partition("mledger ")[2].split()))
    assert done(run(*COMMENT, "text=x")).startswith("event 4 ")
    done(run("verify"))


def test_a_damaged_memory_is_told(run: Run, lived: Path, home: Path) -> None:
    """A memory that cannot be read stops an append with the way out, and readers with a warning."""
    (memory,) = home.rglob("heads/*.json")
    memory.write_text("{}")
    fix = refused_alike(run, [*COMMENT, "text=x"], "the memory of a ledger's head is damaged")
    result = run("log")
    assert result.exit_code == 0
    assert "warning: the memory of a ledger's head is damaged" in result.stderr
    done(run(*fix.partition("mledger ")[2].split()))
    done(run(*COMMENT, "text=x"))


def test_what_is_remembered_is_listed(run: Run, lived: Path) -> None:
    """Each ledger that was used here has a line: name, origin, entries, how far it was verified, its file."""
    done(run("verify"))
    row = told(run("heads", "list", "--json"))[0]
    shown = done(run("heads", "list"))
    for value in (row["genesis"][:12], "acme.example/credit", "4", str(lived)):
        assert value in shown
    for name in (row["genesis"][:8], "acme.example/credit", "mledger.db"):
        done(run("verify"))
        assert done(run("heads", "forget", name)) == f"forgotten: {name}\n"
    result = run("heads", "list")
    assert (result.stdout, result.stderr) == ("", "this machine remembers no ledger\n")


def test_the_verdict_is_coloured_on_a_terminal_alone(
    lived: Path, terminal: Callable, process: Callable
) -> None:
    """Green says nothing that the word VERIFIED does not say."""
    at = terminal("verify")
    at.end()
    assert "\x1b[32mVERIFIED" in at.screen
    assert "\x1b" not in process("verify", env={"TERM": "xterm"}).stdout
