"""Free values, such as parameters, as I-JSON says them.

A non-finite float becomes "NaN", "Infinity" or "-Infinity", an integer beyond 2**53 - 1 its decimal
text (FORMAT, "JSON everywhere"). Text becomes NFC. Scalars of NumPy and PyTorch become plain ones.
"""

import math
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from mledger.core.canonical import MAX_INTEGER, is_clean

MAX_DEPTH = 32
NON_FINITE = ("NaN", "Infinity", "-Infinity")

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def refuse(text: str, at: str = "") -> PydanticCustomError:
    """The error of a validator, told as `should be ...`; `at` is the field below the one validated."""
    return refuse_each({at: text})


def refuse_each(wrong: Mapping[str, str]) -> PydanticCustomError:
    """One error for several fields: what was expected, by the path below the value validated."""
    return PydanticCustomError("mledger", "{text}", {"text": "; ".join(wrong.values()), "wrong": dict(wrong)})


def below(error: PydanticCustomError, step: str) -> PydanticCustomError:
    """The same error, seen from one level up: `step` leads to the value that it is about."""
    wrong = (error.context or {}).get("wrong", {})
    return refuse_each({join_path(step, path): text for path, text in wrong.items()})


def join_path(upper: str, lower: str) -> str:
    """A path of two parts, as people write it: `alternatives[1].why_not`."""
    return upper + lower if not upper or not lower or lower[0] == "[" else f"{upper}.{lower}"


def text(value: str) -> str:
    """The text in NFC; refuses control characters, surrogates and noncharacters."""
    if value.isascii() and value.isprintable():
        return str(value)
    value = unicodedata.normalize("NFC", value)
    if found := _CONTROL.search(value):
        raise refuse(f"should hold no control character, but has U+{ord(found[0]):04X}")
    if not is_clean(value):
        raise refuse("should be Unicode text, but holds a surrogate or a noncharacter")
    return value


def number(value: float) -> float | str:
    """The float, or its name if JSON cannot say it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def plain(value: object, depth: int = 0) -> Any:
    """The value made of None, bool, int, float, str, list and dict alone, each as I-JSON allows."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return text(value)
    if isinstance(value, int):
        return int(value) if -MAX_INTEGER <= value <= MAX_INTEGER else _decimal(value)
    if isinstance(value, float):
        return number(float(value))
    if depth >= MAX_DEPTH:
        raise refuse(f"should be nested at most {MAX_DEPTH} deep")
    if isinstance(value, Mapping):
        return plain_object(value, depth)
    if isinstance(value, list | tuple):
        return [_plain_at(f"[{n}]", item, depth) for n, item in enumerate(value)]
    return plain(_scalar(value), depth + 1)


def _plain_at(step: str, value: object, depth: int) -> Any:
    try:
        return plain(value, depth + 1)
    except PydanticCustomError as error:
        raise below(error, step) from None


def plain_object(value: object, depth: int = 0) -> dict[str, Any]:
    """The object with plain values, its names text and each there once after normalisation."""
    if not isinstance(value, Mapping):
        raise refuse("should be an object of names and values")
    found: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise refuse(f"should have text as names, not {key!r}")
        name = text(key)
        if name in found:
            raise refuse(f"should have each name once, but {name[:40]!r} is there twice")
        found[name] = _plain_at(name, item, depth)
    return found


def _decimal(value: int) -> str:
    try:
        return str(int(value))
    except ValueError:  # Python refuses to write integers of thousands of digits
        raise refuse("should be an integer of at most 4,300 digits") from None


def _scalar(value: object) -> object:
    """What the scalar of an array library holds."""
    if callable(item := getattr(value, "item", None)) and getattr(value, "ndim", None) == 0:
        return item()
    raise refuse(f"should be text, a number, true, false, a list or an object, not {type(value).__name__}")
