"""Objectives, compared with what was measured of a version."""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from mledger.projections.model import ModelState, Objective, Version
from mledger.projections.runs import Measure
from mledger.projections.statements import Citation, Correction


def achieved(state: ModelState, version: Version | None) -> list[Objective]:
    """What was agreed last, compared with what was measured last of a version."""
    if not state.problems:
        return []
    found = list(_measured(state, version))
    return [_compared(objective, found) for objective in state.problems[-1].objectives]


class _Measured(NamedTuple):
    """A value of the version: in which run or test, on what data."""

    measure: Measure
    by: str
    data: tuple[str, ...]
    source: Citation
    corrected: tuple[Correction, ...]


def _measured(state: ModelState, version: Version | None) -> Iterator[_Measured]:
    run = state.runs.find(version.run, state.trail.resolve) if version else None
    if run is not None and run.end is not None:
        for measure in run.end.measures:
            yield _Measured(measure, run.name, (), run.end.source, run.end.corrected)
    for test in state.evaluations:
        of_run = run is not None and state.runs.find(test.run, state.trail.resolve) is run
        if (version is not None and test.version == version.name) or of_run:
            for measure in test.measures:
                yield _Measured(measure, test.title, test.datasets, test.source, test.corrected)


def _compared(objective: Objective, found: list[_Measured]) -> Objective:
    fitting = [
        one
        for one in found
        if one.measure.name == objective.name and one.measure.slice is None and _on(objective.dataset, one)
    ]
    if not fitting:
        return objective
    last = fitting[-1]
    return replace(
        objective,
        achieved=last.measure.value,
        met=_met(objective, last.measure.value),
        run=last.by,
        measured=last.source,
        corrected=objective.corrected + of_metrics(last.corrected),
    )


def of_metrics(corrections: tuple[Correction, ...]) -> tuple[Correction, ...]:
    """Those of the corrections that concern what is measured."""
    return tuple(c for c in corrections if c.path.startswith("metrics"))


def _on(agreed: str | None, one: _Measured) -> bool:
    """Whether a metric was measured on what was agreed; any state of a dataset will do for its name."""
    if agreed is None:
        return True
    measured = (one.measure.dataset,) if one.measure.dataset else one.data
    return any(data == agreed or data.startswith(f"{agreed}@") for data in measured)


def _met(objective: Objective, achieved: Any) -> bool:
    """Whether the value reaches the threshold; what is not a number never does."""
    value, threshold = float(achieved), float(objective.threshold)
    if math.isnan(value) or math.isnan(threshold):
        return False
    return value >= threshold if objective.direction == "maximize" else value <= threshold
