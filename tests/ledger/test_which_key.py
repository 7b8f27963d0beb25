"""With which key a ledger is opened, and what is said if none will do."""

from base64 import b64encode
from pathlib import Path

import pytest

from mledger import Keystore, Ledger
from mledger.errors import DeniedError, InputError, KeyFileError, NotFoundError
from mledger.keys.ed25519 import Ed25519Signer

SIGNER = Ed25519Signer.from_seed(bytes(32))
OTHER = Ed25519Signer.from_seed(bytes(31) + b"1")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A ledger of Alice's, whose key is in her keystore under the passphrase `correct horse`."""
    Keystore().add(SIGNER, owner="Alice Example", passphrase="correct horse")
    path = tmp_path / "mledger.db"
    Ledger.create(path, origin="acme.example/credit", signer=SIGNER, name="Alice Example").close()
    return path


def test_a_script_takes_the_passphrase_of_its_environment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a passphrase of its own, a script opens the key with MLEDGER_PASSPHRASE, as commands do."""
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "correct horse")
    with Ledger.open(path) as ledger:
        assert ledger.signer.key_id == SIGNER.key_id


def test_a_script_without_a_passphrase_is_told_what_to_set(path: Path) -> None:
    """With neither, the error names the variable."""
    with pytest.raises(KeyFileError, match="no passphrase is given") as raised:
        Ledger.open(path)
    assert raised.value.fix == "set MLEDGER_PASSPHRASE"


def test_a_passphrase_that_is_given_goes_first(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's passphrase is used, whatever the environment says."""
    monkeypatch.setenv("MLEDGER_PASSPHRASE", "wrong")
    with Ledger.open(path, passphrase=lambda: "correct horse") as ledger:
        assert ledger.signer.key_id == SIGNER.key_id


def _enrol(path: Path, signer: Ed25519Signer) -> None:
    """Let a second key of Alice's sign."""
    fields = {"id": signer.key_id, "public": b64encode(signer.public).decode(), "name": "Alice Example"}
    with Ledger.open(path, key=SIGNER) as ledger:
        ledger.append("key.enrolled", "ledger", {"key": fields | {"roles": ["owner"]}})


def test_the_only_key_that_is_enrolled_is_taken(path: Path) -> None:
    """Without a key, the one of the keystore that may sign is found among others."""
    Keystore().add(OTHER, owner="Somebody Else")
    with Ledger.open(path, passphrase=lambda: "correct horse") as ledger:
        assert ledger.signer.key_id == SIGNER.key_id


def test_of_several_keys_one_must_be_named(path: Path) -> None:
    """If several keys of the keystore may sign, the error names them."""
    Keystore().add(OTHER, owner="Alice Example", name="laptop")
    _enrol(path, OTHER)
    with pytest.raises(InputError, match="several of your keys may sign here: alice-example, laptop"):
        Ledger.open(path)


def test_a_revoked_key_is_told_from_a_strangers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the only key was revoked the error names the entry; a stranger's must be enrolled."""
    _enrol(path, OTHER)
    with Ledger.open(path, key=OTHER) as ledger:
        ledger.append("key.revoked", "ledger", {"key": SIGNER.key_id, "reason": "Laptop stolen."})
    with pytest.raises(DeniedError, match="your key alice-example was revoked by entry 2"):
        Ledger.open(path)
    monkeypatch.setenv("MLEDGER_HOME", str(path.parent / "stranger"))
    with pytest.raises(NotFoundError, match="none of your keys"):
        Ledger.open(path)
