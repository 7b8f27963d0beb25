"""What was tried and led nowhere, and why."""

from collections.abc import Iterator
from typing import Any

from mledger.checks.words import cut, shown
from mledger.projections.deadends import DeadEnd, dead_ends
from mledger.projections.dossier import Dossier
from mledger.reports.base import Block, Claim, Row, Section, Table, report


@report("dead-ends", "What led nowhere")
def make(dossier: Dossier) -> tuple[Section, ...]:
    """Dead ends by hypothesis, the parameters that they tried, and how many have no lesson."""
    found = list(dead_ends(dossier.state))
    return (
        Section("By hypothesis", tuple(_by_hypothesis(found)), "no run led nowhere"),
        Section("By parameter", tuple(_by_parameter(found)), "no parameter had several values"),
        Section("Reasons", tuple(_missing(found)), "no run led nowhere"),
    )


def _by_hypothesis(found: list[DeadEnd]) -> Iterator[Block]:
    groups: dict[str, list[DeadEnd]] = {}
    for end in found:
        groups.setdefault(" ".join(end.run.expected.split()), []).append(end)
    rows = tuple(
        Row(
            (cut(idea, 120), end.run.name, _how(end), end.lesson or "no lesson"),
            end.numbers,
        )
        for idea, ends in groups.items()
        for end in ends
    )
    if rows:
        yield Table(("hypothesis", "run", "how it ended", "lesson"), rows)


def _how(end: DeadEnd) -> str:
    return f"{end.how}: {cut(end.reason, 160)}" if end.reason else end.how


def _by_parameter(found: list[DeadEnd]) -> Iterator[Block]:
    """The parameters in which the dead ends differ, with the values that were tried."""
    tried: dict[str, dict[str, list[DeadEnd]]] = {}
    for end in found:
        for name, value in end.run.params.items():
            tried.setdefault(name, {}).setdefault(_value(value), []).append(end)
    rows = tuple(
        Row((name, value, ", ".join(end.run.name for end in ends)), tuple(e.run.source.number for e in ends))
        for name, values in sorted(tried.items())
        if len(values) > 1
        for value, ends in values.items()
    )
    if rows:
        yield Table(("parameter", "value", "runs"), rows)


def _value(value: Any) -> str:
    return cut(shown(value), 30)


def _missing(found: list[DeadEnd]) -> Iterator[Block]:
    if not found:
        return
    lacking = [end for end in found if not end.lesson]
    numbers = tuple(end.run.source.number for end in lacking)
    yield Claim(f"{len(found)} dead ends, {len(lacking)} reasons missing", numbers)
