"""Checks as Markdown, for a summary that people read."""

from collections.abc import Iterable, Iterator

from mledger.checks.engine import Checked, Outcome
from mledger.checks.framework import Assessment
from mledger.checks.summary import counted, title
from mledger.core.markdown import escaped


def markdown(checks: Iterable[Checked]) -> str:
    """A heading for each model, a table of what was found, and the counts."""
    return "\n".join(line for checked in checks for line in _one(checked)) + "\n"


def assessed(found: Assessment) -> str:
    """A framework as a table, a row for each paragraph, with what its records lack."""
    counts = ", ".join(f"{number} {status}" for status, number in found.count().items() if number)
    lines = [
        f"# {escaped(found.framework.title)}",
        f"{escaped(found.stream)}, {found.entries:,} entries: {counts}",
        escaped(found.framework.scope),
        "| paragraph | about | status | events | lacks |\n|---|---|---|---|---|",
    ]
    rows = [
        (one.paragraph.id, one.paragraph.title, one.status, ", ".join(one.numbers), "; ".join(one.missing))
        for one in found.judged
    ]
    table = "\n".join(f"| {' | '.join(map(escaped, row))} |" for row in rows)
    return "\n\n".join(lines) + "\n" + table + "\n"


def _one(checked: Checked) -> Iterator[str]:
    yield f"## {escaped(title(checked))}"
    yield ""
    rows = [row for outcome in checked.outcomes for row in _rows(outcome)]
    if rows:
        yield "| | rule | found | events | fix |"
        yield "|---|---|---|---|---|"
        yield from rows
        yield ""
    yield counted(checked)
    yield ""


def _rows(outcome: Outcome) -> Iterator[str]:
    mark = "✗" if outcome.severity == "error" else "!"
    for found in outcome.found:
        numbers = ", ".join(found.numbers)
        fix = f"`` {found.fix} ``".replace("|", "\\|")
        yield f"| {mark} | {outcome.rule.id} | {escaped(found.message)} | {numbers} | {fix} |"
    for found, waiver in outcome.waived:
        said = f"{found.message}; waived until {waiver.until} by {waiver.by}"
        numbers = ", ".join((*found.numbers, waiver.number))
        yield f"| ~ | {outcome.rule.id} | {escaped(said)} | {numbers} | |"
