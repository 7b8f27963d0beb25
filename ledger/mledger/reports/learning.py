"""What decisions expected, what was observed, what runs taught."""

from collections.abc import Iterator

from mledger.checks.words import cut
from mledger.projections.dossier import Dossier
from mledger.projections.effects import Effect, effects
from mledger.reports.base import Block, Row, Section, Table, report


@report("learning", "What was expected, and what was learnt")
def make(dossier: Dossier) -> tuple[Section, ...]:
    """Expected and observed effect of each decision, then verdict and lesson of each run."""
    return (
        Section("Expected and observed", tuple(_effects(dossier)), "no decision states an expected effect"),
        Section("Lessons", tuple(_lessons(dossier)), "no run has a lesson"),
    )


def _effects(dossier: Dossier) -> Iterator[Block]:
    rows = tuple(
        Row(
            (
                f"{found.decision} {cut(found.title, 120)}",
                found.expected.metric,
                expectation(found),
                _signed(found.observed),
                found.result,
            ),
            found.numbers,
        )
        for found in effects(dossier)
    )
    if rows:
        yield Table(("decision", "metric", "expected", "observed", "result"), rows)


def expectation(found: Effect) -> str:
    """What was expected, as a signed number if a size was given."""
    expected = found.expected
    unit = f" {expected.unit}" if expected.unit else ""
    sure = f" ({expected.confidence})" if expected.confidence else ""
    if expected.direction == "none":
        return f"no change{sure}"
    if expected.size is None:
        return f"{expected.direction}{sure}"
    size = float(expected.size)
    return f"{_signed(size if expected.direction == 'increase' else -size)}{unit}{sure}"


def _signed(value: float | None) -> str:
    return "" if value is None else f"{value:+.6g}"


def _lessons(dossier: Dossier) -> Iterator[Block]:
    rows = tuple(
        Row((run.name, run.verdict or run.outcome, cut(run.expected, 120), run.lesson), run.numbers)
        for run in dossier.state.runs.started.values()
        if run.lesson
    )
    if rows:
        yield Table(("run", "verdict", "hypothesis", "lesson"), rows)
