"""What is measured, on which data, over which time."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.fields import Count, Day, Digest, Line, Name, Number, Part
from mledger.events.free import refuse


class Criterion(Part):
    """One comparison that decides, stated before the result exists."""

    metric: Name = Field(description="the metric, spelt as the run reports it", examples=["auc"])
    operator: Literal["<", "<=", "==", "!=", ">=", ">"] = Field(
        description="how the result must compare", examples=[">="]
    )
    value: Number = Field(description="with what", examples=[0.951])
    dataset: Name | None = Field(
        default=None, description="measured on which data", examples=["applications@v3"]
    )


class DatasetState(Part):
    """A dataset in one of its states."""

    name: Name = Field(description="the dataset, by its name here", examples=["applications"])
    version: Name | None = Field(default=None, description="its state", examples=["v3"])
    digest: Digest | None = Field(
        default=None, description="the SHA-256 of its content", examples=["77ab" * 16]
    )


class DatasetUse(DatasetState):
    """A dataset that the run reads, in one state, for one purpose."""

    role: Line = Field(
        description="what it is read for: train, validation, test or reference", examples=["train"]
    )


class Metric(Part):
    """One measured value, with what it was measured on."""

    name: Name = Field(description="the metric", examples=["auc"])
    value: Number = Field(
        description="the value; a metric that diverged is NaN or Infinity", examples=[0.9524]
    )
    step: Count | None = Field(default=None, description="the step or epoch", examples=[120])
    dataset: Name | None = Field(
        default=None, description="measured on which data", examples=["applications@v3"]
    )
    slice: Line | None = Field(default=None, description="for which part of it", examples=["age < 25"])
    ci_low: Number | None = Field(default=None, description="lower end of the interval", examples=[0.9502])
    ci_high: Number | None = Field(default=None, description="upper end of the interval", examples=[0.9546])


def distinct_metrics(metrics: tuple[Metric, ...]) -> None:
    """Refuse a metric that is there twice for the same step, data and slice."""
    seen: set[tuple[object, ...]] = set()
    for n, m in enumerate(metrics):
        key = (m.name, m.step, m.dataset, m.slice)
        if key in seen:
            raise refuse(
                f"should differ in name, step, dataset or slice, but {m.name!r} is there twice",
                at=f"metrics[{n}]",
            )
        seen.add(key)


class Period(Part):
    """The days that the data covers, both included."""

    start: Day = Field(description="the first day", examples=["2026-09-01"])
    end: Day = Field(description="the last day", examples=["2026-10-31"])

    @model_validator(mode="after")
    def _forward(self) -> "Period":
        if self.end < self.start:
            raise refuse("should not be before start", at="end")
        return self


class Shift(Part):
    """How far the distribution of one column or group moved since the version before."""

    column: Name = Field(description="the column or group", examples=["region"])
    metric: Name = Field(description="the measure, such as psi, ks or share", examples=["psi"])
    value: Number = Field(description="how far it moved", examples=[0.31])
    threshold: Number | None = Field(
        default=None, description="from where on it counts as a shift", examples=[0.25]
    )
