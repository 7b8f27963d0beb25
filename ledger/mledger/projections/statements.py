"""What states are made of: values with the events behind them.

A state is a slotted dataclass of plain values, lists and dictionaries, and of the frozen
dataclasses below. `to_json` and `from_json` take it to plain JSON and back, so that it can be
shown, and kept as a snapshot.
"""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any, NamedTuple, TypeVar, cast

from mledger.chain.draft import format_id
from mledger.chain.history import Fact, Ruling
from mledger.core.moment import Moment, parse_moment
from mledger.errors import FormatError
from mledger.events.base import EventBody
from mledger.events.record import RecordCorrected, RecordRedacted

S = TypeVar("S")

# Numbers that a note names one by one; beyond them it counts.
NAMED = 100


@dataclass(frozen=True, slots=True)
class Citation:
    """The event behind a statement: its number, when it was recorded and happened, who signed it as what."""

    number: str
    time: Moment
    occurred: Moment
    by: str
    meaning: str

    @property
    def late(self) -> timedelta:
        """How long after it had happened it was recorded."""
        return parse_moment(self.time) - parse_moment(self.occurred)


@dataclass(frozen=True, slots=True)
class Correction:
    """One field of an event that a later one puts right: both values, both events.

    `problem` says why it was not applied: then `before` still stands, and the two are shown beside
    each other. `event` is the number of the corrected event, or the reference as it was written.
    """

    event: str
    path: str
    before: Any
    after: Any
    reason: str
    source: Citation
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Cited:
    """A value, the event that says so, and the corrections that made it what it is."""

    value: Any
    source: Citation
    corrected: tuple[Correction, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The numbers of all events behind the value."""
        return behind(self.source, corrected=self.corrected)


@dataclass(frozen=True, slots=True)
class Remark:
    """Something that does not fit the rest, with the event that says it; no projection fails over it."""

    text: str
    source: Citation


@dataclass(frozen=True, slots=True)
class Redaction:
    """An event whose content was erased, on which ground and by whose decision."""

    event: str
    legal_basis: str
    authority: str
    source: Citation


@dataclass(slots=True)
class Skipped:
    """Events of one type that a projection could not read: why, how many, and the first hundred numbers."""

    type: str
    why: str
    count: int = 0
    numbers: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Trail:
    """What a state knows of the events themselves.

    `ids` leads from an event's UUID, and from its number, to its number: events refer to each other
    by either. A projection that need not follow references leaves it empty.
    """

    events: int = 0
    last: Cited | None = None
    corrections: list[Correction] = field(default_factory=list)
    redactions: list[Redaction] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    refused: list[Skipped] = field(default_factory=list)
    """What was recorded against the rules, and so does not count."""

    def skip(self, fact: Fact, why: str) -> None:
        """Note an event that cannot be read."""
        _note(self.skipped, fact, why)

    def refuse(self, fact: Fact, why: str) -> None:
        """Note an event that the rulebook does not let count."""
        _note(self.refused, fact, why)

    def remark(self, text: str, source: Citation) -> None:
        """Note something that does not fit."""
        self.remarks.append(Remark(text, source))

    def add(self, event: "Header", body: EventBody) -> None:
        """Take in what corrects or erases other events."""
        match body:
            case RecordCorrected():
                self.corrections += [c for c in event.corrections if c.source == event.source]
            case RecordRedacted():
                self.redactions.append(Redaction(body.event, body.legal_basis, body.authority, event.source))

    def know(self, fact: Fact) -> None:
        """Let later events refer to this one."""
        number = fact.number
        self.ids[number] = self.ids[format_id(fact.id)] = number

    def resolve(self, reference: str | None) -> str | None:
        """The number of the event that a reference names; None if it is not among those folded."""
        return resolve(self.ids, reference)


def _note(notes: list[Skipped], fact: Fact, why: str) -> None:
    for note in notes:
        if note.type == fact.type and note.why == why:
            break
    else:
        notes.append(note := Skipped(fact.type, why))
    note.count += 1
    if len(note.numbers) < NAMED:
        note.numbers.append(fact.number)


def resolve(ids: Mapping[str, str], reference: str | None) -> str | None:
    """The number that a number or a UUID stands for: "41.1" is "41" where entry 41 carries one event."""
    if reference is None:
        return None
    found = ids.get(reference)
    if found is None and reference.endswith(".1"):
        return ids.get(reference[:-2])
    return found


class Header(NamedTuple):
    """An event as a handler sees it beside its body: what to cite, and what was corrected in it.

    For a `record.corrected` itself, `corrections` are those that it makes.
    """

    source: Citation
    type: str
    stream: str
    corrections: tuple[Correction, ...] = ()
    ruling: Ruling | None = None

    @property
    def number(self) -> str:
        """The event number."""
        return self.source.number

    def says(self, path: str, value: object) -> Cited | None:
        """The value at `path` of the body as a statement; None for None."""
        if value is None:
            return None
        touching = tuple(
            c for c in self.corrections if c.path == path or c.path.startswith((f"{path}[", f"{path}."))
        )
        return Cited(value, self.source, touching)


def cite(fact: Fact) -> Citation:
    """The citation of an event."""
    return Citation(fact.number, fact.time, fact.occurred, fact.signer, fact.meaning)


def behind(*citations: Citation | None, corrected: Iterable[Correction] = ()) -> tuple[str, ...]:
    """The numbers of the events behind a statement, those of corrections that were applied too, once each."""
    applied = (c.source for c in corrected if c.problem is None)
    return tuple(dict.fromkeys(c.number for c in (*citations, *applied) if c is not None))


def short(name: str) -> str:
    """The name of a stream without its kind: "credit-risk" of "model/credit-risk"."""
    return name.partition("/")[2] or name


def to_json(state: object) -> Any:
    """The state as plain JSON values."""
    from pydantic_core import to_jsonable_python

    return to_jsonable_python(state)


def from_json(cls: type[S], data: object) -> S:
    """The state that `to_json` gave, or its JSON. Errors: FormatError if it is no state of this class."""
    from pydantic import ValidationError

    try:
        adapter = _adapter(cast(Hashable, cls))
        validate = adapter.validate_json if isinstance(data, bytes) else adapter.validate_python
        return cast(S, validate(data))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise FormatError(f"this is no state of {cls.__name__}: {where}: {first['msg']}") from None


@cache
def _adapter(cls: Hashable) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(cast(type, cls))
