"""The goals of an assurance case, and what shows each claim."""

from collections.abc import Callable, Iterator
from typing import NamedTuple, TypeAlias

from mledger.checks.words import cut, shown, state
from mledger.events.plan import PlanAgreed, PlanAmended
from mledger.events.review import ReviewScheduled
from mledger.events.risk import RiskAssessed
from mledger.events.run import RunStarted
from mledger.projections.achieved import achieved
from mledger.projections.deadends import dead_ends
from mledger.projections.dossier import Dossier
from mledger.projections.making import told_maker
from mledger.projections.model import Version
from mledger.projections.model_told import reached
from mledger.projections.moves import Place, Request
from mledger.projections.runs import Run, short_name
from mledger.projections.statements import Header
from mledger.reports.base import Claim


class Case(NamedTuple):
    """What the claims are about: a version, if there is one, with its run as it started."""

    dossier: Dossier
    version: Version | None
    made: tuple[Run, Header, RunStarted] | None


Evidence: TypeAlias = Callable[[Case], Iterator[Claim]]


class Part(NamedTuple):
    """One claim: the rules that must find nothing, what shows it, and what is said if nothing does.

    `lacking` is that and the command that fills the hole; it is None where nothing need be there.
    """

    claim: str
    rules: tuple[str, ...]
    evidence: Evidence | None = None
    lacking: tuple[str, str] | None = None


# --- the problem and the plan


def _problem(case: Case) -> Iterator[Claim]:
    for problem in case.dossier.state.problems[-1:]:
        yield Claim(cut(problem.statement, 200), (problem.source.number,))


def _plans(case: Case) -> Iterator[Claim]:
    for cls in (PlanAgreed, PlanAmended):
        for event, body in case.dossier.of(cls):
            yield Claim(f"{body.title}, signed by {', '.join(body.signatories)}", (event.number,))


# --- what it does


def _measured(case: Case) -> Iterator[Claim]:
    for objective in achieved(case.dossier.state, case.version):
        if objective.met is not None:
            yield Claim(f"{objective.name}: {reached(objective)}", objective.numbers)


def _met(case: Case) -> Iterator[Claim]:
    for objective in achieved(case.dossier.state, case.version):
        if objective.met:
            yield Claim(f"{objective.name}: {reached(objective)}", objective.numbers)


def _tests(case: Case) -> Iterator[Claim]:
    run = case.made[0] if case.made else None
    resolve = case.dossier.state.trail.resolve
    for test in case.dossier.state.evaluations:
        of_run = run is not None and case.dossier.state.runs.find(test.run, resolve) is run
        if of_run or (case.version is not None and test.version == case.version.name):
            on = f" on {', '.join(test.datasets)}" if test.datasets else ""
            yield Claim(f"{test.kind}: {test.title}{on}", (test.source.number,))


# --- its data


def _data(case: Case) -> Iterator[Claim]:
    for use in case.made[2].datasets if case.made else ():
        held = case.dossier.datasets.get(short_name(use.name))
        version = held.versions.get(use.version or "") if held else None
        rows = f", {version.rows:,} rows" if version and version.rows is not None else ""
        numbers = (version.source.number,) if version else ()
        if case.made is not None:
            yield Claim(f"{use.role}: {state(use.name, use.version)}{rows}", (*numbers, case.made[1].number))


def _selecting(case: Case) -> Iterator[Claim]:
    for event, body in case.dossier.decided():
        if any(ref.rel == "selects" for ref in body.refs):
            yield Claim(cut(body.title, 200), (event.number,))


def _issues(case: Case) -> Iterator[Claim]:
    for held in case.dossier.datasets.values():
        for number, issue in held.standing_issues.items():
            yield Claim(f"issue of {held.name}, {issue.severity}, {issue.status}: {issue.title}", (number,))


# --- why it is as it is


def _leading(case: Case) -> Iterator[Claim]:
    run = case.made[2] if case.made else None
    named: list[str | None] = [*(case.version.decisions if case.version else ())]
    named += [run.decision, *(reason.decision for reason in run.param_reasons)] if run else []
    leading = {case.dossier.resolve(reference) for reference in named}
    for event, body in case.dossier.decided(ended=True):
        if event.number in leading:
            yield Claim(f"{body.title}: {case.dossier.status(event.number)}", (event.number,))


def _architecture(case: Case) -> Iterator[Claim]:
    for event, body in case.dossier.decided():
        if body.category == "architecture":
            yield Claim(cut(body.title, 200), (event.number,))


def _settings(case: Case) -> Iterator[Claim]:
    for event, body in case.dossier.decided():
        if body.parameters:
            told = ", ".join(f"{p.name} {shown(p.before)} → {shown(p.to)}" for p in body.parameters)
            yield Claim(told, (event.number,))


def _standing(case: Case) -> Iterator[Claim]:
    for number, decision in case.dossier.state.decisions.by_status("in force").items():
        yield Claim(cut(decision.title, 200), (number, decision.settled.number))


def _search(case: Case) -> Iterator[Claim]:
    tuning = case.made[2].tuning if case.made else None
    if tuning is not None and case.made is not None:
        yield Claim(f"{tuning.method} over {', '.join(tuning.space) or 'nothing'}", (case.made[1].number,))


def _nowhere(case: Case) -> Iterator[Claim]:
    for end in dead_ends(case.dossier.state):
        taught = cut(end.lesson or end.reason or "no reason", 160)
        yield Claim(f"{end.run.name} {end.how}: {taught}", end.numbers)


# --- whether it can be made again


def _maker(case: Case) -> Iterator[Claim]:
    if case.made is None:
        return
    run, event, body = case.made
    said = [f"commit {body.git.commit[:12]}{', not clean' if body.git.dirty else ''}"] if body.git else []
    said += [f"Python {body.env.python}"] if body.env and body.env.python else []
    said += [f"{len(body.env.packages)} packages"] if body.env and body.env.packages else []
    said += [f"seed {', '.join(dict.fromkeys(map(str, body.seeds.values())))}"] if body.seeds else []
    name = told_maker(case.dossier.state, case.version, run) if case.version else f"run {run.name}"
    yield Claim(f"{name}{': ' if said else ''}{', '.join(said)}", (event.number,))


# --- risks, objections, approval, care


def _risks(case: Case) -> Iterator[Claim]:
    last: dict[str, tuple[str, RiskAssessed]] = {}
    for event, body in case.dossier.of(RiskAssessed):
        last[body.risk] = (event.number, body)
    for number, body in last.values():
        yield Claim(f"{body.risk} {body.title}: {body.level.impact} impact, {body.treatment}", (number,))


def _dissent(case: Case) -> Iterator[Claim]:
    for said in case.dossier.state.discussion.dissent:
        yield Claim(f"{said.source.by} on event {said.on}: {cut(said.text, 200)}", (said.source.number,))


def _approvals(case: Case) -> Iterator[Claim]:
    if case.version is None:
        return
    name, stages = case.version.name, case.dossier.state.stages
    for place in stages.places:
        if place.version == name and place.approvals:
            where = f" in {place.environment}" if place.environment else ""
            yield Claim(f"{place.stage}{where}: {place.how}, approved by {_people(place)}", place.numbers)
    for request in stages.requests.values():
        if (request.version, request.status) == (name, "approved"):
            words = f"{request.to_stage}: not moved yet, approved by {_people(request)}"
            yield Claim(words, request.numbers)


def _people(approved: Place | Request) -> str:
    """Who approved it."""
    return ", ".join(approval.by for approval in approved.approvals)


def _reviews(case: Case) -> Iterator[Claim]:
    for event, body in case.dossier.of(ReviewScheduled):
        yield Claim(f"{body.title}: {body.cadence}, {body.owner}", (event.number,))


GOALS: tuple[tuple[str, tuple[Part, ...]], ...] = (
    (
        "The problem was understood before anything was tried",
        (
            Part(
                "The problem is stated, with measures of success",
                ("GOAL-001",),
                _problem,
                ("nobody has stated the problem", "mledger append problem.framed {stream} --edit"),
            ),
            Part(
                "Nothing was tried before it was stated",
                ("GOAL-002",),
                _problem,
                ("nobody has stated the problem", "mledger append problem.framed {stream} --edit"),
            ),
            Part(
                "Those concerned agreed beforehand on data, features and evaluation",
                ("PLAN-001",),
                _plans,
                ("nobody agreed on a plan", "mledger append plan.agreed {stream} --edit"),
            ),
        ),
    ),
    (
        "It does what was agreed",
        (
            Part(
                "Each objective was measured on it",
                ("GOAL-003",),
                _measured,
                ("no objective was measured on it", "mledger append evaluation.recorded {stream} --edit"),
            ),
            Part(
                "What was measured reaches what was agreed",
                ("GOAL-004",),
                _met,
                ("nothing that was measured shows it", "mledger append evaluation.recorded {stream} --edit"),
            ),
            Part(
                "It was tested, on data that it was not trained on",
                ("DATA-007",),
                _tests,
                ("no test of it is recorded", "mledger append evaluation.recorded {stream} --edit"),
            ),
        ),
    ),
    (
        "Its data is known, chosen and in order",
        (
            Part(
                "All its data is registered",
                ("DATA-003",),
                _data,
                ("its run names no data", "mledger correct EVENT --set FIELD=VALUE --reason TEXT"),
            ),
            Part(
                "A decision chose it",
                ("DATA-002",),
                _selecting,
                ("no decision chooses data", "mledger decide {model} --set category=dataset"),
            ),
            Part("What is wrong with it is answered", ("DATA-006",), _issues),
            Part("None of it must not be used any more", ("DATA-008",)),
            Part("Its files are those that were registered", ("DATA-004",)),
        ),
    ),
    (
        "Each choice has its reason",
        (
            Part(
                "A decision leads to it",
                ("RUN-003",),
                _leading,
                ("no decision leads to it", "mledger decide {model}"),
            ),
            Part("Each component was decided on", ("ARCH-001",), _architecture),
            Part("Each parameter that changed has a reason", ("PARAM-001",), _settings),
            Part(
                "Decisions say why, what they serve and what they change",
                ("RAT-001", "RAT-003", "RAT-004", "RAT-005"),
                _standing,
                ("no decision is in force", "mledger decisions {model}"),
            ),
            Part("What was searched is on record, and limits were kept", ("OPT-002", "LIM-001"), _search),
            Part("What did not work is on record, with what it taught", ("RUN-001", "RUN-002"), _nowhere),
        ),
    ),
    (
        "It can be made again, and every trail followed",
        (
            Part(
                "Its run and its code are known",
                ("REL-001", "REL-002"),
                _maker,
                ("no run that made it is recorded", "mledger runs list {model} --all"),
            ),
            Part("What events name is there", ("LINK-001", "LINK-004")),
            Part("The repository has its commits, and nothing changed unsaid", ("LINK-003", "CODE-001")),
        ),
    ),
    (
        "What may go wrong is known and dealt with",
        (
            Part(
                "Risks are assessed, and something is done about each",
                ("RISK-001", "RISK-002"),
                _risks,
                ("no risk is assessed", "mledger append risk.assessed {stream} --edit"),
            ),
            Part("Whoever disagreed is heard", (), _dissent),
        ),
    ),
    (
        "People who may let it into use did so",
        (
            Part(
                "It is approved where it serves",
                ("APP-001", "APP-002", "APP-003"),
                _approvals,
                (
                    "nobody has approved it for a stage",
                    "mledger promotion request {model}@{version} --help",
                ),
            ),
        ),
    ),
    (
        "It is looked after",
        (
            Part(
                "It is reviewed from time to time",
                ("REV-005",),
                _reviews,
                ("no review is scheduled", "mledger reviews schedule {model} --help"),
            ),
            Part("Its decisions still hold", ("REV-003", "REV-004")),
        ),
    ),
)
