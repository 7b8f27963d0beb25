"""The cards: real handwriting, as scikit-learn ships it.

1,797 digits that people wrote (UCI, Optical Recognition of Handwritten Digits), in the order in
which the writers came. The district in which a card was written is made up: the first thousand are
of Old Town, the rest, other people's hands, of Harbour.
"""

import io
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

OLD_TOWN, HARBOUR = range(1000), range(1400, 1797)
UNSEEN = range(1000, 1400)
"""Cards of Harbour that no model is trained on."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Cards:
    """Some cards: each pixel's ink from 0 to 16, and the digit that a person read."""

    def __init__(self, *parts: range) -> None:
        """Take these rows."""
        pixels, digits = _all()
        self.rows = [row for part in parts for row in part]
        self.pixels: Floats = pixels[self.rows]
        self.digits: Ints = digits[self.rows]

    @property
    def zones(self) -> Floats:
        """The mean ink of each of sixteen squares."""
        squares: Floats = self.pixels.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4))
        return squares.reshape(-1, 16)

    @property
    def districts(self) -> list[str]:
        """Where each was written."""
        return ["Old Town" if row in OLD_TOWN else "Harbour" for row in self.rows]

    def features(self, kind: str) -> Floats:
        """What a model sees: `zones` or `pixels`."""
        return self.zones if kind == "zones" else self.pixels


@cache
def _all() -> tuple[Floats, Ints]:
    """Every card that there is."""
    bunch: Any = load_digits()
    return bunch.data, bunch.target


def write(cards: Cards, file: Path) -> None:
    """Write the cards as a numpy file: the pixels of a card, then its digit."""
    data = io.BytesIO()
    np.save(data, np.column_stack([cards.pixels, cards.digits]).astype(np.uint8))
    file.write_bytes(data.getvalue())


def write_zones(cards: Cards, file: Path) -> None:
    """Write the ink of each zone as a table, with district and digit."""
    titles = [f"ink_{row}{column}" for row in range(4) for column in range(4)]
    lines = [",".join(["district", "digit", *titles])]
    for district, digit, zones in zip(cards.districts, cards.digits, cards.zones, strict=True):
        lines.append(",".join([district, str(digit), *(f"{ink:g}" for ink in zones)]))
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
