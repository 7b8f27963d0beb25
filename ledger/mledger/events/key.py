"""Keys: who signs, from which entry on, and until when."""

import base64
import binascii
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, model_validator

from mledger.core.names import is_address, is_printed
from mledger.core.note import parse_note
from mledger.core.succession import parse_succession
from mledger.errors import FormatError
from mledger.events.base import EventBody, event
from mledger.events.fields import Digest, EventNumber, Line, Name, Part, RoleName, String, Text, unique
from mledger.events.free import refuse
from mledger.events.words import Means
from mledger.keys.ed25519 import is_weak, key_id


def _public(text: str) -> str:
    """The base64 of an Ed25519 public key, in its only canonical spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 32 or base64.b64encode(raw).decode() != text:
        raise refuse("should be the base64 of a 32-byte Ed25519 public key")
    return text


PublicKey: TypeAlias = Annotated[String, AfterValidator(_public), Means("the base64 of 32 bytes")]

# The public key of the first test vector of RFC 8032 (7.1): a key that nobody can mistake for a real one.
EXAMPLE_PUBLIC = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
EXAMPLE_ID = "06e3fd8fda29bb60ab59557de61edb0aecdb231134be30e75b455f8e1b792fa9"

EXAMPLE_SUCCESSION = (
    "mledger succession v1\n"
    "acme.example/x\n"
    "acme.example/x+94e543d0+ATYQVO3YN7DRfoykS3h333UjC1G0sr7w8Bf6xAtvl5Bi\n"
    "acme.example/x+75863243+AVE4qbwKzqC711VWPXFxSXnn6Kpf4otUSxRwDuIrpPAN\n"
    "\n"
    "— acme.example/x dYYyQ+GrkM+cb41rCgnbT4DtjMQ/4OpLNeSXu2h51zefA62GhIVlROkPyPvCN6JiGHsJq5/6MKUQVrz"
    "RMVUNB1WT6AM=\n"
    "— acme.example/x lOVD0JBWwsQTSYjeXPaTLqtL5jqTmfWkbYJJwU+uOBvNKtoLrM2milEVv4EFFY6REikoIPrxanoQdQu"
    "+AeLMfQ/4Agg=\n"
)


def _succession(text: str) -> str:
    try:
        parse_succession(parse_note(text.encode()).text)
    except FormatError as error:
        raise refuse(f"should be the signed note of a succession: {error.message}") from None
    return text


SuccessionNote: TypeAlias = Annotated[
    String, AfterValidator(_succession), Means("the signed note of a succession")
]


def _printed(name: str) -> str:
    if not is_printed(name):
        raise refuse("should be a name that can be printed, without what nobody can see")
    return name


def _address(text: str) -> str:
    if not is_address(text):
        raise refuse("should be an e-mail address")
    return text


PrintedName: TypeAlias = Annotated[Name, AfterValidator(_printed), Means("a printed name")]
Address: TypeAlias = Annotated[Line, AfterValidator(_address), Means("an e-mail address")]


class KeyInfo(Part):
    """A public key and whose it is."""

    id: Digest = Field(
        description="SHA-256 of the public key's SubjectPublicKeyInfo; entries name their signer by it",
        examples=[EXAMPLE_ID],
    )
    public: PublicKey = Field(description="the Ed25519 public key itself", examples=[EXAMPLE_PUBLIC])
    name: PrintedName = Field(description="the printed name that signatures show", examples=["Alice Example"])
    email: Address | None = Field(
        default=None, description="where the holder can be reached", examples=["alice@acme.example"]
    )
    kind: Literal["person", "machine"] = Field(
        default="person",
        description="person: a human decides before each signature; machine: a job or a service signs",
        examples=["person"],
    )
    roles: Annotated[tuple[RoleName, ...], AfterValidator(unique)] = Field(
        default=(),
        description="the roles of the policy that the key holds from now on",
        examples=[["engineer"]],
    )

    @model_validator(mode="after")
    def _fits(self) -> "KeyInfo":
        if is_weak(self.public_bytes):
            raise refuse("should be a key that only its holder can sign for", at="public")
        if key_id(self.public_bytes) != self.id:
            raise refuse("should be the key id of public", at="id")
        return self

    @property
    def public_bytes(self) -> bytes:
        """The 32 bytes of the public key."""
        return base64.b64decode(self.public)


@event("key.enrolled", on=("ledger",))
class KeyEnrolled(EventBody):
    """A person or a machine may sign from the next entry on.

    Record it when somebody joins, or a training job gets a key of its own. Check the fingerprint
    with the holder over another channel first: whoever enrols a key vouches for the name on it.
    Give the fewest roles that the work needs. Machines get keys of kind `machine`, never a person's.
    """

    key: KeyInfo = Field(
        description="the key and its holder",
        examples=[
            {"id": EXAMPLE_ID, "public": EXAMPLE_PUBLIC, "name": "Alice Example", "roles": ["engineer"]}
        ],
    )


@event("key.rotated", on=("ledger",))
class KeyRotated(EventBody):
    """The same holder signs with a new key from the next entry on, and no longer with the old one.

    Record it for a planned change: a new laptop, a yearly rotation. If the old key may be in other
    hands, record `key.revoked` with `compromised_since` instead and enrol the new key.
    """

    old: Digest = Field(description="id of the key that stops to speak", examples=["b" * 64])
    key: KeyInfo = Field(
        description="the new key, with the roles that it is to hold",
        examples=[
            {"id": EXAMPLE_ID, "public": EXAMPLE_PUBLIC, "name": "Alice Example", "roles": ["engineer"]}
        ],
    )
    reason: Text = Field(description="why the key changes", examples=["Yearly rotation."])

    @model_validator(mode="after")
    def _new(self) -> "KeyRotated":
        if self.old == self.key.id:
            raise refuse("should be another key than old", at="key.id")
        return self


@event("key.appointed", on=("ledger",))
class KeyAppointed(EventBody):
    """Another key signs the ledger's checkpoints from the next entry on.

    Record it together with the rotation of the key that signed them until now, when another person
    takes over, or when that key is lost or stolen: then revoke it first. The succession is signed by
    the new key, and by the old one unless that is revoked, so that those who know the old key alone
    can follow. Record nothing of it by hand: `mledger key rotate` and `mledger key appoint` make it.
    """

    meaning = "responsibility"

    key: Digest = Field(description="id of the key, which is enrolled", examples=[EXAMPLE_ID])
    note: SuccessionNote = Field(
        description="the succession, as a signed note", examples=[EXAMPLE_SUCCESSION]
    )
    reason: Text = Field(description="why another key signs", examples=["Yearly rotation."])


@event("key.revoked", on=("ledger",))
class KeyRevoked(EventBody):
    """A key speaks no longer; what it signed before stays.

    Record it at once when a key is lost, stolen, or its holder leaves. If somebody else may have
    had it, say since which event: entries from there to this one are reported as disputed, never
    dropped, so that people can confirm or correct them one by one.
    """

    key: Digest = Field(description="id of the key", examples=["b" * 64])
    reason: Text = Field(
        description="what happened, and how it became known", examples=["Laptop stolen on the train."]
    )
    compromised_since: EventNumber | None = Field(
        default=None,
        description="the first event that may have been signed by somebody else",
        examples=["1207"],
    )
