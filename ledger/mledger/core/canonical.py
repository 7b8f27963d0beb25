"""Strict JSON: compact bytes out, I-JSON and nothing else in.

I-JSON (RFC 7493) is JSON that everybody reads alike: UTF-8, no duplicate keys, numbers that a
double holds, no surrogates and no noncharacters. What is written here is compact and in Unicode
NFC as well. Bytes are made once and kept: nothing is ever encoded again in order to check it.
"""

import json
import math
import re
import unicodedata
from collections.abc import Mapping
from json import JSONDecodeError, JSONDecoder
from typing import NoReturn

from mledger.errors import FormatError, InputError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64

# RFC 7493, section 2.1: surrogates, and the last two code points of each plane with FDD0 to FDEF.
_BANNED = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(p << 16 | 0xFFFE) + chr(p << 16 | 0xFFFF) for p in range(17))
    + "]"
)
_ESCAPES = re.compile(r"((?:\\u[0-9A-Fa-f]{4})+)|\\.")
# A string, closed or not, is one step: never quadratic, whatever the bytes are.
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)


def encode(value: object) -> bytes:
    """The compact UTF-8 JSON of `value`, text in NFC, keys in the order given.

    InputError for anything that I-JSON cannot hold: NaN, an integer beyond 2**53 - 1, a key that
    is no text or comes twice after NFC, a surrogate, more than 64 levels, any other Python type.
    """
    return json.dumps(_clean(value, 0), ensure_ascii=False, separators=(",", ":")).encode()


def is_clean(text: str) -> bool:
    """Whether the text is in NFC and holds no surrogate and no noncharacter."""
    return text.isascii() or (unicodedata.is_normalized("NFC", text) and not _BANNED.search(text))


def _clean(value: object, depth: int) -> object:
    """A copy of `value` made of plain JSON types, its text in NFC."""
    match value:
        case None | bool():
            return value
        case str():
            return _text(value)
        case int():
            if abs(value) > MAX_INTEGER:
                raise InputError("an integer passes 2**53 - 1: write it as a decimal string")
            return int(value)
        case float():
            if not math.isfinite(value):
                raise InputError(f"JSON has no number {value}: write it as a string")
            return float(value)
        case Mapping() | list() | tuple() if depth == MAX_DEPTH:
            raise InputError(f"a value is nested deeper than {MAX_DEPTH} levels")
        case Mapping():
            return _members(value, depth + 1)
        case list() | tuple():
            return [_clean(item, depth + 1) for item in value]
        case _:
            raise InputError(f"JSON cannot hold a value of type {type(value).__name__}")


def _members(value: Mapping[object, object], depth: int) -> dict[str, object]:
    members: dict[str, object] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise InputError(f"JSON cannot hold a key of type {type(key).__name__}")
        name = _text(key)
        if name in members:
            raise InputError(f"the key {name[:40]!r} comes twice once its text is in Unicode NFC")
        members[name] = _clean(item, depth)
    return members


def _text(text: str) -> str:
    if text.isascii():
        return str(text)
    if _BANNED.search(text):
        raise InputError(f"the text {text[:40]!r} holds a surrogate or a noncharacter")
    return unicodedata.normalize("NFC", text)


def decode(data: bytes, *, what: str = "document") -> object:
    """The value of strict I-JSON bytes; FormatError names `what`, and the line and column where it can.

    Refused besides bad JSON: anything but UTF-8, a byte order mark, duplicate keys, NaN and Infinity,
    integers beyond 2**53 - 1, numbers beyond a double, surrogates, noncharacters, over 64 levels.
    """
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise FormatError(f"the {what} is not UTF-8 at byte {error.start}") from None
    if text.startswith("\ufeff"):
        raise FormatError(f"the {what} begins with a byte order mark")
    _check_depth(text, what)
    try:
        value: object = _DECODER.decode(text)
    except JSONDecodeError as error:
        raise FormatError(f"the {what} is not JSON: {error.msg} {_place(text, error.pos)}") from None
    except _RefusedError as error:
        raise FormatError(f"the {what} {error}") from None
    _check_characters(text, what)
    return value


class _RefusedError(Exception):
    """JSON that I-JSON does not allow; told by a hook, which does not know where it is."""


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise _RefusedError(f"has the key {twice[:40]!r} twice in one object")
    return members


def _integer(digits: str) -> int:
    # The length first: Python refuses to read integers of thousands of digits.
    if len(digits) > 17 or abs(int(digits)) > MAX_INTEGER:
        raise _RefusedError(f"has the integer {digits[:20]}, which passes 2**53 - 1")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _RefusedError(f"has the number {digits[:20]}, which a double cannot hold")
    return number


def _constant(name: str) -> NoReturn:
    raise _RefusedError(f"holds {name}, which is not JSON")


_DECODER = JSONDecoder(
    object_pairs_hook=_object, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


def _check_depth(text: str, what: str) -> None:
    """Refuse deep nesting before the parser, which would run out of stack on it."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for match in _BRACKETS.finditer(text):
        if match[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise FormatError(
                    f"the {what} is nested deeper than {MAX_DEPTH} levels {_place(text, match.start())}"
                )
        elif match[0] in "]}":
            depth -= 1


def _check_characters(text: str, what: str) -> None:
    """Refuse what I-JSON bans, written as it is or as an escape."""
    found = None if text.isascii() else _BANNED.search(text)
    if found is None and "\\u" in text:
        # In valid JSON a backslash stands only in strings; a run of escapes may pair surrogates.
        runs = (match for match in _ESCAPES.finditer(text) if match[1])
        found = next((run for run in runs if _BANNED.search(json.loads(f'"{run[1]}"'))), None)
    if found is not None:
        raise FormatError(f"the {what} holds a surrogate or a noncharacter {_place(text, found.start())}")


def _place(text: str, position: int) -> str:
    line = text.count("\n", 0, position) + 1
    return f"(line {line}, column {position - text.rfind(chr(10), 0, position)})"
