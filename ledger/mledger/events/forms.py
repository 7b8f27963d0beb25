"""How an event is filled in: its fields explained, and a template."""

import inspect
import textwrap
from typing import NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mledger.events.words import fields_of, is_asked, part_of, type_of, type_text

_WIDTH = 98


class Field(NamedTuple):
    """One field of an event; those of its parts have names like `alternatives[].why_not`."""

    name: str
    type_text: str
    required: bool
    help: str
    example: object


def describe(cls: type[BaseModel], prefix: str = "") -> list[Field]:
    """Every field of an event or a part, each followed by the fields of the parts that it holds."""
    rows = []
    for name, info in fields_of(cls):
        typed = type_of(info)
        example = info.examples[0] if info.examples else None
        rows.append(Field(prefix + name, type_text(typed), is_asked(info), info.description or "", example))
        part, mark = part_of(typed)
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
    blocks = ["\n".join(head), *(block(name, info) for name, info in fields_of(cls))]
    return "\n\n".join(blocks) + "\n"


def example(cls: type[BaseModel], *, optional: bool = True) -> dict[str, object]:
    """The fields of an event filled with their examples; without the optional ones if asked."""
    return {
        name: info.examples[0]
        for name, info in fields_of(cls)
        if info.examples and (optional or is_asked(info))
    }


def block(name: str, info: FieldInfo, *, needed: bool = False) -> str:
    """What a template has of one field: its explanation and its example; `needed` if a policy asks for it."""
    needed = needed or is_asked(info)
    return "\n".join((*_comment(info, needed=needed), *_lines(name, info, needed=needed)))


def _comment(info: FieldInfo, *, needed: bool) -> list[str]:
    """What a template says above a field, with a line for each field of the parts that it holds."""
    typed = type_of(info)
    state = "" if needed else "optional: "
    part, _ = part_of(typed)
    kind = "" if part else f" ({type_text(typed)})"
    lines = _wrapped(f"{state}{info.description}{kind}", "## ")
    if part:
        for below, about in fields_of(part):
            need = "" if is_asked(about) else "optional: "
            lines += _wrapped(f"{below}: {need}{about.description}", "##   ", "##     ")
    return lines


def _wrapped(text: str, first: str, later: str | None = None) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent=first, subsequent_indent=later or first)


def _lines(name: str, info: FieldInfo, *, needed: bool) -> list[str]:
    """The field with its example as YAML; behind `# ` if it is optional."""
    import yaml  # slow to import, and only templates need it

    value = {name: info.examples[0] if info.examples else None}
    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=_WIDTH)
    mark = "" if needed else "# "
    return [mark + line for line in text.splitlines()]
