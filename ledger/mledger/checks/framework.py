"""A framework: the paragraphs of a framework, and what evidences them.

A framework is data. Each paragraph asks for one or more things; each thing is evidenced by events of
certain types, with certain fields filled in, or by rules that find nothing. What no event of mledger
can show is asked for without evidence, and comes out as not evidenced: that is said, not hidden.
A status is a statement about records. It is no legal advice, and never says that a law is kept.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple

from mledger.checks.engine import Checked, Level, Waiver, waivers_of
from mledger.projections.dossier import Dossier, Record
from mledger.registry import Registry

Status = Literal["evidenced", "in part", "not evidenced", "waived"]
STATUSES: tuple[Status, ...] = ("evidenced", "in part", "not evidenced", "waived")


class Seen(NamedTuple):
    """Events of a type with these fields filled in; `having` names fields with the value that they have."""

    type: str
    fields: tuple[str, ...] = ()
    having: tuple[tuple[str, Any], ...] = ()


class Ask(NamedTuple):
    """One thing that a paragraph asks for, and what shows it: any of the events, and all of the rules."""

    what: str
    events: tuple[Seen, ...] = ()
    rules: tuple[str, ...] = ()


class Paragraph(NamedTuple):
    """One paragraph: its name in the framework, what it is about, what it asks for."""

    id: str
    title: str
    asks: tuple[Ask, ...]


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework: its name here, what it is, how far these paragraphs follow its text."""

    name: str
    title: str
    scope: str
    paragraphs: tuple[Paragraph, ...]
    levels: tuple[tuple[str, Level], ...] = ()


class Answer(NamedTuple):
    """What came of one thing that was asked for: the events that show it, or the rules that do not."""

    ask: Ask
    numbers: tuple[str, ...]
    failed: tuple[str, ...] = ()

    @property
    def shown(self) -> bool:
        """Whether the records show it."""
        return not self.failed and bool(self.numbers or (self.ask.rules and not self.ask.events))


class Judged(NamedTuple):
    """What came of one paragraph."""

    paragraph: Paragraph
    answers: tuple[Answer, ...]
    waiver: Waiver | None = None

    @property
    def status(self) -> Status:
        """The outcome in a word."""
        shown = [answer.shown for answer in self.answers]
        if all(shown):
            return "evidenced"
        if self.waiver is not None:
            return "waived"
        return "in part" if any(shown) else "not evidenced"

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return tuple(dict.fromkeys(number for answer in self.answers for number in answer.numbers))

    @property
    def missing(self) -> tuple[str, ...]:
        """What the records do not show."""
        return tuple(_lacking(answer, self.paragraph) for answer in self.answers if not answer.shown)

    def to_json(self) -> dict[str, object]:
        """The paragraph as `--json` prints it."""
        return {
            "paragraph": self.paragraph.id,
            "title": self.paragraph.title,
            "status": self.status,
            "events": list(self.numbers),
            "missing": list(self.missing),
            "waiver": self.waiver._asdict() if self.waiver else None,
        }


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the records of one model show of a framework, paragraph by paragraph."""

    framework: Framework
    stream: str
    entries: int
    judged: tuple[Judged, ...]

    def count(self) -> dict[Status, int]:
        """How many paragraphs have each status."""
        found = [one.status for one in self.judged]
        return {status: found.count(status) for status in STATUSES}

    @property
    def exit_code(self) -> int:
        """0 if every paragraph is evidenced or waived, else 1."""
        return int(any(one.status in {"in part", "not evidenced"} for one in self.judged))

    def to_json(self) -> dict[str, object]:
        """The assessment as `--json` prints it."""
        return {
            "framework": self.framework.name,
            "title": self.framework.title,
            "scope": self.framework.scope,
            "stream": self.stream,
            "entries": self.entries,
            "count": dict(self.count()),
            "exit_code": self.exit_code,
            "paragraphs": [one.to_json() for one in self.judged],
        }


def assess(framework: Framework, dossier: Dossier, checked: Checked) -> Assessment:
    """What the events of a model show of each paragraph; `checked` is the check of the same dossier.

    A paragraph may be waived until a day by a `waiver.granted` whose rule is `FRAMEWORK/PARAGRAPH`, such
    as a declaration that it does not apply, signed with the reason.
    """
    by_type: dict[str, list[Record]] = {}
    for record in (*dossier.records, *dossier.beside):
        by_type.setdefault(record.event.type, []).append(record)
    failed = {o.rule.id: o.status for o in checked.outcomes if o.status not in {"passed", "waived"}}
    waivers = {w.rule.casefold(): w for w in waivers_of(dossier) if w.until >= dossier.day}
    judged = tuple(
        Judged(
            paragraph,
            tuple(_answer(ask, by_type, failed) for ask in paragraph.asks),
            waivers.get(f"{framework.name}/{paragraph.id}".casefold()),
        )
        for paragraph in framework.paragraphs
    )
    return Assessment(framework, dossier.stream, dossier.entries, judged)


def _answer(ask: Ask, by_type: Mapping[str, Iterable[Record]], failed: Mapping[str, str]) -> Answer:
    numbers = [
        record.number
        for evidence in ask.events
        for record in by_type.get(evidence.type, ())
        if _fits(record.body, evidence)
    ]
    return Answer(
        ask,
        tuple(dict.fromkeys(numbers)),
        tuple(f"({rule} {failed[rule]})" for rule in ask.rules if rule in failed),
    )


def _fits(body: Any, evidence: Seen) -> bool:
    if any(_is_empty(getattr(body, name, None)) for name in evidence.fields):
        return False
    return not any(getattr(body, name, None) != value for name, value in evidence.having)


def _lacking(answer: Answer, paragraph: Paragraph) -> str:
    """What would show it, in words: the events, or the rules that do not pass."""
    ask = answer.ask
    events = " or ".join(_wanted(seen) for seen in ask.events) if not answer.numbers else ""
    said = "" if ask.what == paragraph.title else ask.what
    return (
        " ".join(filter(None, (said, f"({events})" if said and events else events, *answer.failed))) or said
    )


def _wanted(seen: Seen) -> str:
    """An event in words: its type, and what has to be in it."""
    having = [f"{name} {value}" if value is not True else name for name, value in seen.having]
    asked = ", ".join((*seen.fields, *having))
    return f"{seen.type} with {asked}" if asked else seen.type


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | dict) and not value)


_frameworks: Registry[Framework] = Registry("framework", fix="mledger check --help")


def register(framework: Framework) -> Framework:
    """The framework itself, known by its name from now on."""
    return _frameworks.add(framework.name, framework)


def find(name: str) -> Framework:
    """The framework of that name. Errors: NotFoundError with the nearest names."""
    _import_own()
    return _frameworks.get(name)


def names() -> list[str]:
    """The names of all frameworks, sorted."""
    _import_own()
    return list(_frameworks)


@cache
def _import_own() -> None:
    package = importlib.import_module("mledger.checks.frameworks")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"mledger.checks.frameworks.{module.name}")
