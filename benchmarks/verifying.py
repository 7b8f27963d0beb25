"""How fast a ledger is verified, and what is left to do when nothing is new."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice

from benchmarks.floor import Floor
from benchmarks.ground import Ground, Place
from benchmarks.machine import cores
from benchmarks.measuring import Work, best, in_turns, median
from benchmarks.table import Row, rate, took
from mledger.core.envelope import PAYLOAD_TYPE, pae
from mledger.keys.ed25519 import verify
from mledger.reader import Reader

# Rows of the floor and bare signatures that one turn checks: they cost the same at every size.
SLICE = 20_000
NOTHING_NEW = 0.1


def in_full(ground: Ground, single: Place, many: Place, floor: Floor) -> list[Row]:
    """Everything checked again, by all cores."""
    rounds = ground.rounds(3 if ground.events <= 200_000 else 2)
    ours, limit = map(best, in_turns([partial(_verify, single), _bare(ground, single)], rounds))
    rows = [
        rate("verify all, entries of one; limit: bare signatures", ours, limit, 0.85),
    ]
    ours, limit = map(best, in_turns([partial(_verify, many), lambda: floor.verify(SLICE)], rounds))
    return [*rows, rate("verify all, entries of many; limit: floor", ours, limit, 25, cores=cores())]


def nothing_new(ground: Ground, single: Place, many: Place) -> list[Row]:
    """A second verification: the file is as it was left."""
    rows = []
    for place, what in ((single, "one"), (many, "many")):
        _verify(place, full=False)
        (samples,) = in_turns([partial(_again, place)], ground.rounds(15))
        rows.append(took(f"nothing new to verify, entries of {what}", median(samples).wall, NOTHING_NEW))
    return rows


def _verify(place: Place, *, full: bool = True) -> int:
    """Verify, and make sure that everything was."""
    with Reader.open(place.path) as reader:
        reader.processes = cores()
        found = reader.verify(full=full)
        if found.findings or (full and (found.events != place.events or found.bodies != place.events)):
            raise AssertionError(f"{place.path.name}: {found.to_json()}")
    return place.events


def _again(place: Place) -> int:
    with Reader.open(place.path) as reader:
        found = reader.verify()
        if found.findings or found.signatures or found.since != found.head.size:
            raise AssertionError(f"{place.path.name}: {found.to_json()}")
    return 1


def _bare(ground: Ground, place: Place) -> Work:
    """The same signatures over the same bytes and nothing else, on all cores."""
    public = ground.signer().public
    with Reader.open(place.path) as reader:
        signed = [(pae(PAYLOAD_TYPE, e.payload), e.signature) for e in islice(reader.store.entries(), 2_000)]
    share = signed * max(1, min(SLICE, place.events) // len(signed))

    def check() -> int:
        return sum(verify(public, message, signature) for message, signature in share)

    def work() -> int:
        with ThreadPoolExecutor(cores()) as pool:
            return sum(job.result() for job in [pool.submit(check) for _ in range(cores())])

    return work
