"""A dossier: one model's state and events, for rules and reports.

It is a value: the folded state, the events with their bodies as corrections have left them, the
datasets that the model used, and what stands on the stream of the ledger.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from mledger.chain.draft import format_id
from mledger.chain.history import Fact
from mledger.core.moment import Moment
from mledger.core.names import check_stream
from mledger.errors import MledgerError
from mledger.events.base import EventBody
from mledger.events.decision import DecisionProposed
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.projections.base import find
from mledger.projections.corrections import Amended, amendments
from mledger.projections.datasets import DatasetState
from mledger.projections.decisions import Decision, Status
from mledger.projections.model import ModelState, Version
from mledger.projections.runs import Run, short_name, whole
from mledger.projections.statements import Header, cite, resolve

if TYPE_CHECKING:
    from mledger.events.policy import Policy

B = TypeVar("B", bound=EventBody)
NEVER = Moment("")
# What was decided and is no more, or never was.
ENDED: frozenset[Status] = frozenset({"rejected", "superseded", "invalidated"})


class Record(NamedTuple):
    """An event that can be read: what to cite, and its body as corrections have left it."""

    event: Header
    body: Any

    @property
    def number(self) -> str:
        """The event number."""
        return self.event.number


@dataclass(frozen=True)
class Dossier:
    """All that is known of one model, and which of its versions are asked about.

    `asked` is the version that somebody asked for by name; without it, `versions` are those that
    stand somewhere and the one released last. `today` is the day on which it is looked at.
    """

    stream: str
    state: ModelState
    records: tuple[Record, ...]
    datasets: Mapping[str, DatasetState]
    beside: tuple[Record, ...] = ()
    """The events of those datasets, and of the ledger itself."""
    policy: "Policy | None" = None
    today: Moment = NEVER
    entries: int = 0
    asked: str | None = None
    ids: Mapping[str, str] = field(default_factory=dict)
    refused: tuple[Fact, ...] = ()
    """What was recorded against the rules on any of these streams; it is not among the records."""

    @property
    def name(self) -> str:
        """The name of the model."""
        return self.state.name or self.stream

    @property
    def day(self) -> str:
        """The day on which it is looked at, in UTC."""
        return self.today[:10]

    def of(self, cls: type[B]) -> Iterator[tuple[Header, B]]:
        """The model's events of one class, in order."""
        return ((record.event, record.body) for record in self._by_class.get(cls, ()))

    def around(self, cls: type[B]) -> Iterator[tuple[Header, B]]:
        """Those of the model, of its datasets and of the ledger, in order of each."""
        yield from self.of(cls)
        yield from ((record.event, record.body) for record in self.beside if type(record.body) is cls)

    @cached_property
    def _by_class(self) -> dict[type, list[Record]]:
        found: dict[type, list[Record]] = {}
        for record in self.records:
            found.setdefault(type(record.body), []).append(record)
        return found

    def resolve(self, reference: str | None) -> str | None:
        """The number of an event of the dossier by number or UUID; None if it is not in it."""
        return resolve(self.ids, reference)

    # --- what rules ask again and again

    @cached_property
    def versions(self) -> tuple[Version, ...]:
        """The versions that are asked about, in the order of release."""
        if self.asked is not None:
            found = self.state.versions.get(self.asked)
            return (found,) if found else ()
        standing = {place.version for place in self.state.stages.places}
        last = next(reversed(self.state.versions), None)
        return tuple(v for name, v in self.state.versions.items() if name in standing or name == last)

    def before(self, version: Version) -> Version | None:
        """The version that another follows: as it says, or else the one released before it."""
        if version.previous is not None:
            return self.state.versions.get(version.previous)
        earlier = None
        for found in self.state.versions.values():
            if found.name == version.name:
                return earlier
            earlier = found
        return None

    def run_of(self, version: Version | None) -> tuple[Run, Header, RunStarted] | None:
        """The run that made a version, with its start, in which all stands that became known on the way.

        None where the release names no run that is there.
        """
        run = self.state.runs.find(version.run, self.state.trail.resolve) if version else None
        if run is None:
            return None
        number = run.end.source.number if run.end else None
        ends = (*self.of(RunFinished), *self.of(RunFailed), *self.of(RunAbandoned))
        ended = next((body for e, body in ends if e.number == number), None)
        starts = self.of(RunStarted)
        return next(
            ((run, e, whole(body, ended)) for e, body in starts if e.number == run.source.number), None
        )

    def decided(self, *, ended: bool = False) -> Iterator[tuple[Header, DecisionProposed]]:
        """The decisions of the model and of its datasets that hold or may hold; or all, the `ended` too."""
        for event, body in self.around(DecisionProposed):
            if ended or self.status(event.number) not in ENDED:
                yield event, body

    def behind(self, version: Version) -> Iterator[tuple[Header, DecisionProposed]]:
        """The decisions that may stand behind a version: those that hold, and those that it names and held.

        That a decision ended later does not make undone that it was made.
        """
        named = {self.resolve(reference) for reference in version.decisions}
        for event, body in self.decided(ended=True):
            status = self.status(event.number)
            if status not in ENDED or (status != "rejected" and event.number in named):
                yield event, body

    def decision(self, number: str) -> Decision | None:
        """A decision of the model or of one of its datasets, with what became of it."""
        held: list[ModelState | DatasetState] = [self.state, *self.datasets.values()]
        found = (state.decisions.proposals.get(number) for state in held)
        return next(filter(None, found), None)

    def status(self, number: str) -> Status:
        """What became of a decision."""
        found = self.decision(number)
        return found.status if found is not None else "proposed"


def dossier_of(
    stream: str,
    read: Callable[[str], Iterable[Fact]],
    *,
    policy: "Policy | None" = None,
    today: Moment = NEVER,
    entries: int = 0,
    asked: str | None = None,
) -> Dossier:
    """The dossier of a model; `read` gives the facts of a stream, in order."""
    own = tuple(map(_kept, read(stream)))
    records = tuple(_records(own))
    others = {name: tuple(map(_kept, read(name))) for name in (*data_streams(records), "ledger")}
    state: ModelState = find("model").fold(own)
    state.stream = state.stream or stream
    ids: dict[str, str] = {}
    for fact in (fact for told in (own, *others.values()) for fact in told):
        ids[fact.number] = ids[format_id(fact.id)] = fact.number
    return Dossier(
        stream,
        state,
        records,
        {short_name(n): find("dataset").fold(told) for n, told in others.items() if told and "/" in n},
        tuple(record for told in others.values() for record in _records(told)),
        policy,
        today,
        entries,
        asked,
        ids,
        tuple(fact for told in (own, *others.values()) for fact in told if fact.refused is not None),
    )


class _Kept(Fact):
    """A fact whose body is decoded once, though it is both folded and read."""

    @cached_property
    def data(self) -> EventBody | None:
        return super().data


def _kept(fact: Fact) -> Fact:
    return _Kept(*fact)


def _records(facts: tuple[Fact, ...]) -> Iterator[Record]:
    """The facts that can be read and that count, as corrected."""
    amended = amendments(facts)
    for fact in facts:
        found = amended.get(fact.number, _NOTHING)
        body = fact.data if found.body is None else found.body
        if body is not None and fact.refused is None:
            yield Record(Header(cite(fact), fact.type, fact.stream, found.corrections, fact.ruling), body)


_NOTHING = Amended(None, ())


def data_streams(records: Iterable[Record]) -> list[str]:
    """The streams of the datasets that a model's events name, in the order of first mention."""
    found: dict[str, None] = {}
    for record in records:
        for name in ("datasets", "inputs", "outputs"):
            for used in getattr(record.body, name, ()):
                if isinstance(called := getattr(used, "name", None), str):
                    found[f"dataset/{short_name(called)}"] = None
    return [name for name in found if _is_stream(name)]


def _is_stream(name: str) -> bool:
    try:
        check_stream(name)
    except MledgerError:
        return False
    return True
