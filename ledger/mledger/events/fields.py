"""The small types that the fields of events are made of."""

import math
import operator
import re
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeAlias, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field, Strict, model_validator

from mledger.core.canonical import MAX_INTEGER
from mledger.core.moment import format_moment, read_moment
from mledger.core.names import MAX_NAME, MAX_TYPE
from mledger.errors import MledgerError
from mledger.events import free
from mledger.events.checked import Checked
from mledger.events.free import refuse
from mledger.events.words import AHEAD, Means, Refers

T = TypeVar("T")

# What breaks or reorders a line on a screen: a printed name must read as it is.
_BREAK = re.compile("[\n\t\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"]+")
_ACTIVE = ("javascript:", "vbscript:", "data:")
_NOT_A_NUMBER = 'should be a number, or one of "NaN", "Infinity", "-Infinity"'


def _text(value: str) -> str:
    value = free.text(value.replace("\r\n", "\n")).strip()
    if not value:
        raise refuse("should not be empty")
    return value


def line(limit: int) -> AfterValidator:
    """The validator of a single line of at most `limit` characters, counted after normalisation."""

    def check(value: str) -> str:
        value = _text(value)
        if len(value) > limit:
            raise refuse(f"should have at most {limit} characters, but has {len(value)}")
        if not value.isprintable() and (found := _BREAK.search(value)):
            raise refuse(f"should be a single line, but has U+{ord(found[0]):04X}")
        return value

    return AfterValidator(check)


def _uri(value: str) -> str:
    if not _URI.fullmatch(value):
        raise refuse("should be a URI with its scheme, like https://... or s3://...")
    if value.lower().startswith(_ACTIVE):
        raise refuse("should be a URI that names something, not one that carries or runs it")
    return value


def _day(value: object) -> object:
    """A calendar day as text; YAML reads `2026-10-31` as a date already."""
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
    try:
        if isinstance(value, datetime):
            return format_moment(value)
        if isinstance(value, str):
            return read_moment(value)
    except (MledgerError, ValueError):
        pass
    raise refuse("should be a moment with its zone, like 2026-11-23T09:10:00Z")


def _whole(value: object) -> object:
    """A whole number, of Python or of an array library, but never true, false, text or 5.0."""
    if not isinstance(value, bool):
        try:
            return operator.index(value)  # type: ignore[arg-type]
        except TypeError:
            pass
    raise refuse("should be a whole number")


def _event_ref(value: object) -> object:
    """An event number may come as a bare integer; a UUID is written in lower case."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.lower() if isinstance(value, str) else value


def _number(value: object) -> object:
    """A metric's value in double precision; what JSON lacks goes by its name."""
    if isinstance(value, str) and value in free.NON_FINITE:
        return value
    if isinstance(value, bool | str):
        raise refuse(_NOT_A_NUMBER)
    try:
        return free.number(float(value))  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise refuse(_NOT_A_NUMBER) from None


def _amount(value: object) -> object:
    """A quantity in double precision; text and booleans are none."""
    if not isinstance(value, bool | str):
        try:
            if math.isfinite(amount := float(value)):  # type: ignore[arg-type]
                return amount
        except (TypeError, ValueError, OverflowError):
            pass
    raise refuse("should be a number, 0 or more")


def unique(items: tuple[T, ...]) -> tuple[T, ...]:
    """The items, if each is there once; parts are told apart by their name."""
    seen = set()
    for item in items:
        key = getattr(item, "name", item)
        if key in seen:
            raise refuse(f"should hold each once, but {key!r} is there twice")
        seen.add(key)
    return items


# Python would take bytes for text, too.
String: TypeAlias = Annotated[str, Strict()]
Line: TypeAlias = Annotated[String, line(1000), Means("a line of text")]
Summary: TypeAlias = Annotated[String, line(300), Means("a line of at most 300 characters")]
MAX_TITLE = 200
"""The most characters of a name."""
Name: TypeAlias = Annotated[String, line(MAX_TITLE), Means("a name of one line")]
Text: TypeAlias = Annotated[String, AfterValidator(_text), Means("text")]
Label: TypeAlias = Annotated[String, AfterValidator(free.text), Means("text, kept as it is")]
Uri: TypeAlias = Annotated[
    String, line(2000), AfterValidator(_uri), Means("a URI like https://... or s3://...")
]
MediaType: TypeAlias = Annotated[
    String,
    Field(pattern=r"^[a-z0-9][a-z0-9!#$&^_.+-]*/[a-z0-9][a-z0-9!#$&^_.+-]*(; ?[a-z0-9-]+=[!-:<-~]+)*$"),
    Means("a media type like application/json"),
]
Digest: TypeAlias = Annotated[
    String, Field(pattern="^[0-9a-f]{64}$"), Means("a SHA-256 of 64 lower-case hex digits")
]
Commit: TypeAlias = Annotated[
    String,
    Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$"),
    Means("a commit of 40 or 64 lower-case hex digits"),
]
Count: TypeAlias = Annotated[
    int, BeforeValidator(_whole), Field(ge=0, le=MAX_INTEGER), Means("a whole number, 0 or more")
]
Amount: TypeAlias = Annotated[float, BeforeValidator(_amount), Field(ge=0), Means("a number, 0 or more")]
Share: TypeAlias = Annotated[
    float, BeforeValidator(_amount), Field(ge=0, le=1), Means("a share between 0 and 1")
]
Number: TypeAlias = Annotated[
    float | Literal["NaN", "Infinity", "-Infinity"],
    BeforeValidator(_number),
    Means('a number, or "NaN", "Infinity", "-Infinity"'),
]
Day: TypeAlias = Annotated[String, BeforeValidator(_day), Means("a day like 2026-10-31")]
ComingDay: TypeAlias = Annotated[Day, AHEAD]
Instant: TypeAlias = Annotated[String, BeforeValidator(_instant), Means("a moment like 2026-11-23T09:10:00Z")]
Free: TypeAlias = Annotated[Any, BeforeValidator(free.plain), Means("any JSON value")]
Params: TypeAlias = Annotated[
    dict[str, Any],
    BeforeValidator(free.plain_object),
    Field(exclude_if=operator.not_),
    Means("an object of names and values"),
]

_NUMBER = r"(0|[1-9][0-9]{0,15})(\.[1-9][0-9]{0,5})?"
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
EventNumber: TypeAlias = Annotated[
    String,
    BeforeValidator(_event_ref),
    Field(pattern=f"^{_NUMBER}$"),
    Means("an event number like 41 or 41.3"),
]
EventRef: TypeAlias = Annotated[
    String,
    BeforeValidator(_event_ref),
    Field(pattern=f"^({_NUMBER}|{_UUID})$"),
    Means("an event number like 41 or 41.3, or the event's UUID"),
    Refers(),
]
DecisionRef: TypeAlias = Annotated[EventRef, Refers(("decision.proposed",))]
ProblemRef: TypeAlias = Annotated[EventRef, Refers(("problem.framed",))]
RunRef: TypeAlias = Annotated[EventRef, Refers(("run.started",))]
PlanRef: TypeAlias = Annotated[EventRef, Refers(("plan.agreed", "plan.amended"))]
EventType: TypeAlias = Annotated[
    String,
    Field(pattern=r"^[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+$", max_length=MAX_TYPE),
    Means("an event type like decision.accepted"),
]
StreamName: TypeAlias = Annotated[
    String,
    Field(pattern=r"^(ledger|[a-z][a-z0-9-]*(/[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*)+)$", max_length=MAX_NAME),
    Means("a stream like model/credit-risk"),
]
RoleName: TypeAlias = Annotated[
    String,
    Field(pattern="^[a-z][a-z0-9_-]{0,63}$"),
    Means("a role name of lower-case letters, digits, - and _"),
]

Severity: TypeAlias = Literal["low", "medium", "high", "critical"]
Dimension: TypeAlias = Literal[
    "performance", "robustness", "interpretability", "fairness", "privacy", "security", "compliance", "cost"
]

# A list that is empty is not written: bodies stay short, and a reader puts the empty list back.
Many: TypeAlias = Annotated[tuple[T, ...], Field(exclude_if=operator.not_)]
Distinct: TypeAlias = Annotated[tuple[T, ...], AfterValidator(unique), Field(exclude_if=operator.not_)]


class Part(Checked):
    """A value inside an event, made of fields of its own."""


Rel: TypeAlias = Literal[
    "addresses", "evidence", "diagram", "requirement", "risk", "model_card", "supersedes", "selects",
    "trained_on", "evaluated_on", "produces", "deploys", "reproduces", "imported_from", "see",
]  # fmt: skip


Kept: TypeAlias = Literal[True] | None
KEPT: Any = Field(
    default=None, description="true if its bytes are inside the ledger, as an attachment", examples=[True]
)


class Ref(Part):
    """A typed link to an event, to a file by its digest, to a commit, or to anything that has a URI."""

    rel: Rel = Field(description="what the target is to this event", examples=["evidence"])
    event: EventRef | None = Field(default=None, description="the event that is meant", examples=["40"])
    digest: Digest | None = Field(
        default=None, description="the SHA-256 of the file that is meant", examples=["c0" * 32]
    )
    commit: Commit | None = Field(
        default=None, description="the commit that is meant, in full", examples=["3fa9c1e0" * 5]
    )
    uri: Uri | None = Field(
        default=None, description="where it is found", examples=["https://acme.example/risk/R-4"]
    )
    title: Line | None = Field(default=None, description="what a reader sees", examples=["Baseline run"])
    kept: Kept = KEPT

    @model_validator(mode="after")
    def _one_target(self) -> "Ref":
        if self.kept and self.digest is None:
            raise refuse("should name what is kept by its digest")
        if sum(x is not None for x in (self.event, self.digest, self.commit, self.uri)) != 1:
            raise refuse("should name exactly one target: event, digest, commit or uri")
        return self


Refs: TypeAlias = Many[Ref]
REFS: Any = Field(
    default=(),
    description="typed links to evidence: events, files by digest, commits, documents by URI",
    examples=[[{"rel": "evidence", "event": "40", "title": "Baseline run"}]],
)


class File(Part):
    """A file by its content: a model, an image of a container, a report, a checkpoint."""

    name: Name = Field(description="its name, unique in the list", examples=["model.pkl"])
    sha256: Digest = Field(description="the SHA-256 of its bytes", examples=["c07d" * 16])
    size: Count | None = Field(default=None, description="its size in bytes", examples=[48_213_004])
    media_type: MediaType | None = Field(
        default=None, description="its media type", examples=["application/octet-stream"]
    )
    role: Line | None = Field(
        default=None,
        description="what it is, such as model, container image or dashboard",
        examples=["model"],
    )
    uri: Uri | None = Field(
        default=None, description="where it is kept", examples=["s3://acme-models/credit-risk/2.1/model.pkl"]
    )
    kept: Kept = KEPT


class Position(Part):
    """A place in the ledger: what was known when so many entries had been recorded."""

    entries: Count = Field(description="how many entries there were", examples=[1318])
    leaf: Digest = Field(description="the hash of the last of them", examples=["4d77" * 16])
