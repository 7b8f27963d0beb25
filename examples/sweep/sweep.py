"""Tries twenty ideas one after the other; what fails is recorded, and the next is tried."""

from train import train

TRIALS = [
    *(("logistic", {"C": c}) for c in (0.001, 0.01, 0.1, 1.0, 100.0)),
    *(("neighbours", {"n_neighbors": n}) for n in (1, 3, 9, 600)),
    *(("tree", {"max_depth": depth}) for depth in (2, 3, 4, 6)),
    *(("components", {"n": n}) for n in (1, 2, 5, 40)),
    *(("logarithms", {"C": c}) for c in (0.1, 1.0)),
    ("logistic", {"C": -1.0}),
]


def main(trials: list[tuple[str, dict[str, float]]] = TRIALS) -> None:
    """Try each, whatever became of the one before."""
    for kind, params in trials:
        try:
            train(kind, **params)
        except ValueError:
            continue  # recorded with its message; the sweep goes on


if __name__ == "__main__":
    main()
