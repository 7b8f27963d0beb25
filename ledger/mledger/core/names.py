"""Names: origins, streams, event types and event numbers.

    origin   acme.example/credit-risk       the ledger's name for ever, and its signed-note key name
    stream   ledger | model/credit-risk     what an event is about: a kind and a name
    type     decision.accepted              a family and a verb
    number   41 | 41.3                      entry 41's only event | the third of several

Each `check_` takes any value and returns it as the text that it is, or raises `error`: FormatError
for what was recorded, unless the caller passes InputError for what a person wrote.
"""

import re
import unicodedata

from mledger.errors import FormatError, InputError, UsageError

MAX_ORIGIN = 255
MAX_NAME = 128
MAX_TYPE = 128
MAX_PRINTED = 200

# What nobody can see, or what moves what stands beside it, by number: the tables of Unicode grow, and
# what a ledger may hold must not depend on the year of the program that reads it.
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000f0000-\U0010ffff"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 15))
    + "]"
)

_ADDRESS = re.compile(r"[^ <>@,]+@[^ <>@,]+")
_STREAM = re.compile(r"ledger|[a-z][a-z0-9-]*/[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*")
_TYPE = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+")
# Sixteen digits hold every integer of I-JSON (RFC 7493, section 2.2).
_NUMBER = re.compile(r"(0|[1-9][0-9]{0,15})(?:\.([1-9][0-9]{0,5}))?")


def check_origin(text: object, *, error: type[UsageError] = FormatError) -> str:
    """The origin itself: 1 to 255 bytes of UTF-8 in NFC, no space, no control, no plus sign.

    Every origin is a valid key name of a signed note (C2SP signed-note, "Format").
    """
    if not isinstance(text, str):
        raise error(f"an origin is text and not {type(text).__name__}")
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise error("an origin holds a lone surrogate") from None
    if not 0 < size <= MAX_ORIGIN:
        raise error(f"an origin has 1 to {MAX_ORIGIN} bytes, this one has {size}")
    if "+" in text or " " in text or HIDDEN.search(text):
        raise error(f"the origin {text[:80]!r} holds a space, a control character or a plus sign")
    if not unicodedata.is_normalized("NFC", text):
        raise error(f"the origin {text[:80]!r} is not in Unicode NFC")
    return text


def is_printed(name: str) -> bool:
    """Whether this can be the printed name of a signer: 1 to 200 characters, visible or spaces inside."""
    return 0 < len(name) <= MAX_PRINTED and name == name.strip(" ") and not HIDDEN.search(name)


def is_address(text: str) -> bool:
    """Whether this can be an e-mail address: a name and a place about one @, of characters that are seen."""
    return _ADDRESS.fullmatch(text) is not None and not HIDDEN.search(text)


def check_stream(text: object, *, error: type[UsageError] = FormatError) -> str:
    """The stream itself: `ledger`, or `<kind>/<name>` with a name of 1 to 128 characters."""
    if (
        isinstance(text, str)
        and _STREAM.fullmatch(text)
        and len(text.partition("/")[2]) <= MAX_NAME
        and ".." not in text
    ):
        return text
    raise error(
        f"{str(text)[:80]!r} is not a stream: it is `ledger`, or a kind, a slash and a name"
        f" of up to {MAX_NAME} letters, digits, '.', '_', '-' and '/'"
    )


def check_type(text: object, *, error: type[UsageError] = FormatError) -> str:
    """The event type itself: lower-case words joined by dots, at least two."""
    if not isinstance(text, str) or len(text) > MAX_TYPE or not _TYPE.fullmatch(text):
        raise error(f"{str(text)[:80]!r} is not an event type such as decision.accepted")
    return text


def format_number(seq: int, index: int, count: int) -> str:
    """The event number of event `index` (from 0) of the `count` events of entry `seq`."""
    return str(seq) if count == 1 else f"{seq}.{index + 1}"


def parse_number(text: str) -> tuple[int, int | None]:
    """The entry's seq and the event's index from 0, None where the number names only the entry."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        raise InputError(f"{text[:40]!r} is not an event number such as 41 or 41.3")
    seq, part = match.groups()
    return int(seq), None if part is None else int(part) - 1
