"""`mledger demo`: what it says where it cannot play; that it plays is tested with the story."""

from pathlib import Path

from tests.cli.asking import Run


def test_a_folder_that_is_there_is_left_alone(run: Run, folder: Path) -> None:
    """Nothing is written where something is, and the way out is named."""
    (folder / "here").mkdir()
    result = run("demo", "here")
    assert result.exit_code == 2
    assert result.stderr == "mledger: here is there already\n  fix: name another, or: rm -r here\n"
    assert not list((folder / "here").iterdir())
