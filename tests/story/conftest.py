"""The half year of two models, played once for all tests."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mledger.testing.story import HOME, play
from mledger_cli.main import program
from tests.conftest import IN_CI


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the story; nobody writes to its ledger."""
    for name in ("sklearn", "pyarrow"):
        if importlib.util.find_spec(name) is None:
            if IN_CI:
                pytest.fail(f"{name} is not installed, and CI must not skip the story")
            pytest.skip(f"{name} is not installed: pip install '.[examples]'")
    folder = tmp_path_factory.mktemp("story") / "half-a-year"
    play(folder)
    return folder


@pytest.fixture
def ask(played: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run a command in the folder of the story, on a screen of 80 columns; what it prints."""
    monkeypatch.chdir(played)
    monkeypatch.setenv("MLEDGER_HOME", str(played / HOME))
    monkeypatch.setenv("COLUMNS", "80")

    def asked(command: str, *more: str, code: int = 0) -> str:
        result: Result = CliRunner().invoke(program, [*command.split(), *more])
        assert result.exit_code == code, result.output
        return result.stdout

    return asked
