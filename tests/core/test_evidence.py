import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.evidence import BEGINNING, MAX_EVIDENCE, Evidence, format_evidence, parse_evidence
from mledger.core.submission import MAX_HASHES
from mledger.errors import FormatError

NOTES = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=60).map(str.encode)
HASHES = st.binary(min_size=32, max_size=32)
EVIDENCE = st.one_of(
    st.builds(Evidence, NOTES, NOTES, st.none(), st.just(())),
    st.builds(Evidence, NOTES, NOTES, HASHES, st.lists(HASHES, max_size=5).map(tuple)),
)

KEYS = st.sampled_from("evidence v first second root proof".split())
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers(0, 3) | st.text(max_size=5),
    lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
)
HASH = "aa" * 32
GOOD = {"evidence": "fork", "v": 1, "first": "a", "second": "b"}


def test_exact_bytes():
    """Evidence is one line of JSON, with the notes as they are."""
    assert format_evidence(Evidence(b"a\n", "— b\n".encode())) == (
        '{"evidence":"fork","v":1,"first":"a\\n","second":"— b\\n"}\n'.encode()
    )
    made = format_evidence(Evidence(b"a", b"b", bytes(32), (b"\1" * 32,)))
    assert made.endswith(f'"root":"{"00" * 32}","proof":["{"01" * 32}"]}}\n'.encode())
    assert made.startswith(BEGINNING)


@given(evidence=EVIDENCE)
def test_round_trip(evidence):
    """Evidence reads back to its parts, byte for byte."""
    assert parse_evidence(format_evidence(evidence)) == evidence


@given(
    data=st.one_of(
        st.binary(),
        ANYTHING.map(lambda row: json.dumps(row).encode()),
    )
)
def test_parsing_never_leaks(data):
    """Any bytes, and any JSON, are the one spelling of evidence, or are refused by FormatError."""
    try:
        found = parse_evidence(data)
    except FormatError:
        return
    assert format_evidence(found) == data


@given(evidence=EVIDENCE, change=st.data())
def test_damaged(evidence, change):
    """Evidence with a byte changed is the one spelling of other evidence, or is refused."""
    data = bytearray(format_evidence(evidence))
    data[change.draw(st.integers(0, len(data) - 1))] ^= 1 << change.draw(st.integers(0, 7))
    try:
        again = parse_evidence(bytes(data))
    except FormatError:
        return
    assert again != evidence
    assert format_evidence(again) == data


@pytest.mark.parametrize(
    "row",
    [
        GOOD | {"v": True},
        GOOD | {"v": 2},
        GOOD | {"more": 1},
        GOOD | {"root": "00", "proof": []},
        GOOD | {"root": HASH.upper(), "proof": []},
        GOOD | {"root": HASH, "proof": [1]},
        GOOD | {"root": HASH, "proof": [HASH] * (MAX_HASHES + 1)},
    ],
)
def test_what_is_none_is_refused(row):
    """Another version, another key, a hash that is none, a proof without end."""
    with pytest.raises(FormatError):
        parse_evidence(json.dumps(row, separators=(",", ":")).encode() + b"\n")


def test_too_much_is_not_read():
    """What passes the limit is refused before it is parsed."""
    with pytest.raises(FormatError, match="limit"):
        parse_evidence(BEGINNING + b" " * MAX_EVIDENCE)
