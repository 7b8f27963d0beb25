"""Artifacts: files that a model's life leaves behind."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Digest, EventRef, Line, MediaType, Name, Refs, Text, Uri


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
