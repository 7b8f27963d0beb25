"""Transforms: how data became other data, and features."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Commit,
    Count,
    Digest,
    Line,
    Many,
    Name,
    Params,
    Part,
    Refs,
    Share,
    Text,
)
from mledger.events.free import refuse
from mledger.events.measures import DatasetState


class Code(Part):
    """The code that did it, by its content."""

    commit: Commit | None = Field(default=None, description="the commit, in full", examples=["3fa9c1e0" * 5])
    path: Line | None = Field(
        default=None, description="the file in the repository", examples=["features/region.py"]
    )
    sha256: Digest | None = Field(
        default=None, description="the SHA-256 of the file, if there is no commit", examples=["c0de" * 16]
    )
    remote: Line | None = Field(
        default=None, description="the repository", examples=["git@git.acme.example:ml/credit-risk.git"]
    )

    @model_validator(mode="after")
    def _is_named(self) -> "Code":
        if self.commit is None and self.sha256 is None:
            raise refuse("should name a commit or a sha256")
        return self


class Step(Part):
    """One step of a transform."""

    what: Line = Field(description="what is done", examples=["drop duplicates of one applicant within a day"])
    why: Line | None = Field(default=None, description="why", examples=["double clicks in the web shop"])
    rows_in: Count | None = Field(default=None, description="rows before", examples=[1_229_102])
    rows_out: Count | None = Field(default=None, description="rows after", examples=[1_204_331])
    params: Params = Field(default_factory=dict, description="its settings", examples=[{"window": "1d"}])


class Sampling(Part):
    """How rows were chosen, if not all were taken."""

    method: Line = Field(description="how", examples=["stratified, without replacement"])
    fraction: Share | None = Field(default=None, description="which share was taken", examples=[0.1])
    seed: Count | None = Field(default=None, description="the seed", examples=[7])
    strata: Many[Name] = Field(
        default=(), description="within which groups", examples=[["region", "age group"]]
    )
    why: Line | None = Field(default=None, description="why not all", examples=["training time"])


@event("transform.recorded", on=("dataset", "model"))
class TransformRecorded(EventBody):
    """Data became other data: cleaned, joined, sampled, turned into features.

    Record it with each state of data that is made from another, best by the pipeline, on the stream
    of the dataset that comes out, or of the model if the result has no name of its own. It is the
    edge of the lineage graph between two states. Good content has a digest on both sides, says why
    rows were left out, and how many.
    """

    name: Name = Field(description="the transform, as the pipeline calls it", examples=["make-features"])
    inputs: Many[DatasetState] = Field(
        min_length=1,
        description="what went in",
        examples=[[{"name": "applications-raw", "version": "2026-10", "digest": "1d0a" * 16}]],
    )
    outputs: Many[DatasetState] = Field(
        min_length=1,
        description="what came out",
        examples=[[{"name": "applications", "version": "v3", "digest": "77ab" * 16}]],
    )
    code: Code | None = Field(
        default=None,
        description="the code that did it",
        examples=[{"commit": "3fa9c1e0" * 5, "path": "features/region.py"}],
    )
    steps: Many[Step] = Field(
        default=(),
        description="what was done, in order",
        examples=[
            [
                {
                    "what": "drop duplicates of one applicant within a day",
                    "rows_in": 1_229_102,
                    "rows_out": 1_204_331,
                }
            ]
        ],
    )
    features_in: Many[Name] = Field(
        default=(), description="the columns that went in", examples=[["income", "region_code"]]
    )
    features_out: Many[Name] = Field(
        default=(), description="the columns or features that came out", examples=[["log_income", "region"]]
    )
    sampling: Sampling | None = Field(
        default=None,
        description="how rows were chosen, if not all were taken",
        examples=[{"method": "stratified, without replacement", "fraction": 0.1, "seed": 7}],
    )
    influence: Text | None = Field(
        default=None,
        description="what it does to quality and fairness: who is left out, what is smoothed away",
        examples=["0.4 % of September is dropped for want of a region code; all of region 7."],
    )
    refs: Refs = REFS
