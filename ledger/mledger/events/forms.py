"""How an event is filled in: its fields explained, and a template."""

import inspect
import textwrap
import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mledger.events.fields import Means

_WIDTH = 98
_BASIC = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}


class Field(NamedTuple):
    """One field of an event; those of its parts have names like `alternatives[].why_not`."""

    name: str
    type_text: str
    required: bool
    help: str
    example: object


class _Typed(NamedTuple):
    """A type without its wrappers, and the words that its annotation has for it."""

    inner: Any
    means: str | None


def describe(cls: type[BaseModel], prefix: str = "") -> list[Field]:
    """Every field of an event or a part, each followed by the fields of the parts that it holds."""
    rows = []
    for name, info in _fields(cls):
        typed = _typed_field(info)
        example = info.examples[0] if info.examples else None
        rows.append(
            Field(prefix + name, type_text(typed), info.is_required(), info.description or "", example)
        )
        part, mark = _part(typed)
        if part is not None:
            rows += describe(part, f"{prefix}{name}{mark}.")
    return rows


def template(cls: type[BaseModel], title: str) -> str:
    """A YAML document that is valid as it stands: required fields filled in, optional ones behind `# `.

    Explanations stand behind `##`.
    """
    first, *rest = inspect.cleandoc(cls.__doc__ or "").splitlines()
    head = [*_wrapped(f"{title}: {first}", "## "), *(f"## {line}".rstrip() for line in rest), "##"]
    head.append("## Lines behind a single # are optional: take it and the space away to use them.")
    blocks = ["\n".join(head)]
    for name, info in _fields(cls):
        blocks.append("\n".join((*_comment(info), *_lines(name, info))))
    return "\n\n".join(blocks) + "\n"


def example(cls: type[BaseModel], *, optional: bool = True) -> dict[str, object]:
    """The fields of an event filled with their examples; without the optional ones if asked."""
    return {
        name: info.examples[0]
        for name, info in _fields(cls)
        if info.examples and (optional or info.is_required())
    }


def wanted(cls: type[BaseModel], loc: tuple[int | str, ...]) -> str | None:
    """What the field at a path of pydantic should be, in words; None if the path leads nowhere."""
    found = _at(cls, loc)
    return type_text(found) if found else None


def names_beside(cls: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The names of the fields that the place at a path may have."""
    found = _at(cls, loc[:-1])
    if found is None or not _is_part(found.inner):
        return []
    return [name for name, _ in _fields(found.inner)]


def type_text(typed: _Typed) -> str:
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
        names = (name if info.is_required() else f"{name}?" for name, info in _fields(inner))
        return f"an object of {', '.join(names)}"
    return _BASIC.get(inner, str(inner))


def _fields(cls: type[BaseModel]) -> Iterator[tuple[str, FieldInfo]]:
    """The fields by the names that JSON has for them."""
    return ((info.alias or name, info) for name, info in cls.model_fields.items())


def _typed_field(info: FieldInfo) -> _Typed:
    return _typed(info.annotation, tuple(info.metadata))


def _typed(annotation: Any, metadata: tuple[object, ...] = ()) -> _Typed:
    """The type inside `Annotated` and `... | None`, and what its metadata calls it."""
    means = next((item.text for item in metadata if isinstance(item, Means)), None)
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        found = _typed(args[0], args[1:])
    elif origin in (Union, types.UnionType) and len(kept := [a for a in args if a is not type(None)]) == 1:
        found = _typed(kept[0])
    else:
        return _Typed(annotation, means)
    return _Typed(found.inner, means or found.means)


def _is_part(inner: Any) -> bool:
    return isinstance(inner, type) and issubclass(inner, BaseModel)


def _item(typed: _Typed) -> tuple[_Typed | None, str]:
    """What a list or an object of names holds, and the mark that stands for any of them."""
    origin, args = get_origin(typed.inner), get_args(typed.inner)
    if origin is tuple:
        return _typed(args[0]), "[]"
    if origin is dict:
        return _typed(args[1]), ".*"
    return None, ""


def _part(typed: _Typed) -> tuple[type[BaseModel] | None, str]:
    """The part that a field holds, alone or many times, with the mark for it."""
    item, mark = _item(typed)
    inner = (item or typed).inner
    return (inner if _is_part(inner) else None), mark


def _at(cls: type[BaseModel], loc: tuple[int | str, ...]) -> _Typed | None:
    """The type at a path; a step that is not there ends the walk with None."""
    found = above = _Typed(cls, None)
    for step in loc:
        if step == "[key]":
            found = _typed(get_args(above.inner)[0])
            continue
        above = found
        if _is_part(found.inner):
            info = dict(_fields(found.inner)).get(str(step))
            if info is None:
                return None
            found = _typed_field(info)
        else:
            item, _ = _item(found)
            if item is None:
                return None
            found = item
    return found


def _comment(info: FieldInfo) -> list[str]:
    """What a template says above a field, with a line for each field of the parts that it holds."""
    typed = _typed_field(info)
    state = "" if info.is_required() else "optional: "
    part, _ = _part(typed)
    kind = "" if part else f" ({type_text(typed)})"
    lines = _wrapped(f"{state}{info.description}{kind}", "## ")
    if part:
        for below, about in _fields(part):
            need = "" if about.is_required() else "optional: "
            lines += _wrapped(f"{below}: {need}{about.description}", "##   ", "##     ")
    return lines


def _wrapped(text: str, first: str, later: str | None = None) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=later or first)


def _lines(name: str, info: FieldInfo) -> list[str]:
    """The field with its example as YAML; behind `# ` if it is optional."""
    import yaml  # slow to import, and only templates need it

    value: Mapping[str, object] = {name: info.examples[0] if info.examples else None}
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=_WIDTH)
    mark = "" if info.is_required() else "# "
    return [mark + line for line in text.splitlines()]
