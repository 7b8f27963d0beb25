"""An expected effect as people type it: `auc +0.004 medium`."""

import re
from typing import Any

from mledger.errors import InputError

HOW = "like: auc +0.004 medium"
_WORDS = {
    "increase": "increase",
    "up": "increase",
    "decrease": "decrease",
    "down": "decrease",
    "none": "none",
}
_SIZE = re.compile(r"([+-])?(\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)([^\d\s]\S*)?")
_CONFIDENCE = ("low", "medium", "high")


def read(typed: str) -> dict[str, Any]:
    """The fields of an effect: metric, direction, size, unit, confidence. Errors: InputError."""
    metric, *words = typed.split()
    found: dict[str, Any] = {"metric": metric}
    for word in words:
        size = _SIZE.fullmatch(word)
        if word in _CONFIDENCE:
            found["confidence"] = word
        elif word in _WORDS:
            found["direction"] = _WORDS[word]
        elif size is not None and "size" not in found:
            if size[1]:
                found["direction"] = "decrease" if size[1] == "-" else "increase"
            found["size"] = float(size[2])
            found |= {"unit": size[3]} if size[3] else {}
        elif "size" in found and "unit" not in found:
            found["unit"] = word
        else:
            raise InputError(f"{word!r} is no size, direction or confidence", fix=HOW)
    if "direction" not in found:
        raise InputError("it should say which way: +, -, or none", fix=HOW)
    return found


def wrong(typed: str) -> str | None:
    """What is wrong with it, in a line."""
    try:
        read(typed)
    except InputError as error:
        return f"{error.message}; {error.fix}"
    return None
