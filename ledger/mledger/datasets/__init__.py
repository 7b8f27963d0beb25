"""Datasets: recorded, recognised, compared, hashed again.

from mledger import Ledger, datasets

with Ledger.open("mledger.db") as ledger:
    datasets.add(ledger, "data/applications.parquet", "applications", why="October came in.")
    state = datasets.resolve(ledger, "applications@3")
"""

from mledger.datasets.adding import Added, add
from mledger.datasets.comparing import Diff, diff
from mledger.datasets.rehashing import Rehashed, rehash
from mledger.datasets.states import Held, State, held, identify, names, read, recognise, resolve

__all__ = [
    "Added", "Diff", "Held", "Rehashed", "State", "add", "diff", "held", "identify", "names", "read",
    "recognise", "rehash", "resolve",
]  # fmt: skip
