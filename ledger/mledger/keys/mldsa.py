"""ML-DSA-44 keys (FIPS 204): signatures, and their files.

They sign checkpoints beside an Ed25519 key, against the day on which that can be forged. `cryptography`
has them from version 47 on, where its OpenSSL does; the files are PKCS#8.
"""

from base64 import b64decode, b64encode
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

from mledger.errors import FormatError, KeyFileError, NotFoundError

if TYPE_CHECKING:
    from types import ModuleType

    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

PUBLIC_BYTES = 1312
SIGNATURE_BYTES = 2420


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is the key's over `message`; NotFoundError if that cannot be told here."""
    from cryptography.exceptions import InvalidSignature

    module = _module()
    try:
        module.MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def is_supported() -> bool:
    """Whether this installation can sign and check with ML-DSA-44."""
    try:
        _module()
    except NotFoundError:
        return False
    return True


class MlDsaSigner:
    """A holder of an ML-DSA-44 private key in memory."""

    def __init__(self, private: "MLDSA44PrivateKey") -> None:
        """Take the private key of `cryptography`; see `generate` and `load`."""
        self._private = private
        self.public = private.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> "MlDsaSigner":
        """A signer with a new private key from the system's randomness. Errors: NotFoundError."""
        return cls(_module().MLDSA44PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> "MlDsaSigner":
        """The signer of a 32-byte seed. Errors: NotFoundError, FormatError."""
        try:
            return cls(_module().MLDSA44PrivateKey.from_seed_bytes(seed))
        except ValueError:
            raise FormatError("a seed of ML-DSA-44 has 32 bytes") from None

    def sign(self, message: bytes) -> bytes:
        """The 2,420-byte signature of `message`."""
        return self._private.sign(message)

    @property
    def public_line(self) -> bytes:
        """The bytes of a public key file: base64, and a newline."""
        return b64encode(self.public) + b"\n"

    def dump(self, passphrase: str | None = None) -> bytes:
        """The bytes of a private key file, encrypted if there is a passphrase."""
        from cryptography.hazmat.primitives import serialization as form

        lock = (
            form.BestAvailableEncryption(passphrase.encode(errors="surrogateescape"))
            if passphrase
            else form.NoEncryption()
        )
        return self._private.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, lock)


def load(data: bytes, passphrase: Callable[[], str] | None = None, *, what: str) -> MlDsaSigner:
    """The signer of a private key file; `passphrase` is called only if it is locked.

    Errors: KeyFileError, NotFoundError.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    module, password = _module(), None
    if b"ENCRYPTED PRIVATE KEY-----" in data:
        if passphrase is None:
            raise KeyFileError(f"{what} is protected by a passphrase", fix="give the passphrase")
        password = passphrase().encode(errors="surrogateescape")
    try:
        private = load_pem_private_key(data, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        _unusable(f"the passphrase of {what} is wrong, or the file is damaged")
    if not isinstance(private, module.MLDSA44PrivateKey):
        _unusable(f"{what} is no key of ML-DSA-44")
    return MlDsaSigner(private)


def load_public(data: bytes, *, what: str) -> bytes:
    """The public key in a file of base64. Errors: KeyFileError."""
    try:
        public = b64decode(data.strip(), validate=True)
    except ValueError:
        public = b""
    if len(public) != PUBLIC_BYTES:
        message = f"{what} is no public key of ML-DSA-44; without it one is made of the private key"
        raise KeyFileError(message, fix=f"rm {what}")
    return public


def _unusable(message: str) -> NoReturn:
    raise KeyFileError(
        message, fix="try again, or appoint without it: mledger key appoint KEY --no-ml-dsa --reason TEXT"
    )


def _module() -> "ModuleType":
    """What signs and verifies. Errors: NotFoundError with what is missing."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        mldsa = import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
        mldsa.MLDSA44PublicKey.from_public_bytes(bytes(PUBLIC_BYTES))
    except (ImportError, UnsupportedAlgorithm):
        raise NotFoundError(
            "this installation has no ML-DSA-44", fix="pip install -U 'cryptography>=47'"
        ) from None
    except ValueError:
        pass
    return mldsa
