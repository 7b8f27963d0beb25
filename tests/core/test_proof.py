import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.merkle import check_inclusion, inclusion_proof, leaf_hash
from mledger.core.note import MAX_NOTE
from mledger.core.proof import MAX_EXTRA, MAX_HASHES, TlogProof, format_proof, parse_proof
from mledger.errors import FormatError, InputError, ProofError
from tests.core.trees import Grown, leaves, mth

HASHES = st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_HASHES).map(tuple)
PROOFS = st.builds(
    TlogProof,
    st.integers(0, 2**63 - 1),
    HASHES,
    st.binary(min_size=1, max_size=200),
    st.none() | st.binary(min_size=1, max_size=200),
)
GOOD = format_proof(TlogProof(7, (bytes(32), b"\1" * 32), b"checkpoint\n\n\xe2\x80\x94 a b\n", b"extra"))


def test_exact_bytes():
    """A receipt is these lines, with the checkpoint's bytes at the end as they are."""
    assert GOOD == (
        b"c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 7\n"
        b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n"
        b"\ncheckpoint\n\n\xe2\x80\x94 a b\n"
    )


@given(proof=PROOFS)
def test_round_trip(proof):
    """A receipt reads back to its parts, with and without extra data, with no hashes and many."""
    assert parse_proof(format_proof(proof)) == proof


@given(
    data=st.one_of(
        st.binary(),
        st.text("index 1\n=Aextr", max_size=60).map(lambda t: b"c2sp.org/tlog-proof@v1\n" + t.encode()),
    )
)
def test_parsing_never_leaks(data):
    """Any bytes are the one spelling of a receipt, or are refused by FormatError."""
    try:
        proof = parse_proof(data)
    except FormatError:
        return
    assert format_proof(proof) == data


@given(proof=PROOFS, change=st.data())
def test_damaged(proof, change):
    """A receipt with a byte changed is the one spelling of another receipt, or is refused by FormatError."""
    data = bytearray(format_proof(proof))
    at = change.draw(st.integers(0, len(data) - 1))
    data[at] ^= 1 << change.draw(st.integers(0, 7))

    try:
        again = parse_proof(bytes(data))
    except FormatError:
        return
    assert again != proof
    assert format_proof(again) == data


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(b"@v1", b"@v2"),
        GOOD.replace(b"index 7", b"index 07"),
        GOOD.replace(b"index 7\n", b""),
        GOOD.replace(b"index 7", b"index  7"),
        GOOD.replace(b"index 7", b"index 7\nindex 7"),
        GOOD.replace(b"extra ZXh0cmE=", b"extra "),
        GOOD.replace(b"extra ZXh0cmE=", b"extra ZXh0cmE"),
        GOOD.replace(b"extra ZXh0cmE=", b"extra ZXh0cmF="),
        GOOD.replace(b"extra ZXh0cmE=", b"extra ZXh0cmE=\nextra ZXh0cmE="),
        GOOD.replace(b"extra ZXh0cmE=\nindex 7", b"index 7\nextra ZXh0cmE="),
        GOOD.replace(b"AAA=", b"AA=="),
        GOOD.replace(b"\n", b"\r\n"),
        GOOD.replace(b"index", b"ind\xc3\xa9x"),
        GOOD.partition(b"\n\n")[0],
        GOOD.partition(b"\n\n")[0] + b"\n\n",
        b"\n" + GOOD,
        b"\n\n" + GOOD,
        GOOD.replace(b"index 7\n", b"index 7\n" + b"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n" * 62),
    ],
)
def test_refused(data):
    """Another version, a missing or repeated line, loose base64 and too many hashes are refused."""
    assert data != GOOD
    with pytest.raises(FormatError):
        parse_proof(data)


@pytest.mark.parametrize(
    "proof",
    [
        TlogProof(-1, (), b"c"),
        TlogProof(2**63, (), b"c"),
        TlogProof(0, (bytes(31),), b"c"),
        TlogProof(0, (bytes(32),) * 64, b"c"),
        TlogProof(0, (), b""),
        TlogProof(0, (), bytes(MAX_NOTE + 1)),
        TlogProof(0, (), b"c", b""),
        TlogProof(0, (), b"c", bytes(MAX_EXTRA + 1)),
    ],
)
def test_not_written(proof):
    """What could not be read back is not written."""
    with pytest.raises(InputError):
        format_proof(proof)


def test_the_largest():
    """The largest index, proof, extra data and checkpoint make a receipt that reads back."""
    proof = TlogProof(2**63 - 1, (bytes(32),) * MAX_HASHES, bytes(MAX_NOTE), bytes(MAX_EXTRA))

    assert (MAX_HASHES, MAX_NOTE, MAX_EXTRA) == (63, 65_536, 49_152)
    assert parse_proof(format_proof(proof)) == proof


@given(size=st.integers(1, 70), pick=st.data())
def test_no_changed_receipt(size, pick):
    """A receipt's hashes prove their leaf after the journey, and no longer with one of their bits flipped."""
    tree, index = Grown(leaves(size)), pick.draw(st.integers(0, size - 1))
    leaf, top = tree.levels[0][index], mth(tree.levels[0])
    data = format_proof(TlogProof(index, tuple(inclusion_proof(tree, index, size)), b"checkpoint"))

    received = parse_proof(data)

    check_inclusion(leaf, received.index, size, received.hashes, top)
    for at in range(len(received.hashes)):
        bad = list(received.hashes)
        bad[at] = leaf_hash(bad[at])
        with pytest.raises(ProofError):
            check_inclusion(leaf, received.index, size, bad, top)
