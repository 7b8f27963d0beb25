"""What an event says, in a few words for a listing."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mledger_cli.page import days_late

if TYPE_CHECKING:
    from mledger.chain.history import Fact

# The first of these fields that an event has says most about it.
TELLING = (
    "title",
    "summary",
    "statement",
    "text",
    "hypothesis",
    "message",
    "why",
    "verdict",
    "version",
    "to_version",
    "reason",
    "purpose",
    "origin",
    "name",
    "role",
    "where",
)

# Of these types it takes more than one field to say what happened.
SENTENCES = {
    "audit.closed": "{opinion}: {conclusion}",
    "deployment.recorded": "{version} in {environment}",
    "drift.detected": "{kind}, {severity}",
    "handover.recorded": "from {from} to {to}",
    "promotion.executed": "{version} to {to_stage}",
    "promotion.requested": "{version} to {to_stage}: {reason}",
    "review.completed": "{outcome}",
    "review.requested": "{question}",
    "review.submitted": "{verdict}: {summary}",
    "risk.mitigated": "{measure}",
    "rollback.executed": "{from_version} to {to_version}: {reason}",
    "run.abandoned": "{run}: {reason}",
    "run.concluded": "{run} {verdict}: {lesson}",
    "run.finished": "{run} {verdict}",
    "training.attested": "{person}: {subject}",
    "verification.performed": "level {level}",
    "waiver.granted": "{rule}: {reason}",
}


def story(fact: "Fact") -> str:
    """The most telling field of the event on one line; why there is none, if there is none."""
    if fact.body is None:
        return "(withheld)" if fact.withheld else "(erased)"
    return "(unreadable)" if (said := fact.said) is None else _tell(fact.type, said)


class Marks:
    """What listings say of events beside their words: not allowed, recorded late, corrected since."""

    types = frozenset({"record.corrected"})
    """What marks other events, if it counts."""

    def __init__(self) -> None:
        """Know of no correction."""
        self._by: dict[tuple[str, str], list[str]] = {}

    def noting(self, facts: "Iterator[Fact]") -> "Iterator[Fact]":
        """The facts, the newest first, so that corrections are known before what they correct."""
        for fact in facts:
            self.note(fact)
            yield fact

    def note(self, fact: "Fact") -> None:
        """Know which event a correction puts right."""
        if fact.type in self.types and fact.refused is None and (said := fact.said) is not None:
            place = (fact.stream, str(said.get("event")))
            self._by.setdefault(place, []).insert(0, fact.number)

    def story(self, fact: "Fact") -> str:
        """The words of the event behind its marks: "LATE 30d, corrected by 10: …"."""
        marks = ["NOT ALLOWED"] if fact.refused is not None else []
        marks += [*([f"LATE {days}d"] if (days := days_late(fact)) else []), *self._corrected(fact)]
        words = story(fact)
        return f"{', '.join(marks)}: {words}" if marks and words else ", ".join(marks) or words

    def _corrected(self, fact: "Fact") -> Iterator[str]:
        if not self._by:
            return
        from mledger.chain.draft import format_id
        from mledger.projections.corrections import stands

        names = [fact.number, format_id(fact.id), *([f"{fact.number}.1"] if fact.places == 1 else [])]
        numbers = [number for name in names for number in self._by.get((fact.stream, name), [])]
        if numbers:
            by = " and ".join(numbers)
            yield f"correction {by} not applied" if stands(fact.type) else f"corrected by {by}"


def told(value: object) -> str:
    """A value in a table: text as it is, nothing for None, the rest as JSON has it."""
    if value is None:
        return "nothing"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _tell(type: str, body: dict[str, Any]) -> str:
    if sentence := SENTENCES.get(type):
        try:
            return sentence.format_map(body)
        except LookupError:
            pass  # of an older version, or not valid: the fields below will do
    key = body.get("key")
    if isinstance(key, dict) and isinstance(key.get("name"), str) and "origin" not in body:
        return f"{key['name']}: {', '.join(map(str, key.get('roles', []))) or 'no role'}"
    if isinstance(exit_ := body.get("exit"), dict):
        said = (body.get("run"), exit_.get("exception_type"), exit_.get("message"))
        return ": ".join(str(one) for one in said if one)
    return next((body[name] for name in TELLING if isinstance(body.get(name), str)), "")
