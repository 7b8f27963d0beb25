"""Bodies of the usual events, valid as they stand, to be varied.

sim.append("decision.proposed", MODEL, PROPOSED | {"category": "feature"})
"""

from typing import Any

MODEL, DATASET = "model/credit-risk", "dataset/applications"

REGISTERED: dict[str, Any] = {"title": "Credit risk", "purpose": "Decide on loans.", "owner": "Alice Example"}
FRAMED: dict[str, Any] = {
    "statement": "Half of the applications are decided by hand.",
    "outcome": "Fewer are.",
    "metrics": [{"name": "auc", "direction": "maximize", "threshold": 0.95}],
}
PROPOSED: dict[str, Any] = {
    "title": "Deeper trees",
    "summary": "Deeper trees keep the quality.",
    "category": "hyperparameter",
    "question": "How deep?",
    "alternatives": [{"name": "four"}, {"name": "three", "why_not": "AUC is too low."}],
    "choice": "four",
    "rationale": "It alone reaches the objective.",
    "data_quality_influence": "None.",
    "parameters": [{"name": "max_depth", "from": 3, "to": 4, "justification": "Three is too few."}],
}
DATA: dict[str, Any] = {
    "title": "Applications",
    "origin": "Forms.",
    "collected_how": "All of them.",
    "by_whom": "ACME Bank",
    "licence": "internal",
    "version": "v1",
    "rows": 900,
    "digests": [{"name": "content", "sha256": "77ab" * 16}],
}
REFRESHED: dict[str, Any] = {
    "version": "v2",
    "previous": "v1",
    "why": "The rest came in.",
    "rows": 1000,
    "rows_added": 100,
    "digests": [{"name": "content", "sha256": "41d0" * 16}],
    "shift": [{"column": "region", "metric": "psi", "value": 0.31, "threshold": 0.25}],
}
STARTED: dict[str, Any] = {
    "run": "r1",
    "hypothesis": "It gets better.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.95}],
}
PLAN: dict[str, Any] = {
    "title": "Regain the AUC",
    "signatories": ["Bob Example", "Carol Example"],
    "data_sources": ["applications"],
    "splits": [{"name": "holdout", "rule": "20 %"}],
    "evaluation_protocol": "Once.",
    "metrics": STARTED["criteria"],
}
FILES = [{"name": "model.pkl", "sha256": "c07d" * 16}]
