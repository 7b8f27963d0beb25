"""Runs as the ledger has them, all or the one meant."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, TypeAlias

from mledger.chain.draft import format_id
from mledger.errors import InputError, MledgerError, NotFoundError
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.projections.corrections import amendments
from mledger.projections.runs import EVENTS, Run, Runs
from mledger.projections.statements import Header, cite, resolve
from mledger.registry import unknown

if TYPE_CHECKING:
    from mledger.chain.history import Fact, History
    from mledger.reader import Reader

Ended: TypeAlias = RunFinished | RunFailed | RunAbandoned

_TYPES = frozenset(cls.type for cls in EVENTS)
_LIST = "mledger runs --all"


@dataclass(frozen=True, slots=True)
class Found:
    """One run: its stream, number and id of its start, its state, the bodies of its start and of its end."""

    stream: str
    number: str
    id: str
    run: Run
    begun: RunStarted
    ended: Ended | None = None
    reference: str = ""
    """What events name it by: its name, or the number of its start if an earlier run is called so."""

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.stream.partition("/")[2]


def runs(reader: "Reader", stream: str | None = None, since: str | None = None) -> list[Found]:
    """The runs of one model, or of all, in the order of their starts; with `since` those begun from then on.

    Of models without such a run nothing is read. Errors: IntegrityError.
    """
    streams = {stream} if stream is not None else _streams_of(_starts(reader), since)
    history = reader.history()
    found = (one for name in sorted(streams) for one in _of(history.of(name)))
    wanted = [one for one in found if since is None or one.run.source.occurred >= since]
    return sorted(wanted, key=lambda one: _order(one.number))


def _starts(reader: "Reader", first: int = 0) -> "Iterator[Fact]":
    """The starts of runs from an entry on."""
    return reader.of_types({RunStarted.type}, first)


def _streams_of(starts: "Iterable[Fact]", since: str | None = None) -> set[str]:
    """Where runs started, all or those from a moment on."""
    return {fact.stream for fact in starts if since is None or fact.occurred >= since}


def find(reader: "Reader", reference: str) -> Found:
    """The run that is meant: by its name, the number or the id of its start or of its end.

    `run:` may stand before it, and the model: `credit-risk:depth-4`. Errors: NotFoundError with the
    nearest names, InputError if several runs are called so.
    """
    return meant(around(reader, reference), reference)


def around(reader: "Reader", *references: str) -> list[Found]:
    """The runs of the models that references may mean, or of all if that cannot be told.

    A reference like 3..9 means all that started with events of these numbers.
    What is read grows with these models and with the number of runs, not with the ledger.
    """
    streams: set[str] = set()
    for reference in references:
        found = _streams(reader, reference.strip().removeprefix("run:"))
        if not found:
            return runs(reader)
        streams |= found
    several = (one for stream in sorted(streams) for one in runs(reader, stream))
    return sorted(several, key=lambda one: _order(one.number))


def _streams(reader: "Reader", text: str) -> set[str]:
    """The streams with a run that may be meant; none if they cannot be told."""
    if (between := span(text)) is not None:
        first, last = between
        return _streams_of(takewhile(lambda fact: fact.seq <= last, _starts(reader, first)))
    model, _, name = text.rpartition(":")
    if model:
        return {f"model/{model}"}
    with suppress(MledgerError):
        if (fact := reader.fact(text)).type in _TYPES:
            return {fact.stream}
    return {fact.stream for fact in _starts(reader) if (fact.said or {}).get("run") == name}


def span(text: str) -> tuple[int, int] | None:
    """The first and the last number of a reference like 3..9; None if it is none."""
    first, mark, last = text.partition("..")
    return (int(first), int(last)) if mark and first.isdecimal() and last.isdecimal() else None


def meant(known: list[Found], reference: str) -> Found:
    """The run among those known; errors as `find`."""
    text = reference.strip().removeprefix("run:")
    model, _, name = text.rpartition(":")
    numbered = [one for one in known if text in _numbers(one)]
    named = [one for one in known if one.run.name == (name or text) and model in ("", one.model)]
    found = numbered or named
    if len(found) > 1:
        numbers = ", ".join(f"{one.number} ({one.model})" for one in found)
        raise InputError(f"several runs are called {text}: {numbers}", fix="name one by its number")
    if not found:
        names = [name for one in known for name in (one.run.name, one.number)]
        raise NotFoundError(unknown("run", text, names), fix=_LIST)
    return found[0]


def _numbers(one: Found) -> tuple[str, ...]:
    end = one.run.end
    return (one.number, *((end.source.number,) if end else ()), *one.run.numbers)


def _of(history: "History") -> Iterator[Found]:
    """The runs of one stream, corrections applied."""
    facts = tuple(history.facts())
    amended = amendments(facts)
    made, ids, bodies, started = Runs(), dict[str, str](), {}, {}
    for fact in facts:
        ids[fact.number] = ids[format_id(fact.id)] = fact.number
        if fact.type not in _TYPES or fact.refused is not None:
            continue
        change = amended.get(fact.number)
        body = change.body if change is not None and change.body is not None else fact.data
        if body is not None:
            bodies[fact.number], started[fact.number] = body, format_id(fact.id)
            corrections = change.corrections if change is not None else ()
            made.add(Header(cite(fact), fact.type, fact.stream, corrections), body)
    made.settle(lambda reference: resolve(ids, reference))
    for number, run in made.started.items():
        begun, ended = bodies[number], bodies[run.end.source.number] if run.end else None
        assert isinstance(begun, RunStarted)  # noqa: S101  a start is one
        assert ended is None or isinstance(ended, Ended)  # noqa: S101
        reference = run.name if made.names[run.name] == number else number
        yield Found(history.stream or "", number, started[number], run, begun, ended, reference)


def _order(number: str) -> tuple[int, int]:
    seq, _, place = number.partition(".")
    return int(seq), int(place or 0)
