"""Signer: whoever holds a private key and signs with it."""

from typing import Protocol


class Beside(Protocol):
    """A holder of one ML-DSA-44 private key, which signs checkpoints beside a `Signer`."""

    @property
    def public(self) -> bytes:
        """The 1,312 bytes of the public key."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 2,420-byte signature of `message` (FIPS 204, pure, without a context)."""
        ...


class Signer(Protocol):
    """A holder of one Ed25519 private key: in memory, in an agent, in hardware, in a service.

    Whatever has these three is one: `Ledger.open(path, key=signer)`. `public` and `key_id` must never
    change while the object lives.
    """

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key."""
        ...

    @property
    def key_id(self) -> str:
        """The key's id: 64 hex digits, see `mledger.keys.ed25519.key_id`."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The 64-byte Ed25519 signature of `message` (RFC 8032, pure Ed25519).

        Must sign exactly these bytes; may ask a person first; raises KeyFileError if it cannot sign.
        """
        ...


class HeldSigner(Signer, Protocol):
    """A signer that an agent or a service holds, and what it calls it.

    A function from a text to one of these, under an entry point of the group `mledger.signers`, lets the
    command line sign with it: `--as kms:NAME` for the entry point `kms`.
    """

    @property
    def comment(self) -> str:
        """Whose key it is, `Alice Example <alice@acme.example>`, or another name without a line break."""
        ...
