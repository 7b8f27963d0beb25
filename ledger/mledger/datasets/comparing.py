"""What is different between two recorded states."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.data.shift import Comparison, compare
from mledger.datasets.states import read, resolve
from mledger.errors import NotFoundError
from mledger.events.profile import ProfileRecorded
from mledger.projections.datasets import DatasetState, DatasetVersion

if TYPE_CHECKING:
    from mledger.reader import Reader


class Diff(NamedTuple):
    """Two states, and how the second differs; without profiles there is no comparison."""

    names: tuple[str, str]
    before: DatasetVersion
    after: DatasetVersion
    comparison: Comparison | None


def diff(reader: "Reader", before: str, after: str) -> Diff:
    """What moved from one recorded state, NAME@VERSION, to another, from what is recorded.

    Usually both are of one dataset. Of two datasets those columns can be compared that have the same
    bins or categories: see `like` of `add`. Errors: NotFoundError, InputError.
    """
    found = [resolve(reader, text) for text in (before, after)]
    states = [read(reader, one.name) for one in found]
    versions = [state.versions[str(one.version)] for state, one in zip(states, found, strict=True)]
    one, two = (
        profile_of(reader, state, version.name) for state, version in zip(states, versions, strict=True)
    )
    comparison = compare(one, two) if one and two else None
    return Diff((states[0].name, states[1].name), versions[0], versions[1], comparison)


def profile_of(reader: "Reader", state: DatasetState, version: str) -> ProfileRecorded | None:
    """The profile that was recorded together with a version; else the last one of it."""
    if version not in state.versions:
        raise NotFoundError(f"{state.name} has no version {version}", fix=f"mledger data show {state.name}")
    entry = state.versions[version].source.number.partition(".")[0]
    found = None
    for fact in reader.judged(reader.facts(state.stream), {ProfileRecorded.type}):
        if fact.refused is None and isinstance(body := fact.data, ProfileRecorded):
            if body.version == version and fact.number.partition(".")[0] == entry:
                return body
            if body.version == version:
                found = body
    return found
