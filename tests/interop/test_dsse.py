"""Securesystemslib reads envelopes that core writes, and writes the same."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from mledger.core.envelope import PAYLOAD_TYPE, format_envelope, pae, parse_envelope
from mledger.keys.ed25519 import Ed25519Signer, verify

pytestmark = pytest.mark.interop

SIGNER = Ed25519Signer.from_seed(b"0123456789abcdef0123456789abcdef")
KEY = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(SIGNER.public), keyid=SIGNER.key_id)
OTHER = Ed25519Signer.from_seed(bytes(32))


def sealed(payload: bytes) -> bytes:
    """The envelope of a payload, signed."""
    return format_envelope(payload, SIGNER.key_id, SIGNER.sign(pae(PAYLOAD_TYPE, payload)))


@given(payload=st.binary(max_size=300))
def test_ours_for_them(payload):
    """An envelope of ours is read by securesystemslib and its signature verified with the same key id."""
    envelope = Envelope.from_dict(json.loads(sealed(payload)))

    assert envelope.verify([KEY], 1) == {SIGNER.key_id: KEY}
    assert (envelope.payload, envelope.payload_type) == (payload, PAYLOAD_TYPE)
    assert envelope.pae() == pae(PAYLOAD_TYPE, payload)


@given(payload=st.binary(max_size=300))
def test_theirs_for_us(payload):
    """An envelope that securesystemslib signs is ours byte for byte, once it is written compactly."""
    envelope = Envelope(payload, PAYLOAD_TYPE, {})
    envelope.sign(CryptoSigner(Ed25519PrivateKey.from_private_bytes(SIGNER.seed()), KEY))

    data = json.dumps(envelope.to_dict(), separators=(",", ":")).encode()

    assert data == sealed(payload)
    parsed = parse_envelope(data)
    assert verify(SIGNER.public, pae(PAYLOAD_TYPE, parsed.payload), parsed.signature)


@pytest.mark.parametrize(
    "changed",
    [
        format_envelope(b"payloae", SIGNER.key_id, SIGNER.sign(pae(PAYLOAD_TYPE, b"payload"))),
        sealed(b"payload").replace(b"entry.v1", b"entry.v2"),
        format_envelope(b"payload", OTHER.key_id, SIGNER.sign(pae(PAYLOAD_TYPE, b"payload"))),
        format_envelope(b"payload", SIGNER.key_id, OTHER.sign(pae(PAYLOAD_TYPE, b"payload"))),
        format_envelope(b"payload", SIGNER.key_id, SIGNER.sign(b"payload")),
    ],
    ids=["payload", "type", "key id", "signature", "no encoding"],
)
def test_damaged(changed):
    """With another payload, type, key id or signature securesystemslib refuses an envelope of ours."""
    Envelope.from_dict(json.loads(sealed(b"payload"))).verify([KEY], 1)

    with pytest.raises(VerificationError):
        Envelope.from_dict(json.loads(changed)).verify([KEY], 1)
