"""Forms in Markdown: front matter for short fields, sections for texts.

---
title: Deeper trees
alternatives:
  - name: four
---

## Question

How deep?

What stands in <!-- --> is explanation and is not recorded. A section is named like its field, in any
spelling of its words; lists, numbers and objects stand in the front matter, as YAML.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mledger.errors import FormatError, InputError

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

ReadYaml = Callable[[bytes, str, str], dict[str, Any]]
"""The fields in a YAML document, given its name and the type of the event."""
MARK = b"---"
# The fields that are written as sections: those of several lines, and what everybody reads first.
_SECTIONS = frozenset({"text", "a line of at most 300 characters"})
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_FENCE = re.compile(r"\s*(```|~~~)")
_INTRODUCTION = """## {type}: {first}
##
## Fill it in, save it, and leave the editor; leave it as it is to give up. Lines behind ## explain;
## lines behind a single # are optional: take it and the space away to use them."""


def is_form(data: bytes) -> bool:
    """Whether these bytes have front matter."""
    first, *rest = data.lstrip().split(b"\n")
    return first.rstrip() == MARK and any(line.rstrip() == MARK for line in rest)


# --- writing


def form(
    type: str, values: Mapping[str, Any], *, required: Iterable[str] = (), examples: bool = False
) -> str:
    """A form to fill in, with the values that are there already.

    `required` are fields for which a policy asks; with `examples` they stand in the place of values.
    """
    import inspect

    from mledger.events.base import find
    from mledger.events.words import fields_of

    cls = find(type)
    first = inspect.cleandoc(cls.__doc__ or "").partition("\n")[0]
    head, body = [_INTRODUCTION.format(type=type, first=first)], []
    for name, info in fields_of(cls):
        needed, value = name in required, values.get(name)
        if _is_section(info):
            body.append(_section(name, info, value, needed=needed, examples=examples))
        else:
            head.append(_field(name, info, value, needed=needed, examples=examples))
    front = "\n\n".join(head)
    return f"---\n{front}\n---\n\n" + "\n\n".join(body) + "\n"


def _is_section(info: "FieldInfo") -> bool:
    from mledger.events.words import type_of, type_text

    return type_text(type_of(info)) in _SECTIONS


def _field(name: str, info: "FieldInfo", value: Any, *, needed: bool, examples: bool) -> str:
    from mledger.events.forms import block
    from mledger_cli.editor import blank_field

    text = block(name, info, needed=needed)
    if value is None:
        return text if examples else blank_field(text)
    import yaml

    comment = "\n".join(line for line in text.split("\n") if line.startswith("## "))
    said = yaml.safe_dump({name: value}, allow_unicode=True, sort_keys=False, width=98)
    return f"{comment}\n{said.rstrip()}"


def _section(name: str, info: "FieldInfo", value: Any, *, needed: bool, examples: bool) -> str:
    from mledger.events.words import is_asked

    state = "" if needed or is_asked(info) else "optional: "
    example = info.examples[0] if info.examples else ""
    if examples:
        return f"## {heading(name)}\n\n<!-- {state}{info.description} -->\n\n{example}"
    about = f"<!-- {state}{info.description}. For example: {example} -->"
    return f"## {heading(name)}\n\n{about}\n\n{value or ''}".rstrip()


def heading(name: str) -> str:
    """A field as a heading: "Data quality influence" of data_quality_influence."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


# --- reading


def fields(data: bytes, name: str, type: str, read: ReadYaml) -> dict[str, Any]:
    """The fields in a form, its front matter read with `read`. Errors: FormatError, InputError."""
    try:
        text = data.decode().replace("\r\n", "\n").lstrip()
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{name} is not UTF-8 at byte {error.start}", fix=f"iconv -t utf-8 {name}"
        ) from None
    lines = text.split("\n")
    end = next(n for n, line in enumerate(lines) if n and line.rstrip() == "---")
    # The line that opens the front matter becomes an empty one, so that errors name the right line.
    front = "\n".join(["", *lines[1:end]])
    empty = not any(line and not line.startswith("#") for line in map(str.strip, front.split("\n")))
    values = {} if empty else read(front.encode(), name, type)
    found = {key: value for key, value in values.items() if value is not None}
    for line, title, said in _sections(lines, end + 1):
        field = _named(title, type, f"{name}, line {line}")
        if field in found:
            raise InputError(f"{name}, line {line}: {field} stands there twice", fix="take one of them away")
        if said:
            found[field] = said
    return found


def _sections(lines: list[str], start: int) -> Iterator[tuple[int, str, str]]:
    """Each section: the number of its line, its heading, its text. Errors: InputError."""
    # Comments go first, and leave their line breaks behind, so that lines keep their numbers.
    text = _COMMENT.sub(lambda match: "\n" * match[0].count("\n"), "\n".join(lines[start:]))
    title, began, held, fenced = "", start, list[str](), False
    for number, line in enumerate([*text.split("\n"), "## "], start + 1):
        fenced = fenced != bool(_FENCE.match(line))
        if not line.startswith("## ") or fenced:
            held.append(line)
            continue
        said = "\n".join(held).strip()
        if title:
            yield began, title, said
        elif said:
            raise InputError(
                f"line {start + 1}: there is text before the first heading",
                fix="put it below a heading such as ## Rationale",
            )
        title, began, held = line[3:].strip(), number, []


def _plain(name: str) -> str:
    """A name as headings are compared: in small letters, its words joined in one way."""
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def _named(title: str, type: str, where: str) -> str:
    """The field that a heading means. Errors: InputError."""
    from mledger.events.base import find
    from mledger.events.words import fields_of

    known = {_plain(field): field for field, _ in fields_of(find(type))}
    if (name := _plain(title)) in known:
        return known[name]
    from difflib import get_close_matches

    near = get_close_matches(name, known, n=1)
    hint = f"; did you mean {heading(known[near[0]])}?" if near else ""
    raise InputError(
        f"{where}: {title!r} is no field of {type}{hint}",
        fix="write headings inside a text with ### or more",
    )
