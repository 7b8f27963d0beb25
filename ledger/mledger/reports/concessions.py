"""Which limits forced a compromise, and what was given up."""

from collections.abc import Iterator

from mledger.checks.words import cut
from mledger.projections.dossier import Dossier
from mledger.projections.limits import exceeded, stated
from mledger.reports.base import Block, Claim, Row, Section, Table, report


@report("concessions", "Limits, and what was given up for them")
def make(dossier: Dossier) -> tuple[Section, ...]:
    """The limits of each decision, what it gives up, and the runs that went over."""
    return (
        Section("Limits", tuple(_limits(dossier)), "no decision states a limit"),
        Section("Given up", tuple(_given_up(dossier)), "no decision names a trade-off"),
        Section("Over the limit", tuple(_over(dossier)), "no run went over a stated limit"),
    )


def _limits(dossier: Dossier) -> Iterator[Block]:
    rows = tuple(
        Row(
            (
                f"{event.number} {cut(body.title, 120)}",
                dossier.status(event.number),
                stated(body.constraints),
            ),
            (event.number,),
        )
        for event, body in dossier.decided(ended=True)
        if body.constraints is not None
    )
    if rows:
        yield Table(("decision", "status", "may cost"), rows)


def _given_up(dossier: Dossier) -> Iterator[Block]:
    rows = tuple(
        Row(
            (f"{event.number} {cut(body.title, 120)}", dossier.status(event.number), tradeoff),
            (event.number,),
        )
        for event, body in dossier.decided(ended=True)
        for tradeoff in body.tradeoffs
    )
    if rows:
        yield Table(("decision", "status", "gives up"), rows)


def _over(dossier: Dossier) -> Iterator[Block]:
    for over in exceeded(dossier):
        yield Claim(over.words, over.numbers, over.run)
