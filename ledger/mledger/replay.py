"""States at a moment: as known then, or as they were.

Two times are told apart. `known_at` cuts by recorded time: what the ledger knew by then. `as_of` cuts
by occurred time: what had happened by then, whenever it was recorded. Together, the first cuts, then
the second. What had happened before the cut and was recorded only after it is named, never mixed in.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from mledger.chain.history import Fact, History
from mledger.core.moment import Moment, format_moment, read_cut
from mledger.core.names import check_stream, parse_number
from mledger.errors import InputError, MledgerError, NotFoundError
from mledger.folding import overview_at
from mledger.projections import base
from mledger.projections.base import Projection, Statement
from mledger.projections.datasets import DatasetState, dataset
from mledger.projections.diff import Change, compare
from mledger.projections.duties import duties
from mledger.projections.model import ModelState
from mledger.projections.overview import overview
from mledger.projections.people import PeopleState, people
from mledger.projections.statements import Citation, cite, to_json
from mledger.registry import unknown
from mledger.reports.due import Due, due

if TYPE_CHECKING:
    from mledger.reader import Reader

When: TypeAlias = str | int | datetime
"""A time with its zone, a date (its end, in UTC), or an entry by its number."""

_ABOUT = ("title", "text", "summary", "statement", "run", "version", "name", "reason", "why")
# Fields of a state that only serve to fold on.
_INTERNAL = frozenset({"accounts", "newest"})


@dataclass(frozen=True, slots=True)
class Cut:
    """What a replay was allowed to see: the first `entries` of `total`, and of them what occurred by `as_of`.

    `known_at` is the moment asked for; if an entry was, its recorded time, and `entry` is its number.
    """

    entries: int
    total: int
    known_at: Moment | None = None
    entry: int | None = None
    as_of: Moment | None = None


@dataclass(frozen=True, slots=True)
class Mention:
    """An event named without its content: its type, its stream, what it is about in a few words."""

    type: str
    stream: str
    source: Citation
    about: str | None = None


@dataclass(frozen=True, slots=True)
class Replay:
    """A state, and what it was made from.

    `state` is that of `projection`: of one model, one dataset, the ledger's people, or an overview
    of all. `datasets` holds the datasets that a model names, by name; `people` those who may sign,
    beside an overview. `not_yet_known` had happened by the cut and was recorded after it;
    `recorded_later` is part of the state, and nobody could read it at the moment `as_of`. `due` is
    what is to be done about the stream, whenever; `today` is the day of the cut.
    """

    origin: str
    stream: str | None
    projection: str
    cut: Cut
    state: Any
    datasets: dict[str, DatasetState]
    people: PeopleState | None = None
    not_yet_known: tuple[Mention, ...] = ()
    recorded_later: tuple[Mention, ...] = ()
    due: tuple[Due, ...] = ()
    today: str = ""

    def to_json(self) -> dict[str, object]:
        """The replay as `--json` prints it: plain values, each statement with its events."""
        return {
            "origin": self.origin,
            "stream": self.stream,
            "projection": self.projection,
            "cut": to_json(self.cut),
            "state": _plain(self.state),
            "datasets": {name: _plain(state) for name, state in self.datasets.items()},
            "people": _plain(self.people) if self.people else None,
            "not_yet_known": to_json(self.not_yet_known),
            "recorded_later": to_json(self.recorded_later),
            "due": [item.to_json() for item in self.due],
        }

    def statements(self) -> Iterator[Statement]:
        """What all states of the replay say."""
        yield from base.find(self.projection).statements(self.state)
        for state in self.datasets.values():
            for statement in dataset.statements(state):
                yield statement._replace(path=f"{state.stream} {statement.path}")
        if self.people is not None:
            yield from people.statements(self.people)


@dataclass(frozen=True, slots=True)
class Difference:
    """What changed from one moment to another."""

    origin: str
    stream: str | None
    before: Cut
    after: Cut
    changes: tuple[Change, ...]

    def to_json(self) -> dict[str, object]:
        """The difference as `--json` prints it."""
        return {
            "origin": self.origin,
            "stream": self.stream,
            "before": to_json(self.before),
            "after": to_json(self.after),
            "changes": [change.to_json() for change in self.changes],
        }


def replay(
    reader: "Reader", stream: str | None = None, *, known_at: When | None = None, as_of: When | None = None
) -> Replay:
    """The state of one stream, or of all, from the verified events of a ledger.

    `stream` may leave out its kind where the name alone tells it. Errors: IntegrityError if the
    ledger is broken; NotFoundError for a stream or an entry that does not exist; InputError for a
    time without a zone.
    """
    history = reader.history()
    cut, name = cut_at(reader, history, known_at, as_of), stream_named(reader, history, stream)
    today = (cut.as_of or cut.known_at or reader.now())[:10]
    return replace(_replay(reader, history, cut, name), today=today)


def diff(
    reader: "Reader",
    before: When,
    after: When,
    stream: str | None = None,
    *,
    by: Literal["known_at", "as_of"] = "known_at",
) -> Difference:
    """What changed between two moments in what was known of a stream, or of all; errors as `replay`.

    With `by="as_of"` it is what changed in the world, as it is known today.
    """
    history = reader.history()
    name = stream_named(reader, history, stream)
    cuts = [cut_at(reader, history, **{by: when}) for when in (before, after)]
    replays = [_replay(reader, history, cut, name, with_people=True) for cut in cuts]
    named = {name for found in replays for name in found.datasets}
    statements = [
        replace(found, datasets=_datasets(narrowed(history, cut), named)).statements()
        for found, cut in zip(replays, cuts, strict=True)
    ]
    return Difference(reader.origin, name, cuts[0], cuts[1], tuple(compare(*statements)))


# --- what is asked for


def cut_at(
    reader: "Reader", history: History, known_at: When | None = None, as_of: When | None = None
) -> Cut:
    """The cut that the two moments make."""
    occurred = None if as_of is None else _moment(as_of)
    if known_at is None:
        return Cut(history.size, history.total, as_of=occurred)
    seq = _entry(known_at)
    if seq is None:
        moment = _moment(known_at)
        return Cut(min(reader.size_at(moment), history.size), history.total, moment, None, occurred)
    if seq >= history.size:
        raise NotFoundError(f"there is no entry {seq}; the ledger ends with entry {history.size - 1}")
    return Cut(seq + 1, history.total, reader.statement(seq).time, seq, occurred)


def _entry(when: When) -> int | None:
    """The entry that is meant, if it is not a time. Errors: InputError."""
    if isinstance(when, int):
        if when < 0:
            raise InputError(f"entries count from 0, not {when}")
        return when
    if isinstance(when, datetime) or "-" in when or ":" in when:
        return None
    try:
        return parse_number(when.strip())[0]
    except InputError:
        raise InputError(
            f"{when[:40]!r} is neither a time nor an event number",
            fix="write it like 2026-11-23, 2026-11-23T09:12:04Z, or 41",
        ) from None


def _moment(when: When) -> Moment:
    if isinstance(when, datetime):
        return format_moment(when)
    return read_cut(str(when))


def stream_named(reader: "Reader", history: History, text: str | None) -> str | None:
    """The stream that is meant. Errors: NotFoundError with the nearest names."""
    if text is None:
        return None
    names = [text] if "/" in text or text == "ledger" else [f"model/{text}", f"dataset/{text}"]
    for name in names:
        check_stream(name, error=InputError)
        if any(True for _ in history.of(name).facts()):
            return name
    raise NotFoundError(unknown("stream", text, reader.stream_names()), fix="mledger replay")


def narrowed(history: History, cut: Cut) -> History:
    """What the cut lets one see."""
    history = history.known_at(cut.entries)
    return history if cut.as_of is None else history.as_of(cut.as_of)


# --- what is made of it


def _replay(
    reader: "Reader", history: History, cut: Cut, stream: str | None, *, with_people: bool = False
) -> Replay:
    seen = narrowed(history, cut)
    if stream is None:
        made = _of_all(reader, seen, cut)
    else:
        made = _of_one(reader, seen, cut, stream)
        if with_people and stream != "ledger":
            made = replace(made, people=people.fold(seen.of("ledger").facts()))
    return made


def _of_one(reader: "Reader", history: History, cut: Cut, stream: str) -> Replay:
    """The state of one stream; of a model with the datasets that it names."""
    projection = base.reading(stream)
    if projection is None:
        raise NotFoundError(f"nothing here can make a state of {stream}", fix=f"mledger log {stream}")
    later: list[Mention] = []
    facts = tuple(_noting(history.of(stream).facts(), cut, later))
    state = projection.fold(facts)
    tasks = due(history, [stream], {stream: duties.fold(facts)})
    named = state.datasets if isinstance(state, ModelState) else ()
    datasets = _datasets(history, named, cut, later)
    streams = [stream, *(found.stream for found in datasets.values())]
    return Replay(
        reader.origin,
        stream,
        projection.name,
        cut,
        state,
        datasets,
        None,
        tuple(mention for name in streams for mention in _not_yet_known(history.of(name), cut)),
        tuple(later),
        tuple(tasks),
    )


def _of_all(reader: "Reader", history: History, cut: Cut) -> Replay:
    """A row for each model and dataset; those that were corrected are taken from a fold of their own."""
    later: list[Mention] = []
    if cut.as_of is None:
        state = overview_at(reader, history)
    else:
        state = overview.fold(_noting(history.facts(), cut, later))
    for name in state.corrected:
        projection: Projection[Any] | None = base.reading(name)
        if projection is not None:
            state.put(projection.fold(history.of(name).facts()))
    late = tuple(_not_yet_known(history, cut))
    members = people.fold(history.of("ledger").facts())
    return Replay(reader.origin, None, overview.name, cut, state, {}, members, late, tuple(later))


def _datasets(
    history: History, names: Iterable[str], cut: Cut | None = None, later: list[Mention] | None = None
) -> dict[str, DatasetState]:
    """The states of the datasets with these names, as far as anything stands on their streams."""
    found = {}
    for name in names:
        try:
            stream = check_stream(f"dataset/{name}")
        except MledgerError:
            continue  # a name of no stream of ours
        facts = history.of(stream).facts()
        state = dataset.fold(facts if cut is None or later is None else _noting(facts, cut, later))
        if state.trail.events:
            found[name] = state
    return found


def _noting(facts: Iterable[Fact], cut: Cut, later: list[Mention]) -> Iterable[Fact]:
    """The facts; those recorded after the moment `as_of` are noted on the way."""
    moment = cut.as_of
    return facts if moment is None else _noted(facts, moment, later)


def _noted(facts: Iterable[Fact], moment: Moment, later: list[Mention]) -> Iterator[Fact]:
    for fact in facts:
        if fact.time > moment:
            later.append(_mention(fact))
        yield fact


def _not_yet_known(history: History, cut: Cut) -> Iterator[Mention]:
    """What had occurred by the cut and was recorded after it."""
    if cut.known_at is not None and cut.entries < cut.total:
        by = cut.known_at if cut.as_of is None else min(cut.known_at, cut.as_of)
        yield from map(_mention, history.late(by))


def _mention(fact: Fact) -> Mention:
    body = fact.data
    values = (getattr(body, name, None) for name in _ABOUT)
    about = next((value for value in values if isinstance(value, str)), None)
    return Mention(fact.type, fact.stream, cite(fact), about)


def _plain(state: Any) -> dict[str, Any]:
    """The state as JSON, without what only serves to fold on."""
    data = {f.name: to_json(getattr(state, f.name)) for f in fields(state) if f.name not in _INTERNAL}
    if isinstance(trail := data.get("trail"), dict):
        trail.pop("ids", None)
    return data
