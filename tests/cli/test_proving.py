"""Verification, checkpoints, receipts and the memory of heads, as people use them."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def ok(result: Result) -> str:
    """What was printed, all having gone well."""
    assert result.exit_code == 0, result.output
    return result.output


def comment(run: Run, text: str) -> None:
    """Record a comment."""
    ok(run("append", "comment.added", "model/m", "--set", "on=1", "--set", f"text={text}"))


def edit(path: Path, sql: str) -> None:
    """Change a ledger behind mledger's back, all triggers dropped."""
    connection = sqlite3.connect(path, isolation_level=None)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    connection.execute(sql)
    connection.close()


@pytest.fixture
def begun(run: Run) -> Run:
    """A ledger in this folder with three events."""
    ok(run("init", "--origin", "acme.example/x", "--name", "Alice Example", "--no-passphrase"))
    fields = ("--set", "title=M", "--set", "purpose=p", "--set", "owner=Alice Example")
    ok(run("append", "model.registered", "model/m", *fields))
    comment(run, "first")
    return run


def test_verify_says_level_and_what_the_next_needs(begun: Run) -> None:
    """A clean ledger is verified at a level, never just fine, and the next levels are named."""
    said = ok(begun("verify"))
    assert "VERIFIED at level 2" in said
    assert "level 3 needs" in said
    row = json.loads(ok(begun("verify", "--json", "--full")))
    assert (row["level"], row["exit_code"], row["entries"], row["signatures"]) == (2, 0, 3, 3)
    assert row["findings"] == []


def test_a_second_verification_checks_what_is_new_and_says_so(begun: Run) -> None:
    """What was verified is passed over while only mledger wrote; --full checks all again."""
    ok(begun("verify"))
    comment(begun, "second")
    row = json.loads(ok(begun("verify", "--json")))
    assert (row["since"], row["signatures"]) == (3, 1)
    assert "--full" in ok(begun("verify"))
    assert json.loads(ok(begun("verify", "--full", "--json")))["signatures"] == 4


def test_an_edited_body_is_found_at_once(begun: Run, folder: Path) -> None:
    """What is edited after a clean verification is found by the next: exit code 3, the event named."""
    ok(begun("verify"))
    edit(folder / "mledger.db", "UPDATE event SET body = replace(body, 'first', 'worst') WHERE seq = 2")
    result = begun("verify")
    assert result.exit_code == 3
    assert "BROKEN" in result.output
    assert "body.digest" in result.output
    row = json.loads(begun("verify", "--json").output)
    assert ("body.digest", "2") in {(f["rule"], f["where"]) for f in row["findings"]}
    assert begun("show", "2").exit_code == 3
    assert begun("replay").exit_code == 3


def test_missing_and_empty_ledgers_are_never_valid(run: Run, folder: Path) -> None:
    """Nothing there is wrong use; a file of no bytes is no ledger."""
    assert run("verify").exit_code == 2
    (folder / "mledger.db").touch()
    assert run("verify").exit_code == 2


def test_a_checkpoint_kept_elsewhere_holds_the_ledger_to_it(begun: Run, folder: Path) -> None:
    """A ledger that extends it is verified; another ledger, or a rewritten one, has diverged."""
    ok(begun("checkpoint", "-o", "kept"))
    comment(begun, "second")
    said = json.loads(ok(begun("verify", "--from-checkpoint", "kept", "--json")))
    assert any("checkpoint" in on for on in said["relied_on"])
    ok(begun("init", "--ledger", "other.db", "--origin", "acme.example/x", "--key", "alice-example"))
    ok(begun("checkpoint", "--ledger", "other.db", "-o", "forged"))
    assert begun("verify", "--from-checkpoint", "forged").exit_code == 3
    (folder / "garbage").write_text("no checkpoint")
    assert begun("verify", "--from-checkpoint", "garbage").exit_code == 2
    assert begun("verify", "--from-checkpoint", "nowhere").exit_code == 2


def test_an_expected_head_must_be_there(begun: Run) -> None:
    """The head that verify prints is found again later; another hash, and what is none, are told apart."""
    head = json.loads(ok(begun("verify", "--json")))["head"]
    comment(begun, "second")
    ok(begun("verify", "--expect-head", head))
    missing = begun("verify", "--expect-head", "0" * 64)
    assert missing.exit_code == 3
    assert "DIVERGED" in missing.output
    assert begun("verify", "--expect-head", "abc").exit_code == 2


def test_receipts_are_checked_without_the_ledger(begun: Run, folder: Path) -> None:
    """A receipt holds under the ledger's verifier key, and not under another or with a byte changed."""
    assert begun("prove", "2").exit_code == 2  # no checkpoint covers it yet
    ok(begun("checkpoint", "-o", "old"))
    ok(begun("prove", "2", "-o", "r.tlog-proof"))
    vkey = ok(begun("checkpoint", "--vkey")).strip()
    comment(begun, "second")
    ok(begun("checkpoint", "-o", "new"))
    ok(begun("prove", "--between", "old", "new", "-o", "growth"))
    (folder / "mledger.db").unlink()
    assert "comment.added" in ok(begun("check-proof", "r.tlog-proof", "--vkey", vkey))
    ok(begun("check-proof", "old", "--vkey", vkey))
    ok(begun("check-proof", "growth", "--vkey", vkey, "--between", "old", "new"))
    assert json.loads(ok(begun("check-proof", "r.tlog-proof", "--vkey", vkey, "--json")))
    assert begun("check-proof", "growth", "--vkey", vkey, "--between", "new", "old").exit_code == 3
    assert begun("check-proof", "old", "--vkey", "what").exit_code == 2
    other = "acme.example/x+" + vkey.partition("+")[2][::-1]
    assert begun("check-proof", "old", "--vkey", other).exit_code in {2, 3}
    data = bytearray((folder / "r.tlog-proof").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "bad.tlog-proof").write_bytes(data)
    assert begun("check-proof", "bad.tlog-proof", "--vkey", vkey).exit_code in {2, 3}
    (folder / "growth").write_text("not base64!\n")
    assert begun("check-proof", "growth", "--vkey", vkey, "--between", "old", "new").exit_code == 2


def test_a_checkpoint_never_takes_the_place_of_a_file(begun: Run, folder: Path) -> None:
    """Files that are there stay; a folder that is not there is said; without -o the note is printed."""
    (folder / "kept").write_text("mine")
    assert begun("checkpoint", "-o", "kept").exit_code == 2
    assert (folder / "kept").read_text() == "mine"
    assert begun("checkpoint", "-o", "nowhere/kept").exit_code in {2, 4}
    note = ok(begun("checkpoint"))
    assert note.startswith("acme.example/x\n3\n")
    assert ok(begun("checkpoint")) == note
    row = json.loads(ok(begun("checkpoint", "--json")))
    assert row["note"] == note


def test_only_the_first_key_signs_checkpoints(begun: Run) -> None:
    """Somebody else is told whose key it takes."""
    ok(begun("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    ok(begun("key", "enroll", "bob-example", "--role", "engineer", "--as", "alice-example"))
    result = begun("checkpoint", "--as", "bob-example")
    assert result.exit_code == 2
    assert "Alice Example" in result.stderr


def test_prove_takes_an_event_or_two_checkpoints(begun: Run) -> None:
    """Neither, or both, is wrong use; an event that is not there is named."""
    assert begun("prove").exit_code == 2
    assert begun("prove", "77").exit_code == 2
    assert begun("prove", "x").exit_code == 2


def test_heads_are_listed_and_forgotten(begun: Run) -> None:
    """What this machine remembers is shown, and can be forgotten by name; what it does not know is said."""
    assert "acme.example/x" in ok(begun("heads", "list"))
    (memory,) = json.loads(ok(begun("heads", "list", "--json")))
    assert memory["size"] == 3
    assert begun("heads", "forget", "b.example").exit_code == 2
    ok(begun("heads", "forget", memory["genesis"][:12]))
    assert "VERIFIED at level 0" in ok(begun("verify"))


def test_keys_are_enrolled_granted_rotated_and_revoked(begun: Run) -> None:
    """Each step shows in the list of enrolled keys, and a revoked key signs no more."""
    me = ("--as", "alice-example")
    ok(begun("key", "new", "--owner", "Bob Example", "--email", "bob@acme.example", "--no-passphrase"))
    ok(begun("key", "enroll", "bob-example", "--role", "reviewer", *me))
    ok(begun("key", "grant", "Bob Example", "engineer", "--reason", "Builds too.", *me))
    members = {m["name"]: m for m in json.loads(ok(begun("key", "list", "--enrolled", "--json")))}
    assert members["Bob Example"]["roles"] == ["engineer", "reviewer"]
    ok(begun("key", "grant", "bob@acme.example", "reviewer", "--take", "--reason", "Too much.", *me))
    ok(begun("key", "new", "--owner", "Bob Example", "--name", "bob-new", "--no-passphrase"))
    ok(begun("key", "rotate", "Bob Example", "bob-new", "--reason", "Yearly.", *me))
    assert (
        begun(
            "append", "comment.added", "model/m", "--set", "on=1", "--set", "text=x", "--as", "bob-example"
        ).exit_code
        == 2
    )
    ok(begun("append", "comment.added", "model/m", "--set", "on=1", "--set", "text=x", "--as", "bob-new"))
    ok(begun("key", "revoke", "Bob Example", "--reason", "Left.", "--since", "1", *me))
    assert begun("verify").exit_code == 1
    assert begun("key", "revoke", "Bob Example", "--reason", "Again.", *me).exit_code == 2
    assert begun("key", "enroll", "/nowhere.pub", "--role", "reviewer", *me).exit_code == 2
    assert begun("key", "grant", "alice@nowhere", "engineer", "--reason", "x", *me).exit_code == 2
    assert begun("key", "revoke", "Alice Example", "--reason", "x", *me).exit_code == 2
    assert "Bob Example" in ok(begun("key", "list", "--enrolled"))


def test_a_machine_is_enrolled_as_one(begun: Run, folder: Path) -> None:
    """A job's key from a public file signs as a machine, within the role of one."""
    ok(begun("key", "new", "--owner", "Training job", "--name", "job", "--no-passphrase"))
    public = json.loads(ok(begun("key", "show", "job", "--json")))["public"]
    (folder / "job.pub").write_text(f"ssh-ed25519 {public} somebody@host\n" if " " not in public else public)
    me = ("--as", "alice-example")
    ok(begun("key", "enroll", "job", "--role", "machine", "--machine", *me))
    words = ("append", "comment.added", "model/m", "--set", "on=1", "--set", "text=x", "--as", "job")
    assert begun(*words).exit_code == 2
    failed = ("append", "run.failed", "model/m", "--set", "run=r", "--set", "exit.exception_type=OSError")
    assert json.loads(ok(begun(*failed, "--as", "job", "--json")))["meaning"] == "machine"


def test_what_is_read_is_found(begun: Run) -> None:
    """Log narrows by stream, type, person and time; show, search, replay and diff find the same events."""
    comment(begun, "early stopping helps")
    assert "early stopping" in ok(
        begun("log", "model/m", "--type", "comment.added", "--by", "alice", "--limit", "1")
    )
    assert "nothing" in ok(begun("log", "--by", "nobody"))
    assert json.loads(ok(begun("log", "--since", "2999-01-01", "--json"))) == []
    assert json.loads(ok(begun("log", "--until", "2001-01-01", "--json"))) == []
    assert "early stopping" in ok(begun("show", "3"))
    assert (
        json.loads(ok(begun("show", "3", "--raw")))["payloadType"] == "application/vnd.mledger.entry.v1+json"
    )
    assert begun("show", "3.7").exit_code == 2
    assert "early stopping" in ok(begun("search", "early stopping", "--model", "m", "--since", "2020-01-01"))
    assert "comment.added 2" in ok(begun("search", "--type", "comment.added", "--facets"))
    assert json.loads(ok(begun("search", "zebra", "--json"))) == []
    assert begun("search", "%").exit_code == 2
    assert "model/m" in ok(begun("replay", "m"))
    assert json.loads(ok(begun("replay", "--known-at", "1", "--json")))["cut"]["entries"] == 2
    assert "comment" in ok(begun("diff", "1", "3", "m"))
    assert json.loads(ok(begun("diff", "1", "3", "--json")))["changes"] is not None
    assert begun("replay", "nothing").exit_code == 2
    assert begun("replay", "--as-of", "yesterday").exit_code == 2
