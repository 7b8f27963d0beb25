"""What is recorded of an attempt that the rules refused.

Whoever may record nothing else may record this, so it is bounded: what a key has tried within the
last day is not told again, and of `MOST` attempts on nothing more is told than each kind of attempt
once, a type against a rule. So nobody fills a ledger with attempts, and nobody hides one behind others.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from mledger.core.moment import format_moment, later
from mledger.errors import DeniedError, MledgerError
from mledger.events import base as events

if TYPE_CHECKING:
    from collections.abc import Callable

    from mledger.events.base import EventBody
    from mledger.lookup import Lookup

_LONGEST = 1000
# Attempts of one key within a day that are told one by one.
MOST = 20
_DAY = 86_400
Append: TypeAlias = "Callable[[EventBody, str], Any]"


def record(
    reader: "Lookup", key: str, refused: "tuple[EventBody, str]", error: DeniedError, append: Append
) -> None:
    """Record what was refused, by the key that tried, and say so in the error.

    Whatever goes wrong here leaves the error as it is.
    """
    (body, stream), rule = refused, error.details.get("rule")
    if not isinstance(rule, str):
        return
    with suppress(MledgerError):
        said = refusal(body, rule, error.message)
        number = told_before(reader, key, said, stream) or append(said, stream).number
        error.details["recorded"] = number
        error.message = f"{error.message} (attempt recorded, event {number})"


def refusal(refused: "EventBody", rule: str, message: str) -> "EventBody":
    """The event that says so: of what was refused, its type and what it answers, and no more."""
    field = refused.answers[0] if refused.answers else "request"
    fields = {"event_type": refused.type, "rule": rule, "why": message[:_LONGEST].strip()}
    return events.build("attempt.refused", fields | {"on": getattr(refused, field, None)})


def told_before(reader: "Lookup", key: str, body: "EventBody", stream: str) -> str | None:
    """The number of the event that tells of such an attempt already; None if this one is to be told."""
    start = reader.size_at(later(format_moment(reader.clock()), -_DAY))
    attempts = [fact for fact in reader.of_types({body.type}, start) if fact.key == key]
    data = body.to_bytes()
    for fact in reversed(attempts):
        if (fact.stream, fact.body) == (stream, data):
            return fact.number
    if len(attempts) < MOST:
        return None
    return next((fact.number for fact in reversed(attempts) if _kind(fact.data) == _kind(body)), None)


def _kind(body: "EventBody | None") -> tuple[object, object]:
    """What was tried, and the rule that forbids it."""
    return getattr(body, "event_type", None), getattr(body, "rule", None)
