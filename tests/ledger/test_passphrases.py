"""Scripts that open a ledger with an encrypted key."""

from pathlib import Path

import pytest

from mledger import Keystore, Ledger
from mledger.errors import KeyFileError
from mledger.keys.ed25519 import Ed25519Signer

SIGNER = Ed25519Signer.from_seed(bytes(32))


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
