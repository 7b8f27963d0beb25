"""mledger key: keys are made, adopted, listed and shown."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.keystore import Keystore
from tests.cli.asking import refused_alike


@pytest.fixture
def alice(run: Callable) -> dict[str, object]:
    """Alice's new key, as JSON tells of it."""
    done = run(
        "key", "new", "--owner", "Alice Example", "--email", "alice@acme.test", "--no-passphrase", "--json"
    )
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def test_a_new_key_is_told_and_kept(alice: dict[str, object], run: Callable) -> None:
    """What `key new` prints is what `key show` finds and `key list` lists."""
    assert alice["name"] == "alice-example"
    assert json.loads(run("key", "show", "alice@acme.test", "--json").stdout) == alice
    assert json.loads(run("key", "list", "--json").stdout) == [alice]
    shown = run("key", "show", str(alice["key"])[:8]).stdout
    for value in ("Alice Example", "alice@acme.test", alice["fingerprint"], alice["key"], alice["public"]):
        assert str(value) in shown


@pytest.mark.interop
def test_the_public_line_is_openssh_s(
    alice: dict[str, object], folder: Path, program: Callable[[str], str]
) -> None:
    """`ssh-keygen` reads the public line and prints the same fingerprint."""
    (folder / "key.pub").write_text(f"{alice['public']}\n")
    done = subprocess.run(
        [program("ssh-keygen"), "-l", "-f", "key.pub"], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stdout.split()[1] == alice["fingerprint"]


def test_a_taken_name_is_refused_before_a_passphrase_is_asked(
    alice: dict[str, object], run: Callable
) -> None:
    """Nobody types a passphrase for a key that cannot be made."""
    done = run("key", "new", "--owner", "Alice Example")
    assert (done.exit_code, done.stderr) == (
        2,
        "mledger: a key called alice-example exists already\n  fix: choose another name with --name\n",
    )


def test_the_owner_is_asked_for_at_a_terminal(run: Callable, terminal: Callable, folder: Path) -> None:
    """Without --owner a person is asked for the printed name; where nobody sits, it must be said."""
    (folder / "key").write_text("")
    for args in (["new"], ["adopt", "key"]):
        fix = refused_alike(run, ["key", *args], "--owner must be said: there is no terminal", input="Bob\n")
        assert fix == f"mledger key {' '.join(args)} --owner 'Alice Example'"
    at = terminal("key", "new", "--no-passphrase")
    at.wait_for("Name as it shall be printed")
    at.type("Bob Example\n")
    assert at.end()[0] == 0
    assert [record.owner for record in Keystore().list()] == ["Bob Example"]


def test_a_key_can_be_adopted(alice: dict[str, object], run: Callable, folder: Path) -> None:
    """A key file that lies elsewhere stays there and is listed under its new name."""
    file = folder / "mine"
    file.write_bytes(Path(str(alice["path"])).read_bytes())
    file.chmod(0o600)
    done = run("key", "adopt", file, "--owner", "Erik Example", "--json")
    assert json.loads(done.stdout)["key"] == alice["key"]
    assert "alice-example" in run("key", "list").stdout
    assert "erik-example" in run("key", "list").stdout
    assert run("key", "adopt", "nothing", "--owner", "E").exit_code == 2


def test_no_key_is_no_failure(run: Callable) -> None:
    """An empty keystore lists nothing and says how to make a key."""
    done = run("key", "list")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "mledger key new" in done.stderr


def test_a_damaged_key_is_told_beside_the_list(alice: dict[str, object], run: Callable) -> None:
    """A file that cannot be read hides no other key and is named on standard error."""
    (Keystore().folder / "broken.key").write_text("no key\n")
    done = run("key", "list")
    assert "alice-example" in done.stdout
    assert "broken.key" in done.stderr
    assert "broken" not in done.stdout
    assert run("key", "show", "broken").exit_code == 2


def test_a_key_nobody_has_is_told(run: Callable) -> None:
    """An unknown key exits as wrong use and says how to list the keys."""
    done = run("key", "show", "carol")
    assert done.exit_code == 2
    assert "fix: mledger key list" in done.stderr
