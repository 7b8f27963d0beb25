"""Validation errors of pydantic, told in one line."""

import difflib
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

if TYPE_CHECKING:
    from mledger.events.base import EventBody

MAX_SHOWN = 60


def one_line(error: object) -> str:
    """The name of an exception and its text, without line breaks."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def describe(cls: "type[EventBody]", error: ValidationError) -> str:
    """Every wrong field by its path and what was expected there, joined by semicolons."""
    seen: dict[str, None] = {}
    for row in error.errors(include_url=False, include_context=True):
        path = _path(row["loc"])
        text = _sentence(cls, row)
        seen[f"{path}: {text}" if path else text] = None
    return "; ".join(seen)


def _path(loc: tuple[int | str, ...]) -> str:
    """A path as people write it: `alternatives[1].why_not`."""
    path = ""
    for step in loc:
        if isinstance(step, int):
            path += f"[{step}]"
        elif not _is_tag(step):
            path += f".{step}" if path else step
    return path


def _is_tag(step: str) -> bool:
    """Whether a step names a branch of a union or a validator, and no field."""
    return "[" in step or "(" in step


def _sentence(cls: "type[EventBody]", row: Any) -> str:
    kind = row["type"]
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return _unknown_field(cls, row["loc"])
    text = str(row["msg"]).removeprefix("Value error, ").removeprefix("Assertion failed, ")
    text = text.replace("Input should be", "should be").rstrip(".")
    return text + _shown(row.get("input"))


def _unknown_field(cls: "type[EventBody]", loc: tuple[int | str, ...]) -> str:
    if len(loc) > 1:
        return "is not a field here"
    near = difflib.get_close_matches(str(loc[0]), list(cls.model_fields), n=1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"is not a field of {cls.type}{hint}"


def _shown(value: object) -> str:
    """The value itself, when it is short enough to help."""
    if value is None or not isinstance(value, str | int | float):
        return ""
    text = repr(value)
    return f", not {text}" if len(text) <= MAX_SHOWN else f", not {text[:MAX_SHOWN]}..."
