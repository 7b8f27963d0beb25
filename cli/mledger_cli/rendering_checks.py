"""Checks as lines for people: findings, the way out, counts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mledger_cli import text
from mledger_cli.page import folded

if TYPE_CHECKING:
    from mledger.checks.engine import Checked, Outcome

MARKS = {"failed": "✗", "warned": "!", "waived": "~"}
GAP = 2


class _Row(NamedTuple):
    mark: str
    rule: str
    events: str
    words: str
    fix: str | None = None


def check_lines(checked: "Checked", width: int) -> list[str]:
    """One model: a title, a row for each finding with the command that mends it, the counts.

    A command stands on a line of its own, whole, to be copied.
    """
    from mledger.checks.summary import counted, title

    rows = [row for outcome in checked.outcomes for row in _rows(outcome)]
    lines = folded(title(checked), width)
    if rows:
        lines += ["", *_table(rows, width), ""]
    lines += folded(counted(checked), width)
    return lines + [line for why, rules in _skipped(checked).items() for line in _apart(why, rules, width)]


def _rows(outcome: "Outcome") -> Iterator[_Row]:
    name = outcome.rule.id
    mark = MARKS["failed" if outcome.severity == "error" else "warned"]
    for found in outcome.found:
        yield _Row(mark, name, ", ".join(found.numbers), found.message, found.fix)
    for waiver in outcome.ended:
        yield _Row(" ", name, waiver.number, f"the waiver of {waiver.by} ended on {waiver.until}")
    for found, waiver in outcome.waived:
        until = f"waived until {waiver.until} by {waiver.by}"
        yield _Row(
            MARKS["waived"], name, ", ".join((*found.numbers, waiver.number)), f"{found.message}; {until}"
        )


def _table(rows: list[_Row], width: int) -> Iterator[str]:
    """The rows under their titles; words are broken, commands are not."""
    rule = max(len(row.rule) for row in rows)
    events = min(16, max(len("events"), *(len(row.events) for row in rows)))
    margin = 1 + GAP + rule + GAP + events + GAP
    yield f"   {text.padded('rule', rule + GAP)}{text.padded('events', events + GAP)}found"
    for row in rows:
        cited = folded(row.events, events)
        words = folded(row.words, max(width - margin, 30))
        for n in range(max(len(cited), len(words))):
            left = f"{row.mark}  {text.padded(row.rule, rule)}" if n == 0 else " " * (3 + rule)
            here = text.padded(cited[n] if n < len(cited) else "", events)
            yield f"{left}  {here}  {words[n] if n < len(words) else ''}".rstrip()
        if row.fix:
            yield f"{' ' * (3 + rule + GAP)}fix: {text.one_line(row.fix)}"


def _skipped(checked: "Checked") -> dict[str, list[str]]:
    """The rules that were not applied, by the reason."""
    found: dict[str, list[str]] = {}
    for outcome in checked.outcomes:
        if outcome.skipped is not None:
            found.setdefault(outcome.skipped, []).append(outcome.rule.id)
    return found


def _apart(why: str, rules: list[str], width: int) -> list[str]:
    first, *others = folded(f"not applied  {', '.join(rules)}: {why}", width)
    return [first, *(f"{' ' * 13}{line}" for line in others)]
