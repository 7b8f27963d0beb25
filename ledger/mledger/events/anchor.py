"""Anchors: who outside vouches for a checkpoint, and for its time."""

import base64
import binascii
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from mledger.core.checkpoint import Checkpoint, parse_checkpoint
from mledger.core.note import MAX_NOTE, parse_note
from mledger.errors import FormatError
from mledger.events.base import EventBody, event
from mledger.events.fields import Count, Instant, Line, String
from mledger.events.free import refuse
from mledger.events.words import Means

MAX_TOKEN = 64 * 1024

EXAMPLE_NOTE = (
    "acme.example/x\n902\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— acme.example/x Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URY"
    "N7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def _note(text: str) -> str:
    try:
        data = text.encode()
        parse_checkpoint(parse_note(data).text)
    except (UnicodeEncodeError, FormatError) as error:
        raise refuse(f"should be a checkpoint, byte for byte: {error}") from None
    return text


def _token(text: str) -> str:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        data = b""
    if not 0 < len(data) <= MAX_TOKEN or base64.b64encode(data).decode() != text:
        raise refuse(f"should be 1 to {MAX_TOKEN} bytes in padded base64")
    return text


CheckpointNote: TypeAlias = Annotated[
    String, Field(max_length=MAX_NOTE), AfterValidator(_note), Means("a checkpoint, byte for byte")
]
Token: TypeAlias = Annotated[String, AfterValidator(_token), Means("bytes in base64")]
AnchorKind: TypeAlias = Annotated[
    String, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$"), Means("a kind of anchor like rfc3161")
]


@event("anchor.recorded", on=("ledger",))
class AnchorRecorded(EventBody):
    """Somebody outside vouches that a checkpoint existed at a time, or keeps a copy of it.

    Recorded by `mledger anchor`. The token is over the bytes of the checkpoint, so that other programs
    check it: `openssl ts -verify` a time-stamp. It proves that the entries which the checkpoint covers
    existed when it was made, and that this event and all after it came later.
    """

    kind: AnchorKind = Field(description="what kind of anchor it is", examples=["rfc3161"])
    size: Count = Field(ge=1, description="how many entries the checkpoint covers", examples=[902])
    checkpoint: CheckpointNote = Field(
        description="the checkpoint that was anchored", examples=[EXAMPLE_NOTE]
    )
    token: Token = Field(
        description="what the one who vouches gave for it", examples=["MIIDmzADAgEAMIIDkgYJKoZIhvcNAQcC"]
    )
    time: Instant | None = Field(
        default=None,
        description="the time that it proves, if it proves one",
        examples=["2026-11-20T23:00:04Z"],
    )
    where: Line | None = Field(
        default=None,
        description="the address of the authority, or where the copy is kept",
        examples=["https://tsa.example/tsr"],
    )

    @model_validator(mode="after")
    def _fits(self) -> "AnchorRecorded":
        if self.covered.size != self.size:
            raise refuse(f"should be {self.covered.size}, as the checkpoint says", at="size")
        return self

    @property
    def covered(self) -> Checkpoint:
        """The checkpoint that was anchored; who signed it is not checked."""
        return parse_checkpoint(parse_note(self.checkpoint.encode()).text)

    @property
    def token_bytes(self) -> bytes:
        """The token as it was given."""
        return base64.b64decode(self.token)
