from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import assume, given
from hypothesis import strategies as st

from mledger.errors import InputError
from mledger.keys.ed25519 import _WEAK, Ed25519Signer, fingerprint, is_weak, key_id, verify
from tests.vectors.read import vectors

SEEDS = st.binary(min_size=32, max_size=32)
KNOWN = vectors("ed25519")["cases"]
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: known["seed"][:8])
def test_published_signatures(known):
    """The seeds of RFC 8032 give its public keys and signatures, and these verify."""
    signer = Ed25519Signer.from_seed(bytes.fromhex(known["seed"]))
    message = bytes.fromhex(known["message"])

    assert signer.public.hex() == known["public"]
    assert signer.sign(message).hex() == known["signature"]
    assert verify(signer.public, message, bytes.fromhex(known["signature"]))


@pytest.mark.parametrize("at", range(len(vectors("ed25519_edge_cases")["cases"])))
def test_edge_cases(at):
    """On points of small order and non-canonical encodings the verdict is the one that is written down."""
    known = vectors("ed25519_edge_cases")["cases"][at]
    parts = (bytes.fromhex(known[name]) for name in ("public", "message", "signature"))

    assert verify(*parts) is known["valid"]


@given(seed=SEEDS, message=st.binary(max_size=300))
def test_sign_and_verify(seed, message):
    """A signature verifies under its key and message, and under no other of either."""
    signer = Ed25519Signer.from_seed(seed)
    other = Ed25519Signer.from_seed(sha256(seed).digest())

    signature = signer.sign(message)

    assert len(signature) == 64
    assert verify(signer.public, message, signature)
    assert not verify(signer.public, message + b"\0", signature)
    assert not verify(other.public, message, signature)
    assert not verify(signer.public, message, other.sign(message))


def test_every_bit():
    """No signature verifies with one bit of key, message or signature flipped."""
    signer = Ed25519Signer.from_seed(bytes(32))
    parts = (signer.public, b"message", signer.sign(b"message"))

    assert verify(*parts)
    for which, part in enumerate(parts):
        for at in range(len(part) * 8):
            changed = bytearray(part)
            changed[at // 8] ^= 1 << at % 8
            assert not verify(*parts[:which], bytes(changed), *parts[which + 1 :])


def test_no_second_signature():
    """Adding the group's order to the scalar leaves the equation true and is refused (RFC 8032, 5.1.7)."""
    signer = Ed25519Signer.from_seed(bytes(32))
    signature = signer.sign(b"message")
    scalar = int.from_bytes(signature[32:], "little") + ORDER

    assert not verify(signer.public, b"message", signature[:32] + scalar.to_bytes(32, "little"))


@given(
    public=st.one_of(SEEDS, st.binary(max_size=80)),
    message=st.binary(max_size=80),
    signature=st.one_of(st.binary(min_size=64, max_size=64), st.binary(max_size=80)),
)
def test_any_bytes(public, message, signature):
    """Whatever bytes are given, the verdict is False and never an error, unless the key is nobody's."""
    assume(not is_weak(public))

    assert verify(public, message, signature) is False


@pytest.mark.parametrize("bad", [None, "text", 7, bytearray(32), [1]])
def test_any_value(bad):
    """Values that are no bytes, as a damaged store may hold them, do not verify either."""
    signer = Ed25519Signer.from_seed(bytes(32))

    assert verify(bad, b"m", signer.sign(b"m")) is False
    assert verify(signer.public, b"m", bad) is False
    assert verify(signer.public, bad, bytes(64)) is False


def test_weak_keys():
    """For each key of small order some signature without any secret verifies; no such key passes for good."""
    points = [y[:31] + bytes([y[31] | sign]) for y in _WEAK for sign in (0, 0x80)]
    forged = {
        public
        for public in points
        for point in points
        for number in range(16)
        if verify(public, bytes([number]), point + bytes(32))
    }

    assert len(points) == 14
    assert all(map(is_weak, points))
    assert len(forged) >= 8
    assert not any(is_weak(bytes.fromhex(known["public"])) for known in KNOWN)


def test_key_id():
    """A key's id is the SHA-256 of the SubjectPublicKeyInfo that cryptography writes."""
    signer = Ed25519Signer.generate()
    der = signer._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    assert signer.key_id == key_id(signer.public) == sha256(der).hexdigest()


def test_new_keys_differ():
    """Each new key is another one, and its seed makes it again."""
    one, other = Ed25519Signer.generate(), Ed25519Signer.generate()

    assert one.public != other.public
    assert Ed25519Signer.from_seed(one.seed()).public == one.public


@pytest.mark.parametrize("size", [0, 31, 33, 64])
def test_no_seed(size):
    """A seed of another size than 32 bytes is refused."""
    with pytest.raises(InputError):
        Ed25519Signer.from_seed(bytes(size))


def test_no_secret_shown():
    """A signer's text shows its fingerprint and nothing of the private key."""
    signer = Ed25519Signer.from_seed(b"secret seed of thirty-two bytes!")

    assert repr(signer) == str(signer) == f"Ed25519Signer({fingerprint(signer.public)})"
    assert "secret" not in repr(signer)
    assert signer.seed().hex() not in repr(signer)
