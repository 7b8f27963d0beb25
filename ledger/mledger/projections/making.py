"""Whether the files of a version are those that its run made.

A release names its run, and anybody can name another one. The run's end, and the artifacts that were
published of it, say which files it made: only where a digest is the same is the version made by it.
"""

from collections.abc import Iterator
from typing import NamedTuple

from mledger.core.digest import short
from mledger.projections.model import Artifact, ModelState, Version
from mledger.projections.runs import Run


class Other(NamedTuple):
    """A file of a version that its run did not make: what it made by that name, or which run made it."""

    file: Artifact
    named: Run
    sha256: str | None
    run: Run | None

    def told(self) -> str:
        """The difference in words."""
        mine = f"{self.file.name} {short(self.file.sha256)}"
        made = f": that one is {short(self.sha256)}" if self.sha256 is not None else ""
        by = f", which run {self.run.name} made," if self.run is not None else ""
        return f"{mine}{by} is not what run {self.named.name} made{made}"


def made_by(state: ModelState, run: Run) -> dict[str, str]:
    """The files that a run made, each digest with its name."""
    files = {sha256: name for name, sha256 in run.end.files} if run.end is not None else {}
    for artifact in state.artifacts.values():
        if artifact.run is not None and state.runs.find(artifact.run, state.trail.resolve) is run:
            files[artifact.sha256] = artifact.name
    return files


def others(state: ModelState, version: Version) -> Iterator[Other]:
    """The files of a version that the run that it names did not make, though records say who did.

    A file that no run recorded, under no name that its run used, came from elsewhere: nobody can tell.
    """
    run = state.maker_of(version)
    if run is None:
        return
    made = made_by(state, run)
    left = [file for file in version.artifacts if file.sha256 not in made]
    names = {name: sha256 for sha256, name in made.items()}
    makers = _makers(state) if left else {}
    for file in left:
        if file.name in names or file.sha256 in makers:
            yield Other(file, run, names.get(file.name), makers.get(file.sha256))


def made_here(state: ModelState, version: Version, run: Run) -> bool:
    """Whether a file of the version is one that its run made, and none is another's."""
    made = made_by(state, run)
    return any(file.sha256 in made for file in version.artifacts) and not any(others(state, version))


def told_maker(state: ModelState, version: Version, run: Run) -> str:
    """What may be said of a version and the run that it names: made by it, or no more than named."""
    if any(others(state, version)):
        return f"names run {run.name}, which made other files"
    made = any(file.sha256 in made_by(state, run) for file in version.artifacts)
    return f"made by run {run.name}" if made else f"names run {run.name}, which recorded none of its files"


def _makers(state: ModelState) -> dict[str, Run]:
    """For each file that a run made, the first that did."""
    found: dict[str, Run] = {}
    for run in state.runs.started.values():
        for _, sha256 in run.end.files if run.end is not None else ():
            found.setdefault(sha256, run)
    for artifact in state.artifacts.values():
        published = state.runs.find(artifact.run, state.trail.resolve)
        if published is not None:
            found.setdefault(artifact.sha256, published)
    return found
