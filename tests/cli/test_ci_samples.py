"""The sample pipelines stop at a gap, and go on once it is filled."""

import hashlib
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tests.architecture.tree import ROOT
from tests.cli.asking import Run
from tests.cli.conftest import COMMAND
from tests.cli.gaps import commit, decision, record

CI = ROOT / "examples" / "ci"


def lines_of(name: str) -> str:
    """The shell lines of a sample that run the gate."""
    text = (CI / name).read_text(encoding="utf-8")
    if name == "pre-commit":
        return text
    held = yaml.safe_load(text)
    match name:
        case "github.yml":
            return next(s["run"] for s in held["jobs"]["gate"]["steps"] if s.get("name") == "gate")
        case "gitlab.yml":
            return "\n".join(held["release-gate"]["script"])
        case _:
            return held["repos"][0]["hooks"][0]["entry"]


def variables(name: str) -> dict[str, str]:
    """What the sample sets, as far as it is no expression of the pipeline's own language."""
    held = yaml.safe_load((CI / name).read_text(encoding="utf-8")) if name.endswith("b.yml") else {}
    said = held.get("jobs", {}).get("gate", {}).get("env") or held.get("release-gate", {}).get(
        "variables", {}
    )
    return {key: value for key, value in said.items() if "${{" not in value}


@pytest.fixture
def shell(tmp_path: Path) -> Callable[..., int]:
    """Run the lines of a sample in the current folder, with `mledger` on the path; its exit code."""
    tool = tmp_path.parent / f"{tmp_path.name}-bin"
    tool.mkdir()
    (tool / "mledger").write_text(f'#!/bin/sh\nexec {shlex.join(COMMAND)} "$@"\n')
    (tool / "mledger").chmod(0o755)

    def go(name: str, **given: str) -> int:
        environment = os.environ | variables(name) | {"GITHUB_STEP_SUMMARY": str(tool / "summary.md")} | given
        environment["PATH"] = f"{tool}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-e", "-c", lines_of(name)], env=environment, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode

    return go


@pytest.mark.parametrize("name", sorted(path.name for path in CI.iterdir()))
def test_a_pipeline_stops_at_a_gap(name: str, ready: Path, run: Run, shell: Callable[..., int]) -> None:
    """It goes on while all is in order, stops at a change that no event names, and goes on with one."""
    assert shell(name) == 0
    Path("params.yaml").write_text("learning_rate: 0.01\n")
    commit()
    assert shell(name) == 1
    record(run, "decision.proposed", decision(refs=[{"rel": "see", "digest": digest("params.yaml")}]))
    assert shell(name) == 0


@pytest.mark.parametrize("name", ["github.yml", "gitlab.yml"])
def test_a_pipeline_knows_another_history(name: str, ready: Path, shell: Callable[..., int]) -> None:
    """A ledger that does not hold the head of the last release is exit code 3."""
    assert shell(name, LAST_HEAD="ab" * 32) == 3


def digest(name: str) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(Path(name).read_bytes()).hexdigest()
