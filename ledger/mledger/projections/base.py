"""A projection: a pure fold of facts into a state.

One file holds one projection. It names its state, a slotted dataclass, and registers a function
for each event that changes it:

    model = register(Projection("model", ModelState, kinds=("model",)))

    @model.on(ModelRegistered)
    def _registered(state: ModelState, event: Header, body: ModelRegistered) -> None: ...

A function may change the state that it is given and nothing else. What follows from all events
together, whatever their order, is worked out by the function marked `@model.finish`; it may be
called again after more events. No event makes a fold fail: what cannot be read is skipped with a
note, what does not fit becomes a remark. What the rulebook refuses is noted and does not count; only
a projection that says where a version stands is told of it all the same, with the ruling.
"""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from functools import cache, lru_cache
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from mledger.chain.history import Fact
from mledger.events import base as events
from mledger.events.base import EventBody
from mledger.projections.corrections import Amended, amendments
from mledger.projections.statements import Cited, Header, Trail, cite
from mledger.registry import Registry

UNKNOWN = "of a type that this installation does not know"


class Folded(Protocol):
    """A state: at least the trail of its events."""

    trail: Trail


class Part(Protocol):
    """A part of a state that takes in events of its own kinds."""

    def add(self, event: Header, body: Any) -> None:
        """Take in one event."""
        ...


class Statement(NamedTuple):
    """One thing that a state says, as people read it; two states differ where a path's value differs.

    `group` is one of `diff.GROUPS`, `path` is unique in the state, `numbers` are the events behind it.
    """

    group: str
    path: str
    value: str | None
    numbers: tuple[str, ...]


S = TypeVar("S", bound=Folded)
B = TypeVar("B", bound=EventBody)
Handler = Callable[[S, Header, B], None]
Each = Callable[[S, Fact], None]
Finish = Callable[[S], None]
Tell = Callable[[S], Iterator[Statement]]


class Projection(Generic[S]):
    """A named fold. `kinds` are the kinds of stream that it reads, one stream at a time; none means all.

    An `eager` projection is told of every fact (`each`) and applies corrections itself: it never
    looks at the facts twice, so that its memory does not grow with them.
    """

    def __init__(
        self, name: str, state: type[S], *, kinds: tuple[str, ...] = (), eager: bool = False
    ) -> None:
        """Name the projection and the class of its state, which can be made without arguments."""
        self.name = name
        self.state = state
        self.kinds = kinds
        self.eager = eager
        self._handlers: dict[str, Handler[S, Any]] = {}
        self._each: Each[S] | None = None
        self._finish: Finish[S] | None = None
        self._tell: Tell[S] | None = None
        self._told_anyway: frozenset[str] = frozenset()

    def on(self, cls: type[B]) -> Callable[[Handler[S, B]], Handler[S, B]]:
        """A decorator for the function that is given each event of a class."""

        def keep(handler: Handler[S, B]) -> Handler[S, B]:
            if self._handlers.setdefault(cls.type, handler) is not handler:
                raise AssertionError(f"bug: projection {self.name!r} handles {cls.type} twice")
            return handler

        return keep

    def on_each(self, classes: tuple[type[EventBody], ...]) -> Callable[[Handler[S, Any]], Handler[S, Any]]:
        """A decorator for the function that is given the events of several classes."""

        def keep(handler: Handler[S, Any]) -> Handler[S, Any]:
            for cls in classes:
                self.on(cls)(handler)
            return handler

        return keep

    def include(self, part: Callable[[S], "Part"], classes: tuple[type[EventBody], ...]) -> None:
        """Hand the events of some classes to a part of the state that several projections share."""
        self.on_each(classes)(lambda state, event, body: part(state).add(event, body))

    def even_refused(self, classes: tuple[type[EventBody], ...]) -> None:
        """Also hand over those events of some classes that the rulebook refuses; see `Header.ruling`."""
        self._told_anyway |= {cls.type for cls in classes}

    def each(self, function: Each[S]) -> Each[S]:
        """A decorator for the function that sees every fact, before it is read; it must be quick."""
        self._each = function
        return function

    def finish(self, function: Finish[S]) -> Finish[S]:
        """A decorator for the function that works out what follows from all events together."""
        self._finish = function
        return function

    def tell(self, function: Tell[S]) -> Tell[S]:
        """A decorator for the function that gives what a finished state says, for comparison."""
        self._tell = function
        return function

    @property
    def types(self) -> frozenset[str]:
        """The types of event that the projection reads."""
        return frozenset(self._handlers)

    def apply(self, state: S, fact: Fact, amended: Amended | None = None) -> None:
        """Let one fact change the state, as corrections have made it."""
        if self._each is not None:
            self._each(state, fact)
        if not self.eager:
            _note(state.trail, fact)
        if (refused := fact.refused) is not None:
            state.trail.refuse(fact, refused)
            if fact.type not in self._told_anyway:
                return
        handler = self._handlers.get(fact.type)
        if handler is None:
            if not _known(fact.type):
                state.trail.skip(fact, UNKNOWN)
            return
        body = fact.data if amended is None or amended.body is None else amended.body
        if body is None:
            state.trail.skip(fact, fact.obstacle or UNKNOWN)
            return
        corrections = amended.corrections if amended is not None else ()
        handler(state, Header(cite(fact), fact.type, fact.stream, corrections, fact.ruling), body)

    def take(self, state: S, event: Header, body: EventBody) -> None:
        """Let an event that was read already change the state; `finish` is the caller's to call."""
        handler = self._handlers.get(event.type)
        if handler is not None:
            handler(state, event, body)

    def statements(self, state: S) -> Iterator[Statement]:
        """What a finished state says, each thing with the events behind it."""
        return iter(()) if self._tell is None else self._tell(state)

    def fold(self, facts: Iterable[Fact], start: S | None = None) -> S:
        """The state after the facts, in their order; `start` is the state before them, left as it is.

        Corrections are applied to the events among `facts` alone: if one names an event behind
        `start`, the state says so, and a new fold from the beginning gives what it makes of it.
        """
        return self.go_on(self.state() if start is None else deepcopy(start), facts)

    def go_on(self, state: S, facts: Iterable[Fact]) -> S:
        """The state itself, changed by the facts: a fold for whoever owns the state and needs no copy."""
        amended: dict[str, Amended] = {}
        if not self.eager:
            facts = tuple(facts)
            amended = amendments(facts)
        apply = self.apply
        if amended:
            for fact in facts:
                apply(state, fact, amended.get(fact.number))
        else:
            for fact in facts:
                apply(state, fact)
        if self._finish is not None:
            self._finish(state)
        return state


def _note(trail: Trail, fact: Fact) -> None:
    trail.events += 1
    trail.last = Cited(fact.type, cite(fact))
    trail.know(fact)


@lru_cache(10_000)
def _known(event_type: str) -> bool:
    return events.known(event_type)


_projections: Registry[Projection[Any]] = Registry("projection")


def register(projection: Projection[S]) -> Projection[S]:
    """The projection itself, known by its name from now on."""
    _projections.add(projection.name, projection)
    return projection


def find(name: str) -> Projection[Any]:
    """The projection called `name`. Errors: NotFoundError."""
    _import_own()
    if name not in _projections:
        events.import_all()
    return _projections.get(name)


def names() -> list[str]:
    """The names of all projections, sorted; those of plug-ins too."""
    _import_own()
    events.import_all()
    return list(_projections)


def reading(stream: str) -> Projection[Any] | None:
    """The projection that reads streams of this kind; None if there is none."""
    _import_own()
    found = _reading(stream)
    if found is None:
        events.import_all()
        found = _reading(stream)
    return found


def _reading(stream: str) -> Projection[Any] | None:
    kind = stream.partition("/")[0]
    return next((p for p in map(_projections.get, _projections) if kind in p.kinds), None)


@cache
def _import_own() -> None:
    """Import every file of this folder; those of plug-ins come with the event types that they bring."""
    package = importlib.import_module("mledger.projections")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"mledger.projections.{module.name}")
