"""A small package of the team, with versions of its own: run.py installs it beside the script."""

import numpy as np


def clean(table: np.ndarray) -> np.ndarray:
    """The table without what measurement cannot tell apart."""
    return np.round(table, 4)


def logarithms(table: np.ndarray) -> np.ndarray:
    """The order of magnitude of each value."""
    with np.errstate(divide="ignore"):
        return np.log(table)
