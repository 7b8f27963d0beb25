"""What a stream of numbers looks like, in constant memory."""

import math
from itertools import pairwise
from typing import Any

import numpy as np

RUN = 1 << 16
"""Up to so many numbers every rank is exact."""
KEPT = RUN >> 2
ERROR = 0.001
"""Beyond them a rank is wrong by at most this share of all, for fewer than 2**48 numbers."""


class Sketch:
    """Ranks, mean and deviation of numbers, taken in any pieces; the same each time.

    Numbers are sorted in runs of RUN, of which every fourth is kept; two runs of one level are merged,
    of which every second is kept, once the first and once the other (Munro and Paterson 1980). A merge
    at level k shifts a rank by at most 2**(k+1), and there are fewer than one for each RUN * 2**k.
    """

    def __init__(self) -> None:
        """Begin without numbers."""
        self.count = 0
        self._mean = 0.0
        self._squares = 0.0
        self._finite = 0
        self._buffer: list[Any] = []
        self._held = 0
        self._levels: list[Any] = []
        self._odd = 0
        self._known: tuple[Any, Any] | None = None

    def add(self, values: Any) -> None:
        """Take in an array of floating-point numbers, none of them NaN."""
        if not len(values):
            return
        with np.errstate(over="ignore", invalid="ignore"):
            self._measure(values[np.isfinite(values)])
        self.count += len(values)
        self._known = None
        self._buffer.append(values)
        self._held += len(values)
        while self._held >= RUN:
            held = np.concatenate(self._buffer)
            self._buffer, self._held = [held[RUN:]], len(held) - RUN
            self._keep(np.sort(held[:RUN])[1 + self._toss() :: 4], 0)

    @property
    def mean(self) -> float | None:
        """The mean of the finite numbers, if there is one."""
        return self._mean if self._finite and math.isfinite(self._mean) else None

    @property
    def deviation(self) -> float | None:
        """The standard deviation of the finite numbers, as of all there are."""
        return math.sqrt(self._squares / self._finite) if self._finite and self._squares >= 0 else None

    def quantiles(self, places: list[float]) -> list[float]:
        """The number below or at which lies each share of all."""
        values, ranks = self._points()
        found = np.searchsorted(ranks, np.array(places) * self.count, side="left")
        return [float(value) for value in values[np.minimum(found, len(values) - 1)]]

    def counts(self, edges: list[float]) -> list[int]:
        """How many numbers lie below the first edge, from each edge up to the next, and from the last on."""
        values, ranks = self._points()
        places = np.searchsorted(values, edges, side="left")
        below = [0, *(int(ranks[place - 1]) if place else 0 for place in places), self.count]
        return [end - start for start, end in pairwise(below)]

    def _measure(self, values: Any) -> None:
        """Mean and deviation with more numbers (Chan, Golub and LeVeque 1979)."""
        if not (count := len(values)):
            return
        mean = float(values.mean())
        apart, total = mean - self._mean, self._finite + count
        self._squares += float(np.square(values - mean).sum()) + apart * apart * self._finite * count / total
        self._mean += apart * count / total
        self._finite = total

    def _keep(self, run: Any, level: int) -> None:
        while level < len(self._levels) and self._levels[level] is not None:
            merged = np.sort(np.concatenate([self._levels[level], run]), kind="stable")
            run, self._levels[level] = merged[self._toss() :: 2], None
            level += 1
        if level == len(self._levels):
            self._levels.append(None)
        self._levels[level] = run

    def _toss(self) -> int:
        self._odd ^= 1
        return self._odd

    def _points(self) -> tuple[Any, Any]:
        """The numbers kept, sorted, and for each how many lie at or below it."""
        if self._known is not None:
            return self._known
        runs = [(run, 4 << level) for level, run in enumerate(self._levels) if run is not None]
        runs += [(piece, 1) for piece in self._buffer]
        values = np.concatenate([run for run, _ in runs])
        weights = np.concatenate([np.full(len(run), weight) for run, weight in runs])
        order = np.argsort(values, kind="stable")
        self._known = values[order], np.cumsum(weights[order])
        return self._known
