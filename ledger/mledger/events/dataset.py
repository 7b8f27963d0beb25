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
    EventRef,
    Line,
    Many,
    Name,
    Part,
    Refs,
    Severity,
    Text,
)
from mledger.events.free import refuse
from mledger.events.measures import Period, Shift


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
        description="what was hashed: a file's name, `manifest` of a folder, or `content` of a table",
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
    location: Line | None = Field(
        default=None,
        description="where it was read: a path, from the folder of the ledger if it is in there, or a URI",
        examples=["data/applications_2026-10.parquet"],
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
    location: Line | None = Field(
        default=None,
        description="where it was read: a path, from the folder of the ledger if it is in there, or a URI",
        examples=["data/applications_2026-10.parquet"],
    )
    rows: Count | None = Field(default=None, description="how many rows or items", examples=[1_204_331])
    rows_added: Count | None = Field(
        default=None, description="how many are new, or how many more there are", examples=[61_204]
    )
    rows_removed: Count | None = Field(
        default=None, description="how many are gone, or how many fewer there are", examples=[0]
    )
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


@event("dataset.issue", on=("dataset",))
class DatasetIssue(EventBody):
    """Something is wrong with the data, and somebody has to decide what that means.

    Record it when it is found, even if it cannot be mended, and again with `updates` when its state
    changes. Decisions that it influenced name it; a grave one that no decision and no waiver names
    stops a release. Good content says how many rows, which groups of people, and since when.
    """

    title: Line = Field(description="the issue in a phrase", examples=["Region codes of September came late"])
    kind: Literal[
        "missing", "wrong", "duplicate", "late", "bias", "label", "leakage", "schema", "privacy", "licence",
        "other",
    ] = Field(description="what is wrong", examples=["late"])  # fmt: skip
    severity: Severity = Field(description="how bad it is for those who use the data", examples=["medium"])
    description: Text = Field(
        description="what is wrong, since when, for whom, and how it was found",
        examples=["Branches of region 7 delivered on 9 October; 0.4 % of September has no region code."],
    )
    versions: Distinct[Name] = Field(
        default=(), description="the states of the data that have it", examples=[["v2", "v3"]]
    )
    columns: Distinct[Name] = Field(default=(), description="the columns that have it", examples=[["region"]])
    rows: Count | None = Field(default=None, description="how many rows", examples=[4817])
    action: Text | None = Field(
        default=None,
        description="what is done about it, or that nothing is, and why",
        examples=["Rows without code are left out of training; the branches deliver daily from now on."],
    )
    status: Literal["open", "accepted", "fixed"] = Field(
        default="open",
        description="accepted: it stays, and people work with it; fixed: later states do not have it",
        examples=["open"],
    )
    updates: EventRef | None = Field(
        default=None, description="the dataset.issue whose place it takes", examples=["29"]
    )
    found_by: Line | None = Field(default=None, description="who noticed", examples=["Dora Example"])
    refs: Refs = REFS


@event("dataset.deprecated", on=("dataset",))
class DatasetDeprecated(EventBody):
    """A dataset, or one state of it, shall not be used any more; its history stays.

    Record it before the data is taken away. A release that still rests on it is stopped from then
    on. Good content says what replaces it, and what happens to copies that others made.
    """

    version: Name | None = Field(
        default=None, description="the state that is meant; absent: all of them", examples=["v2"]
    )
    reason: Text = Field(
        description="why it must not be used", examples=["Consent of 1,204 applicants was withdrawn."]
    )
    successor: Line | None = Field(
        default=None, description="what to use instead, as NAME or NAME@VERSION", examples=["applications@v3"]
    )
    retention_until: Day | None = Field(
        default=None, description="how long it is kept", examples=["2036-12-31"]
    )
    disposal: Text | None = Field(
        default=None,
        description="what is destroyed, when, by whom, and how that is proved",
        examples=["Files deleted from the lake on 2036-12-31 by the platform team; copies of teams by then."],
    )
    still_used: Text | None = Field(
        default=None,
        description="why it is retired although something still uses it",
        examples=["Version 2.1 is replaced on 1 December; nothing else may begin to use it."],
    )
    refs: Refs = REFS
