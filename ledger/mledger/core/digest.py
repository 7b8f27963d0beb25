"""SHA-256 digests: of salted bodies, and in hexadecimal."""

from hashlib import sha256

SALT_BYTES = 16
SHORT = 12


def body_digest(salt: bytes, body: bytes) -> str:
    """The hex digest that the signed bytes hold of a body: SHA-256(salt || body).

    The salt keeps the text of a redacted body from being guessed from its digest.
    """
    return sha256(salt + body).hexdigest()


def sha256_hex(data: bytes) -> str:
    """The SHA-256 of `data` as 64 lower-case hex digits."""
    return sha256(data).hexdigest()


def short(digest: str) -> str:
    """The first twelve characters of a hex digest, for people to read; never to compare."""
    return digest[:SHORT]
