"""Why a version is as it is, back to the problem.

The walk goes artifact, run, decision, options, evidence, objective, problem. What is not there is
named, with the command that would put it there; nothing is guessed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from mledger.chain.history import Fact
from mledger.errors import NotFoundError
from mledger.events.run import RunStarted
from mledger.projections.making import made_here
from mledger.projections.model import Version
from mledger.projections.parameters import flat, same
from mledger.projections.runs import Run, whole
from mledger.projections.telling import shown
from mledger.reports import reasons
from mledger.reports.base import Claim, Document, Row, Section, Table
from mledger.reports.reasons import Told
from mledger.reports.records import Records, Said, measured, phrase

NAME = "why"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that is missing on the way, and how it would be put there."""

    words: str
    fix: str
    numbers: tuple[str, ...] = ()


@dataclass
class _Way:
    """What was found on the way, and what was not."""

    records: Records
    version: Version
    run: Run | None = None
    param: str | None = None
    value: Any = None
    told: list[Told] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)


def why(stream: str, facts: Iterable[Fact], version: str | None = None, param: str | None = None) -> Document:
    """The way from a version of a model, or from one of its parameters, back to the problem.

    `data` holds `missing`, what was not found. Errors: NotFoundError for a version or a parameter
    that nobody has recorded.
    """
    records = Records.of(stream, facts)
    way = _walk(records, _version(records, version), param)
    about = f"{records.name} {way.version.name}"
    title = f"why {param} is {shown(way.value)}" if param else "why it is as it is"
    missing = tuple(Claim(gap.words, gap.numbers, "missing") for gap in way.gaps)
    sections = [
        Section("The story", tuple(_story(way))),
        Section("The way back", tuple(_back(way))),
        Section("Not chosen", tuple(_not_chosen(way)), none="nothing: no option stands beside a choice"),
        Section("Evidence", tuple(claim for told in way.told for claim in reasons.evidence(records, told))),
        Section("Dissent", tuple(_dissent(way)), none="nobody has recorded any"),
        Section("Missing", missing, none="nothing"),
    ]
    rows = [{"what": gap.words, "fix": gap.fix, "events": list(gap.numbers)} for gap in way.gaps]
    return Document(NAME, title, about, tuple(sections), data={"missing": rows})


def _version(records: Records, name: str | None) -> Version:
    """The version that is meant; without a name the current one."""
    state = records.state
    found: Version | None = state.versions.get(name) if name is not None else state.current
    if found is not None:
        return found
    if not state.versions:
        raise NotFoundError(
            f"no version of {records.name} is released yet", fix=f"mledger decisions {records.name}"
        )
    near = get_close_matches(name or "", state.versions, n=2)
    hint = f"; did you mean {' or '.join(near)}?" if near else f"; there are {', '.join(state.versions)}"
    raise NotFoundError(f"{records.name} has no version {name!r}{hint}", fix=f"mledger why {records.name}")


# --- the walk


def _walk(records: Records, version: Version, param: str | None) -> _Way:
    way = _Way(records, version, param=param)
    number = version.source.number
    way.run = records.state.runs.find(version.run, records.resolve)
    if way.run is None:
        what = f"names run {version.run}, which is not recorded" if version.run else "names no run"
        way.gaps.append(
            Gap(
                f"version {version.name} {what}",
                f"mledger correct {number} --set run=RUN --reason TEXT",
                (number,),
            )
        )
        if param is not None:
            return way
    started = records.body(way.run.source.number) if way.run else None
    ended = records.body(way.run.end.source.number) if way.run and way.run.end else None
    body = whole(started, ended) if isinstance(started, RunStarted) else None
    if param is None:
        way.told = _decisions(way, body)
    elif body is not None and way.run is not None:
        way.value = _value(records, way.run, body, param)
        way.told = _deciding(way, body, param)
    for told in way.told:
        _check(way, told)
    for place in records.state.stages.places:
        if place.version == version.name and place.against is not None:
            fix = f"mledger history {records.name}@{version.name}"
            way.gaps.append(
                Gap(f"it stands in {place.stage} against the rules: {place.against}", fix, place.numbers)
            )
    return way


def _value(records: Records, run: Run, body: RunStarted, param: str) -> Any:
    """The value that the run gave the parameter. Errors: NotFoundError."""
    params = flat(body.params)
    if param in params:
        return params[param]
    near = get_close_matches(param, params, n=2)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise NotFoundError(
        f"run {run.name} ({run.source.number}) of {records.name} says no parameter {param!r}{hint}",
        fix=f"mledger show {run.source.number}",
    )


def _decisions(way: _Way, body: RunStarted | None) -> list[Told]:
    """The decisions that version, run and reasons of parameters name, and those above them."""
    named: list[str | None] = [*way.version.decisions]
    if body is not None:
        named += [body.decision, *(reason.decision for reason in body.param_reasons)]
    found: dict[str, Told] = {}
    given = list(dict.fromkeys(filter(None, named)))
    for reference in given:
        told = reasons.decision(way.records, reference)
        if told is None:
            way.gaps.append(
                Gap(f"decision {reference} cannot be read here", f"mledger show {reference}", (reference,))
            )
        else:
            found |= {one.number: one for one in reasons.lineage(way.records, told)}
    if not given:
        subject = f"run {way.run.name}" if way.run else f"version {way.version.name}"
        source = way.run.source if way.run else way.version.source
        way.gaps.append(
            Gap(f"{subject} names no decision", f"mledger decide {way.records.name}", (source.number,))
        )
    return [found[number] for number in sorted(found, key=_order, reverse=True)]


def _order(number: str) -> tuple[int, ...]:
    return tuple(map(int, number.split(".")))


def _deciding(way: _Way, body: RunStarted, param: str) -> list[Told]:
    """The decision that gave a parameter its value, with those above it."""
    records, run = way.records, way.run
    for reason in body.param_reasons:
        if reason.name == param and reason.decision is not None:
            told = reasons.decision(records, reason.decision)
            if told is not None:
                return reasons.lineage(records, told)
    for reference in (body.decision, *way.version.decisions):
        told = reasons.decision(records, reference)
        if told is not None and _sets(told, param, way.value):
            return reasons.lineage(records, told)
    start = run.source if run else way.version.source
    for number in reversed(records.state.decisions.proposals):
        told = reasons.decision(records, number)
        early = told is not None and told.found.source.time <= start.time
        if told is not None and early and _sets(told, param, way.value):
            return reasons.lineage(records, told)
    words = f"no decision names {param}"
    if (
        said := next((r.reason for r in body.param_reasons if r.name == param and r.reason), None)
    ) is not None:
        words += f"; the run says: {phrase(said)}"
    way.gaps.append(Gap(words, f"mledger decide {records.name} --quick", (start.number,)))
    return []


def _sets(told: Told, param: str, value: Any) -> bool:
    return any(p.name == param and same(p.to, value) for p in told.body.parameters)


def _check(way: _Way, told: Told) -> None:
    """What a decision lacks."""
    records, number, found = way.records, told.number, told.found

    def lacks(words: str, fix: str) -> None:
        way.gaps.append(Gap(f"decision {number} {words}", fix, (number,)))

    if found.status != "in force":
        lacks(f"is {found.status}", f"mledger decision show {number}")
    if told.body.open:
        lacks(f"leaves open: {', '.join(told.body.open)}", f"mledger decide --complete {number}")
    if not any(True for _ in reasons.evidence(records, told)):
        lacks(
            "has no evidence", f"mledger append evidence.attached {records.stream} --set on={number} --edit"
        )
    if reasons.problem(records, told) is None:
        framed, stream = bool(records.state.problems), records.stream
        fix = f"mledger decide {stream}" if framed else f"mledger append problem.framed {stream} --edit"
        lacks("names no problem that it serves", fix)


# --- what is said


def _story(way: _Way) -> Iterator[Claim]:
    """Three to five sentences, made of the events, the same each time."""
    version, run = way.version, way.run
    number = version.source.number
    verb = "made by" if run and made_here(way.records.state, version, run) else "whose release names"
    made = f", {verb} run {run.name}" if run else ""
    if way.param and run is not None:
        words = f"In {way.records.name} {version.name}{made}, {way.param} is {shown(way.value)}."
    else:
        words = f"{way.records.name} {version.name} was released on {version.source.occurred[:10]}{made}."
    yield Claim(words, (number, *([run.source.number] if run else [])))
    if not way.told:
        yield Claim("No decision says why.", ())
        return
    told = way.told[0]
    question = phrase(told.body.question) if told.body.question else "the question was left open"
    end = "" if question.endswith("?") else "."
    yield Claim(f"{reasons.proposed(told)}, to answer: {question}{end}", (told.number,))
    others = reasons.not_chosen(told)
    chosen = f"Chosen was {phrase(told.body.choice, 80)}"
    words = f"{chosen}, and not {others}." if others else f"{chosen}; no other option is recorded."
    yield Claim(words, (told.number,))
    disagreed = [said.source for said in records_dissent(way.records, told)]
    words = reasons.standing(told)
    if disagreed:
        words += f", and {', '.join(dict.fromkeys(source.by for source in disagreed))} disagreed"
    numbers = (told.found.settled.number, *(source.number for source in disagreed))
    yield Claim(f"{words[0].upper()}{words[1:]}.", numbers)
    if (served := reasons.problem(way.records, told)) is not None:
        problem = served[0]
        yield Claim(f"It serves the problem: {phrase(problem.statement)}.", (problem.source.number,))


def _back(way: _Way) -> Iterator[Claim]:
    """Each step of the walk with its events."""
    version, run, records = way.version, way.run, way.records
    files = ", ".join(f"{file.name} {file.sha256[:12]}" for file in version.artifacts)
    yield Claim(f"{version.name}: {files}", (version.source.number,), "artifact")
    if run is not None:
        numbers = (run.source.number, *([run.end.source.number] if run.end else []))
        yield Claim(f"{run.name}, {measured(run)}: {phrase(run.expected, 100)}", numbers, "run")
    if way.param and run is not None:
        yield Claim(f"{way.param} = {shown(way.value)}", (run.source.number,), "parameter")
    for told in way.told:
        words = f"{told.body.title}: {told.body.choice}; {told.body.level} level, {reasons.standing(told)}"
        yield Claim(words, (told.number, told.found.settled.number), f"decision {told.number}")
        for name in told.body.objectives:
            yield from _objective(records, name, told)
    yield from _problems(way)


def _objective(records: Records, name: str, told: Told) -> Iterator[Claim]:
    from mledger.projections.model_told import reached

    for objective in records.state.objectives:
        if objective.name == name:
            numbers = (told.number, *objective.numbers)
            yield Claim(f"{name}: {reached(objective)}", tuple(dict.fromkeys(numbers)), "objective")


def _problems(way: _Way) -> Iterator[Claim]:
    """The problems that the decisions serve, each once."""
    seen = set()
    for told in way.told:
        if (served := reasons.problem(way.records, told)) is None:
            continue
        problem, _ = served
        if problem.source.number not in seen:
            seen.add(problem.source.number)
            yield Claim(problem.statement, (problem.source.number,), "problem")
            yield Claim(problem.outcome, (problem.source.number,), "outcome")


def _not_chosen(way: _Way) -> Iterator[Table]:
    rows = [
        Row((f"decision {told.number}", name, why), (told.number,))
        for told in way.told
        for name, why in reasons.rejected(told)
    ]
    if rows:
        yield Table(("decision", "option", "why not"), tuple(rows))


def _dissent(way: _Way) -> Iterator[Claim]:
    for told in way.told:
        for said in records_dissent(way.records, told):
            words = f"{said.source.by} on decision {told.number}: {said.text}"
            yield Claim(words, (said.source.number,), "dissent")
        for known in told.body.dissent:
            yield Claim(f"known when it was proposed: {known}", (told.number,), "dissent")


def records_dissent(records: Records, told: Told) -> list[Said]:
    """Who disagrees with a decision, or with an answer to it."""
    return [said for number in told.found.own for said in records.said(number) if said.kind == "dissent"]
