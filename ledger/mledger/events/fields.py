"""The small types that the fields of events are made of."""

import math
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from mledger.core import moment
from mledger.errors import MledgerError

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 32
NON_FINITE = ("NaN", "Infinity", "-Infinity")

_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
# A line also refuses what breaks or reorders it on a screen: a printed name must read as it is.
_BREAK = re.compile("[\n\t\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Means:
    """What a type is called in `mledger types`; stands in the metadata of the annotation."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        """Keep the words."""
        self.text = text


def refuse(text: str) -> PydanticCustomError:
    """The error of a validator, told as `should be ...`."""
    return PydanticCustomError("mledger", "{text}", {"text": text})


def clean(text: str) -> str:
    """The text in NFC with newlines as LF and without white space at its ends."""
    if text.isascii() and text.isprintable():
        text = text.strip()
    else:
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
        if found := _CONTROL.search(text):
            raise refuse(f"should hold no control character, but has U+{ord(found[0]):04X}")
    if not text:
        raise refuse("should not be empty")
    return text


def line(limit: int) -> AfterValidator:
    """The validator of a single line of at most `limit` characters, counted after normalisation."""

    def check(text: str) -> str:
        text = clean(text)
        if not text.isprintable() and (found := _BREAK.search(text)):
            raise refuse(f"should be a single line, but has U+{ord(found[0]):04X}")
        if len(text) > limit:
            raise refuse(f"should have at most {limit} characters, but has {len(text)}")
        return text

    return AfterValidator(check)


def _day(value: object) -> object:
    """A calendar day as text: YAML reads `2026-10-31` as a date already."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        try:
            if date.fromisoformat(value).isoformat() == value:
                return value
        except ValueError:
            pass
    raise refuse("should be a day like 2026-10-31")


def _instant(value: object) -> object:
    """A moment in UTC in the ledger's form, from any ISO 8601 moment that has a zone."""
    if isinstance(value, datetime) and value.tzinfo is not None:
        return moment.format_moment(value)
    if isinstance(value, str):
        try:
            return moment.read_moment(value)
        except MledgerError:
            pass
    raise refuse("should be a moment with its zone like 2026-11-23T09:10:00Z")


def _event_ref(value: object) -> object:
    """An event number, which YAML and people may write as a bare number, or a UUID in lower case."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.lower() if isinstance(value, str) else value


def _number(value: object) -> object:
    """A metric's value: double precision, the three that JSON lacks by name."""
    if isinstance(value, str) and value in NON_FINITE:
        return value
    if isinstance(value, bool) or isinstance(value, str):
        raise refuse('should be a number, or one of "NaN", "Infinity", "-Infinity"')
    try:
        return plain_float(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise refuse('should be a number, or one of "NaN", "Infinity", "-Infinity"') from None


def plain_float(value: float) -> float | str:
    """The number, or its name if JSON cannot say it."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def plain(value: object, depth: int = 0) -> Any:
    """A free value as I-JSON says it: large integers as decimal text, non-finite floats by name."""
    if value is None or value is True or value is False:
        return value
    if isinstance(value, str):
        return _free_text(value)
    if isinstance(value, int):
        return int(value) if -MAX_INTEGER <= value <= MAX_INTEGER else str(int(value))
    if isinstance(value, float):
        return plain_float(float(value))
    if depth >= MAX_DEPTH:
        raise refuse(f"should be nested at most {MAX_DEPTH} deep")
    if isinstance(value, Mapping):
        return plain_object(value, depth)
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if callable(item := getattr(value, "item", None)) and getattr(value, "ndim", 0) == 0:
        return plain(item(), depth + 1)  # the scalars of NumPy and PyTorch
    raise refuse(f"should be text, a number, true, false, a list or an object, not {type(value).__name__}")


def plain_object(value: Mapping[Any, Any], depth: int = 0) -> dict[str, Any]:
    """An object whose names are text, each once after normalisation."""
    found: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            raise refuse(f"should have text as names, not {key!r}")
        name = _free_text(key)
        if name in found:
            raise refuse(f"should have each name once, but {name!r} is there twice")
        found[name] = plain(item, depth + 1)
    return found


def _free_text(text: str) -> str:
    if text.isascii():
        return str(text)
    if found := re.search("[\ud800-\udfff]", text):
        raise refuse(f"should be Unicode text, but has U+{ord(found[0]):04X}")
    return unicodedata.normalize("NFC", text)


def _object(value: object) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise refuse("should be an object of names and values")
    return plain_object(value)


Line: TypeAlias = Annotated[str, line(1000), Means("line of text")]
Text: TypeAlias = Annotated[str, AfterValidator(clean), Means("text")]
Summary: TypeAlias = Annotated[str, line(300), Means("line of at most 300 characters")]
Name: TypeAlias = Annotated[str, line(200), Means("name")]
Digest: TypeAlias = Annotated[
    str, Field(pattern="^[0-9a-f]{64}$"), Means("SHA-256, 64 lower-case hex digits")
]
Count: TypeAlias = Annotated[int, Field(ge=0, le=MAX_INTEGER), Means("whole number, 0 or more")]
Day: TypeAlias = Annotated[str, BeforeValidator(_day), Means("day like 2026-10-31")]
Instant: TypeAlias = Annotated[str, BeforeValidator(_instant), Means("moment like 2026-11-23T09:10:00Z")]

_NUMBER = r"(0|[1-9][0-9]{0,15})(\.[1-9][0-9]{0,5})?"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
EventNumber: TypeAlias = Annotated[
    str, BeforeValidator(_event_ref), Field(pattern=f"^{_NUMBER}$"), Means("event number like 41 or 41.3")
]
EventRef: TypeAlias = Annotated[
    str,
    BeforeValidator(_event_ref),
    Field(pattern=f"^({_NUMBER}|{_UUID})$"),
    Means("event number like 41 or 41.3, or the event's UUID"),
]
EventType: TypeAlias = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$"), Means("event type like decision.accepted")
]
Number: TypeAlias = Annotated[
    float | Literal["NaN", "Infinity", "-Infinity"],
    BeforeValidator(_number),
    Means('number, or "NaN", "Infinity", "-Infinity"'),
]
Free: TypeAlias = Annotated[Any, BeforeValidator(plain), Means("any JSON value")]
Params: TypeAlias = Annotated[dict[str, Any], BeforeValidator(_object), Means("object of names and values")]


class Part(BaseModel):
    """A value inside an event: frozen, complete, refuses what it does not know."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", ser_json_inf_nan="strings", allow_inf_nan=False, defer_build=True
    )


def unique(items: tuple[Any, ...]) -> tuple[Any, ...]:
    """The items, if each is there once; parts that have a name are told apart by it."""
    seen: set[Any] = set()
    for item in items:
        key = getattr(item, "name", item)
        if key in seen:
            raise refuse(f"should hold each once, but {key!r} is there twice")
        seen.add(key)
    return items


RoleName: TypeAlias = Annotated[
    str, Field(pattern="^[a-z][a-z0-9_-]{0,63}$"), Means("role name of lower-case letters, digits, - and _")
]
