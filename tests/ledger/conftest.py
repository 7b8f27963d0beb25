"""A ledger for each test: made once, and copied."""

import shutil
from pathlib import Path

import pytest

from mledger.testing.simulator import Clock
from tests.ledger.company import Company, found


@pytest.fixture(scope="session")
def _founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLEDGER_HOME", str(tmp_path_factory.mktemp("home")))
        return found(tmp_path_factory.mktemp("founded") / "mledger.db").path


@pytest.fixture
def company(_founded: Path, tmp_path: Path) -> Company:
    """A ledger of four entries that this machine has never seen."""
    path = tmp_path / "mledger.db"
    shutil.copyfile(_founded, path)
    return Company(path, Clock())
