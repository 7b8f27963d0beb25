"""Releases: everything that belongs to a version, in one bundle."""

from pydantic import Field, model_validator

from mledger.events.base import EventBody, event
from mledger.events.fields import REFS, Count, Digest, Distinct, File, Name, Position, Refs, Text, Uri
from mledger.events.free import refuse, refuse_each


@event("release.bundled", on=("model",))
class ReleaseBundled(EventBody):
    """All that belongs to a version was put together: model, images, card, lineage, dashboards.

    Record it when the bundle is finished. What was not in it then can
    never be proved to have belonged to it. The manifest is what a rollback restores and an auditor
    checks. Good content leaves nothing out that is needed to run the version without its makers.
    """

    version: Name = Field(description="the version that it is of", examples=["2.1"])
    supersedes: Name | None = Field(default=None, description="the version that it follows", examples=["2.0"])
    manifest: Distinct[File] = Field(
        min_length=1,
        description="every file, with its role, digest and size",
        examples=[
            [
                {"name": "model.pkl", "sha256": "c07d" * 16, "size": 48_213_004, "role": "model"},
                {"name": "MODEL_CARD.md", "sha256": "ca4d" * 16, "size": 9120, "role": "model card"},
            ]
        ],
    )
    sha256: Digest | None = Field(
        default=None, description="the SHA-256 of the bundle itself", examples=["b0d1" * 16]
    )
    size: Count | None = Field(default=None, description="its size in bytes", examples=[61_204_331])
    uri: Uri | None = Field(
        default=None, description="where it is kept", examples=["s3://acme-models/credit-risk/2.1.bundle.zip"]
    )
    head: Position | None = Field(
        default=None,
        description="up to where it holds the ledger",
        examples=[{"entries": 1318, "leaf": "4d77" * 16}],
    )
    notes: Text | None = Field(
        default=None,
        description="what was left out, and why",
        examples=["Training data is not included; the digests are."],
    )
    refs: Refs = REFS

    @model_validator(mode="after")
    def _complete(self) -> "ReleaseBundled":
        if self.supersedes == self.version:
            raise refuse("should be another version than version", at="supersedes")
        wrong = {}
        for n, file in enumerate(self.manifest):
            for name in ("role", "size"):
                if getattr(file, name) is None:
                    wrong[f"manifest[{n}].{name}"] = "is missing, should be given for each file of a bundle"
        if wrong:
            raise refuse_each(wrong)
        return self
