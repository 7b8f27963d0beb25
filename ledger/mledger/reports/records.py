"""One stream read for a report: state, bodies, what was said."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from mledger.chain.history import Fact
from mledger.events.base import EventBody
from mledger.events.comment import CommentAdded
from mledger.events.dissent import DissentRecorded
from mledger.events.evidence import EvidenceAttached
from mledger.projections import base
from mledger.projections.corrections import amendments
from mledger.projections.runs import Run
from mledger.projections.statements import Citation, cite, short


@dataclass(frozen=True, slots=True)
class Said:
    """What somebody said about an event, with the answers to it."""

    kind: str
    text: str
    source: Citation
    answers: tuple["Said", ...] = ()

    def to_json(self) -> dict[str, object]:
        """What was said, as `--json` prints it."""
        return {
            "event": self.source.number,
            "kind": self.kind,
            "text": self.text,
            "by": self.source.by,
            "time": self.source.time,
            "answers": [answer.to_json() for answer in self.answers],
        }


@dataclass(frozen=True)
class Records:
    """The facts of one model or dataset, its state, and each body as corrections have made it."""

    stream: str
    facts: tuple[Fact, ...]
    state: Any
    _bodies: dict[str, EventBody | None] = field(default_factory=dict)

    @classmethod
    def of(cls, stream: str, facts: Iterable[Fact]) -> "Records":
        """The records of a stream, from its facts in order."""
        kept = tuple(facts)
        projection = base.reading(stream)
        return cls(stream, kept, projection.fold(kept) if projection else None)

    @property
    def name(self) -> str:
        """The name of the model or dataset."""
        return short(self.stream)

    @cached_property
    def by_number(self) -> dict[str, Fact]:
        """Each fact by its number."""
        return {fact.number: fact for fact in self.facts}

    @cached_property
    def _amended(self) -> dict[str, EventBody | None]:
        return {number: amended.body for number, amended in amendments(self.facts).items()}

    def body(self, number: str | None) -> EventBody | None:
        """The body of an event of this stream; None if it is not here, or cannot be read."""
        if number is None or number not in self.by_number:
            return None
        if number not in self._bodies:
            self._bodies[number] = self._amended.get(number) or self.by_number[number].data
        return self._bodies[number]

    def resolve(self, reference: str | None) -> str | None:
        """The number of the event of this stream that a reference names."""
        found: str | None = self.state.trail.resolve(reference) if self.state is not None else None
        return found

    def source(self, number: str) -> Citation | None:
        """The citation of an event of this stream."""
        fact = self.by_number.get(number)
        return cite(fact) if fact else None

    def of_type(self, *types: type[EventBody]) -> Iterator[tuple[str, Any]]:
        """The number and body of each event of some types that counts, in order."""
        wanted = {cls.type for cls in types}
        for fact in self.facts:
            if fact.type in wanted and fact.refused is None and (body := self.body(fact.number)) is not None:
                yield fact.number, body

    # --- what was said, and found

    def said(self, number: str) -> tuple[Said, ...]:
        """What was said about an event, in order, each with the answers to it."""
        return threads(number, self._words, set())

    @cached_property
    def _words(self) -> dict[str, list[Said]]:
        found: dict[str, list[Said]] = {}
        for number, body in self.of_type(CommentAdded, DissentRecorded):
            source = self.source(number)
            if source is not None:
                on = self.resolve(body.on) or body.on
                found.setdefault(on, []).append(Said(kind_of(body), words_of(body), source))
        return found

    def evidence(self, number: str) -> list[tuple[str, EvidenceAttached]]:
        """What was found later that speaks for or against an event."""
        return [(n, body) for n, body in self.of_type(EvidenceAttached) if self.resolve(body.on) == number]

    def about(self, reference: str) -> tuple[str, str | None]:
        """What an event says in a phrase, and its number; an event of another stream is only named."""
        number = self.resolve(reference)
        if number is None:
            return f"event {reference}", reference
        started = getattr(self.state, "runs", None)
        run = started.started.get(number) if started else None
        if run is not None:
            return f"run {run.name}, {measured(run)}", number
        body = self.body(number)
        phrase = next((p for name in _TELLING if isinstance(p := getattr(body, name, None), str)), None)
        return phrase or f"{self.by_number[number].type}", number


_TELLING = ("title", "statement", "summary", "text", "finding", "name", "reason")


def talk_about(number: str, facts: Iterable[Fact], resolve: Callable[[str], str | None]) -> tuple[Said, ...]:
    """What was said about an event in any of the facts, whichever streams these stand on."""
    found: dict[str, list[Said]] = {}
    for fact in facts:
        body = fact.data
        if isinstance(body, CommentAdded | DissentRecorded):
            said = Said(kind_of(body), words_of(body), cite(fact))
            found.setdefault(resolve(body.on) or body.on, []).append(said)
    return threads(number, found, set())


def threads(number: str, words: dict[str, list[Said]], seen: set[str]) -> tuple[Said, ...]:
    """What was said about an event; `words` are by the number of what they are about."""
    found = []
    for said in words.get(number, ()):
        if said.source.number not in seen:
            seen.add(said.source.number)
            answers = threads(said.source.number, words, seen)
            found.append(Said(said.kind, said.text, said.source, answers))
    return tuple(found)


def kind_of(body: EventBody) -> str:
    """Whether it is a comment or a dissent."""
    return "dissent" if isinstance(body, DissentRecorded) else "comment"


def words_of(body: CommentAdded | DissentRecorded) -> str:
    """What was said, with what the person would have done and what would change their mind."""
    if isinstance(body, CommentAdded):
        return body.text
    more = [("Instead", body.instead), ("Would settle it", body.would_settle)]
    return " ".join([body.text, *(f"{label}: {text}" for label, text in more if text)])


def measured(run: Run) -> str:
    """How a run ended and what it measured, in a phrase."""
    if run.end is None:
        return "open"
    values = [f"{m.name} {m.value}" for m in run.end.measures if m.slice is None][:3]
    return ", ".join([run.verdict or run.outcome, *values])


def phrase(text: str, most: int = 160) -> str:
    """A text as part of a sentence: one line, without a full stop at its end, shortened at a word."""
    line = " ".join(text.split()).rstrip(".")
    if len(line) <= most:
        return line
    return f"{line[: most - 1].rsplit(' ', 1)[0].rstrip(',;:')} …"
