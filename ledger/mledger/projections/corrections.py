"""Corrections: what events say once others have put them right.

`record.corrected` changes what is shown of an event, with the old value beside the new. It never
changes who agreed to what: a request or a proposal was answered as it was signed, so corrections
of it, of answers, of what people said, and of events that govern the ledger are shown and not
applied. To change those, people record a new one and let it be answered.
"""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from mledger.chain.history import Fact
from mledger.errors import MledgerError
from mledger.events import base as events
from mledger.events.record import RecordCorrected
from mledger.projections.statements import Citation, Correction, Trail, cite

WHOLE = "*"
"""The path of a correction that holds what may stay of an event that was redacted."""
CORRECTED: str = RecordCorrected.type

# Their words are their own: they can be answered, and not put right by somebody else.
_OWN_WORDS = frozenset({"comment", "dissent", "record"})
# What a signature means that agrees to the very words it answers.
_JUDGING = frozenset({"approval", "rejection", "review"})
_INDEX = re.compile(r"\[([0-9]{1,6})\]")
_STEP = re.compile(r"[^.\[]*")


class Amended(NamedTuple):
    """The body that an event has once it is corrected, and all corrections that concern it.

    `body` is None if none of them was applied. For a `record.corrected` they are those that it makes.
    """

    body: events.EventBody | None
    corrections: tuple[Correction, ...]


def amendments(facts: Sequence[Fact]) -> dict[str, Amended]:
    """By event number, what corrections among the facts make of the facts."""
    made: dict[str, Amended] = {}
    if not any(fact.type == CORRECTED for fact in facts):
        return made
    trail, by_number = Trail(), {}
    for fact in facts:
        trail.know(fact)
        by_number[fact.number] = fact
    for fact in facts:
        if fact.type == CORRECTED and fact.refused is None and isinstance(body := fact.data, RecordCorrected):
            number = trail.resolve(body.event)
            # A correction of itself corrects nothing.
            target = by_number.get(number) if number is not None and number != fact.number else None
            held = made.get(number) if target is not None and number is not None else None
            amended = _amend(fact, body, target, held)
            if target is not None:
                before = held.corrections if held else ()
                made[target.number] = amended._replace(corrections=before + amended.corrections)
            made[fact.number] = _of_the_correction(made.get(fact.number), amended.corrections)
    return made


def _of_the_correction(held: Amended | None, own: tuple[Correction, ...]) -> Amended:
    return Amended(None, own + (held.corrections if held else ()))


def _amend(fact: Fact, correction: RecordCorrected, target: Fact | None, held: Amended | None) -> Amended:
    """What one correction makes of its target: all of its fields or none."""
    source = cite(fact)
    body = held.body if held and held.body is not None else (target.data if target else None)
    erased = target is not None and target.body is None
    if target is None:
        problem: str | None = f"event {correction.event} is not on {fact.stream}, or not yet there"
    elif target.stream != fact.stream:
        problem = f"event {target.number} stands on {target.stream}"
    elif body is None and not erased:
        problem = f"event {target.number} cannot be read"
    else:
        problem = stands(target.type)
    if target is None or (body is None and not erased):
        number = target.number if target else correction.event
        return Amended(None, _listed(number, correction, {}, source, problem))
    # Of what was redacted a correction may hold the rest.
    fields = {} if body is None else _fields_of(body)
    before = {path: _get(fields, path) for path in correction.fields}
    amended = None
    if problem is None:
        amended, problem = _applied(target.type, fields, correction.fields)
        if erased and problem is not None:
            problem = f"event {target.number} was erased, and this is no whole: {problem}"
    kept = amended or (held.body if held else None)
    if body is None and amended is not None:
        return Amended(
            kept, (Correction(target.number, WHOLE, None, None, correction.reason, source, problem),)
        )
    return Amended(kept, _listed(target.number, correction, before, source, problem))


def _listed(
    number: str, correction: RecordCorrected, before: dict[str, Any], source: Citation, problem: str | None
) -> tuple[Correction, ...]:
    return tuple(
        Correction(number, path, before.get(path), after, correction.reason, source, problem)
        for path, after in correction.fields.items()
    )


class Proposed(NamedTuple):
    """What a correction would make of an event: each path with the value now and the one after.

    `problem` says why it would have no effect; an event that `stays` cannot be corrected at all.
    """

    changes: tuple[tuple[str, Any, Any], ...]
    problem: str | None = None
    stays: bool = False


def proposed(facts: Sequence[Fact], number: str, changes: Mapping[str, Any]) -> Proposed:
    """What changes would make of one of the facts, as corrections so far have left it.

    There is a problem if the event cannot be corrected, a field is not there, the event would not be
    valid, or nothing would change.
    """
    target = next(fact for fact in facts if fact.number == number)
    held = amendments(facts).get(number)
    body = held.body if held and held.body is not None else target.data
    if body is None:
        return Proposed((), f"it cannot be read: {target.obstacle}", stays=True)
    fields = _fields_of(body)
    rows = tuple((path, _get(fields, path), value) for path, value in changes.items())
    if (problem := stands(target.type)) is not None:
        return Proposed(rows, problem, stays=True)
    amended, problem = _applied(target.type, fields, dict(changes))
    if amended is None:
        return Proposed(rows, problem)
    after = _fields_of(amended)
    rows = tuple((path, before, _get(after, path)) for path, before, _ in rows)
    same = [path for path, before, value in rows if before == value]
    return Proposed(rows, f"{', '.join(same)} says that already" if same else None)


def _fields_of(body: events.EventBody) -> dict[str, Any]:
    return body.model_dump(mode="json", by_alias=True, exclude_none=True)


@cache
def stands(event_type: str) -> str | None:
    """Why events of this type stand as they are, whatever corrects them; None if they can be amended."""
    if events.is_governance(event_type):
        return "who may do what is changed by a new event alone"
    if event_type.partition(".")[0] in _OWN_WORDS:
        return "what somebody said is answered, and not changed"
    answering = [(cls, cls.answers[1]) for cls in events.all() if cls.answers is not None]
    if any(event_type == cls.type for cls, _ in answering):
        return "an answer stands as it was signed"
    if any(event_type == answered and cls.meaning in _JUDGING for cls, answered in answering):
        return "it is answered as it was signed: record a new one"
    return None


def _applied(
    event_type: str, fields: dict[str, Any], changes: dict[str, Any]
) -> tuple[events.EventBody | None, str | None]:
    """The body with the changes, or why it cannot have them."""
    for path, value in changes.items():
        if not _set(fields, path, value):
            return None, f"{event_type} has no field {path}"
    try:
        return events.build(event_type, fields), None
    except MledgerError as error:
        return None, f"it would not be valid: {error.message}"


def _get(fields: Any, path: str) -> Any:
    """The value at a path; None if there is none."""
    place = _place(fields, path)
    if place is None:
        return None
    holder, key = place
    return holder.get(key) if isinstance(holder, dict) else holder[key]


def _set(fields: dict[str, Any], path: str, value: Any) -> bool:
    """Put a value at a path, or take it away if it is None; False if the way there does not exist."""
    place = _place(fields, path)
    if place is None:
        return False
    holder, key = place
    if value is not None:
        holder[key] = value
    elif isinstance(holder, dict):
        holder.pop(key, None)
    else:
        del holder[key]
    return True


def _place(holder: Any, path: str) -> tuple[Any, Any] | None:
    """The object or list at the end of a path such as `digests[0].size`, and the last step into it.

    Names of parameters may hold dots themselves: what is there decides where a name ends.
    """
    while True:
        if isinstance(holder, list):
            match = _INDEX.match(path)
            if match is None or int(match[1]) >= len(holder):
                return None
            step: Any = int(match[1])
            rest = path[match.end() :]
        elif isinstance(holder, dict):
            step = _name(holder, path)
            rest = path[len(step) :]
        else:
            return None
        if not rest:
            return (holder, step) if step != "" else None
        if isinstance(holder, dict) and step not in holder:
            return None
        holder, path = holder[step], rest.removeprefix(".")


def _name(holder: dict[str, Any], path: str) -> str:
    """The longest name of the object that the path begins with; else all up to the next step."""
    known = (name for name in holder if path == name or path.startswith((f"{name}.", f"{name}[")))
    return max(known, key=len, default=_STEP.match(path)[0])  # type: ignore[index]  # matches everything
