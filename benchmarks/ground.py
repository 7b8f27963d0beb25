"""The ledgers that are measured: entries of many events and of one, at two sizes, and the floor."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from benchmarks.floor import Event, Floor
from benchmarks.measuring import Sample, once
from benchmarks.workload import LAG, PROBES, Happening, happenings, plain
from mledger.batch import Ticket
from mledger.chain.draft import format_id
from mledger.events.links import Link, links
from mledger.keys.ed25519 import Ed25519Signer
from mledger.ledger import Ledger, What
from mledger.opening import default_policy

# Events of one transaction, as the command line writes them in bulk.
BATCH = 20_000
SMALLER = 10
APART = 200
WORTH = 1_000
TIME = "2026-01-05T09:00:00.000000Z"


@dataclass(slots=True)
class Place:
    """One ledger, and how many events it holds with the one that opens it."""

    path: Path
    events: int = 1
    bodies: int = 0


@dataclass(slots=True)
class Ground:
    """Where everything lies, and what building it took."""

    folder: Path
    events: int
    seed: bytes = bytes(range(32))
    bulk: list[Sample] = field(default_factory=list)
    floor_bulk: list[Sample] = field(default_factory=list)
    streams: list[Sample] = field(default_factory=list)

    @property
    def smaller(self) -> int:
        """The events of the smaller ledgers."""
        return max(self.events // SMALLER, 10)

    def rounds(self, most: int) -> int:
        """How often two sides take turns: twice where nobody will believe the numbers anyway."""
        return most if self.events >= WORTH else 2

    @property
    def probes(self) -> int:
        """The events of the probe: so few that each stands in an entry of its own, at both sizes."""
        return max(1, min(PROBES, self.smaller // APART))

    @property
    def lag(self) -> int:
        """How many events at least lie between a question and its answer: more than a transaction."""
        return max(LAG, BATCH) if self.events > BATCH else self.events

    def signer(self) -> Ed25519Signer:
        """The only one who signs here."""
        return Ed25519Signer.from_seed(self.seed)

    def key(self) -> Ed25519PrivateKey:
        """The same key, for the floor."""
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def make(self, name: str) -> Place:
        """A new ledger in which one person may answer their own questions, so that one key can write it."""
        path = self.folder / name
        policy = default_policy().model_copy(update={"four_eyes": ()})
        with Ledger.create(
            path, origin=f"bench.example/{name}", signer=self.signer(), name="Alice Example", policy=policy
        ):
            return Place(path)

    def open(self, place: Place) -> Ledger:
        """The ledger, to append to."""
        return Ledger.open(place.path, key=self.signer())

    def floor(self, name: str = "floor.db") -> Floor:
        """The yardstick."""
        return Floor(self.folder / name, self.key())

    def _happenings(self, count: int) -> Iterator[Happening]:
        return happenings(count, lag=self.lag, probes=self.probes)

    def build_many(self, name: str, count: int, *, timed: bool = False) -> Place:
        """A ledger whose entries carry as many events as they can; in turns with the floor if timed."""
        place, floor = self.make(name), self.floor() if timed else None
        with self.open(place) as ledger:
            for batch in batches(self._happenings(count)):
                events = whats(batch)
                place.bodies += sum(len(one.body.to_bytes()) for one in batch)
                sample = once(lambda: len(ledger.append_all(events)))  # noqa: B023  called at once
                filled = once(lambda: ledger.streams.head.size and len(batch))  # noqa: B023
                if floor is not None:
                    self.bulk.append(sample)
                    self.streams.append(filled)
                    rows = [plain(one) for one in batch]
                    self.floor_bulk.append(once(lambda: _write(floor, rows)))  # noqa: B023
            place.events += count
        if floor is not None:
            floor.close()
        return place

    def build_single(self, name: str, count: int) -> Place:
        """A ledger whose entries carry one event each."""
        place = self.make(name)
        with self.open(place) as ledger:
            for batch in batches(self._happenings(count)):
                place.bodies += sum(len(one.body.to_bytes()) for one in batch)
                each_by_itself(ledger, whats(batch))
            place.events += count
        return place


def batches(items: Iterable[Happening]) -> Iterator[list[Happening]]:
    """The events of each transaction."""
    rest = iter(items)
    while batch := list(islice(rest, BATCH)):
        yield batch


def whats(items: Iterable[Happening]) -> list[What]:
    """The events as a ledger takes them."""
    return [What(one.body, one.stream, None, one.id) for one in items]


def each_by_itself(ledger: Ledger, items: Sequence[What]) -> None:
    """Append entries of one event, many in one commit: what so many writers at once come to.

    What names an event waits until that one is on the disk. Errors: whatever is wrong with the first
    that was refused.
    """
    for group in _apart(items):
        tickets = [Ticket([item], None) for item in group]
        ledger._write(tickets)  # noqa: SLF001  a thread for each event would take minutes
        for ticket in tickets:
            if ticket.error is not None:
                raise ticket.error


def _apart(items: Sequence[What]) -> Iterator[list[What]]:
    """The items in groups of which none names another of its group."""
    group: list[What] = []
    ids: set[str] = set()
    for item in items:
        if any(isinstance(link, Link) and link.event in ids for link in links(item.body)):
            yield group
            group, ids = [], set()
        group.append(item)
        if item.id is not None:
            ids.add(format_id(item.id))
    if group:
        yield group


def _write(floor: Floor, rows: Sequence[Event]) -> int:
    floor.append_all(rows, TIME)
    return len(rows)
