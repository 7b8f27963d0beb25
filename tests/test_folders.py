"""Files of one's own appear under their names whole, or not at all."""

import errno
import os
from pathlib import Path

import pytest

from mledger import folders
from mledger.errors import InputError, StoreError
from mledger.ledger import Ledger
from mledger.stores import open_store
from mledger.testing.simulator import signer_of


@pytest.fixture
def linkless(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system without hard links, such as exFAT."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("linkless")
def test_without_hard_links_files_are_made_all_the_same(tmp_path: Path) -> None:
    """A ledger begins there, a file is created, and what is there already is never written over."""
    path = tmp_path / "ledger.db"
    signer = signer_of("Alice Example")
    with Ledger.create(path, origin="acme.example/x", signer=signer, name="Alice Example") as ledger:
        assert ledger.head.size == 1
    with pytest.raises(InputError, match="is there already"):
        open_store(path, create=True)
    folders.create(tmp_path / "key", b"one")
    with pytest.raises(FileExistsError):
        folders.create(tmp_path / "key", b"two")
    assert (tmp_path / "key").read_bytes() == b"one"


@pytest.mark.usefixtures("linkless")
def test_a_name_that_was_claimed_is_given_back(tmp_path: Path) -> None:
    """If the file cannot take its place, no empty one stays behind."""
    with pytest.raises(FileNotFoundError):
        folders.put(tmp_path / "gone", tmp_path / "ledger.db")
    assert list(tmp_path.iterdir()) == []


def test_the_home_of_nobody_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """MLEDGER_HOME may name a user whom the system does not know."""
    monkeypatch.setenv("MLEDGER_HOME", "~nosuchuser/x")
    with pytest.raises(StoreError, match="no such user") as caught:
        folders.keys_folder()
    assert caught.value.fix == "set MLEDGER_HOME to a folder you can write to"
