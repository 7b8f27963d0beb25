"""Artifacts: files that a model's life leaves behind."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Day, Digest, EventRef, Line, MediaType, Name, Refs, Text, Uri
from mledger.events.free import refuse


@event("artifact.published", on=("model",))
class ArtifactPublished(EventBody):
    """A file is kept and may be relied on: weights, an image, a model card, a dashboard.

    Record it when others begin to use the file. The digest is what counts: hash the bytes that are
    served and not those that you meant to serve. Good content says which run made it.
    """

    name: Name = Field(description="its name", examples=["model.pkl"])
    sha256: Digest = Field(description="the SHA-256 of its bytes", examples=["c07d" * 16])
    size: Count = Field(description="its size in bytes", examples=[48_213_004])
    media_type: MediaType = Field(description="its media type", examples=["application/octet-stream"])
    role: Line | None = Field(
        default=None,
        description="what it is, such as model, container image or dashboard",
        examples=["model"],
    )
    run: Name | None = Field(
        default=None,
        description="the run that made it, by its name or the number of its run.started",
        examples=["2026-11-23-depth4"],
    )
    uri: Uri | None = Field(
        default=None, description="where it is kept", examples=["s3://acme-models/credit-risk/2.1/model.pkl"]
    )
    description: Text | None = Field(
        default=None, description="what a user must know", examples=["Needs xgboost 2.1 or later to load."]
    )
    replaces: EventRef | None = Field(
        default=None, description="the artifact.published that it takes the place of", examples=["38"]
    )
    refs: Refs = REFS


@event("artifact.retired", on=("model",))
class ArtifactRetired(EventBody):
    """A file shall not be used any more; that it was published, and its digest, stay.

    Record it before the file is taken away. Good content says what takes its place, and which
    versions still hold it.
    """

    answers = ("artifact", "artifact.published")

    artifact: EventRef = Field(description="the artifact.published that is meant", examples=["38"])
    reason: Text = Field(
        description="why it must not be used",
        examples=["Pickled with a library that has a known hole; 2.1 is published in another format."],
    )
    successor: EventRef | None = Field(
        default=None, description="the artifact.published that takes its place", examples=["52"]
    )
    retention_until: Day | None = Field(
        default=None, description="how long the file is kept", examples=["2036-12-31"]
    )
    disposal: Text | None = Field(
        default=None,
        description="what is destroyed, when, by whom, and how that is proved",
        examples=["Deleted from all registries on 2036-12-31 by the platform team."],
    )
    still_used: Text | None = Field(
        default=None,
        description="why it is retired although something still uses it",
        examples=["Version 2.1 is replaced on 1 December; nothing else may begin to use it."],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _other(self) -> "ArtifactRetired":
        if self.successor == self.artifact:
            raise refuse("should be another artifact than the one retired", at="successor")
        return self
