"""ML-DSA-44: what `cryptography` signs is what FIPS 204 and C2SP say."""

import sys

import pytest
from dilithium_py.ml_dsa import ML_DSA_44 as FOREIGN
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.core.checkpoint import Checkpoint
from mledger.core.mldsa import cosigned_subtree, format_timed, parse_timed
from mledger.core.note import ML_DSA_44, NoteKey, format_vkey, key_hash, open_note, parse_note, parse_vkey
from mledger.errors import FormatError, InputError, KeyFileError, NotFoundError, ProofError
from mledger.exchange.verify import check_lattice
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


# --- the same as programs that others wrote


def test_another_program_checks_our_line(signer: MlDsaSigner) -> None:
    """The second line of a checkpoint holds by dilithium-py, over the bytes that C2SP says, and no others."""
    from mledger.chain.succession import sign_checkpoint
    from mledger.testing.simulator import signer_of

    note = parse_note(sign_checkpoint(CHECKPOINT, [signer_of("Alice Example")], signer))
    assert FOREIGN.key_derive(bytes(32))[0] == signer.public
    time, signature = parse_timed(note.signatures[1].signature)
    message = b"subtree/v1\n\0\x0eacme.example/x" + bytes(8) + b"\x0eacme.example/x"
    message += bytes(8) + (902).to_bytes(8) + bytes(range(32))
    assert time == 0
    assert FOREIGN.verify(signer.public, message, signature)
    assert not FOREIGN.verify(signer.public, message + b"\0", signature)


@settings(max_examples=20)
@given(
    seed=st.binary(min_size=32, max_size=32),
    message=st.binary(max_size=80),
    flips=st.lists(st.integers(0, 8 * 2420 - 1), max_size=2),
    tail=st.booleans(),
)
def test_three_programs_say_the_same(seed: bytes, message: bytes, flips: list[int], tail: bool) -> None:
    """A signature, good or with bits flipped, is judged alike here, by verify.py and by dilithium-py."""
    signer = MlDsaSigner.from_seed(seed)
    changed = bytearray(signer.sign(message))
    for bit in flips:
        place = 2336 + bit // 8 % 84 if tail else bit // 8  # the hints stand at the end
        changed[place] ^= 1 << bit % 8
    signature = bytes(changed)
    verdict = algorithms.verify(signer.public, message, signature)
    assert check_lattice(signer.public, message, signature) == verdict
    assert FOREIGN.verify(signer.public, message, signature) == verdict
    assert verdict or flips


def test_what_another_program_signs_holds_here() -> None:
    """Signatures by dilithium-py, which draws other randomness, hold by ours and by verify.py."""
    public, secret = FOREIGN.key_derive(b"\x07" * 32)
    for deterministic in (True, False):
        signature = FOREIGN.sign(secret, b"one", deterministic=deterministic)
        assert algorithms.verify(public, b"one", signature)
        assert check_lattice(public, b"one", signature)
        assert not check_lattice(public, b"two", signature)


@given(public=st.binary(min_size=1312, max_size=1312), signature=st.binary(min_size=2419, max_size=2421))
@settings(max_examples=10)
def test_any_bytes_are_no_signature(public: bytes, signature: bytes) -> None:
    """Whatever bytes are given, both say no and neither fails."""
    assert not algorithms.verify(public, b"x", signature)
    assert not check_lattice(public, b"x", signature)
    assert not check_lattice(public[1:], b"x", signature)
