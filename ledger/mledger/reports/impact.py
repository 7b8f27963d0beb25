"""What each decision does to each quality of the model."""

from collections.abc import Iterator
from typing import get_args

from mledger.checks.words import cut
from mledger.events.fields import Dimension
from mledger.projections.dossier import Dossier
from mledger.reports.base import Block, Claim, Row, Section, Table, report

DIMENSIONS: tuple[str, ...] = get_args(Dimension)


@report("impact", "What decisions do to the model")
def make(dossier: Dossier) -> tuple[Section, ...]:
    """A matrix of decisions and qualities, then how each effect is known."""
    return (
        Section(
            "Decisions and qualities", tuple(_matrix(dossier)), "no decision says what it does to a quality"
        ),
        Section("How that is known", tuple(_notes(dossier)), "no decision says how its effects are known"),
    )


def _matrix(dossier: Dossier) -> Iterator[Block]:
    """A row for each decision that was not refused, if one says anything; nothing is what it does not say."""
    said = False
    rows = []
    for event, body in dossier.decided(ended=True):
        if dossier.status(event.number) == "rejected":
            continue
        said = said or bool(body.impacts)
        effects = {impact.dimension: impact.effect for impact in body.impacts}
        cells = (*(effects.get(name, "") for name in DIMENSIONS), f"{event.number} {body.title}")  # type: ignore[call-overload]
        rows.append(Row(cells, (event.number,)))
    if said:
        yield Table((*map(_short, DIMENSIONS), "decision"), tuple(rows))


def _short(dimension: str) -> str:
    """A title that leaves room for the others."""
    return dimension[:5]


def _notes(dossier: Dossier) -> Iterator[Block]:
    for event, body in dossier.decided(ended=True):
        for impact in body.impacts:
            if impact.note:
                label = f"{event.number} {impact.dimension}"
                yield Claim(f"{impact.effect} {cut(impact.note, 300)}", (event.number,), label)
