"""Runs: what was tried, how it ended, what it showed.

A run is known by its name, or by the number of its `run.started`. The first start of a name and the
first end of a run count; a second one is a remark. A run without an end is open. Its verdict is the
one said last: by its end, by a conclusion, or "invalid" by an invalidation.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from mledger.events.base import EventBody
from mledger.events.run import (
    RunAbandoned,
    RunConcluded,
    RunFailed,
    RunFinished,
    RunInvalidated,
    RunStarted,
)
from mledger.projections.moves import Resolve
from mledger.projections.statements import Citation, Correction, Header, Remark, behind

Outcome = Literal["open", "finished", "failed", "abandoned"]
# What is signed before a run, so that nobody can fit it to the result.
EXPECTED = frozenset({"hypothesis", "criteria", "predicted", "unstated"})
OUTCOMES: tuple[Outcome, ...] = ("finished", "failed", "abandoned", "open")

EVENTS = (RunStarted, RunFinished, RunFailed, RunAbandoned, RunConcluded, RunInvalidated)


@dataclass(frozen=True, slots=True)
class Measure:
    """One measured value; of a metric with steps, that of the last step."""

    name: str
    value: Any
    dataset: str | None = None
    slice: str | None = None
    step: int | None = None


@dataclass(frozen=True, slots=True)
class Use:
    """A dataset that a run read, in one state, for one purpose."""

    name: str
    version: str | None
    role: str


@dataclass(frozen=True, slots=True)
class End:
    """How a run ended: `failure` is the exception and its message, or why it was given up."""

    run: str
    outcome: Literal["finished", "failed", "abandoned"]
    source: Citation
    verdict: str | None = None
    lesson: str | None = None
    failure: str | None = None
    measures: tuple[Measure, ...] = ()
    uses: tuple[Use, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    gaps: tuple[str, ...] = ()
    corrected: tuple[Correction, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    """What it made, by name and digest: artifacts and checkpoints."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What somebody says of a run after its end."""

    run: str
    verdict: str
    lesson: str
    source: Citation
    corrected: tuple[Correction, ...] = ()


@dataclass(slots=True)
class Run:
    """One experiment; parameters and data are those of its start and of its end.

    One that was recorded without a hypothesis or criteria is `unstated`, which says why: a gap, which
    stands in the place of the hypothesis.
    """

    name: str
    hypothesis: str
    criteria: tuple[str, ...]
    uses: tuple[Use, ...]
    source: Citation
    decision: str | None = None
    unstated: str | None = None
    params: dict[str, Any] = field(default_factory=dict)
    reproduces: str | None = None
    tolerance: float | None = None
    gaps: tuple[str, ...] = ()
    corrected: tuple[Correction, ...] = ()
    end: End | None = None
    outcome: Outcome = "open"
    judgements: list[Judgement] = field(default_factory=list)
    verdict: str | None = None
    lesson: str | None = None

    @property
    def numbers(self) -> tuple[str, ...]:
        """The events behind it."""
        found = behind(self.source, corrected=self.corrected)
        later: list[End | Judgement] = [*([self.end] if self.end else []), *self.judgements]
        return found + tuple(n for one in later for n in behind(one.source, corrected=one.corrected))

    @property
    def restated(self) -> tuple[str, ...]:
        """The events that changed what was expected of it once it had begun: hypothesis or criteria."""
        stated = (c for c in self.corrected if c.path.partition("[")[0].partition(".")[0] in EXPECTED)
        return tuple(dict.fromkeys(correction.source.number for correction in stated))

    @property
    def expected(self) -> str:
        """The hypothesis, behind a mark if it or the criteria were changed afterwards."""
        changed = ", ".join(self.restated)
        return f"CHANGED AFTERWARDS by {changed}: {self.hypothesis}" if changed else self.hypothesis


@dataclass(slots=True)
class Runs:
    """Runs by the number of their start, ends and judgements as recorded, and the start of each name."""

    started: dict[str, Run] = field(default_factory=dict)
    ends: list[End] = field(default_factory=list)
    judgements: list[Judgement] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def add(self, event: Header, body: EventBody) -> None:
        """Take in one event of `EVENTS`."""
        match body:
            case RunStarted():
                self.started[event.number] = _started(event, body)
            case RunFinished():
                found = End(body.run, "finished", event.source, body.verdict, body.lesson)
                self.ends.append(replace(found, **_rest(event, body.metrics), **_told(body)))
            case RunFailed():
                failure = ": ".join(filter(None, (body.exit.exception_type, body.exit.message)))
                found = End(body.run, "failed", event.source, None, body.lesson or body.reason, failure)
                self.ends.append(replace(found, **_rest(event, body.metrics), **_told(body)))
            case RunAbandoned():
                found = End(body.run, "abandoned", event.source, None, body.lesson, body.reason)
                self.ends.append(replace(found, **_rest(event, body.metrics), **_told(body)))
            case RunConcluded():
                self.judgements.append(
                    Judgement(body.run, body.verdict, body.lesson, event.source, event.corrections)
                )
            case RunInvalidated():
                self.judgements.append(
                    Judgement(body.run, "invalid", body.reason, event.source, event.corrections)
                )

    def settle(self, resolve: Resolve) -> list[Remark]:
        """Join starts and ends; what does not fit is returned."""
        remarks: list[Remark] = []
        self.names = {}
        for number, run in self.started.items():
            run.end, run.outcome = None, "open"
            run.judgements, run.verdict, run.lesson = [], None, None
            first = self.names.setdefault(run.name, number)
            if first != number:
                remarks.append(Remark(f"run {run.name} is started a second time, after {first}", run.source))
        for end in self.ends:
            found = self.find(end.run, resolve)
            if found is None:
                remarks.append(Remark(f"run {end.run} ends and has no start that can be read", end.source))
            elif found.end is not None:
                text = f"run {found.name} ends a second time, after {found.end.source.number}"
                remarks.append(Remark(text, end.source))
            else:
                found.end, found.outcome = end, end.outcome
                found.verdict, found.lesson = end.verdict, end.lesson
                found.params = found.params | end.params
                found.uses = tuple(dict.fromkeys((*found.uses, *end.uses)))
                found.gaps = tuple(dict.fromkeys((*found.gaps, *end.gaps)))
        return [*remarks, *self._judge(resolve)]

    def _judge(self, resolve: Resolve) -> list[Remark]:
        remarks = []
        for judgement in self.judgements:
            run = self.find(judgement.run, resolve)
            if run is None:
                text = f"run {judgement.run} is judged and has no start that can be read"
                remarks.append(Remark(text, judgement.source))
            else:
                run.judgements.append(judgement)
                run.verdict, run.lesson = judgement.verdict, judgement.lesson
        return remarks

    def find(self, reference: str | None, resolve: Resolve) -> Run | None:
        """The run with a name, or with the number of its start."""
        if reference is None:
            return None
        return self.started.get(self.names.get(reference) or resolve(reference) or "")

    def of(self, outcome: Outcome) -> dict[str, Run]:
        """The runs of one outcome by the number of their start."""
        return {number: run for number, run in self.started.items() if run.outcome == outcome}


def whole(begun: RunStarted, ended: EventBody | None) -> RunStarted:
    """The start as it reads with what became known only on the way: parameters, reasons, seeds, data."""
    if not isinstance(ended, RunFinished | RunFailed | RunAbandoned):
        return begun
    reasons = {reason.name: reason for reason in (*begun.param_reasons, *ended.param_reasons)}
    return begun.model_copy(
        update={
            "params": begun.params | ended.params,
            "param_reasons": tuple(reasons.values()),
            "seeds": begun.seeds | ended.seeds,
            "datasets": tuple(dict.fromkeys((*begun.datasets, *ended.datasets))),
        }
    )


def short_name(dataset: str) -> str:
    """The name of a dataset without the kind of its stream."""
    return dataset.removeprefix("dataset/")


def _criterion(metric: str, operator: str, value: Any, dataset: str | None) -> str:
    return f"{metric} {operator} {value}{f' on {dataset}' if dataset else ''}"


def _started(event: Header, body: RunStarted) -> Run:
    gaps = (f"{capture.name}: {capture.gap}" for capture in body.captures if capture.gap)
    return Run(
        body.run,
        body.hypothesis or f"nothing stated: {body.unstated}",
        tuple(_criterion(c.metric, c.operator, c.value, c.dataset) for c in body.criteria),
        _uses(body),
        event.source,
        body.decision,
        body.unstated,
        dict(body.params),
        body.reproduces,
        body.tolerance,
        tuple(gaps),
        event.corrections,
    )


def _uses(body: RunStarted | RunFinished | RunFailed | RunAbandoned) -> tuple[Use, ...]:
    return tuple(Use(short_name(use.name), use.version, use.role) for use in body.datasets)


def _told(body: RunFinished | RunFailed | RunAbandoned) -> dict[str, Any]:
    """What became known only on the way."""
    kept = body.checkpoints if isinstance(body, RunFinished) else ()
    files = tuple((file.name, file.sha256) for file in (*kept, *body.artifacts))
    return {"uses": _uses(body), "params": dict(body.params), "gaps": body.gaps, "files": files}


def _rest(event: Header, metrics: Iterable[Any]) -> dict[str, Any]:
    """What all ends have in common."""
    return {"measures": measures_of(metrics), "corrected": event.corrections}


def measures_of(metrics: Iterable[Any]) -> tuple[Measure, ...]:
    """Each metric of a body once: without a step if there is such a value, else at its last step."""
    last: dict[tuple[str, str | None, str | None], Measure] = {}
    for m in metrics:
        key = (m.name, m.dataset, m.slice)
        held = last.get(key)
        if held is None or (held.step is not None and (m.step is None or m.step > held.step)):
            last[key] = Measure(m.name, m.value, m.dataset, m.slice, m.step)
    return tuple(last.values())
