"""What a body leads to: other events, and days to come."""

from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, NamedTuple, get_args, get_origin

from pydantic import BaseModel

from mledger.events.free import join_path
from mledger.events.words import AHEAD, Refers


class Link(NamedTuple):
    """A reference to an event: the path of its field, what it names, the types that the event may have."""

    path: str
    event: str
    types: tuple[str, ...]


class Deadline(NamedTuple):
    """A day that must not be over yet: the path of its field, and the day."""

    path: str
    day: str


class _Step(NamedTuple):
    """One field: its attribute, its name, whether it is a list, and what its values are."""

    attribute: str
    name: str
    many: bool
    types: tuple[str, ...] | None
    below: "tuple[_Step, ...]"


def links(body: BaseModel) -> Iterator[Link | Deadline]:
    """Every reference and every day to come in a body, in the order of the fields."""
    steps = _steps(type(body))
    return _walk(body, steps, "") if steps else iter(())


def _walk(value: object, steps: tuple[_Step, ...], at: str) -> Iterator[Link | Deadline]:
    for attribute, name, many, types, below in steps:
        held = getattr(value, attribute)
        if not held:
            continue
        path = join_path(at, name)
        places = ((f"{path}[{n}]", item) for n, item in enumerate(held)) if many else ((path, held),)
        for place, item in places:
            if below:
                yield from _walk(item, below, place)
            else:
                yield Deadline(place, item) if types is None else Link(place, item, types)


@cache
def _steps(cls: type[BaseModel]) -> tuple[_Step, ...]:
    """The fields of a class that are references or days to come, or hold some."""
    found = []
    for attribute, info in cls.model_fields.items():
        kind, metadata = _inner(info.annotation, tuple(info.metadata))
        many = get_origin(kind) is tuple
        if many:
            kind, metadata = _inner(get_args(kind)[0], ())
        name = info.alias or attribute
        referring = [item for item in metadata if isinstance(item, Refers)]
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if below := _steps(kind):
                found.append(_Step(attribute, name, many, None, below))
        elif referring:
            found.append(_Step(attribute, name, many, referring[-1].types, ()))
        elif AHEAD in metadata:
            found.append(_Step(attribute, name, many, None, ()))
    return tuple(found)


def _inner(annotation: Any, metadata: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """The type inside `Annotated` and `... | None`, and all metadata on the way."""
    while True:
        args = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation, metadata = args[0], (*args[1:], *metadata)
        elif len(kept := [arg for arg in args if arg is not type(None)]) == 1 and len(args) == 2:
            (annotation,) = kept
        else:
            return annotation, metadata
