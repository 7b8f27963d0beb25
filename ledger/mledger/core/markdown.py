"""Text as Markdown shows it: what would be a mark is escaped."""

import re

# What Markdown would take for a mark of its own, and what HTML would.
_MARK = re.compile(r"([\\`*_\[\]<>|#~])")
# What begins a list, or is a line of its own that underlines what stands above it.
_BEGINNING = re.compile(r"^(\d*)([-+.)](?=\s|$)|-(?=-*$)|=(?==*$))")


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _BEGINNING.sub(r"\1\\\2", _MARK.sub(r"\\\1", " ".join(text.split())))
