"""Ed25519 keys: their ids, signatures, and files.

`cryptography` decides what is a signature (RFC 8032); it is imported when first needed, because a
command that neither signs nor verifies shall not wait for it. Key files are OpenSSH's or PKCS#8.
"""

import binascii
import functools
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import TYPE_CHECKING

from mledger.errors import InputError, KeyFileError
from mledger.keys import openssh

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

KEY_BYTES = 32
# DER of SubjectPublicKeyInfo up to the raw key (RFC 8410, section 4).
SPKI_PREFIX = bytes.fromhex("302a300506032b6570032100")

# The y of the eight points of small order, with their non-canonical spellings: 0, 1, p - 1, p, p + 1
# and the two of order 8. Of these keys anybody can make signatures that verify.
_WEAK = frozenset(
    {
        *(y.to_bytes(32, "little") for y in (0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18)),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    }
)

_MAKE_ONE = "make one with: ssh-keygen -t ed25519"
_HEX_KEY = re.compile(r"[0-9A-Fa-f]{64}")
_SPKI_PEM = re.compile(r"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]*)-----END PUBLIC KEY-----")


def key_id(public: bytes) -> str:
    """The id of a 32-byte public key: the hex SHA-256 of its SubjectPublicKeyInfo in DER."""
    return sha256(SPKI_PREFIX + public).hexdigest()


def is_weak(public: bytes) -> bool:
    """Whether a public key is a point of small order: nobody's, since anybody can sign for it."""
    return len(public) == KEY_BYTES and public[:31] + bytes([public[31] & 0x7F]) in _WEAK


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the key's over `message`; False, never an error, for malformed parts."""
    try:
        _public_key(public).verify(signature, message)
    except _refusals():
        return False
    return True


@functools.lru_cache(maxsize=1024)
def _public_key(public: bytes) -> "Ed25519PublicKey":
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    return Ed25519PublicKey.from_public_bytes(public)


@functools.cache
def _refusals() -> tuple[type[Exception], ...]:
    from cryptography.exceptions import InvalidSignature

    return InvalidSignature, ValueError, TypeError


class Ed25519Signer:
    """A Signer that holds its private key in memory."""

    __slots__ = ("_private", "key_id", "public")

    def __init__(self, private: "Ed25519PrivateKey") -> None:
        """Take the private key of `cryptography`; see `from_seed` and `load_private`."""
        self._private = private
        self.public = private.public_key().public_bytes_raw()
        self.key_id = key_id(self.public)

    @classmethod
    def from_seed(cls, seed: bytes) -> "Ed25519Signer":
        """The signer of a 32-byte seed, which is the private key (RFC 8032, section 5.1.5)."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if len(seed) != KEY_BYTES:
            raise InputError(f"an Ed25519 seed has {KEY_BYTES} bytes, this one has {len(seed)}")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def generate(cls) -> "Ed25519Signer":
        """A signer with a new private key from the system's randomness."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.generate())

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of `message`."""
        return self._private.sign(message)

    def seed(self) -> bytes:
        """The 32 bytes of the private key itself: a secret, to be written to a key file only."""
        return self._private.private_bytes_raw()

    def __repr__(self) -> str:
        return f"Ed25519Signer({fingerprint(self.public)})"


def is_encrypted(data: bytes) -> bool:
    """Whether a private key file asks for a passphrase."""
    if openssh.BEGIN in data:
        return openssh.cipher_of(data) not in (None, b"none")
    return b"-----BEGIN ENCRYPTED PRIVATE KEY-----" in data or b"Proc-Type: 4,ENCRYPTED" in data


def load_private(
    data: bytes, passphrase: Callable[[], str] | None = None, *, what: str = "the key file"
) -> Ed25519Signer:
    """The signer of an OpenSSH or PKCS#8 private key file; `passphrase` is called only if it is locked.

    KeyFileError says of `what` whether it is no key, another kind of key, or locked.
    """
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    _check_private(data, what)
    password = None
    if is_encrypted(data):
        if passphrase is None:
            raise KeyFileError(f"{what} is protected by a passphrase", fix="give the passphrase")
        # What a terminal typed outside UTF-8 goes back to the bytes that it was.
        password = passphrase().encode(errors="surrogateescape")
    private = _read_private(data, password, what)
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyFileError(f"{what} holds another kind of key than Ed25519", fix=_MAKE_ONE)
    return Ed25519Signer(private)


def _check_private(data: bytes, what: str) -> None:
    """Refuse what is plainly no private key file, in words that say what it is instead."""
    if data.lstrip().startswith((b"ssh-", b"ecdsa-", b"sk-")) or b"-----BEGIN PUBLIC KEY-----" in data:
        raise KeyFileError(f"{what} is a public key, not a private one", fix="name the file without .pub")
    if b"PRIVATE KEY-----" not in data:
        raise KeyFileError(f"{what} is not a private key in OpenSSH or PEM form", fix=_MAKE_ONE)


def _read_private(data: bytes, password: bytes | None, what: str) -> object:
    """The private key of whatever kind; the one place where errors of `cryptography` are translated."""
    if (private := _read_open(data)) is not None:
        return private
    from cryptography.exceptions import InvalidTag, UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_ssh_private_key

    load = load_ssh_private_key if openssh.BEGIN in data else load_pem_private_key
    try:
        return load(data, password)
    except UnsupportedAlgorithm:
        raise KeyFileError(
            f"{what} is locked or made in a way that is not supported", fix=_MAKE_ONE
        ) from None
    except (ValueError, TypeError, InvalidTag):
        if password is None:
            raise KeyFileError(f"{what} is damaged: its private key cannot be read", fix=_MAKE_ONE) from None
        raise KeyFileError(
            f"the passphrase of {what} is wrong, or the file is damaged", fix="try again"
        ) from None


def _read_open(data: bytes) -> object | None:
    """The key of an open OpenSSH file, read without what only locked files need; None for any other file."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    found = openssh.read_open(data)
    if found is None:
        return None
    private = Ed25519PrivateKey.from_private_bytes(found[0])
    return private if private.public_key().public_bytes_raw() == found[1] else None


def dump_private(signer: Ed25519Signer, passphrase: str | None = None, comment: str = "") -> bytes:
    """The bytes of an OpenSSH private key file, encrypted if there is a passphrase."""
    return openssh.write_private(signer.seed(), signer.public, passphrase, comment)


def load_public(text: str, *, what: str = "the public key") -> bytes:
    """The 32 bytes of a public key: an OpenSSH line, PEM, or 64 hex digits; KeyFileError for all else."""
    text = text.strip()
    if text.startswith("-----BEGIN") and "PRIVATE KEY-----" in text:
        raise KeyFileError(f"{what} is a private key: never hand it out", fix="name the .pub file")
    pem = _SPKI_PEM.fullmatch(text)
    if _HEX_KEY.fullmatch(text):
        public: bytes | None = bytes.fromhex(text)
    else:
        public = _read_spki(pem[1]) if pem else _read_line(text)
    if public is None or is_weak(public):
        raise KeyFileError(
            f"{what} is not an Ed25519 public key: an ssh-ed25519 line, a PEM file or 64 hex digits",
            fix=_MAKE_ONE,
        )
    return public


def _read_line(text: str) -> bytes | None:
    kind, _, rest = text.partition(" ")
    blob = _base64(rest.partition(" ")[0])
    return openssh.read_public_blob(blob) if kind == openssh.KIND.decode() and "\n" not in text else None


def _read_spki(text: str) -> bytes | None:
    der = _base64("".join(text.split()))
    return der[len(SPKI_PREFIX) :] if der.startswith(SPKI_PREFIX) and len(der) == 44 else None


def _base64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""


def dump_public(public: bytes, comment: str = "") -> str:
    """The OpenSSH line of a 32-byte public key, without a newline; blanks in the comment become spaces."""
    words = [openssh.KIND.decode(), b64encode(openssh.public_blob(public)).decode(), *comment.split()]
    return " ".join(words)


def fingerprint(public: bytes) -> str:
    """The fingerprint as `ssh-keygen -l` prints it: SHA256: and base64 without padding."""
    digest = sha256(openssh.public_blob(public)).digest()
    return "SHA256:" + b64encode(digest).decode().rstrip("=")
