"""Checks as commands of GitHub's workflows: an annotation for each finding."""

from collections.abc import Iterable

from mledger.checks.engine import Checked


def github(checks: Iterable[Checked]) -> str:
    """A line for each finding, which GitHub shows beside the change."""
    lines = []
    for checked in checks:
        for outcome in checked.outcomes:
            for found in outcome.found:
                place = f",file={_value(found.where)}" if found.where else ""
                events = f" [{', '.join(found.numbers)}]" if found.numbers else ""
                title = _value(f"{outcome.rule.id} {checked.stream}")
                said = _data(f"{found.message}{events}\nfix: {found.fix}")
                lines.append(f"::{outcome.severity} title={title}{place}::{said}")
    return "".join(f"{line}\n" for line in lines)


def _data(text: str) -> str:
    """The text of a command, as GitHub escapes it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _value(text: str) -> str:
    """The value of a property of a command, as GitHub escapes it."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
