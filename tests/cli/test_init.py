"""mledger init: a ledger and, if need be, a key, with as few questions as possible."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.keystore import Keystore
from tests.cli.asking import ALICE, Run, done, nothing_written, refused, refused_alike, told

ORIGIN = ("--origin", "acme.example/credit")
SECRET = {"MLEDGER_PASSPHRASE": "open sesame"}


def test_everything_said_nothing_is_asked(run: Run, folder: Path) -> None:
    """Origin, name and key stand in what is printed; the ledger is one file; the next command is named."""
    result = run("init", *ORIGIN, "--name", ALICE, "--email", "alice@acme.test", "--no-passphrase")
    shown = done(result)
    (record,) = Keystore().list()
    for value in (
        "mledger.db",
        "acme.example/credit",
        f"signed {ALICE}",
        "alice-example, new",
        record.fingerprint,
    ):
        assert value in shown
    assert result.stderr == "next: mledger append model.registered model/NAME --edit\n"
    assert [path.name for path in folder.iterdir()] == ["mledger.db"]
    assert told(run("show", "0", "--json"))["data"]["key"]["email"] == "alice@acme.test"


def test_as_json_all_of_it_is_told(run: Run, folder: Path) -> None:
    """With --json the ledger, its opening and the key are one object, and no hint follows."""
    result = run("init", *ORIGIN, "--name", ALICE, "--no-passphrase", "--json")
    row = told(result)
    assert (row["ledger"], row["origin"], row["new_key"], result.stderr) == (
        "mledger.db",
        ORIGIN[1],
        True,
        "",
    )
    assert row["opening"]["type"] == "ledger.opened"
    assert row["key"]["owner"] == ALICE
    assert row["leaf"] == told(run("show", "0", "--json"))["leaf"]


def test_a_person_is_asked_for_what_is_missing(terminal: Callable, folder: Path) -> None:
    """At a terminal name and origin are asked for, and the passphrase twice, not a third time."""
    at = terminal("init")
    at.wait_for("Name of the ledger, for ever: ")
    at.type("acme.example/credit\n")
    at.wait_for("Your name, as signatures print it: ")
    at.type("Alice Example\n")
    at.wait_for("New passphrase for the key alice-example: ")
    at.type("open sesame\n")
    at.wait_for("Again: ")
    at.type("open sesame\n")
    code, shown = at.end()
    assert code == 0
    assert "sesame" not in shown
    assert shown.count("assphrase") == 2  # the question, and that the key is locked by it
    (record,) = Keystore().list()
    assert Keystore().unlock(record, lambda: "open sesame").public == record.public


def test_the_passphrase_of_the_environment_is_enough(process: Callable) -> None:
    """A new key is locked by MLEDGER_PASSPHRASE, and the ledger opened with it, without a terminal."""
    assert process("init", *ORIGIN, "--name", ALICE, env=SECRET).returncode == 0
    (record,) = Keystore().list()
    assert record.encrypted


def test_the_only_key_is_used_again(run: Run, folder: Path) -> None:
    """A second ledger of the same person needs no name and makes no key."""
    done(run("init", *ORIGIN, "--name", ALICE, "--no-passphrase"))
    shown = done(run("init", "--ledger", "second.db", "--origin", "b.example"))
    assert "alice-example, without passphrase" in shown
    assert len(Keystore().list()) == 1
    assert f"signed {ALICE}" in shown


def test_another_person_gets_another_key(run: Run, folder: Path) -> None:
    """A name that no key has makes one; then a ledger needs to be told which is meant."""
    done(run("init", *ORIGIN, "--name", ALICE, "--no-passphrase"))
    done(
        run(
            "init",
            "--ledger",
            "second.db",
            "--origin",
            "b.example",
            "--name",
            "Bob Example",
            "--no-passphrase",
        )
    )
    third = ["init", "--ledger", "third.db", "--origin", "c.example"]
    fix = refused_alike(run, third, "you have several keys: alice-example, bob-example")
    assert fix == "mledger init --key alice-example"
    assert "bob-example" in done(run(*third, "--key", "bob-example"))
    assert "alice-example" in done(run("init", "--ledger", "4.db", "--origin", "d.example", "--name", ALICE))


@pytest.mark.parametrize("form", ["openssh", "openssh, locked", "pkcs8", "pkcs8, locked"])
def test_a_key_that_people_have_is_taken(
    run: Run, folder: Path, program: Callable, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key of OpenSSH or OpenSSL, locked or not, signs from where it lies, for a second ledger too."""
    locked = "locked" in form
    if form.startswith("openssh"):
        word = "open sesame" if locked else ""
        subprocess.run([program("ssh-keygen"), "-q", "-t", "ed25519", "-N", word, "-f", "mine"], check=True)
    else:
        lock = ["-aes256", "-pass", "pass:open sesame"] if locked else []
        subprocess.run(
            [program("openssl"), "genpkey", "-algorithm", "ed25519", *lock, "-out", "mine"], check=True
        )
        Path("mine").chmod(0o600)
    if locked:
        refused(run("init", *ORIGIN, "--name", ALICE, "--key", "mine"), "needs a passphrase")
        monkeypatch.setenv(*next(iter(SECRET.items())))
    before = Path("mine").read_bytes()
    done(run("init", *ORIGIN, "--name", ALICE, "--key", "mine"))
    done(run("append", "comment.added", "ledger", "--set", "on=0", "--set", "text=x"))
    done(run("init", "--ledger", "second.db", "--origin", "b.example", "--key", "mine"))
    assert Path("mine").read_bytes() == before
    assert len(Keystore().list()) == 1
    done(run("verify"))


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("rsa", "holds another kind of key than Ed25519"),
        ("public", "is a public key"),
        ("text", "is not a private key"),
        ("nothing", "no key is called 'mine', and no key file lies there"),
    ],
)
def test_what_is_no_key_is_refused(
    run: Run, folder: Path, home: Path, program: Callable, kind: str, line: str
) -> None:
    """Another kind of key, a public one, or no key at all: told by the file's name, and nothing is made."""
    if kind == "rsa":
        subprocess.run([program("ssh-keygen"), "-q", "-t", "rsa", "-N", "", "-f", "mine"], check=True)
    elif kind == "public":
        Path("mine").write_text("ssh-ed25519 AAAA alice\n")
    elif kind == "text":
        Path("mine").write_text("a shopping list\n")
    if kind != "nothing":
        Path("mine").chmod(0o600)
    with nothing_written(folder), nothing_written(home):
        refused_alike(run, ["init", *ORIGIN, "--name", ALICE, "--key", "mine"], line)


def test_nothing_that_is_there_is_touched(run: Run, folder: Path, home: Path) -> None:
    """A file, a folder or a dangling link under that name stops it before a key is made."""
    Path("file.db").write_text("mine")
    Path("folder.db").mkdir()
    Path("link.db").symlink_to("nowhere")
    with nothing_written(folder), nothing_written(home):
        for name in ("file.db", "folder.db", "link.db"):
            refused_alike(
                run, ["init", "--ledger", name, *ORIGIN, "--name", ALICE, "--no-passphrase"], "there already"
            )


def test_an_interrupted_question_leaves_nothing(terminal: Callable, folder: Path, home: Path) -> None:
    """Ctrl-C at any question ends with 130, with neither ledger nor key."""
    for question in ("Name of the ledger", "Your name", "New passphrase", "Again"):
        at = terminal("init")
        for asked, answer in (
            ("Name of the ledger", "a.example"),
            ("Your name", "A"),
            ("New passphrase", "x"),
        ):
            if asked == question:
                break
            at.wait_for(asked)
            at.type(f"{answer}\n")
        at.wait_for(question)
        at.interrupt()
        code, shown = at.end()
        assert (code, "Traceback" in shown) == (130, False)
        assert list(folder.iterdir()) == []
        assert Keystore().list() == []
