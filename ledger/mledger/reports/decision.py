"""One decision for people who were not there: summary, options, consequences, people."""

from collections.abc import Iterable, Iterator

from mledger.chain.history import Fact
from mledger.errors import NotFoundError
from mledger.reports import reasons
from mledger.reports.base import Block, Claim, Document, Section
from mledger.reports.reasons import Told
from mledger.reports.records import Records, phrase

NAME = "decision"
_LIMITS = {
    "memory_bytes": "memory {:,} bytes",
    "train_time_s": "training time {:,g} s",
    "latency_ms": "latency {:,g} ms",
    "budget": "budget {}",
}


def page(stream: str, facts: Iterable[Fact], number: str) -> Document:
    """The page of a decision; `data` holds its state. Errors: NotFoundError."""
    records = Records.of(stream, facts)
    told = reasons.decision(records, number)
    if told is None:
        raise NotFoundError(f"decision {number} cannot be read", fix=f"mledger show {number}")
    sections = [
        Section("Summary", (_summary(told),)),
        Section("Options", (reasons.options(told),)),
        Section("The story", tuple(story(records, told))),
        Section("Why", tuple(_why(told))),
        Section("Consequences", tuple(_consequences(told)), none="none stated"),
        Section("Holds", tuple(_holds(told)), none="without a condition and without a day of review"),
        Section("Evidence", tuple(reasons.evidence(records, told)), none="none attached"),
        Section("Answers", tuple(reasons.answers(told)), none="nobody has answered it yet"),
        Section("What people say", tuple(_said(records, told)), none="nothing"),
    ]
    found = told.found
    state = {
        "state": found.status,
        "category": found.category,
        "level": found.level,
        "open": list(told.body.open),
        "superseded_by": found.superseded_by,
        "review_by": found.next_review,
    }
    about = f"decision {told.number} on {records.name}"
    subtitle = f"{found.status}; {found.category}, {found.level} level; by {found.source.by}"
    return Document(NAME, told.body.title, about, tuple(sections), subtitle, {"decision": state})


def _summary(told: Told) -> Claim:
    return Claim(told.body.summary or reasons.LEFT_OPEN, (told.number,))


def story(records: Records, told: Told) -> Iterator[Claim]:
    """Three to five sentences, made of the events, the same each time."""
    body, found = told.body, told.found
    yield Claim(f"{reasons.proposed(told)}: {phrase(body.title)}.", (told.number,))
    question = phrase(body.question) if body.question else "the question was left open"
    served = reasons.problem(records, told)
    numbers = (told.number, *([served[0].source.number] if served else []))
    serves = f" It serves the problem: {phrase(served[0].statement, 120)}." if served else ""
    yield Claim(f"The question: {question}{'' if question.endswith('?') else '.'}{serves}", numbers)
    others = reasons.not_chosen(told)
    words = f"and not {others}" if others else "and no other option is recorded"
    yield Claim(f"Chosen was {phrase(body.choice, 80)}, {words}.", (told.number,))
    if body.expected_effects:
        effects = "; ".join(map(reasons.effect, body.expected_effects))
        yield Claim(f"Expected: {effects}.", (told.number,))
    standing = reasons.standing(told)
    yield Claim(f"{standing[0].upper()}{standing[1:]}.", (found.settled.number,))


def _why(told: Told) -> Iterator[Claim]:
    body, number = told.body, (told.number,)
    for label, words in (
        ("question", body.question),
        ("context", body.context),
        ("reason", body.rationale),
        ("data quality", body.data_quality_influence),
        ("one option", body.single_option_reason),
        ("still open", ", ".join(body.open)),
        ("objectives", ", ".join(body.objectives) or body.no_objective),
    ):
        if words:
            yield Claim(words, number, label)


def _consequences(told: Told) -> Iterator[Block]:
    body, number = told.body, (told.number,)
    for parameter in body.parameters:
        why = f": {parameter.justification}" if parameter.justification else ""
        yield Claim(f"{reasons.change(parameter)}{why}", number, "parameter")
    for effect in body.expected_effects:
        yield Claim(reasons.effect(effect), number, "expected")
    for impact in body.impacts:
        note = f", {impact.note}" if impact.note else ""
        yield Claim(f"{impact.dimension} {impact.effect}{note}", number, "impact")
    for words in body.tradeoffs:
        yield Claim(words, number, "given up")
    for words in body.consequences:
        yield Claim(words, number, "follows")
    if body.constraints is not None:
        limits = body.constraints.model_dump(exclude_none=True)
        yield Claim(
            ", ".join(_LIMITS[name].format(value) for name, value in limits.items()), number, "limits"
        )


def _holds(told: Told) -> Iterator[Claim]:
    for condition in told.body.validity_conditions:
        yield Claim(reasons.condition(condition), (told.number,), "as long as")
    if told.found.next_review is not None:
        setting = [a.source.number for a in told.found.answers if a.review_by is not None]
        yield Claim(told.found.next_review, (setting[-1] if setting else told.number,), "review by")


def _said(records: Records, told: Told) -> Iterator[Claim]:
    for known in told.body.dissent:
        yield Claim(f"known when it was proposed: {known}", (told.number,), "dissent")
    for number in told.found.own:
        yield from reasons.talk(records.said(number))
