import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.names import (
    check_origin,
    check_stream,
    check_type,
    format_number,
    is_printed,
    parse_number,
)
from mledger.core.note import format_vkey, parse_vkey
from mledger.errors import FormatError, InputError

VALUES = st.one_of(
    st.text(), st.none(), st.booleans(), st.integers(), st.binary(), st.lists(st.text()), st.just({"a": 1})
)


@pytest.mark.parametrize("text", ["acme.example/credit-risk", "a", "ä" * 127, "日本/モデル", "x" * 255])
def test_origins(text):
    """An origin may be any visible text in NFC up to 255 bytes, and can name a signed-note key."""
    assert check_origin(text) == text
    assert parse_vkey(format_vkey(text, bytes(32))).name == text


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "a b",
            "a+b",
            "a\nb",
            "a\u00a0b",
            "a\u2028b",
            "a\u200bb",
            "a\x7fb",
            "a\x00",
            "x" * 256,
            "ä" * 128,
        ],
        *[unicodedata.normalize("NFD", "ä"), "\ud800", "a\u202eb", "a\u0085b"],
    ],
)
def test_no_origins(text):
    """Spaces, plus signs, controls, invisible marks, other normal forms and long texts are refused."""
    with pytest.raises(FormatError):
        check_origin(text)


def test_a_printed_name_holds_what_can_be_seen():
    """Of what this Python knows, and is not alone in knowing: letters, marks and signs, and no other."""
    shown = set(range(0x600, 0x606)) | {0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}  # Arabic, Kaithi
    shown |= set(range(0x13430, 0x13440))  # Egyptian, which is drawn
    shown |= {
        0x34F,
        0x115F,
        0x1160,
        0x17B4,
        0x17B5,
        0x2800,
        0x3164,
        0xFFA0,
    }  # seen by nobody
    for code in range(0x110000):
        name = chr(code)
        if unicodedata.category(name) != "Cn" and code != 0x20 and code not in shown:
            assert is_printed(f"A{name}B") == name.isprintable(), hex(code)
    assert is_printed("Alice 𲎰")  # not in the tables of every Python
    hidden = ["A\ufffe", "A\ufdd0", "A\U0001fffe", "A\u3164", "A\u2800"]
    assert not any(map(is_printed, ["", " A", "A ", "A" * 201, *hidden]))


@pytest.mark.parametrize(
    "text",
    ["ledger", "model/credit-risk", "dataset/raw/2026", "model/a", "a-b/A.b_c", "model/" + "x" * 128],
)
def test_streams(text):
    """A stream is the ledger or a kind and a name, which may have slashes inside."""
    assert check_stream(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *[
            "",
            "model",
            "model/",
            "/a",
            "Model/a",
            "model/a b",
            "model/a/",
            "model//a",
            "model/..",
            "model/a/../b",
        ],
        *[
            "model/a..b",
            "ledger/",
            "ledgers",
            "model/" + "x" * 129,
            "model/ä",
            "model/a\n",
            "1m/a",
            "model/a+b",
        ],
    ],
)
def test_no_streams(text):
    """Empty parts, two dots, capitals in the kind, and characters outside ASCII are refused."""
    with pytest.raises(FormatError):
        check_stream(text)


@pytest.mark.parametrize(
    "text", ["model.registered", "a.b", "acme.corp.audit_done", "x-y.z", "a." + "b" * 126]
)
def test_types(text):
    """A type is lower-case words joined by dots."""
    assert check_type(text) == text


@pytest.mark.parametrize(
    "text",
    ["", "model", "model.", ".model", "Model.registered", "model.1st", "a..b", "a.b\n", "a." + "b" * 127],
)
def test_no_types(text):
    """One word, capitals, empty words, digits in front and over 128 characters are refused."""
    with pytest.raises(FormatError):
        check_type(text)


@given(value=VALUES)
def test_any_value(value):
    """A check returns the text that it was given, or raises the error that it was asked for, in one line."""
    for check in (check_origin, check_stream, check_type):
        for error in (FormatError, InputError):
            try:
                assert check(value, error=error) == value
            except error as raised:
                assert "\n" not in raised.message  # noqa: PT017 - it may also accept


@given(seq=st.integers(0, 2**53 - 1), count=st.integers(1, 500), pick=st.data())
def test_numbers(seq, count, pick):
    """An event number reads back to the seq and, of several events, the index."""
    index = pick.draw(st.integers(0, count - 1))

    number = format_number(seq, index, count)

    assert parse_number(number) == (seq, None if count == 1 else index)


def test_numbers_as_written():
    """The only event of entry 41 is 41, the third of several is 41.3."""
    assert format_number(41, 0, 1) == "41"
    assert format_number(41, 2, 9) == "41.3"
    assert parse_number("41.3") == (41, 2)


@given(text=st.one_of(st.text(max_size=8), st.from_regex(r"\A\d{1,4}(\.\d{1,3})?\Z")))
def test_one_spelling(text):
    """Any text is either the one spelling of an event number or an InputError."""
    try:
        seq, index = parse_number(text)
    except InputError:
        return
    assert text == (str(seq) if index is None else format_number(seq, index, index + 2))


@pytest.mark.parametrize(
    "text", ["", "-1", "+1", "01", "1.0", "1.01", "1.", ".1", "1.2.3", "1 ", "٤١", "9" * 17]
)
def test_no_numbers(text):
    """Signs, leading zeros, a zeroth event and foreign digits are refused."""
    with pytest.raises(InputError):
        parse_number(text)
