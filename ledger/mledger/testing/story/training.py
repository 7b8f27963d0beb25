"""The training behind the story: real models, and what they measure."""

import pickle
import platform
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from mledger.core.digest import sha256_hex
from mledger.testing.story.cards import Cards, Floats

SEED = 7
FOLDS = StratifiedKFold(5, shuffle=True, random_state=SEED)
PACKAGES = ("numpy", "scikit-learn", "scipy")


def make(model: str, **params: Any) -> Any:
    """A model of that kind, untrained."""
    match model:
        case "linear":
            return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000, **params))
        case "tree":
            return DecisionTreeClassifier(random_state=SEED, **params)
        case "counts":
            return make_pipeline(StandardScaler(), MultinomialNB(**params))
        case "neighbours":
            return KNeighborsClassifier(**params)
        case "forest":
            return RandomForestClassifier(random_state=SEED, **params)
        case "kernel":
            folds = StratifiedKFold(3, shuffle=True, random_state=SEED)
            return CalibratedClassifierCV(
                make_pipeline(StandardScaler(), SVC(**params)), ensemble=False, cv=folds
            )
    raise AssertionError(f"bug: no model is called {model}")


@cache
def _trained(model: str, features: str, params: tuple[tuple[str, Any], ...], cards: Cards) -> Any:
    """A model fitted to some cards; the threshold is no part of it."""
    return make(model, **dict(params)).fit(cards.features(features), cards.digits)


class Experiment(NamedTuple):
    """What is tried: a kind of model on some features, and the certainty from which on it reads alone."""

    model: str
    features: str
    threshold: float
    params: Mapping[str, Any]

    @property
    def fields(self) -> dict[str, Any]:
        """The parameters as a run reports them."""
        own = {"model": self.model, "features": self.features, "threshold": self.threshold}
        return own | dict(self.params)

    def across(self, cards: Cards) -> list[dict[str, Any]]:
        """The metrics by five-fold cross-validation. Errors: ValueError if the training fails."""
        chances = cross_val_predict(
            make(self.model, **self.params),
            cards.features(self.features),
            cards.digits,
            cv=FOLDS,
            method="predict_proba",
        )
        return measured(chances, cards, self.threshold)

    def on(self, unseen: Cards, trained: Cards) -> list[dict[str, Any]]:
        """The metrics on cards of writers that it was not trained on."""
        chances = self.trained(trained).predict_proba(unseen.features(self.features))
        return measured(chances, unseen, self.threshold)

    def trained(self, cards: Cards) -> Any:
        """The model, trained on all of the cards."""
        return _trained(self.model, self.features, tuple(self.params.items()), cards)

    def keep(self, cards: Cards, file: Path) -> dict[str, Any]:
        """Train it and keep it in a file; what events record of the file."""
        data = pickle.dumps({"threshold": self.threshold, "model": self.trained(cards)}, protocol=5)
        file.write_bytes(data)
        return {"name": file.name, "sha256": sha256_hex(data), "size": len(data), "role": "model"}


def measured(chances: Floats, cards: Cards, threshold: float) -> list[dict[str, Any]]:
    """Of all cards the share that is read alone, of these the share that is read right; and the ones."""
    alone, right = chances.max(axis=1) >= threshold, chances.argmax(axis=1) == cards.digits
    ones = alone & (cards.digits == 1)
    return [
        {"name": "selective_accuracy", "value": share(right[alone])},
        {"name": "coverage", "value": share(alone)},
        {"name": "selective_accuracy", "value": share(right[ones]), "slice": "digit 1"},
    ]


def share(of: Iterable[bool]) -> float:
    """The share of what is true, to four digits."""
    return round(float(np.mean(list(of))), 4)


def environment() -> dict[str, Any]:
    """The software that trains, as a run reports it."""
    return {"python": platform.python_version(), "packages": {name: version(name) for name in PACKAGES}}


def code_digest() -> str:
    """The SHA-256 of this file."""
    return sha256_hex(Path(__file__).read_bytes())
