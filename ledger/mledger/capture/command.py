"""The command line, with what looks like a secret masked."""

import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from mledger.capture.base import Found, one_line, source
from mledger.capture.script import notebook

MASK = "***"
LIMIT = 1000
_SECRET = re.compile(
    r"pass(word|wd|phrase)?|pwd|secret|token|api[-_]?key|access[-_]?key|private[-_]?key|credential|auth|bearer",
    re.IGNORECASE,
)
_NAMED = re.compile(r"^(?P<name>-{0,2}[A-Za-z][\w.-]*)=(?P<value>.+)$", re.DOTALL)
_IN_URL = re.compile(r"(?P<scheme>[a-zA-Z][\w+.-]*://)[^/@\s]+@")
# Tokens that say by their first letters what they are.
_TOKEN = re.compile(
    r"\b(gh[pousr]_\w{16,}|github_pat_\w{16,}|glpat-[\w-]{16,}|sk-[\w-]{16,}|hf_\w{16,}|xox[abpr]-[\w-]{10,}"
    r"|AKIA[0-9A-Z]{12,}|eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*)"
)


@source("command")
def _command() -> Found:
    if notebook() is not None:
        return Found({"cmd": "notebook"}, "IPython")
    words = [*(getattr(sys, "orig_argv", None) or [sys.executable, *sys.argv])]
    words[0] = Path(words[0]).name
    line, masked = shown(words)
    gap = (
        f"{masked} masked, for it looks like a secret"
        if masked == 1
        else f"{masked} masked, for they look like secrets"
    )
    return Found({"cmd": line}, "sys.orig_argv", gap if masked else None)


def shown(words: Sequence[str]) -> tuple[str, int]:
    """A command as one line that may be kept, and how much of it was masked."""
    kept: list[str] = []
    masked, hide = 0, False
    for word in words:
        if hide and not word.startswith("-"):
            kept.append(MASK)
            masked, hide = masked + 1, False
            continue
        plain, count = _masked(word)
        masked += count
        hide = word.startswith("-") and "=" not in word and bool(_SECRET.search(word))
        kept.append(plain if "\n" not in plain else f"{plain.splitlines()[0]} …")
    return one_line(shlex.join(kept).replace(f"'{MASK}'", MASK), LIMIT), masked


def _masked(word: str) -> tuple[str, int]:
    """One word of a command without what looks like a secret in it."""
    if (parts := _NAMED.match(word)) and _SECRET.search(parts["name"]):
        return f"{parts['name']}={MASK}", 1
    word, in_url = _IN_URL.subn(rf"\g<scheme>{MASK}@", word)
    word, tokens = _TOKEN.subn(MASK, word)
    return word, in_url + tokens
