"""What the types of fields are called, in messages and in forms."""

import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

ASKED: dict[str, Any] = {"asked": True}
"""Marks a field that forms ask for, though a body may do without it: a rule of its class says when."""

_BASIC = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class Means(NamedTuple):
    """What a type is called: metadata of its annotation."""

    text: str


class Refers(NamedTuple):
    """Metadata of a reference to an event: the types that the event may have; none means any."""

    types: tuple[str, ...] = ()


class _Ahead:
    """Metadata of a day that must not be over when the event happens."""


AHEAD = _Ahead()


class Typed(NamedTuple):
    """A type without its wrappers, and the words that its annotation has for it."""

    inner: Any
    means: str | None


def wanted(cls: type[BaseModel], loc: tuple[int | str, ...]) -> str | None:
    """What the field at a path of pydantic should be, in words; None if the path leads nowhere."""
    found = _at(cls, loc)
    return type_text(found) if found else None


def names_beside(cls: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The names of the fields that the place at a path may have."""
    found = _at(cls, loc[:-1])
    if found is None or not _is_part(found.inner):
        return []
    return [name for name, _ in fields_of(found.inner)]


def type_text(typed: Typed) -> str:
    """A type in the words of people who fill in forms."""
    inner, means = typed
    if means:
        return means
    origin, args = get_origin(inner), get_args(inner)
    if origin is Literal:
        return f"one of {', '.join(map(str, args))}"
    if origin is tuple:
        return f"a list, each {type_text(_typed(args[0]))}"
    if origin is dict:
        return f"an object of names, each with {type_text(_typed(args[1]))}"
    if _is_part(inner):
        names = (name if is_asked(info) else f"{name}?" for name, info in fields_of(inner))
        return f"an object of {', '.join(names)}"
    return _BASIC.get(inner, str(inner))


def takes_text(cls: type[BaseModel], path: str) -> bool:
    """Whether what people type for a field is its value as it stands: a version of 2.10 is no number.

    A path like `alternatives.0.name` leads into lists and parts.
    """
    found = _at(cls, tuple(path.split(".")))
    return found is not None and (found.inner is str or get_origin(found.inner) is Literal)


def is_list(cls: type[BaseModel], path: str) -> bool:
    """Whether the field at a path like `alternatives` or `alternatives.0.pros` is a list."""
    found = _at(cls, tuple(path.split(".")))
    return found is not None and get_origin(found.inner) is tuple


def fields_of(cls: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields by the names that JSON has for them."""
    return ((info.alias or name, info) for name, info in cls.model_fields.items())


def is_asked(info: FieldInfo) -> bool:
    """Whether a form asks for the field: it is required, or marked as asked for."""
    return info.is_required() or info.json_schema_extra is ASKED


def type_of(info: FieldInfo) -> Typed:
    """The type of a field."""
    return _typed(info.annotation, tuple(info.metadata))


def _typed(annotation: Any, metadata: tuple[object, ...] = ()) -> Typed:
    """The type inside `Annotated` and `... | None`, and what its metadata calls it."""
    means = next((item.text for item in metadata if isinstance(item, Means)), None)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        found = _typed(args[0], args[1:])
    elif origin in (Union, types.UnionType) and len(kept := [a for a in args if a is not type(None)]) == 1:
        found = _typed(kept[0])
    else:
        return Typed(annotation, means)
    return Typed(found.inner, means or found.means)


def _is_part(inner: Any) -> bool:
    return isinstance(inner, type) and issubclass(inner, BaseModel)


def _item(typed: Typed) -> tuple[Typed | None, str]:
    """What a list or an object of names holds, and the mark that stands for any of them."""
    origin, args = get_origin(typed.inner), get_args(typed.inner)
    if origin is tuple:
        return _typed(args[0]), "[]"
    if origin is dict:
        return _typed(args[1]), ".*"
    return None, ""


def part_of(typed: Typed) -> tuple[type[BaseModel] | None, str]:
    """The part that a field holds, alone or many times, with the mark for it."""
    item, mark = _item(typed)
    inner = (item or typed).inner
    return (inner if _is_part(inner) else None), mark


def _at(cls: type[BaseModel], loc: tuple[int | str, ...]) -> Typed | None:
    """The type at a path; a step that is not there ends the walk with None."""
    found = above = Typed(cls, None)
    for step in loc:
        if step == "[key]":
            found = _typed(get_args(above.inner)[0])
            continue
        above = found
        if _is_part(found.inner):
            info = dict(fields_of(found.inner)).get(str(step))
            if info is None:
                return None
            found = type_of(info)
        else:
            item, _ = _item(found)
            if item is None:
                return None
            found = item
    return found
