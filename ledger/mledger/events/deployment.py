"""Deployments: what serves where."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Digest, EventRef, Line, Name, Refs, Text, Uri


@event("deployment.recorded", on=("model",))
class DeploymentRecorded(EventBody):
    """A version serves in an environment from now on.

    Record it when requests reach the version, best by the pipeline that deploys, with a key of its
    own. Good content names the image that runs, by its digest, and the request that was approved.
    """

    version: Name = Field(description="the version that serves", examples=["2.1"])
    environment: Name = Field(description="where it serves", examples=["eu-west production cluster"])
    stage: Name = Field(description="the stage that this is", examples=["production"])
    request: EventRef | None = Field(
        default=None, description="the promotion.requested that allowed it", examples=["51"]
    )
    image_digest: Digest | None = Field(
        default=None, description="the SHA-256 of the image that runs", examples=["5e0a" * 16]
    )
    traffic: Line | None = Field(
        default=None, description="which part of the requests it answers", examples=["10 % canary"]
    )
    endpoint: Uri | None = Field(
        default=None, description="where it answers", examples=["https://scores.acme.example/v2"]
    )
    reason: Text | None = Field(
        default=None, description="why now", examples=["Promotion approved in event 53; outside peak hours."]
    )
    refs: Refs = REFS
