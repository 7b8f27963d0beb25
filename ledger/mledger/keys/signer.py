"""Signer: whoever holds a private key and signs with it."""

from typing import Protocol


class Signer(Protocol):
    """A holder of one Ed25519 private key: in memory, in an agent, in hardware.

    `public` and `key_id` must never change while the object lives.
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
