import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.note import MAX_NOTE, MAX_SIGNATURES, NoteSignature, format_signatures, parse_signatures
from mledger.core.submission import (
    MAX_HASHES,
    MAX_SUBMISSION,
    Submission,
    format_size,
    format_submission,
    parse_size,
    parse_submission,
)
from mledger.errors import FormatError, InputError
from tests.vectors.read import vectors

PUBLISHED = vectors("tlog_witness")
REQUEST, ANSWER = (PUBLISHED[name].encode() for name in ("request", "answer"))
SUBMISSIONS = st.builds(
    Submission,
    st.integers(0, 2**63 - 1),
    st.lists(st.binary(min_size=32, max_size=32), max_size=MAX_HASHES).map(tuple),
    st.binary(min_size=1, max_size=200),
)
LINES = st.builds(
    NoteSignature,
    st.text("abc/.é", min_size=1, max_size=9),
    st.binary(min_size=4, max_size=4),
    st.binary(min_size=1, max_size=80),
)


def test_published_example():
    """The published request has the published parts, and is made again byte for byte; so is the answer."""
    found = parse_submission(REQUEST)
    assert (found.old, len(found.hashes)) == (20852014, 4)
    assert found.checkpoint.startswith(b"example.com/behind-the-sofa\n20852163\n")
    assert format_submission(found) == REQUEST
    assert [line.name for line in parse_signatures(ANSWER)] == [f"witness.example/w{n}" for n in (1, 1, 2)]
    assert format_signatures(parse_signatures(ANSWER)) == ANSWER


@given(submission=SUBMISSIONS)
def test_round_trip(submission):
    """What is sent reads back to its parts, with no hashes and many."""
    assert parse_submission(format_submission(submission)) == submission


@given(data=st.one_of(st.binary(), st.text("old 10\n=A", max_size=60).map(lambda t: b"old " + t.encode())))
def test_parsing_never_leaks(data):
    """Any bytes are the one spelling of a submission, or are refused by FormatError."""
    try:
        found = parse_submission(data)
    except FormatError:
        return
    assert format_submission(found) == data


@given(submission=SUBMISSIONS, change=st.data())
def test_damaged(submission, change):
    """What was sent with a byte changed is another submission's one spelling, or is refused."""
    data = bytearray(format_submission(submission))
    data[change.draw(st.integers(0, len(data) - 1))] ^= 1 << change.draw(st.integers(0, 7))
    try:
        again = parse_submission(bytes(data))
    except FormatError:
        return
    assert again != submission
    assert format_submission(again) == data


@given(lines=st.lists(LINES, min_size=1, max_size=MAX_SIGNATURES).map(tuple))
def test_an_answer_round_trips(lines):
    """Signature lines alone read back as they were."""
    assert parse_signatures(format_signatures(lines)) == lines


@given(data=st.one_of(st.binary(), st.text("— a b=\n", max_size=40).map(str.encode)))
def test_an_answer_never_leaks(data):
    """Any bytes are the one spelling of signature lines, or are refused by FormatError."""
    try:
        lines = parse_signatures(data)
    except FormatError:
        return
    assert format_signatures(lines) == data


@given(data=st.one_of(st.integers(0, 2**64).map(format_size), st.binary(max_size=24)))
def test_a_size_never_leaks(data):
    """Any bytes are the one spelling of a size, or are refused by FormatError."""
    try:
        size = parse_size(data)
    except FormatError:
        return
    assert format_size(size) == data


@pytest.mark.parametrize(
    "wrong",
    [Submission(-1, (), b"x"), Submission(1, (b"short",), b"x"), Submission(1, (), b""),
     Submission(1, (bytes(32),) * (MAX_HASHES + 1), b"x"), Submission(1, (), bytes(MAX_NOTE + 1))],
)  # fmt: skip
def test_what_no_witness_takes_is_not_sent(wrong):
    """A part of the wrong size is an InputError before anything leaves."""
    with pytest.raises(InputError):
        format_submission(wrong)


def test_the_longest_submission_passes():
    """The limit of a server is above everything that may be sent."""
    longest = Submission(2**63 - 1, (bytes(32),) * MAX_HASHES, bytes(MAX_NOTE))
    assert len(format_submission(longest)) <= MAX_SUBMISSION
    assert parse_submission(format_submission(longest)) == longest


@pytest.mark.parametrize("wrong", [b"", b"\n", "— a b".encode(), "— a b\n".encode(), bytes(MAX_NOTE + 1)])
def test_what_is_no_answer_is_refused(wrong):
    """Nothing, no newline at the end, no hash, too much: none of it is signature lines."""
    with pytest.raises(FormatError):
        parse_signatures(wrong)
