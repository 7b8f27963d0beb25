"""What is different between two recorded states of a dataset."""

from typing import TYPE_CHECKING, NamedTuple

from mledger.data.shift import Comparison, compare
from mledger.datasets.states import read, resolve
from mledger.errors import InputError, NotFoundError
from mledger.events.profile import ProfileRecorded
from mledger.projections.datasets import DatasetState, DatasetVersion

if TYPE_CHECKING:
    from mledger.reader import Reader


class Diff(NamedTuple):
    """Two states of one dataset, and how the second differs; without profiles there is no comparison."""

    name: str
    before: DatasetVersion
    after: DatasetVersion
    comparison: Comparison | None


def diff(reader: "Reader", before: str, after: str) -> Diff:
    """What moved from NAME@VERSION to another version of the same dataset, from what is recorded.

    Errors: NotFoundError, InputError if they are two datasets.
    """
    one, two = resolve(reader, before), resolve(reader, after)
    if one.name != two.name:
        raise InputError(
            f"{one.name} and {two.name} are two datasets, and versions of one are compared",
            fix=f"mledger data diff {one.name}@1 {one.name}@2",
        )
    state = read(reader, one.name)
    versions = [state.versions[str(found.version)] for found in (one, two)]
    profiles = [profile_of(reader, state, version.name) for version in versions]
    comparison = compare(profiles[0], profiles[1]) if profiles[0] and profiles[1] else None
    return Diff(state.name, versions[0], versions[1], comparison)


def profile_of(reader: "Reader", state: DatasetState, version: str) -> ProfileRecorded | None:
    """The profile that was recorded together with a version; else the last one of it."""
    if version not in state.versions:
        raise NotFoundError(f"{state.name} has no version {version}", fix=f"mledger data show {state.name}")
    entry = state.versions[version].source.number.partition(".")[0]
    found = None
    for fact in reader.facts(state.stream):
        if fact.type == ProfileRecorded.type and isinstance(body := fact.data, ProfileRecorded):
            if body.version == version and fact.number.partition(".")[0] == entry:
                return body
            if body.version == version:
                found = body
    return found
