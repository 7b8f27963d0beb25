"""What is recorded of an attempt that the rules refused."""

from typing import TYPE_CHECKING

from mledger.events import base as events

if TYPE_CHECKING:
    from mledger.events.base import EventBody
    from mledger.lookup import Lookup

_LONGEST = 1000


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
