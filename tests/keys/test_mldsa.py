"""ML-DSA-44: what `cryptography` signs is what FIPS 204 and C2SP say."""

import sys

import pytest

from mledger.core.checkpoint import Checkpoint
from mledger.core.mldsa import cosigned_subtree, format_timed, parse_timed
from mledger.core.note import ML_DSA_44, NoteKey, format_vkey, key_hash, open_note, parse_vkey
from mledger.errors import FormatError, InputError, KeyFileError, NotFoundError, ProofError
from mledger.keys import algorithms, mldsa
from mledger.keys.mldsa import MlDsaSigner

CHECKPOINT = Checkpoint("acme.example/x", 902, bytes(range(32)))


@pytest.fixture(scope="module")
def signer() -> MlDsaSigner:
    """A key, always the same."""
    return MlDsaSigner.from_seed(bytes(32))


def test_the_message_is_that_of_the_specification() -> None:
    """Label, name, time, origin, 0, size and root, as the structure of C2SP tlog-cosignature has them."""
    message = cosigned_subtree("w.example", CHECKPOINT, 5)
    expected = b"subtree/v1\n\0" + b"\x09w.example" + (5).to_bytes(8) + b"\x0eacme.example/x"
    assert message == expected + bytes(8) + (902).to_bytes(8) + bytes(range(32))
    with pytest.raises(InputError):
        cosigned_subtree("x" * 256, CHECKPOINT)


def test_a_signature_holds_for_its_message_alone(signer: MlDsaSigner) -> None:
    """Another message, another key, half a signature: none holds."""
    signature = signer.sign(b"one")
    assert len(signature) == mldsa.SIGNATURE_BYTES
    assert len(signer.public) == mldsa.PUBLIC_BYTES
    assert algorithms.verify(signer.public, b"one", signature)
    assert not algorithms.verify(signer.public, b"two", signature)
    assert not algorithms.verify(signer.public, b"one", signature[:-1])
    assert not algorithms.verify(MlDsaSigner.from_seed(b"1" * 32).public, b"one", signature)


def test_lines_and_verifier_keys_read_back(signer: MlDsaSigner) -> None:
    """A verifier key of type 6 and a line with its time are what they were; damage is refused."""
    vkey = format_vkey("acme.example/x", signer.public, ML_DSA_44)
    expected = NoteKey(
        "acme.example/x", key_hash("acme.example/x", ML_DSA_44, signer.public), ML_DSA_44, signer.public
    )
    assert parse_vkey(vkey) == expected
    signature = signer.sign(b"x")
    assert parse_timed(format_timed(7, signature)) == (7, signature)
    for bad in (signature, b"\xff" * 8 + signature):
        with pytest.raises(FormatError):
            parse_timed(bad)
    with pytest.raises(InputError):
        format_timed(0, b"short")


def test_a_key_file_reads_back(signer: MlDsaSigner) -> None:
    """Locked and open; with another passphrase, or of another kind, it says so."""
    assert mldsa.load(signer.dump(), what="it").public == signer.public
    locked = signer.dump("secret")
    assert mldsa.load(locked, lambda: "secret", what="it").public == signer.public
    for data, ask in ((locked, lambda: "wrong"), (locked, None), (b"nothing", None)):
        with pytest.raises(KeyFileError):
            mldsa.load(data, ask, what="it")
    with pytest.raises(FormatError):
        MlDsaSigner.from_seed(b"short")


def test_an_installation_without_it_says_what_is_missing(
    signer: MlDsaSigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older `cryptography` has no such module."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    assert not mldsa.is_supported()
    with pytest.raises(NotFoundError, match="no ML-DSA-44") as caught:
        MlDsaSigner.generate()
    assert "cryptography>=47" in caught.value.fix
    with pytest.raises(NotFoundError):
        algorithms.verify(signer.public, b"x", signer.sign(b"x"))


def test_a_note_with_an_unknown_or_wrong_line(signer: MlDsaSigner) -> None:
    """A line of a known ML-DSA key that does not hold makes the note invalid."""
    from mledger.chain.succession import sign_checkpoint
    from mledger.testing.simulator import signer_of

    key = parse_vkey(format_vkey("acme.example/x", signer.public, ML_DSA_44))
    note = sign_checkpoint(CHECKPOINT, [signer_of("Alice Example")], signer)
    assert len(open_note(note, [key], algorithms.verify).verified) == 1
    other = sign_checkpoint(CHECKPOINT._replace(size=901), [signer_of("Alice Example")], signer)
    forged = note.replace(note.splitlines()[-1], other.splitlines()[-1])
    with pytest.raises(ProofError):
        open_note(forged, [key], algorithms.verify)
