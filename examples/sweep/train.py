"""Trains one classifier of breast tumours: a script as anybody writes it, with three lines added.

    python train.py logistic C=0.1
    python train.py tree max_depth=4

The lines that mention mledger are the record; without them the script does the same.
"""

import ast
import sys

import features
import numpy as np
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import mledger

FOLDS = 5
DATA = {"train": "cases.csv"}
AIM = {"auc": ">=0.9963"}
MODELS = {
    "logistic": lambda **given: make_pipeline(StandardScaler(), LogisticRegression(max_iter=500, **given)),
    "neighbours": lambda **given: make_pipeline(StandardScaler(), KNeighborsClassifier(**given)),
    "tree": lambda **given: DecisionTreeClassifier(random_state=7, **given),
    "logarithms": lambda **given: make_pipeline(
        FunctionTransformer(features.logarithms), StandardScaler(), LogisticRegression(max_iter=500, **given)
    ),
    "components": lambda n, **given: make_pipeline(StandardScaler(), PCA(n), LogisticRegression(**given)),
}
IDEA = {
    "logistic": "A linear model on all features reaches 0.9963.",
    "neighbours": "Near cases are alike: neighbours reach 0.9963.",
    "tree": "A tree that doctors can read reaches 0.9963.",
    "logarithms": "Sizes matter by their order of magnitude: logarithms help.",
    "components": "Few components hold all that matters.",
}


def train(kind: str, **params: float) -> None:
    """Train and measure."""
    kw = {"model": kind, "folds": FOLDS, **params}
    with mledger.run("biopsy", hypothesis=IDEA[kind], criteria=AIM, params=kw, datasets=DATA, seed=7) as run:
        cases = features.clean(np.loadtxt(DATA["train"], delimiter=",", skiprows=1))
        folds = StratifiedKFold(FOLDS, shuffle=True, random_state=7)
        model, table, malignant = MODELS[kind](**params), cases[:, :-1], cases[:, -1]
        scores = cross_val_score(model, table, malignant, cv=folds, scoring="roc_auc", error_score="raise")
        run.metric("auc", scores.mean())


if __name__ == "__main__":
    words = (word.partition("=") for word in sys.argv[2:])
    train(sys.argv[1], **{name: ast.literal_eval(value) for name, _, value in words})
