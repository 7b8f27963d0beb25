"""How fast events are recorded: one by one, by many at once, in bulk."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count, islice

from benchmarks.floor import Event, Floor
from benchmarks.ground import TIME, Ground, Place
from benchmarks.measuring import Sample, Work, best, in_turns, median
from benchmarks.table import Row, rate
from benchmarks.workload import Happening, happenings, plain
from mledger.events.links import Link, links
from mledger.ledger import Ledger

WRITERS = 16
ROUNDS = 15
BLOCK = 20
BLOCK_OF_EACH = 10


def one_by_one(ground: Ground, single: Place) -> list[Row]:
    """Single durable appends to an empty and to a large ledger, and by many writers at once."""
    empty = ground.make("empty.db")
    floor = ground.floor("floor-empty.db")
    with ground.open(empty) as small, ground.open(single) as large:
        events, rounds = _events(), ground.rounds(ROUNDS)
        sides: list[Work] = [
            _appending(small, events),
            _to_the_floor(floor, map(plain, _events())),
            _appending(large, events),
            _writing_at_once(small, events),
        ]
        first, plainest, late, together = map(median, in_turns(sides, rounds))
        single.events += rounds * BLOCK
        empty.events += rounds * (BLOCK + WRITERS * BLOCK_OF_EACH)
        _expect(small, empty)
        _expect(large, single)
    floor.close()
    return [
        rate("one durable append, ledger empty; limit: floor", first, plainest, 0.8, waits=True),
        rate(f"the same at {single.events:,} events; limit: empty", late, first, 0.9, waits=True),
        rate(f"{WRITERS} writers at once, each waits; limit: one", together, first, 3, waits=True),
    ]


def in_bulk(ground: Ground) -> list[Row]:
    """What building the large ledger took, transaction by transaction, beside the floor."""
    both = [
        Sample(*map(sum, zip(a, s, strict=True))) for a, s in zip(ground.bulk, ground.streams, strict=True)
    ]
    limit = best(ground.floor_bulk)
    return [
        rate("bulk append with ids, tree, cache of streams; limit: floor", best(both), limit, 4),
        rate("  of that without the cache of streams", best(ground.bulk), limit),
    ]


def _events() -> Iterator[Happening]:
    """Events that name none, without end: they are shared out among ledgers."""
    for seed in count(1):
        made = happenings(2_000, seed=seed, lag=1 << 60, probes=0)
        alone = (one for one in made if not any(isinstance(link, Link) for link in links(one.body)))
        yield from (Happening(one.body, one.stream) for one in alone)


def _appending(ledger: Ledger, events: Iterator[Happening]) -> Work:
    ready = _blocks(events, BLOCK)

    def work() -> int:
        for one in next(ready):
            ledger.append(one.body, one.stream)
        return BLOCK

    return work


def _blocks(events: Iterator[Happening], size: int) -> Iterator[list[Happening]]:
    """Blocks that are made before they are asked for, outside the time that is taken."""
    held = [list(islice(events, size)) for _ in range(ROUNDS)]
    return iter(held)


def _to_the_floor(floor: Floor, events: Iterator[Event]) -> Work:
    ready = iter([list(islice(events, BLOCK)) for _ in range(ROUNDS)])

    def work() -> int:
        for event in next(ready):
            floor.append(event, TIME)
        return BLOCK

    return work


def _writing_at_once(ledger: Ledger, events: Iterator[Happening]) -> Work:
    ready = _blocks(events, WRITERS * BLOCK_OF_EACH)

    def work() -> int:
        block = next(ready)
        shares = [block[n::WRITERS] for n in range(WRITERS)]
        with ThreadPoolExecutor(WRITERS) as pool:
            return sum(pool.map(lambda share: _write(ledger, share), shares))

    return work


def _write(ledger: Ledger, share: Sequence[Happening]) -> int:
    for one in share:
        ledger.append(one.body, one.stream)
    return len(share)


def _expect(ledger: Ledger, place: Place) -> None:
    """Nothing was lost, nothing doubled."""
    if ledger.head.size != place.events:
        raise AssertionError(f"{place.path.name} has {ledger.head.size} entries, not {place.events}")
