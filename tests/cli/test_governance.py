"""mledger key enroll, grant, revoke, rotate: who may sign here, and from when to when."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told

COMMENT = ("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=x")
AS_ALICE = ("--as", "alice-example")


@pytest.fixture
def bob(run: Run, begun: Path) -> dict:
    """Bob's key, in the same keystore, not enrolled yet."""
    args = ("--owner", "Bob Example", "--email", "bob@acme.test", "--no-passphrase")
    return told(run("key", "new", *args, "--json"))


def members(run: Run) -> dict[str, dict]:
    """The keys that the ledger knows, by name; the last of a name wins."""
    return {row["name"]: row for row in told(run("key", "list", "--enrolled", "--json"))}


def test_a_key_that_is_enrolled_may_sign(run: Run, begun: Path, bob: dict) -> None:
    """Enrolment names the person, the roles and the fingerprint to compare; from then on the key signs."""
    result = run("key", "enroll", "bob-example", "--role", "engineer", "--role", "auditor")
    assert done(result).startswith("event 2  ")
    assert "Bob Example may sign from now on, as engineer and auditor" in result.stderr
    assert bob["fingerprint"] in result.stderr
    assert members(run)["Bob Example"]["roles"] == ["auditor", "engineer"]
    assert "signed Bob Example, authorship" in done(run(*COMMENT, "--as", "bob@acme.test"))
    shown = done(run("key", "list", "--enrolled"))
    assert "0 to now" in shown
    assert "auditor, engineer" in shown


def test_a_public_key_file_is_enough(run: Run, begun: Path, bob: dict) -> None:
    """Whoever enrols needs the public line alone: from mledger, from ssh-keygen, or 64 hex digits."""
    Path("bob.pub").write_text(f"{bob['public']}\n")
    done(run("key", "enroll", "bob.pub", "--role", "auditor"))
    assert members(run)["Bob Example"]["email"] == "bob@acme.test"
    Path("carol.pub").write_text("ab" * 31 + "cd")
    refused(
        run("key", "enroll", "carol.pub", "--role", "auditor", *AS_ALICE),
        "carol.pub does not say whose key it is",
    )


def test_a_name_may_be_given_to_a_nameless_key(run: Run, begun: Path, program: Callable) -> None:
    """--name and --email say what a file made by ssh-keygen does not; --machine makes it no person's."""
    subprocess.run(
        [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "ci@host", "-f", "job"], check=True
    )
    named = ("--name", "Nightly job", "--machine")
    refused(run("key", "enroll", "job.pub", "--role", "machine"), "does not say whose key it is")
    done(run("key", "enroll", "job.pub", "--role", "machine", *named))
    assert members(run)["Nightly job"]["kind"] == "machine"
    Path("job").chmod(0o600)
    fields = ("--set", "run=r", "--set", "hypothesis=h", "--set", "criteria.0.metric=auc")
    more = ("--set", "criteria.0.operator=>=", "--set", "criteria.0.value=0.9")
    assert "signed Nightly job, machine" in done(
        run("append", "run.started", MODEL, *fields, *more, "--as", "job")
    )


def test_roles_are_given_and_taken(run: Run, begun: Path, bob: dict) -> None:
    """A role that is granted counts from the next entry on, and one that is taken away no longer."""
    done(run("key", "enroll", "bob-example", "--role", "auditor"))
    retire = ("append", "model.retired", MODEL, "--set", "reason=old", "--as", "bob-example")
    refused(run(*retire), "may not record model.retired")
    done(run("key", "grant", "bob@acme.test", "engineer", "--reason", "joins", *AS_ALICE))
    assert members(run)["Bob Example"]["roles"] == ["auditor", "engineer"]
    done(run("key", "grant", bob["key"][:8], "engineer", "--take", "--reason", "leaves", *AS_ALICE))
    refused(run(*retire), "may not record model.retired")
    again = ("key", "grant", "Bob Example", "engineer", "--take", "--reason", "x", *AS_ALICE)
    refused_alike(run, [*again], "Bob Example does not have the role engineer")


def test_a_revoked_key_signs_no_longer(run: Run, begun: Path, bob: dict) -> None:
    """What it signed before stays; the list says until when it spoke."""
    done(run("key", "enroll", "bob-example", "--role", "auditor"))
    done(run(*COMMENT, "--as", "bob-example"))
    done(run("key", "revoke", "bob-example", "--reason", "laptop stolen", *AS_ALICE))
    refused(run(*COMMENT, "--as", "bob-example"), "of Bob Example was revoked by entry 4")
    assert "2 to 4" in done(run("key", "list", "--enrolled"))
    assert done(run("verify"))
    refused_alike(
        run, ["key", "revoke", "Bob Example", "--reason", "x"], "no active key of this ledger belongs to"
    )
    done(run(*COMMENT))  # the only key that is left needs no name


def test_a_rotation_keeps_person_and_roles(run: Run, begun: Path, bob: dict) -> None:
    """The new key takes the old one's roles and place; the old one signs no longer."""
    done(run("key", "enroll", "bob-example", "--role", "auditor"))
    done(run("key", "new", "--owner", "Bob Example", "--name", "bob-2027", "--no-passphrase"))
    done(run("key", "rotate", "Bob Example", "bob-2027", "--reason", "yearly", *AS_ALICE))
    refused(run(*COMMENT, "--as", "bob-example"), "was revoked by entry 3")
    assert "signed Bob Example" in done(run(*COMMENT, "--as", "bob-2027"))
    rows = [row for row in told(run("key", "list", "--enrolled", "--json")) if row["name"] == "Bob Example"]
    assert [row["roles"] for row in rows] == [["auditor"], ["auditor"]]
    assert [row["revoked"] for row in rows] == [3, None]


def test_the_right_key_of_several_must_be_named(
    run: Run, begun: Path, bob: dict, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With two keys of one's own that may sign, --as or MLEDGER_KEY chooses; --as wins."""
    done(run("key", "enroll", "bob-example", "--role", "auditor"))
    fix = refused_alike(run, [*COMMENT], "several of your keys may sign here: alice-example, bob-example")
    assert "--as" in fix
    monkeypatch.setenv("MLEDGER_KEY", "bob-example")
    assert "signed Bob Example" in done(run(*COMMENT))
    assert f"signed {ALICE}" in done(run(*COMMENT, *AS_ALICE))
    monkeypatch.setenv("MLEDGER_KEY", bob["path"])
    assert "signed Bob Example" in done(run(*COMMENT))


@pytest.mark.parametrize(
    ("args", "line"),
    [
        (["enroll", "bob-example"], "missing option '--role'"),
        (["enroll", "bob-example", "--role", "wizard"], "the policy knows no role 'wizard'"),
        (["enroll", "nobody", "--role", "auditor"], "no key is called 'nobody'"),
        (["enroll", "mledger.db", "--role", "auditor"], "is not an Ed25519 public key"),
        (["enroll", "alice-example", "--role", "auditor"], "is enrolled already"),
        (["grant", "Alice Example"], "missing argument 'ROLE'"),
        (["grant", "Alice Example", "auditor"], "missing option '--reason'"),
        (["grant", "Alice Example", "owner", "--take", "--reason", "x"], "nobody would be left"),
        (["revoke", "Alice Example", "--reason", "x"], "nobody would be left"),
        (["revoke", "alice-example"], "missing option '--reason'"),
        (["revoke", "Alice Example", "--since", "x", "--reason", "x"], "--since: 'x' is not an event number"),
        (["revoke", "alice-example", "--since", "99", "--reason", "x"], "must be an event before"),
        (["rotate", "Alice Example", "nobody", "--reason", "x"], "no key is called 'nobody'"),
        (["rotate", "Alice Example", "alice-example", "--reason", "x"], "should be another key"),
        (
            ["rotate", "Alice Example", "bob-example", "--reason", "x"],
            "is a key of Bob Example, and not of Alice",
        ),
        (["show"], "missing argument 'KEY'"),
        (["lisst"], "did you mean list?"),
    ],
)
def test_what_cannot_be_governed_is_refused(
    run: Run, begun: Path, bob: dict, args: list[str], line: str
) -> None:
    """Keys, roles and reasons that are missing or cannot be: told, and nothing is recorded."""
    with nothing_written(begun.parent):
        refused_alike(run, ["key", *args], line)


def test_governing_as_json_is_a_receipt(run: Run, begun: Path, bob: dict) -> None:
    """With --json each act of governance prints what was recorded, and no hint."""
    result = run("key", "enroll", "bob-example", "--role", "auditor", "--json")
    assert (json.loads(done(result))["type"], result.stderr) == ("key.enrolled", "")
    row = told(run("key", "revoke", "bob-example", "--reason", "x", *AS_ALICE, "--json"))
    assert (row["type"], row["stream"]) == ("key.revoked", "ledger")


def test_the_order_of_commands_is_that_of_a_life(run: Run) -> None:
    """`mledger key` lists first how a key is made, last how it ends."""
    lines = done(run("key")).split("Commands:\n")[1].split("\n\n")[0].splitlines()
    assert [
        line.split()[0] for line in lines
    ] == "new adopt list show enroll grant revoke rotate hand-over appoint".split()
    assert os.linesep not in lines[0]
