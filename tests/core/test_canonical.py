import json
import math
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mledger.core.canonical import MAX_DEPTH, MAX_INTEGER, decode, encode, is_clean
from mledger.errors import FormatError, InputError

NONCHARACTER = "\uffff\ufffe\ufdd0\U0001ffff\U0010fffe"
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=NONCHARACTER)).filter(
    lambda text: is_clean(unicodedata.normalize("NFC", text))
)
CLEAN = TEXTS.map(lambda text: unicodedata.normalize("NFC", text))
VALUES = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(-MAX_INTEGER, MAX_INTEGER),
        st.floats(allow_nan=False, allow_infinity=False),
        CLEAN,
    ),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(CLEAN, inner, max_size=4)),
    max_leaves=20,
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.integers(), st.floats(), st.text(), st.binary(), st.just(object())),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(st.one_of(st.text(), st.integers()), inner)),
    max_leaves=8,
)


@given(value=VALUES)
def test_round_trip(value):
    """What is encoded decodes to the same value, for us and for Python's own reader."""
    data = encode(value)

    assert decode(data) == value
    assert json.loads(data) == value


@given(value=VALUES)
def test_compact(value):
    """Encoded JSON has no blanks outside strings, no escapes that UTF-8 makes needless, and is in NFC."""
    text = encode(value).decode()

    assert text == json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    assert unicodedata.is_normalized("NFC", text)


def test_order_and_normal_form():
    """Keys keep the writer's order, text is put into NFC, and non-ASCII is not escaped."""
    assert encode({"b": 1, "a": "A\u030a\u2028"}) == '{"b":1,"a":"\u00c5\u2028"}'.encode()


@given(value=ANYTHING)
def test_encoding_never_leaks(value):
    """Any Python value is encoded to what decodes again, or refused by InputError."""
    try:
        data = encode(value)
    except InputError:
        return
    decode(data)


@pytest.mark.parametrize(
    "value",
    [
        math.nan,
        math.inf,
        -math.inf,
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        {1: 2},
        {None: 2},
        {"\u00c5": 1, "A\u030a": 2},
        "\ud800",
        {"\udfff": 1},
        "\uffff",
        "\U0003fffe",
        b"bytes",
        {1, 2},
        Ellipsis,
    ],
    ids=repr,
)
def test_not_encoded(value):
    """NaN, large integers, keys that are no text or come twice after NFC, and surrogates are refused."""
    with pytest.raises(InputError):
        encode(value)
    with pytest.raises(InputError):
        encode({"a": [value]})


@given(
    data=st.one_of(
        st.binary(), st.text().map(str.encode), st.text('[]{}":,0-1eE.\\udf nul', max_size=40).map(str.encode)
    )
)
def test_decoding_never_leaks(data):
    """Any bytes decode to what Python reads in them, or are refused by FormatError in one line."""
    try:
        value = decode(data)
    except FormatError as error:
        assert "\n" not in error.message  # noqa: PT017 - it may also accept
    else:
        assert json.loads(data) == value
        encode(value)


@given(value=VALUES, change=st.data())
def test_damaged_json(value, change):
    """Valid JSON with a byte changed is a value that can be encoded, or a FormatError."""
    data = bytearray(encode(value))
    at = change.draw(st.integers(0, len(data) - 1))
    data[at] = change.draw(st.integers(0, 255))

    try:
        again = decode(bytes(data))
    except FormatError:
        return
    assert json.loads(bytes(data)) == again


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "line 1, column 1"),
        (b'{"a":1,\n "b" 2}', "line 2, column 6"),
        (b'{"a":1}x', "line 1, column 8"),
        (b"{'a':1}", "line 1"),
        (b'{"a":1,}', "line 1"),
        (b"[01]", "line 1"),
        (b"[1.]", "line 1"),
        (b'"a\nb"', "line 1"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        ("{}".encode("utf-16"), "UTF-8 at byte 0"),
        (b'"\xff"', "UTF-8 at byte 1"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'{"a":1,"a":1}', "'a' twice"),
        (b'[{"x":{"b":1,"c":2,"b":3}}]', "'b' twice"),
        (b'{"c":1,"b":2,"b":3}', "'b' twice"),
        (b'{"a":1,"\\u0061":1}', "'a' twice"),
        (b"NaN", "NaN"),
        (b"[Infinity]", "Infinity"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b"9007199254740992", "2**53 - 1"),
        (b"-9007199254740992", "2**53 - 1"),
        (b"[" + b"9" * 10_000 + b"]", "2**53 - 1"),
        (b"1e999", "double"),
        (b"[-1e999]", "double"),
        (b'"\\ud800"', "line 1, column 2"),
        (b'["\\ude00\\ud83d"]', "surrogate"),
        (b'{"\\ud83d":1}', "surrogate"),
        (b'"\\\\\\udc00"', "surrogate"),
        (b'"\\uffff"', "noncharacter"),
        (b'"\\ud83f\\udffe"', "noncharacter"),
        ('"\ufdd0"'.encode(), "noncharacter"),
        ('"\ufdd0\\u0041"'.encode(), "noncharacter"),
        ('"\U0010ffff"'.encode(), "noncharacter"),
        (b"\n x", "line 2, column 2"),
        (b"[" * 65 + b"]" * 65, "line 1, column 65"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "64 levels"),
        (b"[" * 1_000_000, "64 levels"),
        (b"[" + b"[]," * 100 + b"[" * 64 + b"]" * 65, "64 levels"),
        (b'{"a":' * 200_000, "64 levels"),
    ],
    ids=lambda value: f"{value[:30]!r} of {len(value)}",
)
def test_not_decoded(data, complaint):
    """Each kind of JSON that some reader takes otherwise is refused, with its place where it has one."""
    with pytest.raises(FormatError) as caught:
        decode(data, what="body of 41")

    assert complaint in caught.value.message
    assert "body of 41" in caught.value.message


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"9007199254740991", MAX_INTEGER),
        (b" [ 1 , 2.5 ]\n", [1, 2.5]),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b'"\\\\ud800"', "\\ud800"),
        (b'"[[[[{{{{\\"["', '[[[[{{{{"['),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, json.loads("[" * 64 + "]" * 64)),
        (b"[" + b"[]," * 500 + b"[]]", [[]] * 501),
        ('{"ä":"\u2028"}'.encode(), {"ä": "\u2028"}),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_decoded(data, value):
    """The largest integer, pairs of surrogates, 64 levels and brackets in strings are let through."""
    assert decode(data) == value
    assert encode(value)


def test_as_deep_as_each_other():
    """What is nested too deeply to decode is also too deep to encode, on the same level."""
    value: object = 1
    for _ in range(MAX_DEPTH):
        value = [value]

    assert decode(encode(value)) == value
    with pytest.raises(InputError):
        encode([value])
    with pytest.raises(InputError):
        encode({"a": value})
    tower: object = 1
    for _ in range(MAX_DEPTH):
        tower = {"a": tower}
    assert decode(encode(tower)) == tower
    with pytest.raises(InputError):
        encode({"a": tower})
    loop: list[object] = []
    loop.append(loop)
    with pytest.raises(InputError):
        encode(loop)


@pytest.mark.parametrize("piece", [b'"', b'\\"', b"\\", b'"\\', b'["', b"\\ud800", b"[]", b'"",'])
def test_a_megabyte_of_malice(piece):
    """A megabyte of half-open strings, escapes and brackets is refused in one pass."""
    data = piece * (1_000_000 // len(piece))

    for bad in (data, b'"' + data, b"[" * 65 + data):
        with pytest.raises(FormatError):
            decode(bad)


@given(text=st.text())
@example("\u00e9")
@example("A\u030a")
@example("\uffff")
@example("\ud800")
def test_clean_text(text):
    """Clean text is just the text that encodes to itself."""
    try:
        same = encode(text) == json.dumps(text, ensure_ascii=False).encode()
    except InputError:
        same = False

    assert is_clean(text) == same
