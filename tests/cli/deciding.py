"""A model in the middle of its life, for the tests of decisions."""

import json
from pathlib import Path

from tests.cli.asking import MODEL, Run, done

BOB = "Bob Example"
AS_BOB = ("--as", "bob-example")
OPTIONS = [{"name": "four"}, {"name": "three", "why_not": "AUC 0.94 is below the agreed 0.95."}]
DECISION = {
    "title": "Deeper trees",
    "summary": "Deeper trees keep the quality.",
    "category": "hyperparameter",
    "question": "How deep should the trees be?",
    "alternatives": OPTIONS,
    "choice": "four",
    "rationale": "It alone reaches the objective.",
    "data_quality_influence": "None.",
    "parameters": [{"name": "max_depth", "from": 3, "to": 4, "justification": "Three is too few."}],
}


def record(run: Run, type: str, fields: dict, *options: str) -> str:
    """Record an event on the model; its number."""
    Path("fields.json").write_text(json.dumps(fields))
    receipt = json.loads(done(run("append", type, MODEL, "--from", "fields.json", "--json", *options)))
    return receipt["number"]


def enrol_bob(run: Run) -> None:
    """Let Bob sign as a reviewer, with a key of his own in the same home; Alice's is the usual one."""
    done(run("key", "new", "--owner", BOB, "--no-passphrase", "-q"))
    done(run("key", "enroll", "bob-example", "--role", "reviewer", "-q"))


def ran(run: Run, name: str, params: dict, *, auc: float = 0.94, **fields: object) -> str:
    """Record a run that finished; the number of its start."""
    criteria = [{"metric": "auc", "operator": ">=", "value": 0.95}]
    started = {"run": name, "hypothesis": "It is enough.", "criteria": criteria, "params": params} | fields
    number = record(run, "run.started", started)
    metrics = [{"name": "auc", "value": auc}]
    record(run, "run.finished", {"run": name, "metrics": metrics, "verdict": "supported"})
    return number


def released(run: Run, version: str, of_run: str, **fields: object) -> str:
    """Release a version; its number."""
    body = {
        "version": version,
        "run": of_run,
        "notes": "n",
        "artifacts": [{"name": "m", "sha256": "c0" * 32}],
    }
    return record(run, "version.released", body | fields)
