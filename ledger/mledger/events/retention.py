"""Retention: how long a policy keeps what was recorded."""

from typing import Annotated, TypeAlias

from pydantic import AfterValidator, BeforeValidator, Field

from mledger.core.moment import Moment
from mledger.core.period import parse_period
from mledger.errors import FormatError
from mledger.events.fields import Distinct, Line, Part, String, unique
from mledger.events.free import refuse
from mledger.events.words import Means
from mledger.keys.roles import may_record

_PATTERN = r"^!?(\*|[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)*\.\*|[a-z][a-z0-9_-]*(\.[a-z][a-z0-9_-]*)+)$"
Pattern: TypeAlias = Annotated[
    String,
    Field(pattern=_PATTERN),
    Means("an event type, a family like decision.*, or *; a leading ! takes away"),
]
StreamKind: TypeAlias = Annotated[
    String,
    Field(pattern=r"^(\*|[a-z][a-z0-9-]*)$"),
    Means("a kind of stream like model, dataset or ledger, or * for any"),
]


def _days(value: object) -> object:
    """A number is one of days."""
    return f"P{value}D" if isinstance(value, int) and not isinstance(value, bool) else value


def _period(text: str) -> str:
    try:
        parse_period(text)
    except FormatError:
        raise refuse("should be a period like P10Y, P6M or P90D, or a number of days") from None
    return text


PeriodText: TypeAlias = Annotated[
    String, BeforeValidator(_days), AfterValidator(_period), Means("a period like P10Y, P6M or P90D")
]


class RetentionRule(Part):
    """How long the content of some types of event is kept before it may be erased."""

    types: Annotated[tuple[Pattern, ...], AfterValidator(unique)] = Field(
        min_length=1,
        description="the event types that it is about: a type, a family, or all",
        examples=[["decision.*", "promotion.*"]],
    )
    on: Annotated[tuple[StreamKind, ...], AfterValidator(unique)] = Field(
        default=("*",),
        min_length=1,
        description="the kinds of stream that it is about",
        examples=[["model"]],
    )
    keep: PeriodText = Field(
        description="how long it is kept from when it was recorded: an ISO 8601 period, or a number of days",
        examples=["P10Y"],
    )
    basis: Line | None = Field(
        default=None, description="the law or rule that asks for it", examples=["AI Act, Article 18(1)"]
    )
    unless: Distinct[Line] = Field(
        default=(),
        description="legal bases on which it may be erased earlier all the same, each by how it begins",
        examples=[["GDPR Art. 17"]],
    )

    def covers(self, event_type: str, stream_kind: str) -> bool:
        """Whether it is about events of a type on streams of a kind."""
        return may_record(self.types, event_type) and not {"*", stream_kind}.isdisjoint(self.on)

    def until(self, recorded: Moment) -> Moment:
        """Until when it keeps what was recorded then."""
        return parse_period(self.keep).after(recorded)

    def yields(self, legal_basis: str) -> bool:
        """Whether it gives way to a legal basis: "GDPR Art. 17" to "GDPR Art. 17(1)(b)", not to "… 170"."""
        said = legal_basis.casefold()
        return any(
            said.startswith(begin) and not said[len(begin) : len(begin) + 1].isalnum()
            for begin in map(str.casefold, self.unless)
        )
