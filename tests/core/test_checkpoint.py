from base64 import b64decode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mledger.core.checkpoint import Checkpoint, format_checkpoint, parse_checkpoint
from mledger.core.note import open_note, parse_vkey
from mledger.errors import FormatError, InputError
from mledger.keys.ed25519 import verify
from tests.vectors.read import vectors

CHECKPOINTS = st.builds(
    Checkpoint,
    st.from_regex(r"\A[a-z]{1,9}\.example/[a-z-]{1,20}\Z"),
    st.integers(0, 2**63 - 1),
    st.binary(min_size=32, max_size=32),
)
GOOD = format_checkpoint(Checkpoint("acme.example/a", 12, bytes(range(32))))


def test_published_checkpoint():
    """The signed checkpoint of Tessera's test log opens, parses, and is written again the same."""
    known = vectors("tessera_log")
    text = f"{known['origin']}\n15\n{known['roots']['15']}\n"
    data = f"{text}\n— {known['origin']} {known['signature_of_15']}\n".encode()

    opened = open_note(data, [parse_vkey(known["vkey"])], verify)

    assert parse_checkpoint(opened.text) == (known["origin"], 15, b64decode(known["roots"]["15"]))
    assert format_checkpoint(parse_checkpoint(opened.text)) == text


@given(checkpoint=CHECKPOINTS)
@example(Checkpoint("acme.example/a", 2**63 - 1, bytes(32)))
@example(Checkpoint("acme.example/a", 0, bytes(32)))
def test_round_trip(checkpoint):
    """A checkpoint reads back to its origin, size and root."""
    assert parse_checkpoint(format_checkpoint(checkpoint)) == checkpoint


@given(text=st.one_of(st.text(), st.from_regex(r"\A[a-z]+\n[0-9 ]+\n[A-Za-z0-9+/]{42,43}={1,2}\n\Z")))
def test_one_spelling(text):
    """Any text is either the one spelling of a checkpoint or a FormatError."""
    try:
        checkpoint = parse_checkpoint(text)
    except FormatError:
        return
    assert format_checkpoint(checkpoint) == text


@pytest.mark.parametrize(
    "text",
    [
        GOOD + "extension\n",
        GOOD + "\n",
        GOOD[:-1],
        GOOD.replace("\n", "\r\n"),
        GOOD.replace("12", "012"),
        GOOD.replace("12", "-1"),
        GOOD.replace("12", "1e1"),
        GOOD.replace("12", str(2**63)),
        GOOD.replace("/a", "/ a"),
        GOOD.replace("/a", "+a"),
        GOOD.replace("=", ""),
        GOOD.replace("Hh8=", "Hh9="),
        GOOD.replace("Hh8=", "Hg=="),
        "\n".join(GOOD.split("\n")[1:]),
    ],
)
def test_refused(text):
    """Extension lines, other decimals, other base64, short roots and improper origins are refused."""
    assert text != GOOD
    with pytest.raises(FormatError):
        parse_checkpoint(text)


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint("a b", 1, bytes(32)),
        Checkpoint("a\n", 1, bytes(32)),
        Checkpoint("a", -1, bytes(32)),
        Checkpoint("a", 2**63, bytes(32)),
        Checkpoint("a", 1, bytes(31)),
    ],
)
def test_not_written(checkpoint):
    """What could not be read back is not written."""
    with pytest.raises(InputError):
        format_checkpoint(checkpoint)
