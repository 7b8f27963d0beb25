"""Passphrases: from the environment, or unseen from a person, or a clear error."""

from collections.abc import Callable

from mledger.keystore import Keystore

NEW = ("key", "new", "--owner", "Alice")


def test_the_environment_gives_the_passphrase(process: Callable) -> None:
    """MLEDGER_PASSPHRASE locks a new key without any question."""
    done = process(*NEW, env={"MLEDGER_PASSPHRASE": "open sesame"})
    assert done.returncode == 0, done.stderr
    (record,) = Keystore().list()
    assert record.encrypted
    assert Keystore().unlock(record, lambda: "open sesame").public == record.public


def test_without_anybody_to_ask_the_error_says_what_to_do(process: Callable) -> None:
    """Neither variable nor terminal: one line, the variable's name, exit code 2, and no key."""
    for env in ({}, {"MLEDGER_PASSPHRASE": ""}):
        done = process(*NEW, env=env, input="open sesame\nopen sesame\n")
        assert done.returncode == 2
        assert done.stderr == (
            "mledger: the key alice needs a passphrase, and there is no terminal to ask at\n"
            "  fix: set MLEDGER_PASSPHRASE\n"
        )
    assert Keystore().list() == []


def test_a_person_types_it_twice_and_unseen(terminal: Callable) -> None:
    """At a terminal the passphrase is asked for twice and never shown."""
    at = terminal(*NEW)
    at.wait_for("New passphrase for the key alice: ")
    at.type("open sesame\n")
    at.wait_for("Again: ")
    at.type("open sesame\n")
    code, shown = at.end()
    assert code == 0
    assert "sesame" not in shown
    (record,) = Keystore().list()
    assert Keystore().unlock(record, lambda: "open sesame").public == record.public


def test_a_slip_is_asked_again_three_times(terminal: Callable) -> None:
    """An empty passphrase and two that differ are refused; after three tries nothing is made."""
    at = terminal(*NEW)
    at.wait_for("New passphrase")
    at.type("\n")
    at.wait_for("An empty passphrase protects nothing.")
    for _ in range(2):
        at.wait_for("New passphrase")
        at.type("one\n")
        at.wait_for("Again: ")
        at.type("two\n")
        at.wait_for("The two differ.")
    code, shown = at.end()
    assert code == 2
    assert "no passphrase was chosen" in shown
    assert Keystore().list() == []


def test_a_wrong_passphrase_is_told(process: Callable, folder: object) -> None:
    """A key that is adopted with the wrong passphrase is refused by its file's name."""
    process(*NEW, env={"MLEDGER_PASSPHRASE": "open sesame"})
    (record,) = Keystore().list()
    args = ("key", "adopt", record.path, "--owner", "Alice", "--name", "again")
    done = process(*args, env={"MLEDGER_PASSPHRASE": "open barley"})
    assert done.returncode == 2
    assert "the passphrase of" in done.stderr
    assert process(*args, env={"MLEDGER_PASSPHRASE": "open sesame"}).returncode == 0
