"""One version: its makers, its tests, its configuration."""

from typing import TYPE_CHECKING, Any

from mledger.errors import NotFoundError
from mledger.projections.making import told_maker
from mledger.projections.model import ModelState, Version
from mledger.registry import unknown
from mledger.reports.base import Claim, Document, Section

if TYPE_CHECKING:
    from mledger.projections.runs import Run
    from mledger.reader import Reader
    from mledger.replay import Replay

_MISSING = {
    "authors": "who made it is not recorded",
    "evaluated on": "missing: no evaluation of it names its data",
    "configuration": "missing: the run that made it states no parameters",
}


def version_sheet(reader: "Reader", stream: str, name: str) -> Document:
    """The version of a model with those four things; what is missing is said.

    Errors: NotFoundError for a version that nobody released; IntegrityError.
    """
    replay = reader.replay(stream)
    state = replay.state
    if not isinstance(state, ModelState) or name not in state.versions:
        known = state.versions if isinstance(state, ModelState) else ()
        raise NotFoundError(unknown("released version", name, known), fix=f"mledger replay {stream}")
    version = state.versions[name]
    run = state.maker_of(version)
    sections = (
        Section("version", tuple(_version(state, version, run))),
        Section("authors", tuple(_authors(reader, state, version, run)), _MISSING["authors"]),
        Section("evaluated on", tuple(_tested(replay, state, version, run)), _MISSING["evaluated on"]),
        Section("configuration", tuple(_configured(run)), _MISSING["configuration"]),
    )
    missing = [section.title for section in sections if not section.blocks]
    data: dict[str, Any] = {
        "stream": stream,
        "version": name,
        "authors": [claim.words for claim in _claims(sections[1])],
        "evaluation_datasets": [claim.words for claim in _claims(sections[2])],
        "configuration": dict(run.params) if run is not None else {},
        "missing": missing,
    }
    return Document("version", f"{state.name} {name}", state.name, sections, data=data)


def _claims(section: Section) -> list[Claim]:
    return [block for block in section.blocks if isinstance(block, Claim)]


def _version(state: ModelState, version: Version, run: "Run | None") -> list[Claim]:
    source = version.source
    own = (source.number,)
    claims = [Claim(f"{version.name}, released {source.time[:10]} by {source.by}", own)]
    if version.previous is not None:
        claims.append(Claim(f"follows {version.previous}"))
    claims.append(Claim(version.notes))
    claims += [Claim(f"{file.name}, sha256 {file.sha256}", own) for file in version.artifacts]
    claims += [Claim(f"not to be trusted: {line}") for line in version.limitations]
    if run is not None:
        made = told_maker(state, version, run)
        claims.append(Claim(f"{made}, {run.verdict or run.outcome}", run.numbers))
    return claims


def _authors(reader: "Reader", state: ModelState, version: Version, run: "Run | None") -> list[Claim]:
    """Everybody who has signed what the version consists of, with what."""
    claims = [Claim(f"{version.source.by}, released it", (version.source.number,))]
    for reference in version.decisions:
        number = state.trail.resolve(reference)
        if number is None and reader.answered(reference) is None:
            continue
        fact = reader.fact(number or reference)
        claims.append(Claim(f"{fact.signer}, proposed decision {fact.number}", (fact.number,)))
    if run is not None:
        claims.append(Claim(f"{run.source.by}, started run {run.name}", (run.source.number,)))
    return claims


def _tested(replay: "Replay", state: ModelState, version: Version, run: "Run | None") -> list[Claim]:
    """The data of its evaluations, and of the run that made it as far as it was not trained on."""
    found: dict[str, list[str]] = {}
    for test in state.evaluations:
        of_run = run is not None and state.runs.find(test.run, state.trail.resolve) is run
        if test.version == version.name or of_run:
            for name in test.datasets:
                found.setdefault(name, []).append(test.source.number)
    for use in run.uses if run is not None else ():
        if use.role not in {"train", "training"}:
            name = f"{use.name}@{use.version}" if use.version else use.name
            found.setdefault(name, []).append(run.source.number if run is not None else "")
    return [Claim(f"{name}{_digest(replay, name)}", tuple(dict.fromkeys(n))) for name, n in found.items()]


def _digest(replay: "Replay", name: str) -> str:
    dataset, _, version = name.partition("@")
    data = replay.datasets.get(dataset)
    state = data.versions.get(version) if data is not None else None
    return f", sha256 {state.digests[0].sha256}" if state is not None and state.digests else ""


def _configured(run: "Run | None") -> list[Claim]:
    if run is None:
        return []
    return [Claim(f"{name} = {value}", run.numbers[:1]) for name, value in run.params.items()]
