"""Base64 and decimals with one spelling for each value.

What is hashed or signed must not be writable in two ways: base64 is padded, has no blanks and no
bit set that nobody reads (RFC 4648, section 3.5); decimals have no sign and no leading zero.
"""

import re
from base64 import b64decode, b64encode

from mledger.errors import FormatError

# What a signed 64-bit integer holds: the readers of checkpoints in other languages take no more.
MAX_DECIMAL = 2**63 - 1

_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}")


def encode_base64(data: bytes) -> str:
    """The padded standard base64 of `data`."""
    return b64encode(data).decode()


def decode_base64(text: str | bytes, what: str) -> bytes:
    """The bytes of canonical base64; FormatError names `what`."""
    raw = text.encode(errors="replace") if isinstance(text, str) else text
    try:
        data = b64decode(raw, validate=True)
    except ValueError:
        data = b""
    if b64encode(data) != raw:
        raise FormatError(f"the base64 of {what} is not canonical")
    return data


def parse_decimal(text: str, what: str) -> int:
    """The integer from 0 to 2**63 - 1 of a canonical decimal; FormatError names `what`."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_DECIMAL:
        raise FormatError(f"{what} is not a decimal without leading zeros: {text[:24]!r}")
    return int(text)
