"""What reports say of one decision: options, evidence, problem, people."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from mledger.events.decision import DecisionProposed
from mledger.events.fields import Ref
from mledger.projections.decisions import Decision
from mledger.projections.model import Problem
from mledger.projections.telling import shown
from mledger.reports.base import Claim, Row, Table
from mledger.reports.records import Records, Said, phrase

# What a decision in haste does not say; see `open`.
LEFT_OPEN = "left open"


class Told(NamedTuple):
    """A decision as recorded, and what became of it."""

    number: str
    body: DecisionProposed
    found: Decision


def decision(records: Records, reference: str | None) -> Told | None:
    """The decision that a reference names, if it stands on this stream and can be read."""
    number = records.resolve(reference)
    found = records.state.decisions.proposals.get(number) if number is not None else None
    body = records.body(number)
    if number is None or found is None or not isinstance(body, DecisionProposed):
        return None
    return Told(number, body, found)


def lineage(records: Records, told: Told) -> list[Told]:
    """The decision and those above it, up to the goal."""
    found = [told]
    while (above := decision(records, found[-1].body.parent_decision)) is not None:
        if above.number in {one.number for one in found}:
            break
        found.append(above)
    return found


def problem(records: Records, told: Told) -> tuple[Problem, Told] | None:
    """The problem that a decision serves, as it says or one above it says, and which of them says so."""
    framed = {one.source.number: one for one in getattr(records.state, "problems", ())}
    for one in lineage(records, told):
        links = [one.body.business_outcome_ref, *(r.event for r in one.body.refs if r.rel == "addresses")]
        for link in links:
            number = records.resolve(link)
            if number in framed:
                return framed[number], one
    return None


# --- people


def proposed(told: Told) -> str:
    """Who proposed it, when; with its number, for other things are spoken of beside it."""
    source = told.found.source
    return f"{source.by} proposed decision {told.number} on {source.occurred[:10]}"


def standing(told: Told) -> str:
    """What became of it, and by whom."""
    found = told.found
    if found.status == "proposed":
        return "nobody has answered it yet"
    if found.status == "superseded":
        return f"decision {found.superseded_by} has taken its place"
    verdict = "accepted" if found.status == "in force" else found.status
    given = [answer for answer in found.answers if answer.verdict == verdict]
    people = ", ".join(dict.fromkeys(answer.source.by for answer in given))
    day = given[-1].source.occurred[:10] if given else ""
    return f"{people} {verdict} it on {day}"


def answers(told: Told) -> Iterator[Claim]:
    """Each answer with its reason and its conditions."""
    for answer in told.found.answers:
        if answer.verdict == "completed":
            yield Claim(
                f"{answer.source.by} has filled in what was open", (answer.source.number,), "completed"
            )
            continue
        words = f"{answer.source.by}, {answer.source.meaning}, {answer.source.occurred[:10]}"
        words += f": {answer.reason}" if answer.reason else ""
        words += "".join(f"; on condition: {condition}" for condition in answer.conditions)
        words += f"; reviewed by {answer.review_by}" if answer.review_by else ""
        words += f"; by decision {answer.by}" if answer.by and answer.verdict == "superseded" else ""
        yield Claim(words, (answer.source.number,), answer.verdict)


# --- options


def options(told: Told) -> Table:
    """The options, the choice first, with what speaks for and against them and why not."""
    chosen = [o for o in told.body.alternatives if o.name == told.body.choice]
    others = [o for o in told.body.alternatives if o.name != told.body.choice]
    rows = [
        Row(
            (
                option.name,
                "chosen" if option.name == told.body.choice else "",
                "; ".join(option.pros),
                "; ".join(option.cons),
                option.why_not or ("" if option.name == told.body.choice else LEFT_OPEN),
            ),
            (told.number,),
        )
        for option in (*chosen, *others)
    ]
    return _narrowed(Table(("option", "choice", "for", "against", "why not"), tuple(rows)))


def _narrowed(table: Table) -> Table:
    """The table without columns that say nothing of any option; first and last stay."""
    last = len(table.columns) - 1
    kept = [n for n in range(last + 1) if n in {0, last} or any(row.cells[n] for row in table.rows)]
    rows = tuple(Row(tuple(row.cells[n] for n in kept), row.numbers) for row in table.rows)
    return Table(tuple(table.columns[n] for n in kept), rows)


def rejected(told: Told) -> list[tuple[str, str]]:
    """The options that were not chosen, each with the reason."""
    return [
        (option.name, option.why_not or "the reason was left open")
        for option in told.body.alternatives
        if option.name != told.body.choice
    ]


def not_chosen(told: Told, most: int = 2) -> str | None:
    """The options that were not chosen in a clause, the first few with their reasons; None without any."""
    others = rejected(told)
    if not others:
        return None
    said = [f"{phrase(name, 60)} ({phrase(why, 100)})" for name, why in others[:most]]
    more = [f"{len(others) - most} more"] if len(others) > most else []
    return " and ".join([*said, *more])


# --- evidence


def evidence(records: Records, told: Told) -> Iterator[Claim]:
    """What the decision rests on, and what was found later."""
    named: list[tuple[str, Ref]] = [("", ref) for ref in told.body.refs if ref.rel == "evidence"]
    named += [(f"{o.name}: ", ref) for o in told.body.alternatives for ref in o.refs]
    for where, ref in named:
        words, number = linked(records, ref)
        yield Claim(where + words, tuple(n for n in (number, told.number) if n), "evidence")
    for number, body in records.evidence(told.number):
        words = f"{body.kind}, {body.weight}: {body.title}; {phrase(body.finding)}"
        yield Claim(words, (number,), "evidence")


def linked(records: Records, ref: Ref) -> tuple[str, str | None]:
    """What a link leads to in words, and the number of the event if it is one."""
    title = f"{ref.title}: " if ref.title else ""
    if ref.event is not None:
        words, number = records.about(ref.event)
        return title + words, number
    return f"{title}{target(ref)}", None


def target(ref: Ref) -> str:
    """What a link leads to that is no event: a file, a commit, an address."""
    if ref.digest:
        return f"file {ref.digest[:12]}"
    return f"commit {ref.commit[:12]}" if ref.commit else str(ref.uri)


# --- words


def effect(fields: Any) -> str:
    """An expected effect: `auc increase by 0.004, medium confidence`."""
    size = f" by {fields.size}{f' {fields.unit}' if fields.unit else ''}" if fields.size is not None else ""
    sure = f", {fields.confidence} confidence" if fields.confidence else ""
    way = "unchanged" if fields.direction == "none" else fields.direction
    return f"{fields.metric} {way}{size}{sure}"


def change(fields: Any) -> str:
    """A parameter that a decision sets: `max_depth 3 -> 4`."""
    before = "not set" if fields.before is None else shown(fields.before)
    return f"{fields.name} {before} -> {'dropped' if fields.to is None else shown(fields.to)}"


def condition(fields: Any) -> str:
    """A condition: `applications <= v4`, or `until 2027-04-30`."""
    if fields.date is not None:
        return f"until {fields.date}"
    return f"{fields.metric or fields.dataset} {fields.operator} {shown(fields.value)}"


def talk(said: tuple[Said, ...], depth: int = 0) -> Iterator[Claim]:
    """What was said, each answer under what it answers."""
    for one in said:
        answering = "answers: " if depth else ""
        words = f"{'  ' * depth}{one.source.by}, {one.source.occurred[:10]}: {answering}{one.text}"
        yield Claim(words, (one.source.number,), one.kind)
        yield from talk(one.answers, depth + 1)
