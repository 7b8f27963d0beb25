"""How fast the state is rebuilt: of everything, of one model, at a moment."""

from functools import partial

from benchmarks.floor import Floor
from benchmarks.ground import Ground, Place
from benchmarks.measuring import Sample, Work, best, in_turns, median
from benchmarks.table import Row, rate, show, took
from benchmarks.verifying import SLICE
from benchmarks.workload import PROBE
from mledger.projections import base
from mledger.reader import Reader
from mledger.replay import replay

MOMENT = 0.3
SAME = 1.25


def from_opening(ground: Ground, many: Place, single: Place, floor: Floor) -> list[Row]:
    """The overview of all models, folded from the first event on."""
    rounds = ground.rounds(3 if ground.events <= 200_000 else 2)
    sides: list[Work] = [partial(_fold_all, many), lambda: _replay_floor(floor), partial(_fold_all, single)]
    ours, limit, other = map(best, in_turns(sides, rounds))
    return [
        rate("replay all from opening, entries of many; limit: floor", ours, limit, 1.1),
        rate("replay all from opening, entries of one; limit: floor", other, limit),
    ]


def of_one_model(ground: Ground, large: Place, small: Place, what: str) -> list[Row]:
    """One model with as many events in the large ledger as in the small one."""
    sides = [partial(_of_probe, place, ground.probes) for place in (large, small)]
    late, early = map(median, in_turns(sides, ground.rounds(9)))
    work = f"one model, entries of {what}, at {large.events:,}; limit: at {small.events:,}"
    return [_compared(work, late, early)]


def at_a_moment(ground: Ground, many: Place, single: Place) -> list[Row]:
    """All models as they were known half-way, and one of them."""
    rows = []
    for place, what in ((single, "one"), (many, "many")):
        (samples,) = in_turns([partial(_half_way, place, PROBE)], ground.rounds(5))
        rows.append(took(f"one model as known half-way, entries of {what}", median(samples).wall, MOMENT))
    (samples,) = in_turns([partial(_half_way, many, None)], ground.rounds(3))
    return [*rows, took("all models as known half-way, entries of many", median(samples).wall, MOMENT)]


def _compared(work: str, late: Sample, early: Sample) -> Row:
    ratio, cpu = late.wall / early.wall, late.cpu / early.cpu
    return Row(work, show(late.wall), show(early.wall), ratio, SAME, at_least=False, cpu=cpu)


def _fold_all(place: Place) -> int:
    overview = base.find("overview")
    with Reader.open(place.path) as reader:
        state = overview.fold(reader.facts())
    if sum(state.models[name].events for name in state.models) <= place.events // 2:
        raise AssertionError("the fold passed over events")
    return place.events


def _replay_floor(floor: Floor) -> int:
    state = floor.replay(SLICE)
    return sum(row.events for row in state.values())


def _of_probe(place: Place, events: int) -> int:
    with Reader.open(place.path) as reader:
        found = replay(reader, PROBE)
    if found.state.trail.events != events:
        raise AssertionError(f"{found.state.trail.events} events of {PROBE} in {place.path.name}")
    return 1


def _half_way(place: Place, stream: str | None) -> int:
    with Reader.open(place.path) as reader:
        found = replay(reader, stream, known_at=reader.head.size // 2)
    if found.cut.entries != found.cut.total // 2 + 1:
        raise AssertionError(f"cut after {found.cut.entries} of {found.cut.total}")
    return 1
