"""OpenSSH's wire format of Ed25519 keys: the public line, the private file.

Source: RFC 4251 section 5 (strings), RFC 8709 section 4 (ssh-ed25519), and OpenSSH's PROTOCOL.key.
"""

import binascii
import secrets
from base64 import b64decode, b64encode

KIND = b"ssh-ed25519"
BEGIN = b"-----BEGIN OPENSSH PRIVATE KEY-----"
END = b"-----END OPENSSH PRIVATE KEY-----"

_MAGIC = b"openssh-key-v1\x00"
_LINE = 70
_ROUNDS = 24
_CIPHER = b"aes256-ctr"


def public_blob(public: bytes) -> bytes:
    """The wire form of a 32-byte public key."""
    return _string(KIND) + _string(public)


def read_public_blob(blob: bytes) -> bytes | None:
    """The 32 bytes of an Ed25519 key's wire form; None for any other key or bytes."""
    head = _string(KIND) + (32).to_bytes(4)
    return blob[len(head) :] if blob.startswith(head) and len(blob) == len(head) + 32 else None


def cipher_of(data: bytes) -> bytes | None:
    """The cipher that an OpenSSH private key file names, `none` if it is open; None for any other file."""
    rest = _content(data)
    return None if rest is None else rest[4 : 4 + int.from_bytes(rest[:4])]


def read_open(data: bytes) -> tuple[bytes, bytes] | None:
    """The seed and the public key of an open private key file of one Ed25519 key.

    None for whatever is locked, of another kind, or not exactly so: it may still be a good key file.
    """
    rest = _content(data) or b""
    head = _string(b"none") + _string(b"none") + _string(b"") + (1).to_bytes(4)
    blob_size = len(public_blob(bytes(32)))
    public = read_public_blob(rest[len(head) + 4 : len(head) + 4 + blob_size])
    if not rest.startswith(head) or public is None:
        return None
    inner = rest[len(head) + 4 + blob_size + 4 :]
    seed = inner[8 + blob_size + 4 : 8 + blob_size + 4 + 32]
    before = public_blob(public) + _string(seed + public)
    comment = inner[8 + len(before) + 4 :][: int.from_bytes(inner[8 + len(before) :][:4])]
    body = inner[:4] + inner[:4] + before + _string(comment)
    body += bytes(range(1, -len(body) % 8 + 1))
    whole = head + _string(public_blob(public)) + _string(body)
    return (seed, public) if whole == rest and len(seed) == 32 else None


def _content(data: bytes) -> bytes | None:
    """What an OpenSSH private key file holds after its magic word; None for any other file."""
    body = data.partition(BEGIN)[2].partition(END)[0]
    try:
        blob = b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        return None
    return blob[len(_MAGIC) :] if blob.startswith(_MAGIC) else None


def write_private(seed: bytes, public: bytes, passphrase: str | None, comment: str) -> bytes:
    """The private key file's bytes, locked by bcrypt and AES-256-CTR if there is a passphrase."""
    check = secrets.token_bytes(4)
    inner = check + check + public_blob(public) + _string(seed + public) + _string(comment.encode())
    block = 16 if passphrase else 8
    inner += bytes(range(1, -len(inner) % block + 1))
    if passphrase:
        salt = secrets.token_bytes(16)
        options = _string(salt) + _ROUNDS.to_bytes(4)
        head = _string(_CIPHER) + _string(b"bcrypt") + _string(options)
        inner = _lock(inner, passphrase, salt)
    else:
        head = _string(b"none") + _string(b"none") + _string(b"")
    blob = _MAGIC + head + (1).to_bytes(4) + _string(public_blob(public)) + _string(inner)
    text = b64encode(blob)
    lines = [text[i : i + _LINE] for i in range(0, len(text), _LINE)]
    return b"\n".join([BEGIN, *lines, END, b""])


def _lock(inner: bytes, passphrase: str, salt: bytes) -> bytes:
    import bcrypt
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    made = bcrypt.kdf(passphrase.encode(errors="surrogateescape"), salt, 48, _ROUNDS, ignore_few_rounds=True)
    lock = Cipher(algorithms.AES(made[:32]), modes.CTR(made[32:])).encryptor()
    return lock.update(inner) + lock.finalize()


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4) + data
