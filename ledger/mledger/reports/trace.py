"""From decisions to runs to releases, and what hangs in the air."""

from collections.abc import Iterator

from mledger.checks.words import cut
from mledger.projections.dossier import Dossier
from mledger.projections.effects import followers
from mledger.reports.base import Block, Claim, Row, Section, Table, report


@report("trace", "Decisions, the runs that follow them, and what was released")
def make(dossier: Dossier) -> tuple[Section, ...]:
    """Each decision with its runs and versions, then runs and versions to which no decision leads."""
    return (
        Section("By decision", tuple(_by_decision(dossier)), "no decision is recorded"),
        Section("Orphans", tuple(_orphans(dossier)), "a decision leads to every run and every version"),
    )


def _by_decision(dossier: Dossier) -> Iterator[Block]:
    rows = []
    for event, body in dossier.decided(ended=True):
        runs = followers(dossier, event.number)
        made = [
            version
            for version in dossier.state.versions.values()
            if event.number in map(dossier.resolve, version.decisions)
            or dossier.state.runs.find(version.run, dossier.state.trail.resolve) in runs
        ]
        rows.append(
            Row(
                (
                    f"{event.number} {cut(body.title, 120)}",
                    dossier.status(event.number),
                    ", ".join(version.name for version in made),
                    ", ".join(run.name for run in runs),
                ),
                (event.number, *(r.source.number for r in runs), *(v.source.number for v in made)),
            )
        )
    if rows:
        yield Table(("decision", "status", "versions", "runs"), tuple(rows))


def _orphans(dossier: Dossier) -> Iterator[Block]:
    known = [event.number for event, _ in dossier.decided(ended=True)]
    reached = {run.source.number for decision in known for run in followers(dossier, decision)}
    for number, run in dossier.state.runs.started.items():
        if number not in reached:
            yield Claim(cut(run.expected, 200), (number,), f"run {run.name}")
    for version in dossier.state.versions.values():
        made = dossier.state.runs.find(version.run, dossier.state.trail.resolve)
        named = {dossier.resolve(reference) for reference in version.decisions}
        if named.isdisjoint(known) and (made is None or made.source.number not in reached):
            yield Claim(cut(version.notes, 200), (version.source.number,), f"version {version.name}")
