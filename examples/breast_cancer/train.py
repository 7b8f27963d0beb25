"""Trains a classifier of breast tumours, and records each step when it happens.

    python train.py register       write the first 90 % of the data to a file
    python train.py tree           try a shallow decision tree
    python train.py ten-features   try a linear model on the ten best features
    python train.py refresh        write all of the data
    python train.py balanced       try a linear model on all features

What belongs to the ledger is in `record` and `recorded_run`; the rest is what any training
script does. It signs with a key of its own.
"""

import hashlib
import io
import json
import platform
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import joblib
import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.datasets import load_breast_cancer
from sklearn.feature_selection import SelectKBest, chi2
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import recall_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from mledger import Ledger

MODEL = "model/biopsy"
DATASET = "dataset/wisconsin"
DATA = {"1": Path("data/wisconsin-1.csv"), "2": Path("data/wisconsin-2.csv")}
DECISION = "6"  # the event that decision.yaml became
ALL_SAMPLES = "15"  # and all-samples.yaml
SEED = 7
AT_LEAST = {"sensitivity": 0.95, "specificity": 0.95}


def record(ledger: Ledger, event: str, stream: str, fields: Mapping[str, object]) -> None:
    """Append an event, and say which number it got."""
    receipt = ledger.append(event, stream, fields)
    print(f"event {receipt.number}  {receipt.leaf[:12]}  {event}, signed {receipt.signer}")


# --- data


class Data(NamedTuple):
    """One state of the data: what was read, with the digest of exactly those bytes."""

    version: str
    sha256: str
    features: np.ndarray
    malignant: np.ndarray


def write_data(state: str, rows: int) -> dict[str, object]:
    """Write the first rows as CSV; what is to be recorded of the file."""
    bunch = load_breast_cancer()
    malignant = 1 - bunch.target
    table = np.column_stack([bunch.data, malignant])[:rows]
    DATA[state].parent.mkdir(exist_ok=True)
    titles = ",".join([*bunch.feature_names, "malignant"])
    np.savetxt(DATA[state], table, fmt="%.10g", delimiter=",", header=titles, comments="")
    return {"version": state, "digests": [file_fields(DATA[state])], "rows": len(table)}


def read_data() -> Data:
    """The newest state of the data that is there."""
    state = max(state for state, path in DATA.items() if path.exists())
    data = DATA[state].read_bytes()
    table = np.loadtxt(io.BytesIO(data), delimiter=",", skiprows=1)
    return Data(state, sha256(data), table[:, :-1], table[:, -1].astype(int))


def register(ledger: Ledger) -> None:
    """Record where the data comes from, and its first state."""
    fields = {
        "title": "Breast Cancer Wisconsin (Diagnostic)",
        "origin": "UCI Machine Learning Repository, doi:10.24432/C5DW2B, as scikit-learn ships it.",
        "collected_how": "Shapes of cell nuclei, measured on images of fine-needle aspirates.",
        "by_whom": "W. Wolberg, N. Street and O. Mangasarian, University of Wisconsin",
        "licence": "CC BY 4.0",
        "known_issues": ["the last 57 samples are not back from the laboratory"],
    }
    record(ledger, "dataset.registered", DATASET, fields | write_data("1", 512))


def refresh(ledger: Ledger) -> None:
    """Record the second state of the data, and what it moved."""
    before, fields, after = read_data(), write_data("2", 569), read_data()
    moved = round(after.malignant.mean() - before.malignant.mean(), 4)
    fields |= {
        "previous": before.version,
        "why": "The last samples are back from the laboratory.",
        "rows_added": len(after.malignant) - len(before.malignant),
        "shift": [{"column": "malignant", "metric": "change of share", "value": moved}],
    }
    record(ledger, "dataset.refreshed", DATASET, fields)


# --- runs


class Experiment(NamedTuple):
    """What is tried, and what is expected of it."""

    hypothesis: str
    params: dict[str, object]
    make: Callable[..., ClassifierMixin]


EXPERIMENTS = {
    "tree": Experiment(
        "A decision tree that fits on a page finds 95 % of the malignant tumours.",
        {"max_depth": 3},
        lambda max_depth: DecisionTreeClassifier(max_depth=max_depth, random_state=SEED),
    ),
    "ten-features": Experiment(
        "Ten of the thirty features, chosen by chi2, are enough for a linear model.",
        {"k": 10},
        lambda k: make_pipeline(StandardScaler(), SelectKBest(chi2, k=k), LogisticRegression()),
    ),
    "balanced": Experiment(
        "A linear model finds 95 % of the malignant tumours if missing one costs more.",
        {"C": 0.5, "class_weight": "balanced"},
        lambda **params: make_pipeline(StandardScaler(), LogisticRegression(**params)),
    ),
}


@contextmanager
def recorded_run(ledger: Ledger, name: str, data: Data) -> Iterator[dict[str, Any]]:
    """Record a run before it has a result, and how it ends, whichever way it ends.

    What stands in the dictionary at the end of the block is recorded with `run.finished`.
    """
    record(ledger, "run.started", MODEL, start_fields(name, data))
    outcome: dict[str, Any] = {"run": name}
    begun = time.perf_counter()
    try:
        yield outcome
    except Exception as error:
        trace = sha256(traceback.format_exc().encode())
        end = {"exception_type": type(error).__name__, "message": str(error), "traceback_digest": trace}
        record(ledger, "run.failed", MODEL, {"run": name, "exit": end})
        raise
    outcome["resources"] = {"wall_s": round(time.perf_counter() - begun, 3)}
    record(ledger, "run.finished", MODEL, outcome)


def start_fields(name: str, data: Data) -> dict[str, object]:
    """What is known of a run before it starts."""
    experiment = EXPERIMENTS[name]
    used = {"name": "wisconsin", "version": data.version, "digest": data.sha256, "role": "train"}
    return {
        "run": name,
        "hypothesis": experiment.hypothesis,
        "criteria": [{"metric": m, "operator": ">=", "value": v} for m, v in AT_LEAST.items()],
        "decision": DECISION,
        "params": experiment.params,
        "seeds": {"numpy": SEED},
        "datasets": [used],
        "code_digest": sha256(Path(__file__).read_bytes()),
        "cmd": f"python train.py {name}",
        "env": {
            "python": platform.python_version(),
            "os": platform.platform(terse=True),
            "packages": {package: version(package) for package in ("numpy", "scikit-learn", "scipy")},
        },
    }


def run(ledger: Ledger, name: str) -> None:
    """Try an experiment on the newest data; publish the model if it does what was hoped."""
    data, experiment = read_data(), EXPERIMENTS[name]
    with recorded_run(ledger, name, data) as outcome:
        classifier = experiment.make(**experiment.params)
        found = measure(classifier, data)
        supported = all(found[metric] >= value for metric, value in AT_LEAST.items())
        path = save(classifier.fit(data.features, data.malignant), name)
        outcome["metrics"] = [{"name": n, "value": v, "dataset": "wisconsin"} for n, v in found.items()]
        outcome["verdict"] = "supported" if supported else "refuted"
        outcome["artifacts"] = [file_fields(path)]
    print(f"{name}: {', '.join(f'{n} {v}' for n, v in found.items())}: {outcome['verdict']}")
    if supported:
        publish(ledger, name, path)


def publish(ledger: Ledger, name: str, path: Path) -> None:
    """Record the file of a model for others to rely on, and draft the version that it may become."""
    file = file_fields(path) | {"role": "model"}
    more = {"media_type": "application/octet-stream", "run": name}
    record(ledger, "artifact.published", MODEL, file | more)
    version_fields = {
        "version": "1.0",
        "artifacts": [file],
        "run": name,
        "decisions": [DECISION, ALL_SAMPLES],
        "notes": "The first version: the likely malignant ones are read first.",
        "limitations": ["trained on the samples of one hospital"],
    }
    Path("version.json").write_text(json.dumps(version_fields, indent=2) + "\n", encoding="utf-8")
    print("a version to sign is drafted in version.json")


def measure(classifier: ClassifierMixin, data: Data) -> dict[str, float]:
    """The metrics of predictions for rows that the model was not trained on, by fivefold cross-validation."""
    folds = StratifiedKFold(5, shuffle=True, random_state=SEED)
    chances = cross_val_predict(classifier, data.features, data.malignant, cv=folds, method="predict_proba")
    likely = chances[:, 1] >= 0.5
    return {
        "sensitivity": round(float(recall_score(data.malignant, likely)), 4),
        "specificity": round(float(recall_score(data.malignant, likely, pos_label=0)), 4),
        "auc": round(float(roc_auc_score(data.malignant, chances[:, 1])), 4),
    }


def save(classifier: ClassifierMixin, name: str) -> Path:
    """Keep a trained model in a file."""
    path = Path("models", f"{name}.joblib")
    path.parent.mkdir(exist_ok=True)
    joblib.dump(classifier, path)
    return path


# --- files and the command line


def file_fields(path: Path) -> dict[str, object]:
    """What events record of a file."""
    data = path.read_bytes()
    return {"name": path.name, "sha256": sha256(data), "size": len(data)}


def sha256(data: bytes) -> str:
    """The digest of bytes as events record it."""
    return hashlib.sha256(data).hexdigest()


STEPS = {"register": register, "refresh": refresh} | {n: partial(run, name=n) for n in EXPERIMENTS}


def main(steps: Sequence[str]) -> int:
    """Do these steps of the story, in order; 1 if a run failed, 2 if there is no such step."""
    if not steps or not set(steps) <= STEPS.keys():
        print(__doc__)
        return 2
    with Ledger.open("mledger.db", key="training-job") as ledger:
        for step in steps:
            try:
                STEPS[step](ledger)
            except ValueError as error:
                print(f"{type(error).__name__}: {error}")
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
