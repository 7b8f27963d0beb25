"""Assessments as lines for people: each paragraph with its status."""

from typing import TYPE_CHECKING

from mledger_cli.page import folded, marked
from mledger_cli.text import padded

if TYPE_CHECKING:
    from mledger.checks.framework import Assessment, Judged

MARKS = {"evidenced": "✓", "in part": "!", "not evidenced": "✗", "waived": "~"}
GAP = 2


def framework_lines(found: "Assessment", seconds: float, width: int) -> list[str]:
    """One model: what the framework is, a row for each paragraph, what is missing below it, the counts."""
    framework = found.framework
    lines = [
        *folded(f"{found.stream}, {found.entries:,} entries: {framework.title}", width),
        *folded(framework.scope, width),
        "",
    ]
    names = max(len(one.paragraph.id) for one in found.judged)
    for one in found.judged:
        lines += _row(one, names, width)
    return [*lines, "", *folded(f"{_counted(found)}, in {seconds:.2f} s", width)]


def _row(one: "Judged", names: int, width: int) -> list[str]:
    status = max(map(len, MARKS))
    margin = 1 + GAP + names + GAP + status + GAP
    room = max(width - margin, 24)
    mark = marked(one.numbers)
    words = (
        folded(one.paragraph.title, max(room - len(mark) - GAP, 16))
        if mark
        else folded(one.paragraph.title, room)
    )
    first = f"{MARKS[one.status]}  {padded(one.paragraph.id, names)}  {padded(one.status, status)}  "
    line = first + (padded(words[0], room - len(mark)) + mark if mark else words[0])
    below = words[1:]
    if one.waiver is not None:
        waiver = one.waiver
        below += folded(f"until {waiver.until} by {waiver.by} ({waiver.number}): {waiver.reason}", room)
    elif one.missing:
        below += folded(f"missing: {', '.join(one.missing)}", room)
    return [line.rstrip(), *(" " * margin + more for more in below)]


def _counted(found: "Assessment") -> str:
    counts = found.count()
    parts = [f"{n} {status}" for status, n in counts.items() if n]
    return f"{len(found.judged)} paragraphs: {', '.join(parts)}"
