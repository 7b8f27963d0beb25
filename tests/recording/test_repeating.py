"""How to run something again: each thing that is known is a step, each that is not a remark."""

import os
import subprocess
import sys
from pathlib import Path

from mledger.events import base
from mledger.ledger import Ledger
from mledger.recording.found import find
from mledger.recording.repeating import steps
from tests.recording.conftest import MODEL

START = {"run": "r", "hypothesis": "x", "criteria": [{"metric": "auc", "operator": ">", "value": 0}]}
SCRIPT = """
import sys
import mledger
from model import DEPTH
said = {"hypothesis": "x", "criteria": {"depth": ">0"}, "quiet": True}
with mledger.run("credit-risk", config="params.yaml", **said) as run:
    run.metric("depth", DEPTH)
"""


def plan(path, **said):
    """The steps and the remarks for a run that says this of itself."""
    with Ledger.open(path) as ledger:
        number = ledger.append(base.build("run.started", START | said), MODEL).number
        found = steps(find(ledger, number), path)
    return [s.text for s in found if not s.remark], [s.text for s in found if s.remark]


def test_all_that_is_known_is_a_step(path):
    """Repository, commit, changes, environment, configuration, seeds and command come in this order."""
    digest = "ab" * 32
    commands, remarks = plan(
        path,
        git={
            "commit": "c" * 40,
            "remote": "https://git.example/a b.git",
            "dirty": True,
            "diff_digest": digest,
        },
        env={"python": "3.12.1 CPython", "packages": {"numpy": "2.1.3"}, "container_digest": "e" * 64},
        files=[
            {"name": "changes.diff", "sha256": digest, "role": "changes since the commit"},
            {"name": "my params.yaml", "sha256": "9a" * 32, "role": "configuration"},
        ],
        seeds={"PYTHONHASHSEED": "3", "numpy": 7},
        datasets=[
            {"name": "a", "version": "v1", "digest": "d" * 64, "role": "train"},
            {"name": "b", "role": "test"},
        ],
        cmd="python train.py --token ***",
    )
    assert commands == [
        f"export MLEDGER_LEDGER={path}",
        "git clone 'https://git.example/a b.git' run-1 && cd run-1",
        f"git checkout -q --detach {'c' * 40}",
        f"mledger attachment get {digest[:12]} > changes.diff",
        "git apply changes.diff",
        "python3.12 -m venv .venv && . .venv/bin/activate",
        "pip install --no-deps -r /dev/stdin <<'END'",
        "numpy==2.1.3",
        "END",
        f"mledger attachment get {'9a' * 6} > 'my params.yaml'",
        "export PYTHONHASHSEED=3",
        "mledger repro 1 -- python train.py --token ***",
    ]
    assert any(line.startswith("it ran in the container image sha256:e") for line in remarks)
    assert f"data for train: a@v1, SHA-256 {'d' * 64}" in remarks
    assert "data for test: b, known by its name alone" in remarks
    assert "seeds: numpy 7" in remarks
    assert any("masked" in line for line in remarks)


def test_what_is_not_known_is_a_remark(path):
    """A run of which little is known has a plan that says so."""
    commands, remarks = plan(path, code_digest="c0" * 32, captures=[{"name": "gpu", "gap": "no nvidia-smi"}])
    assert commands == [f"export MLEDGER_LEDGER={path}"]
    assert "not known: gpu: no nvidia-smi" in remarks
    assert f"the commit is not known, only the SHA-256 of its script: {'c0' * 32}" in remarks
    assert "nothing is known of the environment" in remarks
    assert "the command is not known" in remarks
    _, remarks = plan(path, run="n", cmd="notebook", git={"commit": "c" * 40, "dirty": True}, env={})
    assert "it ran in a notebook" in remarks
    assert "the tree differed from the commit, and the difference was not kept" in remarks
    assert "the repository has no remote: go into a copy of it" in remarks


def test_the_plan_is_played(path, folder, program, monkeypatch):
    """The code steps of a plan, played in a shell, give the tree that ran, with its changes."""
    program("git")
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Alice")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "alice@acme.example")
    origin = folder / "origin"
    origin.mkdir()
    (origin / "train.py").write_text(SCRIPT)
    (origin / "model.py").write_text("DEPTH = 3\n")
    (origin / "params.yaml").write_text("depth: 3\n")
    shell = "git init -q && git add . && git commit -qm first && git remote add origin ."
    subprocess.run(shell, shell=True, cwd=origin, check=True)  # noqa: S602  a fixed line
    subprocess.run(["git", "config", "remote.origin.url", str(origin)], cwd=origin, check=True)
    (origin / "model.py").write_text("DEPTH = 4\n")
    subprocess.run(
        [sys.executable, "train.py"], cwd=origin, check=True, env=os.environ | {"MLEDGER_LEDGER": str(path)}
    )
    with Ledger.open(path) as ledger:
        commands = [step.text for step in steps(find(ledger, "1"), path) if not step.remark]
    wanted = [line for line in commands if line.startswith(("export", "git", "mledger attachment"))]
    bin_ = Path(sys.executable).parent
    script = "\n".join(["set -e", f"export PATH={bin_}:$PATH", *wanted])
    subprocess.run(["bash", "-c", script], cwd=folder, check=True)
    assert (folder / "run-1" / "model.py").read_text() == "DEPTH = 4\n"
    assert (folder / "run-1" / "params.yaml").read_text() == "depth: 3\n"
