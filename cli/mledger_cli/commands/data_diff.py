"""mledger data diff: what moved between two states."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import DATASET_STATE
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.data.shift import Comparison
    from mledger.datasets import Diff


NAMED = 10


@click.command("diff", cls=Command)
@click.argument("before", type=DATASET_STATE, metavar="NAME@VERSION")
@click.argument("after", type=DATASET_STATE, metavar="NAME@VERSION")
@pass_settings
def command(settings: Settings, before: str, after: str) -> None:
    """Say what moved between two states: rows, schema, columns, groups, missing values.

    It is worked out from the profiles that are recorded; the data itself is not needed. The
    population stability index (psi) of a column deserves a look from 0.1 on, and from 0.25 on the
    column is another one. States of two datasets can be compared if the later one was added with
    --like.
    """
    from mledger import datasets
    from mledger_cli import rendering_data

    with opening.reader(settings) as reader:
        found = datasets.diff(reader, before, after)
    comparison = found.comparison
    if settings.json:
        one, two = _cited(found)
        row = {"before": one, "after": two}
        settings.out.json(
            row | (rendering_data.comparison_row(comparison) if comparison else {"comparison": None})
        )
        return
    _head(settings, found)
    if comparison is None:
        settings.out.note(
            "not both have a profile; states that are added with pip install 'mledger[data]' have one"
        )
        return
    settings.out.line()
    lines = list(_lines(comparison))
    moved = [line for line in lines if line.moved]
    none = "nothing moved" if lines else "nothing can be compared"
    settings.out.table(moved, COLUMNS, none=none)
    names = {line.what for line in moved}
    if still := list(dict.fromkeys(line.what for line in lines if line.what not in names)):
        settings.out.note(f"did not move: {_listed(still)}")
    if comparison.incomparable:
        settings.out.note(f"not compared: {_listed(comparison.incomparable)}")


def _head(settings: Settings, found: "Diff") -> None:
    """Which states, their rows, schema and days."""
    from mledger_cli import rendering_data

    one, two = found.before, found.after
    settings.out.parts(" → ".join(_cited(found)), f"events {one.source.number} and {two.source.number}")
    days = {"start": two.period[0], "end": two.period[1]} if two.period else None
    settings.out.facts(
        {
            "rows": None if two.rows is None else rendering_data.rows(two.rows, one),
            "schema": rendering_data.schema(found.comparison) if found.comparison else None,
            "period": rendering_data.period(days, one),
        }
    )


def _cited(found: "Diff") -> tuple[str, str]:
    """Both states as they are cited."""
    return f"{found.names[0]}@{found.before.name}", f"{found.names[1]}@{found.after.name}"


class _Line(NamedTuple):
    """One thing that was compared."""

    what: str
    metric: str
    before: str
    after: str
    value: str
    mark: str

    @property
    def moved(self) -> bool:
        """Whether it is another number as far as it is shown."""
        return any(digit in self.value for digit in "123456789")


def _listed(names: list[str]) -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    return f"{', '.join(names[:NAMED])}{more}"


def _lines(comparison: "Comparison") -> Iterator[_Line]:
    from mledger_cli.rendering_data import above, percent

    psi = sorted(comparison.psi, key=lambda moved: -moved.value)
    missing = [moved for moved in comparison.missing if moved.value]
    for moved in (*psi, *comparison.groups, *missing):
        points = round(100 * moved.value, 1) + 0.0  # no -0.0
        value = f"{moved.value:.2f}" if moved.metric == "psi" else f"{points:+.1f} points"
        yield _Line(
            moved.name, moved.metric, percent(moved.before), percent(moved.after), value, above(moved)
        )


COLUMNS: list[Column[_Line]] = [
    Column("column or group", lambda line: line.what, flexible=True),
    Column("measure", lambda line: line.metric),
    Column("before", lambda line: line.before, right=True),
    Column("after", lambda line: line.after, right=True),
    Column("moved", lambda line: line.value, right=True),
    Column("", lambda line: line.mark),
]
