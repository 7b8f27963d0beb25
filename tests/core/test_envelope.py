from base64 import b64decode, b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.envelope import MAX_ENVELOPE, PAYLOAD_TYPE, Envelope, format_envelope, pae, parse_envelope
from mledger.errors import FormatError
from tests.vectors.read import vectors

KEYIDS = st.text("0123456789abcdef", min_size=64, max_size=64)
SIGNATURES = st.binary(min_size=64, max_size=64)
ENVELOPES = st.builds(Envelope, st.binary(max_size=400), KEYIDS, SIGNATURES)
SAMPLE = format_envelope(b'{"v":1}', "ab" * 32, bytes(range(64)))


def test_published_encoding():
    """The published pre-authentication encoding is made, and the published signature is over it."""
    known = vectors("dsse")
    numbers = ec.EllipticCurvePublicNumbers(int(known["p256_x"]), int(known["p256_y"]), ec.SECP256R1())
    raw = b64decode(known["signature"])
    signature = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))

    message = pae(known["payload_type"], known["payload"].encode())

    assert message == known["pae"].encode()
    numbers.public_key().verify(signature, message, ec.ECDSA(SHA256()))


def test_lengths_in_bytes():
    """The encoding counts bytes and not characters."""
    assert pae("ä", "ö".encode()) == b"DSSEv1 2 \xc3\xa4 2 \xc3\xb6"


def test_exact_bytes():
    """An envelope is these bytes and no others."""
    written = (
        b'{"payload":"eyJ2IjoxfQ==","payloadType":"application/vnd.mledger.entry.v1+json",'
        b'"signatures":[{"keyid":"' + b"ab" * 32 + b'","sig":"' + b64encode(bytes(range(64))) + b'"}]}'
    )

    assert format_envelope(b'{"v":1}', "ab" * 32, bytes(range(64))) == written


@given(envelope=ENVELOPES)
def test_round_trip(envelope):
    """An envelope reads back to its parts."""
    assert parse_envelope(format_envelope(*envelope)) == envelope


@given(data=st.binary(max_size=400))
def test_parsing_never_leaks(data):
    """Any bytes are refused by FormatError alone."""
    with pytest.raises(FormatError):
        parse_envelope(data)


@pytest.mark.parametrize("at", range(len(SAMPLE)))
def test_one_byte(at):
    """With any one byte changed or gone, an envelope is refused or is the one spelling of other parts."""
    for changed in (
        SAMPLE[:at] + bytes([SAMPLE[at] ^ 1]) + SAMPLE[at + 1 :],
        SAMPLE[:at] + bytes([SAMPLE[at] ^ 0x20]) + SAMPLE[at + 1 :],
        SAMPLE[:at] + SAMPLE[at + 1 :],
        SAMPLE[:at] + b" " + SAMPLE[at:],
        SAMPLE[:at] + b"\n" + SAMPLE[at:],
    ):
        try:
            parts = parse_envelope(changed)
        except FormatError:
            continue
        assert parts != parse_envelope(SAMPLE)
        assert format_envelope(*parts) == changed


@pytest.mark.parametrize(
    "data",
    [
        SAMPLE + b"\n",
        b" " + SAMPLE,
        SAMPLE.replace(b'":"', b'": "', 1),
        SAMPLE.replace(b"eyJ2IjoxfQ==", b"eyJ2IjoxfR=="),
        SAMPLE.replace(b"eyJ2IjoxfQ==", b"eyJ2IjoxfQ"),
        SAMPLE.replace(b"eyJ2IjoxfQ==", b"eyJ2=joxfQ=="),
        SAMPLE.replace(b"entry.v1", b"entry.v2"),
        SAMPLE.replace(b"ab" * 32, b"AB" * 32),
        SAMPLE.replace(b"}]}", b'},{"keyid":"","sig":""}]}'),
        SAMPLE.replace(b'{"payload"', b'{"payload":"","payload"'),
        format_envelope(b"", "ab" * 32, bytes(63)),
        format_envelope(b"", "ab" * 31, bytes(64)),
        format_envelope(b"", "ab" * 32, bytes(65)),
        format_envelope(b"", 'ab"' * 21 + "a", bytes(64)),
    ],
)
def test_refused(data):
    """Blanks, other base64, another version, a second signature and parts of a wrong size are refused."""
    with pytest.raises(FormatError):
        parse_envelope(data)


def test_size():
    """An envelope of 48 KiB is read, the next larger one is refused before it is looked at."""
    room = MAX_ENVELOPE - len(format_envelope(b"", "ab" * 32, bytes(64)))
    payload = bytes(room // 4 * 3)

    assert MAX_ENVELOPE == 49_152
    assert parse_envelope(format_envelope(payload, "ab" * 32, bytes(64))).payload == payload
    with pytest.raises(FormatError, match="limit"):
        parse_envelope(format_envelope(payload + bytes(3), "ab" * 32, bytes(64)))


def test_an_odd_entry_has_an_envelope():
    """Parts that are no entry's still make an envelope: an auditor hashes it and finds it wrong."""
    assert format_envelope(b"\xff", "", b"").startswith(
        b'{"payload":"/w==","payloadType":"' + PAYLOAD_TYPE.encode()
    )
