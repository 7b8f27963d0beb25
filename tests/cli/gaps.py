"""What tests of checks record, and how they work with git."""

import json
import subprocess
from pathlib import Path

from tests.cli.asking import MODEL, Run, told


def record(run: Run, type: str, fields: object, stream: str = MODEL) -> str:
    """Record an event from JSON; its number."""
    Path("event.json").write_text(json.dumps(fields), encoding="utf-8")
    said = told(run("--json", "append", type, stream, "--from", "event.json"))
    Path("event.json").unlink()
    return said["number"]


def made(run: Run, version: str, rate: float, **fields: object) -> None:
    """A run that ended well, and a release of what it made."""
    name = f"r{version}"
    start = {
        "run": name,
        "hypothesis": "It gets better.",
        "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
        "params": {"learning_rate": rate},
    }
    record(run, "run.started", start | fields)
    record(run, "run.finished", {"run": name, "verdict": "supported", "metrics": []})
    files = [{"name": "m.pkl", "sha256": "c0" * 32}]
    record(run, "version.released", {"version": version, "run": name, "notes": "New.", "artifacts": files})


def git(*args: str) -> str:
    """What git says."""
    given = ["-c", "user.name=Alice", "-c", "user.email=a@acme.example", *args]
    return subprocess.run(["git", *given], capture_output=True, text=True, check=True).stdout.strip()


def commit() -> str:
    """Commit all but the ledger."""
    Path(".gitignore").write_text("mledger.db*\n")
    git("add", "-A")
    git("commit", "-qm", "work")
    return git("rev-parse", "HEAD")


def whole(run: Run) -> str:
    """A release of which nothing is missing, made at the current commit; its training data's digest."""
    sha256 = "77ab" * 16
    data = {
        "title": "Applications", "origin": "Forms.", "collected_how": "All.", "by_whom": "ACME",
        "licence": "internal", "version": "v1", "digests": [{"name": "content", "sha256": sha256}],
    }  # fmt: skip
    record(run, "dataset.registered", data, "dataset/applications")
    objective = {"name": "auc", "direction": "maximize", "threshold": 0.9}
    record(run, "problem.framed", {"statement": "S.", "outcome": "O.", "metrics": [objective]})
    record(run, "decision.proposed", decision(refs=[{"rel": "selects", "digest": sha256}]))
    release(run, "1.0")
    return sha256


def decision(**fields: object) -> dict[str, object]:
    """A decision without a gap."""
    whole = {
        "title": "Smaller steps",
        "summary": "Smaller steps.",
        "category": "hyperparameter",
        "question": "How large?",
        "alternatives": [{"name": "0.05"}, {"name": "0.1", "why_not": "It diverges."}],
        "choice": "0.05",
        "rationale": "It converges.",
        "data_quality_influence": "None.",
        "objectives": ["auc"],
        "expected_effects": [{"metric": "auc", "direction": "increase", "size": 0.004}],
    }
    return whole | fields


def release(run: Run, version: str, **fields: object) -> None:
    """A run at the current commit and a release of what it made, by the first decision."""
    first = next(row for row in told(run("--json", "log", MODEL)) if row["type"] == "decision.proposed")
    use = [{"name": "applications", "version": "v1", "digest": "77ab" * 16, "role": "train"}]
    name = f"r{version}"
    start = {
        "run": name,
        "hypothesis": "It gets better.",
        "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
        "params": {"learning_rate": 0.05},
        "datasets": use,
        "decision": first["number"],
        "git": {"commit": git("rev-parse", "HEAD")},
    }
    record(run, "run.started", start | fields)
    metrics = [{"name": "auc", "value": 0.95}]
    record(run, "run.finished", {"run": name, "verdict": "supported", "metrics": metrics})
    files = [{"name": "m.pkl", "sha256": "c0" * 32}]
    record(run, "version.released", {"version": version, "run": name, "notes": "New.", "artifacts": files})
