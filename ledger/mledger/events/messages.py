"""Validation errors of pydantic, told in one line."""

from typing import Any

from pydantic import BaseModel, ValidationError

from mledger.events.free import join_path

MAX_SHOWN = 60
# Errors of pydantic that say less than the name of the type does.
_VAGUE = frozenset({"string_pattern_mismatch", "string_type", "float_type", "float_parsing", "int_type"})
_SAID = {
    "tuple_type": "should be a list",
    "dict_type": "should be an object of names and values",
    "model_type": "should be an object of names and values",
    "model_attributes_type": "should be an object of names and values",
    "too_short": "should have at least one item",
    "bool_parsing": "should be true or false",
    "bool_type": "should be true or false",
    "finite_number": "should be a finite number",
    "string_unicode": "should be Unicode text, but holds a surrogate",
}


def one_line(error: object) -> str:
    """The name of an exception and its text, without line breaks."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def label(cls: type[BaseModel]) -> str:
    """The wire name of an event, or the name of a part."""
    name = vars(cls).get("type")
    return name if isinstance(name, str) else cls.__name__


def wrong_fields(cls: type[BaseModel], error: ValidationError) -> dict[str, str]:
    """What was expected of each wrong field, by the path of the field; "" is the whole event."""
    wrong: dict[str, str] = {}
    for row in error.errors(include_url=False):
        path = _path(row["loc"])
        if row["type"] == "mledger":  # told by our own validators, see `free.refuse`
            for below, text in row["ctx"]["wrong"].items():
                tail = "" if below else shown(row["input"])
                wrong.setdefault(join_path(path, below), text + tail)
        elif row["type"] == "too_short" and any(other.startswith(path) for other in wrong):
            continue  # pydantic counts the items that were right
        else:
            wrong.setdefault(path, _sentence(cls, row))
    return wrong


def join(wrong: dict[str, str]) -> str:
    """One line of all that is wrong."""
    return "; ".join(f"{path}: {text}" if path else text for path, text in wrong.items())


def _path(loc: tuple[int | str, ...]) -> str:
    """A path as people write it, counted from 0: `alternatives[1].why_not`."""
    path = ""
    for step in loc:
        if step != "[key]":
            path = join_path(path, f"[{step}]" if isinstance(step, int) else step)
    return path


def _sentence(cls: type[BaseModel], row: Any) -> str:
    kind, loc = row["type"], row["loc"]
    if kind == "extra_forbidden":
        return _unknown_field(cls, loc)
    if kind == "missing":
        wanted = _wanted(cls, loc)
        return f"is missing, should be {wanted}" if wanted else "is missing"
    wanted = _wanted(cls, loc) if kind in _VAGUE else None
    text = f"should be {wanted}" if wanted else _SAID.get(kind) or _plain(str(row["msg"]))
    return text + shown(row.get("input")) + _quotes(kind, row.get("input"))


def _plain(text: str) -> str:
    return " ".join(text.replace("Input should", "should").rstrip(".").split())


def _wanted(cls: type[BaseModel], loc: tuple[int | str, ...]) -> str | None:
    from mledger.events import words  # only errors pay for it

    return words.wanted(cls, loc)


def _unknown_field(cls: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    import difflib

    from mledger.events import words

    known = words.names_beside(cls, loc)
    near = difflib.get_close_matches(str(loc[-1]), known, n=1)
    hint = f"; did you mean {near[0]}?" if near else f"; known are {', '.join(known)}" if len(loc) > 1 else ""
    return f"is not a field {'of ' + label(cls) if len(loc) == 1 else 'here'}{hint}"


def shown(value: object) -> str:
    """The value itself, when it is short enough to help."""
    if not isinstance(value, str | int | float):
        return ""
    text = repr(value)
    return f", not {text}" if len(text) <= MAX_SHOWN else f", not {text[:MAX_SHOWN]}..."


def _quotes(kind: str, value: object) -> str:
    """YAML reads 2.1 as a number, and a version is a name."""
    return " (put it in quotes)" if kind == "string_type" and isinstance(value, int | float) else ""
