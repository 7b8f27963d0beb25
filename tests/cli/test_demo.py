"""`mledger demo`: what it says where it cannot play; that it plays is tested with the story."""

import sys
from pathlib import Path

import pytest

from tests.cli.asking import Run


def test_a_folder_that_is_there_is_left_alone(run: Run, folder: Path) -> None:
    """Nothing is written where something is, and the way out is named."""
    (folder / "here").mkdir()
    result = run("demo", "here")
    assert result.exit_code == 2
    assert result.stderr == "mledger: here is there already\n  fix: name another: mledger demo FOLDER\n"
    assert not list((folder / "here").iterdir())


@pytest.mark.parametrize("name", ["sklearn", "pyarrow"])
def test_what_is_missing_is_said(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Without what the models are trained with, one line says how to get it, and nothing is written."""
    monkeypatch.setitem(sys.modules, name, None)
    result = run("demo")
    assert result.exit_code == 2
    assert f"{name} is needed for the story, and is not installed" in result.stderr
    assert "fix: pip install 'mledger[examples]'" in result.stderr
    assert not list(folder.iterdir())


def test_a_place_that_takes_no_folder_is_said(run: Run, folder: Path) -> None:
    """A folder that cannot be made is a line, not a traceback."""
    (folder / "file").write_text("")
    result = run("demo", "file/half-a-year")
    assert result.exit_code == 4
    assert (
        result.stderr
        == "mledger: file/half-a-year: Not a directory\n  fix: name a folder that you can write to\n"
    )
