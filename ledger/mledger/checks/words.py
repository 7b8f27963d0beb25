"""Small phrases that rules share."""

import shlex
from typing import Any


def shown(value: Any) -> str:
    """A value of a parameter as people read it."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value))
    return plain(str(value))


def same(one: Any, other: Any) -> bool:
    """Whether two values of a parameter are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    return bool(one == other)


def plain(text: str) -> str:
    """A text on one line, with what cannot be printed spelt out."""
    line = " ".join(text.split())
    if line.isprintable():
        return line
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)


def quoted(text: str) -> str:
    """A text as a shell takes it for one word."""
    return shlex.quote(plain(text))


def cut(text: str, most: int = 60) -> str:
    """A text on one line, cut."""
    line = plain(text)
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def days(count: int) -> str:
    """So many days."""
    return "1 day" if count == 1 else f"{count} days"


def correcting(number: str, field: str, value: str) -> str:
    """The command that puts right what an event says in one field."""
    return f"mledger correct {number} --set {quoted(f'{field}={value}')} --reason TEXT"


def superseding(number: str) -> str:
    """The command that ends a decision in favour of one that says more: what was agreed to is not edited."""
    return f"mledger decision supersede {number} --by EVENT"


def waiving(rule: str, stream: str, number: str) -> str:
    """The command that lets one finding pass until a day, for what cannot be mended any more."""
    return f"mledger waive {rule} {stream} --on {number} --until DAY --reason TEXT"


def state(name: str, version: str | None) -> str:
    """A dataset in one of its states, as runs cite it."""
    return plain(f"{name}@{version}" if version else name)
