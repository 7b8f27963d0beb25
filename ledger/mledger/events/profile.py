"""Profiles: what data looks like, without a row of it."""

from itertools import pairwise
from math import isnan

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Distinct, Label, Line, Many, Name, Number, Part, Refs, Share
from mledger.events.free import refuse


class Quantile(Part):
    """One point of a distribution."""

    at: Share = Field(description="which share lies below", examples=[0.5])
    value: Number = Field(description="the value there", examples=[2840.0])


class Category(Part):
    """One value of a column, and how often it is there."""

    value: Label = Field(description="the value", examples=["region 7"])
    rows: Count = Field(description="in how many rows", examples=[96_120])


class Bin(Part):
    """A range of numbers, from the bin before up to an edge, and how often they are there."""

    below: Number | None = Field(
        default=None,
        description="its upper edge, which belongs to the next; absent: no edge",
        examples=[2840.0],
    )
    rows: Count = Field(description="in how many rows", examples=[120_398])


class ColumnProfile(Part):
    """What one column looks like."""

    name: Name = Field(description="the column as the file calls it", examples=["income"])
    dtype: Line | None = Field(default=None, description="its type", examples=["float64"])
    missing: Count | None = Field(default=None, description="rows without a value", examples=[312])
    distinct: Count | None = Field(default=None, description="how many different values", examples=[41_207])
    distinct_above: Count | None = Field(
        default=None,
        description="more than so many different values; they were not all counted",
        examples=[1000],
    )
    mean: Number | None = Field(default=None, description="the mean", examples=[3012.5])
    deviation: Number | None = Field(default=None, description="the standard deviation", examples=[1480.2])
    quantiles: Many[Quantile] = Field(
        default=(),
        description="points of its distribution, in ascending order",
        examples=[
            [{"at": 0.05, "value": 1100.0}, {"at": 0.5, "value": 2840.0}, {"at": 0.95, "value": 6400.0}]
        ],
    )
    categories: Many[Category] = Field(
        default=(),
        description="its values with their counts, as far as they name no person",
        examples=[[{"value": "region 7", "rows": 96_120}]],
    )
    other: Count | None = Field(
        default=None, description="rows whose value is none of the categories", examples=[1204]
    )

    bins: Many[Bin] = Field(
        default=(),
        description="its distribution in ranges, the same in each version, so that two can be compared",
        examples=[[{"below": 2840.0, "rows": 602_010}, {"rows": 602_009}]],
    )
    lengths: Many[Quantile] = Field(
        default=(),
        description="of text: points of the distribution of its lengths in characters",
        examples=[[{"at": 0.5, "value": 42.0}, {"at": 0.95, "value": 180.0}]],
    )
    note: Line | None = Field(
        default=None,
        description="why more is not said of it",
        examples=["a column of this type has no distribution that could be recorded"],
    )

    @model_validator(mode="after")
    def _in_order(self) -> "ColumnProfile":
        for name in ("quantiles", "lengths"):
            places = [quantile.at for quantile in getattr(self, name)]
            if places != sorted(set(places)):
                raise refuse("should ascend, each place once", at=name)
        edges = [float(bin_.below) for bin_ in self.bins if bin_.below is not None]
        last_alone = all(bin_.below is not None for bin_ in self.bins[:-1])
        if not (last_alone and all(one < two for one, two in pairwise(edges))) or any(map(isnan, edges)):
            raise refuse("should ascend, and only the last be without edge", at="bins")
        if len({category.value for category in self.categories}) < len(self.categories):
            raise refuse("should have each value once", at="categories")
        return self


class Group(Part):
    """A group of people or cases within the data."""

    name: Name = Field(description="the group, by the rule that makes it", examples=["age < 25"])
    rows: Count = Field(description="its rows", examples=[80_690])
    share: Share | None = Field(default=None, description="its share of all rows", examples=[0.067])


@event("profile.recorded", on=("dataset",))
class ProfileRecorded(EventBody):
    """What the data looks like at one stage: distributions, gaps, the share of groups.

    Record it for each state of the data, and again after steps that change distributions, so that
    two profiles show what moved. It holds no row of the data. Good content has the groups whose
    treatment matters, and gives rare values in `other` and not by name.
    """

    version: Name = Field(description="the state of the data", examples=["v3"])
    stage: Name = Field(
        description="where on the way from source to training", examples=["after cleaning, before sampling"]
    )
    rows: Count = Field(description="how many rows", examples=[1_204_331])
    columns: Distinct[ColumnProfile] = Field(
        min_length=1,
        description="what each column looks like",
        examples=[[{"name": "income", "missing": 312, "quantiles": [{"at": 0.5, "value": 2840.0}]}]],
    )
    groups: Distinct[Group] = Field(
        default=(),
        description="how many rows each group has",
        examples=[[{"name": "age < 25", "rows": 80_690, "share": 0.067}]],
    )
    method: Line | None = Field(
        default=None,
        description="how it was computed, if not exactly over all rows",
        examples=["quantiles by t-digest, error below 0.1 %"],
    )
    time_column: Name | None = Field(
        default=None, description="the column that tells the period of the data", examples=["applied_on"]
    )
    refs: Refs = REFS
