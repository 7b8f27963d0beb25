"""Text as Markdown shows it: what would be a mark is escaped."""

import re

# What Markdown would take for a mark of its own, and what HTML would.
_MARK = re.compile(r"([\\`*_\[\]<>|#~])")
_LIST = re.compile(r"^(\s*)([-+]|\d+[.)])(\s)")


def escaped(text: str) -> str:
    """A text that Markdown shows as it is, on one line."""
    return _LIST.sub(r"\1\\\2\3", _MARK.sub(r"\\\1", " ".join(text.split())))
