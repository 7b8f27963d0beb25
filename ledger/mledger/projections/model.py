"""The state of one model, as its events leave it."""

from dataclasses import dataclass, field
from typing import Any

from mledger.projections.decisions import Decisions
from mledger.projections.discussion import Discussion
from mledger.projections.moves import Step
from mledger.projections.runs import Measure, Run, Runs
from mledger.projections.stages import Stages
from mledger.projections.statements import Citation, Cited, Correction, Trail, behind, short


@dataclass(frozen=True, slots=True)
class Objective:
    """A measure of success as agreed, and what the version that counts achieved.

    `run` is the run, or the title of the evaluation, in which it was measured.
    """

    name: str
    direction: str
    threshold: Any
    dataset: str | None
    source: Citation
    achieved: Any = None
    met: bool | None = None
    run: str | None = None
    measured: Citation | None = None
    corrected: tuple[Correction, ...] = ()

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        return behind(self.source, self.measured, corrected=self.corrected)


@dataclass(frozen=True, slots=True)
class Problem:
    """The problem as it was framed."""

    statement: str
    outcome: str
    objectives: tuple[Objective, ...]
    out_of_scope: tuple[str, ...]
    source: Citation
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A test of a version or of a run's model."""

    title: str
    kind: str
    version: str | None
    run: str | None
    datasets: tuple[str, ...]
    measures: tuple[Measure, ...]
    source: Citation
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Handover:
    """Somebody takes over duties from somebody else."""

    giver: str
    taker: str
    duties: tuple[str, ...]
    source: Citation
    contacts: tuple[str, ...] = ()
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file by its content; `source` is the event that published it, or the release that holds it."""

    name: str
    sha256: str
    size: int | None
    role: str | None
    source: Citation
    run: str | None = None
    replaces: str | None = None
    corrected: tuple[Correction, ...] = ()


@dataclass(frozen=True, slots=True)
class Version:
    """What was released under a name."""

    name: str
    previous: str | None
    notes: str
    artifacts: tuple[Artifact, ...]
    source: Citation
    run: str | None = None
    decisions: tuple[str, ...] = ()
    limitations: tuple[str, ...] = ()
    corrected: tuple[Correction, ...] = ()


@dataclass(slots=True)
class DataUse:
    """One state of a dataset as runs used it: in which roles, by which runs; `source` is the last of them."""

    name: str
    version: str | None
    source: Citation
    roles: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)


@dataclass(slots=True)
class ModelState:
    """Everything that the events of one model say.

    Stage, objectives, versions, datasets and path follow from the fields after them.
    """

    stream: str = ""
    trail: Trail = field(default_factory=Trail)
    stage: Cited | None = None
    objectives: list[Objective] = field(default_factory=list)
    versions: dict[str, Version] = field(default_factory=dict)
    datasets: dict[str, list[DataUse]] = field(default_factory=dict)
    path: list[Step] = field(default_factory=list)
    profile: dict[str, Cited] = field(default_factory=dict)
    registrations: list[Citation] = field(default_factory=list)
    begun: Citation | None = None
    problems: list[Problem] = field(default_factory=list)
    stages: Stages = field(default_factory=Stages)
    releases: list[Version] = field(default_factory=list)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    decisions: Decisions = field(default_factory=Decisions)
    runs: Runs = field(default_factory=Runs)
    evaluations: list[Evaluation] = field(default_factory=list)
    handovers: list[Handover] = field(default_factory=list)
    retired: dict[str, Citation] = field(default_factory=dict)
    """Artifacts that must not be used any more, by the reference as written."""
    discussion: Discussion = field(default_factory=Discussion)

    @property
    def name(self) -> str:
        """The name of the model: its stream without the kind."""
        return short(self.stream)

    @property
    def current(self) -> Version | None:
        """The version that counts for the model: what stands foremost, else what was released last."""
        place = self.stages.foremost
        if place is not None:
            return self.versions.get(place.version)
        return next(reversed(self.versions.values()), None)

    @property
    def maker(self) -> Run | None:
        """The run that made the current version, if the release names it."""
        return self.maker_of(self.current)

    def maker_of(self, version: Version | None) -> Run | None:
        """The run that made a version, if the release names it."""
        return self.runs.find(version.run, self.trail.resolve) if version else None

    def retired_files(self) -> dict[str, Citation]:
        """The artifacts that must not be used any more, by number, with the event that says so."""
        return {self.trail.resolve(ref) or ref: source for ref, source in self.retired.items()}

    def replaced(self) -> dict[str, str]:
        """The artifacts that another took the place of, by number, with the number of the other."""
        found = {}
        for number, artifact in self.artifacts.items():
            if (old := self.trail.resolve(artifact.replaces)) is not None:
                found[old] = number
        return found
