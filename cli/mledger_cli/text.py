"""Text for a screen: what is safe, how wide, where cut."""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

ELLIPSIS = "…"


@cache
def _unsafe(*, newlines: bool) -> re.Pattern[str]:
    """What a terminal obeys, and a ledger may hold: it keeps what others wrote.

    C0 and C1 controls, newlines or not, surrogates, and the marks that break or reorder a line on a screen.
    """
    controls = "\x00-\x09\x0b-\x1f" if newlines else "\x00-\x1f"
    return re.compile(f"[{controls}\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def one_line(text: str) -> str:
    """The text in one line: white space runs become a space, what a terminal would obey is spelled out."""
    return escaped(" ".join(text.split()) if not text.isprintable() else text)


def escaped(text: str, *, newlines: bool = False) -> str:
    r"""The text with each character that a terminal would obey spelled out as `\x1b` or `\u202e`."""
    if text.isprintable():
        return text
    return _unsafe(newlines=newlines).sub(_spelled, text)


def json_escaped(text: str) -> str:
    """The same for the text of a JSON document, which means the same afterwards."""
    if text.isascii() and "\x7f" not in text:
        return text
    return _unsafe(newlines=True).sub(lambda m: f"\\u{ord(m[0]):04x}", text)


def _spelled(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def width(text: str) -> int:
    """The columns that a line takes on a terminal: wide characters take two, combining marks none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int) -> str:
    """The line, shortened to at most so many columns; an ellipsis shows that something is missing."""
    if width(text) <= columns:
        return text
    if columns < 1:
        return ""
    taken, room = 0, columns - 1
    for index, character in enumerate(text):
        taken += _columns(character)
        if taken > room:
            return text[:index] + ELLIPSIS
    raise AssertionError("bug: a line that is too wide was not cut")


def padded(text: str, columns: int, *, right: bool = False) -> str:
    """The line filled with spaces to so many columns."""
    space = " " * (columns - width(text))
    return space + text if right else text + space


def wrapped(text: str, columns: int, hang: int = 0) -> list[str]:
    """The lines of a text of at most so many columns, broken at spaces where possible.

    Each line keeps its indentation when it is broken, and goes on `hang` columns further in; an item
    that begins with a dash goes on under its text.
    """
    return [piece for line in text.split("\n") for piece in _broken(line, columns, hang)]


def _broken(line: str, columns: int, hang: int) -> Iterator[str]:
    words = line.lstrip(" ")
    indent = " " * (len(line) - len(words))
    further = indent + " " * (2 if words.startswith("- ") else hang)
    taken = ""
    for word in words.split(" "):
        if taken and width(indent) + width(taken) + 1 + width(word) > columns:
            yield indent + taken
            taken, indent = word, further
        else:
            taken = f"{taken} {word}" if taken else word
    yield (indent + taken).rstrip()


def counted(count: int, one: str, many: str | None = None) -> str:
    """A number with its word: "1 entry", "1,204 entries"; the plural takes an s unless it is given."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _columns(character: str) -> int:
    if unicodedata.combining(character) or unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
