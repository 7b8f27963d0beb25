"""The example of a sweep: a part of it in a few seconds, and all of it where there is time."""

import importlib.util
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from mledger.reader import Reader
from mledger.recording.found import runs
from tests.architecture.tree import ROOT
from tests.conftest import IN_CI

SWEEP = ROOT / "examples" / "sweep"
FEW = """
import sweep
sweep.main([t for t in sweep.TRIALS if t in (("tree", {"max_depth": 2}), ("components", {"n": 40}))])
"""


@pytest.fixture
def player(program) -> ModuleType:
    """The module that plays the story."""
    if importlib.util.find_spec("sklearn") is None:
        if IN_CI:
            pytest.fail("scikit-learn is not installed, and CI must not skip what needs it")
        pytest.skip("scikit-learn is not installed")
    program("git")
    spec = importlib.util.spec_from_file_location("sweep_run", SWEEP / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_part_of_the_sweep(player: ModuleType, tmp_path: Path) -> None:
    """A run that is refuted and one that fails are recorded with commit, seed and environment."""
    folder = tmp_path / "sweep"
    playing = player.playing
    surroundings = playing.environment(folder, player.prepare(folder))
    story = list(playing.read_story(player.STORY))
    for code, line in story[: next(n for n, (_, line) in enumerate(story) if line == "python sweep.py")]:
        assert line.startswith("#") or playing.run(line, folder, surroundings) == code
    done = subprocess.run([sys.executable, "-c", FEW], cwd=folder, env=surroundings, check=False)
    assert done.returncode == 0
    with Reader.open(folder / "mledger.db") as reader:
        refuted, failed = sorted(runs(reader), key=lambda one: one.run.verdict is None)
    assert refuted.run.verdict == "refuted"
    assert refuted.begun.seeds["numpy"] == 7
    assert refuted.begun.datasets[0].version == "1"
    assert refuted.begun.git.dirty is False
    assert refuted.begun.env.packages["features"] == "1.0"
    assert "n_components=40" in failed.run.end.failure


@pytest.mark.slow
def test_the_whole_sweep(player: ModuleType, tmp_path: Path) -> None:
    """Twenty runs, one on a dirty tree, a repetition that holds and one that does not, data that moved."""
    folder = tmp_path / "sweep"
    command = [sys.executable, str(SWEEP / "run.py"), str(folder)]
    done = subprocess.run(
        command, env=os.environ | {"COLUMNS": "80"}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with Reader.open(folder / "mledger.db") as reader:
        found = runs(reader)
    assert Counter(one.run.verdict or one.run.outcome for one in found[:20]) == {
        "refuted": 13, "failed": 5, "supported": 2
    }  # fmt: skip
    assert [one.begun.git.dirty for one in found[20:]] == [True, False, False, False]
    assert [one.begun.datasets[0].version for one in found[19:]] == ["1", "1", "1", "1", "2"]
    assert "run 46 repeats run 6: all metrics within 0" in done.stdout
    assert "outside the tolerance of 0.0001: auc" in done.stdout
    assert "features  1.0    1.1" in done.stdout
    assert "malignant = 1  43.2% → 23.1%  ▲ more than 5 points" in done.stdout
    assert "worst_concave_points  psi 0.27  ▲ above 0.25" in done.stdout
    again = subprocess.run(command, capture_output=True, text=True, check=False)
    assert again.returncode == 2
    assert "is there already" in again.stderr
