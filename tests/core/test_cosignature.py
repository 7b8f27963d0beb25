from base64 import b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.cosignature import Cosignature, cosigned, format_cosignature, parse_cosignature
from mledger.core.note import (
    COSIGNATURE,
    NoteKey,
    NoteSignature,
    format_note,
    key_hash,
    open_note,
    parse_note,
)
from mledger.errors import FormatError, InputError, ProofError
from mledger.keys.ed25519 import Ed25519Signer, verify
from tests.vectors.read import vectors

PUBLISHED = vectors("tlog_witness")["cosigned"]
TEXT, LINE, TIME = PUBLISHED["text"], PUBLISHED["line"], PUBLISHED["time"]


def test_published_example():
    """The published line carries the published time, and is made again byte for byte."""
    value = b64decode(LINE)[4:]
    found = parse_cosignature(value)
    assert found.time == TIME
    assert format_cosignature(found) == value


def test_exact_message():
    """What is signed are two lines and the note's text, as the specification shows it."""
    assert cosigned(TEXT, TIME) == b"cosignature/v1\ntime 1679315147\n" + TEXT.encode()


@given(time=st.integers(0, 2**63 - 1), signature=st.binary(min_size=64, max_size=64))
def test_round_trip(time, signature):
    """A cosignature reads back to its parts."""
    made = Cosignature(time, signature)
    assert parse_cosignature(format_cosignature(made)) == made


@given(data=st.binary(max_size=80))
def test_parsing_never_leaks(data):
    """Any bytes are the one spelling of a cosignature, or are refused by FormatError."""
    try:
        found = parse_cosignature(data)
    except FormatError:
        return
    assert format_cosignature(found) == data


@pytest.mark.parametrize("parts", [(-1, bytes(64)), (2**63, bytes(64)), (0, bytes(63))])
def test_what_cannot_stand_there_is_refused(parts):
    """A time before 1970 or beyond 63 bits, and a signature of another length, are an InputError."""
    with pytest.raises(InputError):
        format_cosignature(Cosignature(*parts))


def test_a_time_beyond_63_bits_is_no_cosignature():
    """A witness's line whose time no reader in another language holds is refused, signed or not."""
    witness = Ed25519Signer.from_seed(b"w" * 32)
    key = NoteKey("w", key_hash("w", COSIGNATURE, witness.public), COSIGNATURE, witness.public)
    value = (2**63).to_bytes(8) + witness.sign(cosigned(TEXT, 2**63))
    line = NoteSignature("w", key.hash, value)
    note = parse_note(f"{TEXT}\n— w {LINE}\n".encode())
    with pytest.raises(FormatError):
        parse_cosignature(value)
    with pytest.raises(ProofError):
        open_note(format_note(note._replace(signatures=(line,))), [key], verify)
