"""What was agreed, and what each version achieved."""

from collections.abc import Iterator

from mledger.checks.words import cut, shown
from mledger.projections.achieved import achieved
from mledger.projections.dossier import Dossier
from mledger.projections.model import Objective
from mledger.reports.base import Block, Claim, Row, Section, Table, report


@report("objectives", "What was agreed, and what was achieved")
def make(dossier: Dossier) -> tuple[Section, ...]:
    """The problem, a table of objectives by version, and what each decision was for."""
    return (
        Section("Problem", tuple(_problem(dossier)), "no problem is framed"),
        Section("Objectives", tuple(_achieved(dossier)), "nothing is released, so nothing can be compared"),
        Section("Decisions", tuple(_served(dossier)), "no decision is recorded"),
    )


def _problem(dossier: Dossier) -> Iterator[Block]:
    for problem in dossier.state.problems[-1:]:
        numbers = (problem.source.number,)
        yield Claim(problem.statement, numbers, "problem")
        yield Claim(problem.outcome, numbers, "outcome")
        if problem.out_of_scope:
            yield Claim(", ".join(problem.out_of_scope), numbers, "out of scope")


def _achieved(dossier: Dossier) -> Iterator[Block]:
    rows = [
        Row(
            (
                version.name,
                objective.name,
                agreed(objective),
                shown(objective.achieved) if objective.met is not None else "not measured",
                verdict(objective),
                objective.run or "",
            ),
            (*objective.numbers, version.source.number),
        )
        for version in reversed(dossier.state.versions.values())
        for objective in achieved(dossier.state, version)
    ]
    if rows:
        yield Table(("version", "objective", "agreed", "achieved", "result", "measured in"), tuple(rows))


def agreed(objective: Objective) -> str:
    """The threshold as people write it."""
    sign = "≥" if objective.direction == "maximize" else "≤"
    on = f" on {objective.dataset}" if objective.dataset else ""
    return f"{sign} {shown(objective.threshold)}{on}"


def verdict(objective: Objective) -> str:
    """Whether the objective was reached, in a word."""
    return "" if objective.met is None else "passed" if objective.met else "failed"


def _served(dossier: Dossier) -> Iterator[Block]:
    rows = []
    for event, body in dossier.decided(ended=True):
        if body.objectives:
            served = ", ".join(body.objectives)
        elif body.no_objective:
            served = f"none, because: {body.no_objective}"
        elif body.business_outcome_ref:
            served = f"the outcome of event {body.business_outcome_ref}"
        else:
            served = "says nothing"
        cells = (f"{event.number} {cut(body.title, 120)}", dossier.status(event.number), served)
        rows.append(Row(cells, (event.number,)))
    if rows:
        yield Table(("decision", "status", "serves"), tuple(rows))
