"""What is still used: models, files and datasets, by what.

Pure questions to states. A version is in use while it stands in a stage; a dataset while such a
version was trained on it, or a run that reads it has not ended.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mledger.projections.datasets import DatasetState, Deprecation
from mledger.projections.model import ModelState, Version
from mledger.projections.runs import Run


class Use(NamedTuple):
    """Something that uses it, with the events that say so."""

    words: str
    numbers: tuple[str, ...]


def of_model(state: ModelState) -> Iterator[Use]:
    """Where versions of the model stand."""
    for place in state.stages.places:
        yield Use(f"{place.version} stands in {_where(place.stage, place.environment)}", place.numbers)


def of_artifact(state: ModelState, number: str) -> Iterator[Use]:
    """The versions that stand somewhere and hold the file that was published by an event."""
    file = state.artifacts.get(number)
    if file is None:
        return
    for place in state.stages.places:
        version = state.versions.get(place.version)
        if version is not None and any(held.sha256 == file.sha256 for held in version.artifacts):
            where = _where(place.stage, place.environment)
            yield Use(
                f"{version.name}, which holds it, stands in {where}", (version.source.number, *place.numbers)
            )


def of_dataset(name: str, version: str | None, models: Iterable[ModelState]) -> Iterator[Use]:
    """What of some models rests on a dataset, or on one version of it."""
    for state in models:
        for place in state.stages.places:
            released = state.versions.get(place.version)
            run = _maker(state, released)
            if run is not None and _reads(run, name, version):
                where = _where(place.stage, place.environment)
                words = f"{state.name} {place.version} in {where} was made of it by run {run.name}"
                yield Use(words, (*run.numbers, *place.numbers))
        for number, run in state.runs.of("open").items():
            if _reads(run, name, version):
                yield Use(f"run {run.name} of {state.name} reads it and has not ended", (number,))


def given_up(state: ModelState, release: Version, datasets: Mapping[str, DatasetState]) -> Iterator[Use]:
    """What a release rests on and must not be used any more: files of the model, datasets by name."""
    for number, end in state.retired_files().items():
        file = state.artifacts.get(number)
        if file is not None and any(held.sha256 == file.sha256 for held in release.artifacts):
            words = f"{release.name} holds {file.name}, which was retired"
            yield Use(words, (release.source.number, number, end.number))
    run = _maker(state, release)
    for use in run.uses if run is not None else ():
        for said in _ends(datasets.get(use.name), use.version):
            what = f"{use.name}@{use.version}" if use.version else use.name
            instead = f"; use {said.successor}" if said.successor else ""
            words = f"{release.name} was made of {what}, deprecated: {said.reason}{instead}"
            numbers = (*run.numbers[:1], said.source.number) if run is not None else ()
            yield Use(words, (release.source.number, *numbers))


def _maker(state: ModelState, version: Version | None) -> Run | None:
    return state.runs.find(version.run, state.trail.resolve) if version is not None else None


def _ends(state: DatasetState | None, version: str | None) -> Iterator[Deprecation]:
    """The deprecations that concern a version."""
    for end in state.deprecations if state is not None else ():
        if end.version is None or end.version == version:
            yield end


def _reads(run: Run, name: str, version: str | None) -> bool:
    return any(use.name == name and version in (None, use.version) for use in run.uses)


def _where(stage: str, environment: str | None) -> str:
    return f"{stage} ({environment})" if environment else stage
