"""The story of a dataset: source, states, steps, issues, in order."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from mledger.chain.history import Fact
from mledger.events.base import EventBody
from mledger.events.dataset import DatasetDeprecated, DatasetIssue, DatasetRefreshed, DatasetRegistered
from mledger.events.decision import DecisionProposed
from mledger.events.profile import ProfileRecorded
from mledger.events.transform import TransformRecorded
from mledger.projections.base import find
from mledger.projections.corrections import amendments
from mledger.projections.datasets import DatasetState, describe
from mledger.projections.statements import behind, cite
from mledger.reports.base import Claim, Document, Report, Section, register

NAME, TITLE = "data-story", "The story of a dataset: source, states, steps, issues"

Tell = Callable[[Any], Iterator[str]]


def data_story(facts: Iterable[Fact]) -> Document:
    """What happened to one dataset, from the facts of its stream in order; each statement with its event.

    Corrected events are told as they were corrected; what cannot be read is named.
    """
    facts = tuple(facts)
    state: DatasetState = find("dataset").fold(facts)
    told = {version.source.number: version for version in state.recorded}
    amended, claims = amendments(facts), []
    for fact in facts:
        change = amended.get(fact.number)
        body = change.body if change is not None and change.body is not None else fact.data
        numbers = behind(cite(fact), corrected=change.corrections if change is not None else ())
        label = f"{fact.occurred[:10]}"
        if fact.refused is not None:
            claims.append(Claim(f"{fact.type} does not count: {fact.refused}", (fact.number,), label))
        elif fact.number in told:
            version = told[fact.number]
            claims += [
                Claim(words, numbers, label) for words in _state(body, describe(version), cite(fact).by)
            ]
        elif body is not None and (tell := _TOLD.get(type(body))) is not None:
            claims += [
                Claim(f"{words.removesuffix('.')}; {cite(fact).by}", numbers, label) for words in tell(body)
            ]
        elif body is None:
            claims.append(Claim(f"{fact.type} cannot be read: {fact.obstacle}", (fact.number,), label))
    return Document(
        NAME,
        TITLE,
        state.stream or "dataset",
        (
            Section("Source", tuple(_source(state)), "nobody has said where it comes from"),
            Section("What happened", tuple(claims)),
            Section("As it stands", tuple(_standing(state))),
        ),
    )


def _source(state: DatasetState) -> Iterator[Claim]:
    for name, said in state.profile.items():
        yield Claim(str(said.value), said.numbers, name.replace("_", " "))


def _state(body: EventBody | None, described: str, by: str) -> Iterator[str]:
    why = f": {body.why}" if isinstance(body, DatasetRefreshed) else ""
    verb = "refreshed" if isinstance(body, DatasetRefreshed) else "registered"
    yield f"{verb} as version {described}{why.removesuffix('.')}; {by}"
    if isinstance(body, DatasetRegistered | DatasetRefreshed):
        if body.preprocessing:
            yield f"before that: {body.preprocessing}"
        yield from (f"known issue: {issue}" for issue in body.known_issues)


def _standing(state: DatasetState) -> Iterator[Claim]:
    """The newest version, what is wrong with it, what must not be used."""
    if (current := state.current) is not None:
        yield Claim(describe(current), (current.source.number,), "version")
    for number, issue in state.standing_issues.items():
        action = f": {issue.action}" if issue.action else ""
        yield Claim(f"{issue.title} ({issue.severity}, {issue.status}){action}", (number,), "issue")
    for ended in state.deprecations:
        what = f"version {ended.version}" if ended.version else "all versions"
        instead = f"; use {ended.successor}" if ended.successor else ""
        words = f"{what}: {ended.reason.removesuffix('.')}{instead}"
        yield Claim(words, (ended.source.number,), "deprecated")


def _issue(body: DatasetIssue) -> Iterator[str]:
    rows = f", {body.rows:,} rows" if body.rows is not None else ""
    action = f"; {body.action}" if body.action else ""
    where = f" in {', '.join(body.versions)}" if body.versions else ""
    yield f"issue, {body.severity}, {body.status}{where}: {body.title}{rows}{action}"


def _transform(body: TransformRecorded) -> Iterator[str]:
    into, out = (
        ", ".join(f"{state.name}{f'@{state.version}' if state.version else ''}" for state in states)
        for states in (body.inputs, body.outputs)
    )
    yield f"{body.name} made {out} from {into}"
    for step in body.steps:
        counts = f" ({step.rows_in:,} to {step.rows_out:,} rows)" if step.rows_in and step.rows_out else ""
        yield f"step: {step.what}{counts}{f', because {step.why}' if step.why else ''}"
    if body.sampling is not None:
        share = f", {body.sampling.fraction:.0%} of the rows" if body.sampling.fraction is not None else ""
        seed = f", seed {body.sampling.seed}" if body.sampling.seed is not None else ""
        yield f"sampled: {body.sampling.method}{share}{seed}"
    if body.influence:
        yield f"its influence: {body.influence}"


def _profile(body: ProfileRecorded) -> Iterator[str]:
    groups = ", ".join(f"{g.name} {g.share:.1%}" for g in body.groups if g.share is not None)
    yield (
        f"profile of version {body.version}, {body.stage}: {body.rows:,} rows, {len(body.columns)} columns"
        + (f"; {groups}" if groups else "")
    )


def _deprecated(body: DatasetDeprecated) -> Iterator[str]:
    what = f"version {body.version}" if body.version else "all of it"
    yield f"deprecated, {what}: {body.reason}"


def _decided(body: DecisionProposed) -> Iterator[str]:
    yield f"decision proposed: {body.title}"


_TOLD: dict[type[EventBody], Tell] = {
    DatasetIssue: _issue,
    DatasetDeprecated: _deprecated,
    TransformRecorded: _transform,
    ProfileRecorded: _profile,
    DecisionProposed: _decided,
}

register(Report(NAME, TITLE, "dataset", data_story))
