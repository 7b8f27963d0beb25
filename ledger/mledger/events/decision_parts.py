"""What a decision is made of: options, parameters, effects, limits, conditions."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.fields import (
    REFS,
    Amount,
    ComingDay,
    Count,
    Dimension,
    Free,
    Line,
    Many,
    Name,
    Number,
    Part,
    Refs,
    Text,
)
from mledger.events.free import refuse
from mledger.events.words import ASKED


class Alternative(Part):
    """One option that was on the table."""

    name: Name = Field(description="a short name; `choice` repeats it", examples=["keep 2.0 unchanged"])
    description: Text | None = Field(default=None, description="what it would mean", examples=["No new run."])
    pros: Many[Line] = Field(default=(), description="what speaks for it", examples=[["no cost"]])
    cons: Many[Line] = Field(default=(), description="what speaks against it", examples=[["AUC is too low"]])
    why_not: Text | None = Field(
        default=None,
        description="why it was not chosen; required of all but the choice",
        examples=["AUC 0.947 is below the agreed 0.950 (run 40)."],
    )
    refs: Refs = REFS


class ParameterChange(Part):
    """One parameter that the decision sets."""

    name: Name = Field(description="the parameter, spelt as runs report it", examples=["max_depth"])
    before: Free = Field(
        default=None, alias="from", description="the value until now; absent for a new one", examples=[3]
    )
    to: Free = Field(default=None, description="the value from now on; absent if it is dropped", examples=[4])
    justification: Text | None = Field(
        default=None,
        json_schema_extra=ASKED,
        description="why this value",
        examples=["Depth 3 cannot express the interaction of region and income."],
    )

    @model_validator(mode="after")
    def _changes(self) -> "ParameterChange":
        if self.before is None and self.to is None:
            raise refuse("should have from, to, or both")
        return self


class ExpectedEffect(Part):
    """What the decision is expected to do to one metric, so that it can be compared later."""

    metric: Name = Field(description="the metric, spelt as runs report it", examples=["auc"])
    direction: Literal["increase", "decrease", "none"] = Field(
        description="which way it will move", examples=["increase"]
    )
    size: Number | None = Field(
        default=None, description="by how much, in the metric's own unit", examples=[0.004]
    )
    unit: Line | None = Field(default=None, description="the unit, if it has one", examples=["hours"])
    confidence: Literal["low", "medium", "high"] | None = Field(
        default=None, description="how sure you are", examples=["medium"]
    )


class Impact(Part):
    """What the decision does to one quality of the model."""

    dimension: Dimension = Field(description="the quality", examples=["fairness"])
    effect: Literal["+", "-", "0", "?"] = Field(
        description="better, worse, unchanged, or not known", examples=["-"]
    )
    note: Line | None = Field(
        default=None, description="how that is known", examples=["gap for age < 25 grows by 0.3 pp (run 44)"]
    )


class Limits(Part):
    """What the solution may cost."""

    memory_bytes: Count | None = Field(default=None, description="memory in bytes", examples=[8_000_000_000])
    train_time_s: Amount | None = Field(default=None, description="training time in seconds", examples=[7200])
    latency_ms: Amount | None = Field(default=None, description="latency in milliseconds", examples=[30])
    budget: Line | None = Field(
        default=None, description="money, with its currency", examples=["500 EUR a run"]
    )


class Condition(Part):
    """Something that must stay true for the decision to hold: of a metric, a dataset, or until a day."""

    metric: Name | None = Field(default=None, description="a metric, as runs report it", examples=["auc"])
    dataset: Name | None = Field(
        default=None, description="a dataset; `value` is its version", examples=["applications"]
    )
    date: ComingDay | None = Field(default=None, description="holds until this day", examples=["2027-04-30"])
    operator: Literal["<", "<=", "==", "!=", ">=", ">"] | None = Field(
        default=None, description="how metric or dataset compare with value", examples=["<="]
    )
    value: Free = Field(default=None, description="what it is compared with", examples=["v4"])

    @model_validator(mode="after")
    def _complete(self) -> "Condition":
        if sum(x is not None for x in (self.metric, self.dataset, self.date)) != 1:
            raise refuse("should name exactly one of metric, dataset and date")
        compares = (self.operator is not None) + (self.value is not None)
        if self.date is None and compares != 2:
            raise refuse("should have operator and value")
        if self.date is not None and compares:
            raise refuse("should have neither operator nor value beside date")
        return self
