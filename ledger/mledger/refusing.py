"""What is recorded of an attempt that the rules refused."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeAlias

from mledger.errors import DeniedError, MledgerError
from mledger.events import base as events

if TYPE_CHECKING:
    from collections.abc import Callable

    from mledger.events.base import EventBody
    from mledger.lookup import Lookup

_LONGEST = 1000
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
    """The number of the newest event if it says the same of the same key: who tries again adds nothing."""
    for fact in reader.newest():
        same = (fact.type, fact.key, fact.stream, fact.body) == (body.type, key, stream, body.to_bytes())
        return fact.number if same else None
    return None
