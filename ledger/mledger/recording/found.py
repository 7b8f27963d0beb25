"""Runs as the ledger has them, all or the one meant."""

import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from mledger.chain.draft import format_id
from mledger.errors import InputError, MledgerError, NotFoundError
from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
from mledger.projections.corrections import amendments
from mledger.projections.runs import EVENTS, Run, Runs
from mledger.projections.statements import Header, cite, resolve
from mledger.registry import unknown

if TYPE_CHECKING:
    from mledger.chain.history import History
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

    @property
    def model(self) -> str:
        """The name of the model."""
        return self.stream.partition("/")[2]


def runs(reader: "Reader", stream: str | None = None) -> list[Found]:
    """The runs of one model, or of all, in the order of their starts. Errors: IntegrityError."""
    history = reader.history()
    if stream is not None:
        return list(_of(history.of(stream)))
    models = (name for name in reader.stream_names() if name.startswith("model/"))
    found = [one for name in models for one in _of(history.of(name))]
    return sorted(found, key=lambda one: _order(one.number))


def find(reader: "Reader", reference: str) -> Found:
    """The run that is meant: by its name, the number or the id of its start or of its end.

    `run:` may stand before it, and the model: `credit-risk:depth-4`. Errors: NotFoundError with the
    nearest names, InputError if several runs are called so.
    """
    return meant(around(reader, reference), reference)


def around(reader: "Reader", *references: str) -> list[Found]:
    """The runs of the models that references may mean, or of all if that cannot be told.

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
    model, _, name = text.rpartition(":")
    if model:
        return {f"model/{model}"}
    with suppress(MledgerError):
        if (fact := reader.fact(text)).type in _TYPES:
            return {fact.stream}
    starts = reader.of_types({RunStarted.type})
    bodies = ((fact.stream, json.loads(fact.body)) for fact in starts if fact.body is not None)
    return {stream for stream, body in bodies if body.get("run") == name}


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
        yield Found(history.stream or "", number, started[number], run, begun, ended)


def _order(number: str) -> tuple[int, int]:
    seq, _, place = number.partition(".")
    return int(seq), int(place or 0)
