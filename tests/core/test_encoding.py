import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mledger.core.encoding import decode_base64, encode_base64, parse_decimal
from mledger.errors import FormatError


@given(data=st.binary())
def test_base64(data):
    """Base64 reads back to its bytes, whether it comes as text or as bytes."""
    text = encode_base64(data)

    assert decode_base64(text, "it") == data
    assert decode_base64(text.encode(), "it") == data


@given(text=st.one_of(st.text(max_size=12), st.text(alphabet="AB+/-_= \n\0é", max_size=12)))
def test_one_base64(text):
    """Any text is either the one spelling of some bytes or a FormatError that names the thing."""
    try:
        assert encode_base64(decode_base64(text, "the thing")) == text
    except FormatError as error:
        assert "the thing" in error.message  # noqa: PT017 - it may also accept


@pytest.mark.parametrize("text", ["QQ", "QQ=", "QR==", "QQ==\n", " QQ==", "Q-==", "QQ===", "QQ==QQ==", "Q"])
def test_no_base64(text):
    """Missing or extra padding, blanks, other alphabets and bits that nobody reads are refused."""
    with pytest.raises(FormatError):
        decode_base64(text, "it")


@given(number=st.integers(0, 2**63 - 1))
@example(2**63 - 1)
def test_decimals(number):
    """A decimal reads back to its integer."""
    assert parse_decimal(str(number), "it") == number


@pytest.mark.parametrize(
    "text",
    ["", "00", "01", "+1", "-0", "1_0", " 1", "1\n", "\u0661", "1.0", str(2**63), "9" * 5000],
)
def test_no_decimals(text):
    """Leading zeros, signs, foreign digits and what 64 bits cannot hold are refused."""
    with pytest.raises(FormatError):
        parse_decimal(text, "it")
