"""What a receipt costs when nothing has been read yet."""

import random
import time
from collections.abc import Callable
from statistics import median
from typing import TypeVar

from benchmarks.ground import Ground, Place
from benchmarks.table import Row, took
from mledger.core.merkle import check_inclusion, inclusion_proof
from mledger.reader import Reader
from mledger.receipt import check_receipt

PROOF = 0.005
TIMES = 15
T = TypeVar("T")


def cold(ground: Ground, single: Place) -> list[Row]:
    """An inclusion proof by a ledger that was just opened; and the whole receipt. All are checked."""
    with ground.open(single) as ledger:
        note = ledger.checkpoint()
        checkpoint, vkey = ledger.read_checkpoint(note), ledger.vkey_text
    dice, size = random.Random(1), checkpoint.size
    proofs, receipts = [], []
    for seq in (dice.randrange(size) for _ in range(TIMES)):
        seconds, proof = _fresh(single, lambda reader: inclusion_proof(reader.store, seq, size))  # noqa: B023
        proofs.append(seconds)
        with Reader.open(single.path) as reader:
            check_inclusion(reader.entry(seq).leaf, seq, size, proof, checkpoint.root)
        seconds, receipt = _fresh(single, lambda reader: reader.prove(str(seq)))  # noqa: B023
        receipts.append(seconds)
        check_receipt(receipt, vkey)
    return [
        took(f"inclusion proof at {size:,} entries, just opened", median(proofs), PROOF),
        took("  the whole receipt: checkpoint, entry", median(receipts), PROOF),
    ]


def _fresh(place: Place, work: Callable[[Reader], T]) -> tuple[float, T]:
    """Seconds and result of the first thing that is asked of a reader."""
    with Reader.open(place.path) as reader:
        start = time.perf_counter()
        result = work(reader)
        return time.perf_counter() - start, result
