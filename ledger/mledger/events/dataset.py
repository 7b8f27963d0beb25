"""Datasets: where data comes from, and how it changes."""

from typing import Literal

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Count,
    Day,
    Digest,
    Distinct,
    Line,
    Many,
    Name,
    Number,
    Part,
    Refs,
    Text,
)
from mledger.events.free import refuse


class Period(Part):
    """The days that the data covers, both included."""

    start: Day = Field(description="the first day", examples=["2026-09-01"])
    end: Day = Field(description="the last day", examples=["2026-10-31"])

    @model_validator(mode="after")
    def _forward(self) -> "Period":
        if self.end < self.start:
            raise refuse("should not be before start", at="end")
        return self


class Column(Part):
    """One column, or field, of the data."""

    name: Name = Field(description="the column as the file calls it", examples=["income"])
    dtype: Line | None = Field(default=None, description="its type", examples=["float64"])
    unit: Line | None = Field(default=None, description="its unit", examples=["EUR a month"])
    description: Line | None = Field(
        default=None, description="what it means", examples=["net income as stated by the applicant"]
    )
    sensitive: bool | None = Field(
        default=None, description="whether it is personal or protected", examples=[True]
    )


class NamedDigest(Part):
    """The digest of one thing that the dataset consists of."""

    name: Name = Field(
        description="what was hashed: a file's name, or `content` for rows in canonical order",
        examples=["applications_2026-10.parquet"],
    )
    sha256: Digest = Field(description="its SHA-256", examples=["41d0" * 16])
    size: Count | None = Field(default=None, description="its size in bytes", examples=[1_900_000_000])


class ForeignId(Part):
    """The name that another system gives to the same data."""

    system: Name = Field(description="the other system", examples=["mlflow"])
    id: Line = Field(description="its identifier there", examples=["8f2c1a7e"])


class SchemaChange(Part):
    """How one column differs from the version before."""

    column: Name = Field(description="the column, by its new name if it has one", examples=["region"])
    change: Literal["added", "removed", "renamed", "retyped", "redefined"] = Field(
        description="what happened; redefined: same name and type, other meaning", examples=["redefined"]
    )
    detail: Line | None = Field(
        default=None, description="from what to what", examples=["codes of 2026 instead of 2020"]
    )


class Shift(Part):
    """How far the distribution of one column or group moved since the version before."""

    column: Name = Field(description="the column or group", examples=["region"])
    metric: Name = Field(description="the measure, such as psi, ks or share", examples=["psi"])
    value: Number = Field(description="how far it moved", examples=[0.31])
    threshold: Number | None = Field(
        default=None, description="from where on it counts as a shift", examples=[0.25]
    )


@event("dataset.registered", on=("dataset",))
class DatasetRegistered(EventBody):
    """A dataset enters the register: where it comes from and by what right it is used.

    Record it once for each dataset, before the first run that uses it; its stream is
    `dataset/<name>`. Later states of the same data are `dataset.refreshed`. The fields are the
    questions of a datasheet (Gebru et al.). Good content lets a stranger judge whether the data fits
    another purpose: who is in it and who is missing, who collected it and what people agreed to.
    """

    title: Line = Field(description="the dataset as people call it", examples=["Retail credit applications"])
    origin: Text = Field(
        description="where the data comes from",
        examples=["Application forms of all branches and the web shop."],
    )
    collected_how: Text = Field(
        description="how it came to be: instrument, sampling, who or what is in it, who is missing",
        examples=["Every complete application; withdrawn ones are missing."],
    )
    by_whom: Line = Field(description="who collected it", examples=["ACME Bank, retail credit"])
    licence: Line = Field(
        description="under which terms it may be used", examples=["internal, no transfer outside the group"]
    )
    legal_basis: Text | None = Field(
        default=None,
        description="the legal basis if it holds personal data",
        examples=["GDPR Art. 6(1)(b); purpose: credit decisions."],
    )
    version: Name = Field(
        default="1", description="the name of this state; runs cite it as NAME@VERSION", examples=["v1"]
    )
    digests: Distinct[NamedDigest] = Field(
        min_length=1,
        description="the SHA-256 of each file, or of the content",
        examples=[[{"name": "applications_2026-08.parquet", "sha256": "77ab" * 16}]],
    )
    rows: Count | None = Field(default=None, description="how many rows or items", examples=[1_143_127])
    period: Period | None = Field(
        default=None,
        description="the days that it covers",
        examples=[{"start": "2025-09-01", "end": "2026-08-31"}],
    )
    columns: Distinct[Column] = Field(
        default=(),
        description="its schema",
        examples=[[{"name": "income", "dtype": "float64", "unit": "EUR a month", "sensitive": True}]],
    )
    preprocessing: Text | None = Field(
        default=None,
        description="what was done to it before it came here",
        examples=["Duplicates of one applicant within a day removed (2.1 %)."],
    )
    known_issues: Many[Line] = Field(
        default=(), description="what is wrong with it", examples=[["income is self-reported"]]
    )
    intended_use: Text | None = Field(
        default=None,
        description="what it was made for, and must not be used for",
        examples=["Credit risk only."],
    )
    owner: Line | None = Field(default=None, description="who answers for it", examples=["Dora Example"])
    foreign_ids: Many[ForeignId] = Field(
        default=(),
        description="what other systems call it; their short digests prove nothing",
        examples=[[{"system": "mlflow", "id": "8f2c1a7e"}]],
    )
    refs: Refs = REFS


@event("dataset.refreshed", on=("dataset",))
class DatasetRefreshed(EventBody):
    """A dataset has a new state: more rows, another period, a correction.

    Record it for each state that a run may use, before that run. Good content says why it was
    refreshed and what moved: decisions whose conditions name this dataset fall due for review.
    Record distributions and shares, never rows.
    """

    version: Name = Field(
        description="the name of the new state; runs cite it as NAME@VERSION", examples=["v3"]
    )
    previous: Name | None = Field(default=None, description="the state before", examples=["v2"])
    why: Text = Field(
        description="why it was refreshed", examples=["Monthly refresh; the September batch had been late."]
    )
    digests: Distinct[NamedDigest] = Field(
        min_length=1,
        description="the SHA-256 of each file, or of the content",
        examples=[[{"name": "applications_2026-10.parquet", "sha256": "41d0" * 16}]],
    )
    rows: Count | None = Field(default=None, description="how many rows or items", examples=[1_204_331])
    rows_added: Count | None = Field(default=None, description="how many are new", examples=[61_204])
    rows_removed: Count | None = Field(default=None, description="how many are gone", examples=[0])
    period: Period | None = Field(
        default=None,
        description="the days that it covers",
        examples=[{"start": "2025-09-01", "end": "2026-10-31"}],
    )
    schema_changes: Many[SchemaChange] = Field(
        default=(),
        description="how columns differ from the state before; none given means unchanged",
        examples=[[{"column": "region", "change": "redefined", "detail": "codes of 2026 instead of 2020"}]],
    )
    shift: Many[Shift] = Field(
        default=(),
        description="how far distributions moved",
        examples=[[{"column": "region", "metric": "psi", "value": 0.31, "threshold": 0.25}]],
    )
    preprocessing: Text | None = Field(
        default=None,
        description="what was done differently from before",
        examples=["Region codes mapped to 2026."],
    )
    known_issues: Many[Line] = Field(
        default=(), description="what is wrong with it", examples=[["region is empty in 0.4 % of September"]]
    )
    foreign_ids: Many[ForeignId] = Field(
        default=(),
        description="what other systems call it; their short digests prove nothing",
        examples=[[{"system": "mlflow", "id": "8f2c1a7e"}]],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _new(self) -> "DatasetRefreshed":
        if self.previous == self.version:
            raise refuse("should be another name than previous", at="version")
        return self
