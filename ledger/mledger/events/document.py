"""Documents: what was written out of the ledger for people."""

from pydantic import Field

from mledger.events.base import EventBody, event
from mledger.events.fields import (
    REFS,
    Count,
    Digest,
    Line,
    Many,
    MediaType,
    Name,
    Position,
    Refs,
    Uri,
)


@event("document.generated", on=("*",))
class DocumentGenerated(EventBody):
    """A document was made out of the ledger as it stood: a model card, a report, a changelog.

    Record it with each document that leaves the house, best by what makes it. The same head and the
    same template give the same bytes, so that anybody can make it again and compare. Good content
    lists what was missing when it was made, and does not hide it.
    """

    name: Name = Field(description="the document's file", examples=["MODEL_CARD.md"])
    template: Name = Field(description="what it was made by", examples=["model-card"])
    template_version: Line | None = Field(
        default=None, description="the version of that", examples=["mledger 1.0.0"]
    )
    profile: Name | None = Field(
        default=None, description="the framework that it answers to", examples=["eu-ai-act-annex-iv"]
    )
    version: Name | None = Field(default=None, description="the version that it is about", examples=["2.1"])
    sha256: Digest = Field(description="the SHA-256 of its bytes", examples=["ca4d" * 16])
    size: Count = Field(description="its size in bytes", examples=[9120])
    media_type: MediaType = Field(description="its media type", examples=["text/markdown"])
    head: Position = Field(
        description="the state of the ledger that it tells", examples=[{"entries": 1318, "leaf": "4d77" * 16}]
    )
    missing: Many[Line] = Field(
        default=(),
        description="what it should say and cannot",
        examples=[["1(g) user interface description"]],
    )
    uri: Uri | None = Field(
        default=None, description="where it is kept", examples=["https://docs.acme.example/credit-risk/2.1"]
    )
    refs: Refs = REFS
