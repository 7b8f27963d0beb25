"""Those outside who vouch for a ledger, as its policy names them."""

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from mledger.core.note import COSIGNATURE, parse_vkey
from mledger.errors import FormatError
from mledger.events.fields import Count, Part, String, unique
from mledger.events.free import refuse
from mledger.events.words import Means

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----\n(?:[A-Za-z0-9+/=]{1,76}\n)+-----END CERTIFICATE-----\n")


def _witness_key(text: str) -> str:
    try:
        key = parse_vkey(text)
    except FormatError as error:
        raise refuse(error.message) from None
    if key.alg != COSIGNATURE:
        raise refuse("should be the key of a witness, as `mledger witness key` prints it")
    return text


def _root(text: str) -> str:
    text = text.replace("\r\n", "\n").strip() + "\n"
    if not _PEM.fullmatch(text):
        raise refuse("should be one certificate in PEM, from BEGIN CERTIFICATE to END CERTIFICATE")
    return text


RootCertificate: TypeAlias = Annotated[
    String,
    Field(max_length=16_384),
    AfterValidator(_root),
    Means("a root certificate in PEM"),
]
WitnessKey: TypeAlias = Annotated[
    String, AfterValidator(_witness_key), Means("a witness's verifier key: name+hash+key")
]

EXAMPLE_ROOT = """-----BEGIN CERTIFICATE-----
MIIBfDCCASKgAwIBAgIUBnr3C8zJ0uXGxwqV2yXz7UqYcVcwCgYIKoZIzj0EAwIw
-----END CERTIFICATE-----
"""
EXAMPLE_WITNESS = "witness.example/w1+773a6c12+BMhTrQ8M0rYZrqks7sT9VqJNZJnVhM55JX5Fz9gTm2Cn"


class Witnesses(Part):
    """The witnesses of a ledger, and how many of them must cosign, how often."""

    keys: Annotated[tuple[WitnessKey, ...], AfterValidator(unique)] = Field(
        min_length=1,
        max_length=15,
        description="the verifier key of each witness; its name is in it",
        examples=[[EXAMPLE_WITNESS]],
    )
    needed: Count = Field(default=1, ge=1, description="how many of them must cosign", examples=[1])
    days: Count | None = Field(
        default=None,
        ge=1,
        le=3_650,
        description="how many days the newest cosignatures may be old",
        examples=[7],
    )

    @model_validator(mode="after")
    def _can_be_met(self) -> "Witnesses":
        if self.needed > len(self.keys):
            raise refuse(f"should be at most {len(self.keys)}: no more witnesses are named", at="needed")
        return self
