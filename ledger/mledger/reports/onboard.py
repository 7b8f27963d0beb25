"""The page for a newcomer to a model.

The ten decisions that it names are chosen by a rule: those in force before those proposed, goals
before components before parameters, then the latest. Each claim names the events behind it.
"""

from collections.abc import Iterator

from mledger.chain.history import History
from mledger.core.names import check_stream
from mledger.errors import MledgerError
from mledger.projections.datasets import DatasetState, dataset, describe
from mledger.projections.decisions import Decision
from mledger.projections.duties import DutiesState, duties, order
from mledger.projections.lifecycle import model
from mledger.projections.model import ModelState
from mledger.projections.model_told import reached, standing, where
from mledger.projections.people import PeopleState, people
from mledger.projections.runs import Run
from mledger.projections.statements import behind
from mledger.projections.telling import label, shown
from mledger.reports.base import Claim, Document, Section
from mledger.reports.due import due

TOP = 10
_LEVELS = {"goal": 0, "component": 1, "parameter": 2}
_PROFILE = (
    "purpose",
    "intended_use",
    "out_of_scope",
    "risk_class",
    "problem_domain",
    "model_type",
    "repository",
)


def onboard(history: History, stream: str, known: str = "") -> Document:
    """The page of a model; `known` says up to where the ledger was read."""
    state = model.fold(history.of(stream).facts())
    tasks = duties.fold(history.of(stream).facts())
    holders = people.fold(history.of("ledger").facts())
    data = {name: found for name in state.datasets if (found := _dataset(history, name)) is not None}
    title = state.profile.get("title")
    return Document(
        "onboard",
        str(title.value) if title else "a model without a title",
        stream,
        (
            Section("What it is for", tuple(_purpose(state)), "nobody has said yet"),
            Section("Where it stands", tuple(_stands(state)), "nothing has happened yet"),
            Section("Whom to ask", tuple(_people(state, tasks, holders)), "nobody is named"),
            Section("Decisions to know", tuple(_decisions(state)), "none is recorded"),
            Section("Risks and objections", tuple(_risks(state, tasks)), "none is recorded"),
            Section("What did not work", tuple(_dead_ends(state)), "no failure is recorded"),
            Section("Data", tuple(_data(state, data)), "no run has read any"),
            Section("What comes next", tuple(_next(history, stream)), "nothing is scheduled"),
        ),
        known,
    )


def _dataset(history: History, name: str) -> DatasetState | None:
    """The state of a dataset that a run names; None if nothing is recorded of it."""
    try:
        state = dataset.fold(history.of(check_stream(f"dataset/{name}")).facts())
    except MledgerError:
        return None
    return state if state.trail.events else None


def _purpose(state: ModelState) -> Iterator[Claim]:
    for name in _PROFILE:
        if (said := state.profile.get(name)) is not None:
            yield Claim(shown(said.value), said.numbers, label(name))
    if state.problems:
        problem = state.problems[-1]
        numbers = behind(problem.source, corrected=problem.corrected)
        yield Claim(problem.statement, numbers, "problem")
        yield Claim(problem.outcome, numbers, "outcome")
    for objective in state.objectives:
        name = f"{objective.name} on {objective.dataset}" if objective.dataset else objective.name
        yield Claim(f"{name}: {reached(objective)}", objective.numbers, "objective")


def _stands(state: ModelState) -> Iterator[Claim]:
    if state.stage is not None:
        yield Claim(
            f"{state.stage.value} since {state.stage.source.occurred[:10]}", state.stage.numbers, "stage"
        )
    for place in state.stages.places:
        approved = ", ".join(c.by for c in place.approvals)
        by = f", approved by {approved}" if approved else ", no approval recorded"
        yield Claim(f"{standing(place)} since {place.since.occurred[:10]}{by}", place.numbers, where(place))
        if place.against is not None:
            yield Claim(place.against, (place.since.number,), "not allowed")
    for request in state.stages.requests.values():
        if request.status in {"open", "approved"}:
            words = f"{request.version} to {request.to_stage}, asked by {request.source.by}: {request.reason}"
            ready = "; approved, and not moved" if request.status == "approved" else ""
            yield Claim(f"{words}{ready}", request.numbers, "waits")
    counted = [
        (len(state.runs.of(outcome)), outcome) for outcome in ("finished", "failed", "abandoned", "open")
    ]
    if state.runs.started:
        last = next(reversed(state.runs.started.values()))
        words = ", ".join(f"{count} {outcome}" for count, outcome in counted if count)
        yield Claim(f"{words}; the last is {last.name}", last.numbers, "runs")


def _people(state: ModelState, tasks: DutiesState, holders: PeopleState) -> Iterator[Claim]:
    """Owner, team, whoever approved, reviews and took over, with an address where one is known."""
    if (owner := state.profile.get("owner")) is not None:
        yield Claim(_reachable(str(owner.value), holders), owner.numbers, "owner")
    if (team := state.profile.get("team")) is not None:
        yield Claim(", ".join(_reachable(str(name), holders) for name in team.value), team.numbers, "team")
    approved: dict[str, list[str]] = {}
    for decision in state.decisions.by_status("in force").values():
        approved.setdefault(decision.settled.by, []).append(decision.settled.number)
    for place in state.stages.places:
        for citation in place.approvals:
            approved.setdefault(citation.by, []).append(citation.number)
    for name, numbers in approved.items():
        yield Claim(_reachable(name, holders), tuple(numbers), "approved")
    for review in tasks.reviews.scheduled.values():
        if review.due is not None:
            yield Claim(f"{_reachable(review.owner, holders)}: {review.title}", review.numbers, "reviews")
    for handover in state.handovers:
        ask = f"; ask {', '.join(handover.contacts)}" if handover.contacts else ""
        words = f"{handover.giver} to {handover.taker}: {', '.join(handover.duties)}{ask}"
        yield Claim(words, behind(handover.source, corrected=handover.corrected), "handover")


def _reachable(name: str, holders: PeopleState) -> str:
    addresses = (key.email for key in holders.keys.values() if key.holder == name and key.ended is None)
    address = next(filter(None, addresses), None)
    return f"{name} <{address}>" if address else name


def _decisions(state: ModelState) -> Iterator[Claim]:
    for number, decision in top(state):
        verdict = "accepted" if decision.status == "in force" else "proposed"
        by = decision.settled.by if verdict == "accepted" else decision.source.by
        instead = [name for name in decision.alternatives if name != decision.choice]
        rejected = f"; not {', '.join(instead)}" if instead else ""
        summary = decision.summary or "The summary was left open."
        words = f"{decision.title}: {decision.choice}{rejected}. {summary} ({verdict} by {by})"
        yield Claim(words, decision.numbers, f"{number} {decision.level}")


def top(state: ModelState) -> list[tuple[str, Decision]]:
    """The ten decisions to know first, by the rule above."""
    found = [
        (status, _LEVELS[decision.level], [-part for part in order(decision.source)], number, decision)
        for status, name in enumerate(("in force", "proposed"))
        for number, decision in state.decisions.by_status(name).items()  # type: ignore[arg-type]
    ]
    return [(number, decision) for *_, number, decision in sorted(found, key=lambda one: one[:3])[:TOP]]


def _risks(state: ModelState, tasks: DutiesState) -> Iterator[Claim]:
    for risk in tasks.risks.values():
        if risk.treatment != "closed":
            owner = f", watched by {tasks.holder(risk.owner, risk.source)}" if risk.owner else ""
            numbers = behind(risk.source, corrected=risk.corrected)
            yield Claim(f"{risk.title} ({risk.treatment}{owner})", numbers, risk.name)
    for dissent in state.discussion.dissent:
        words = f"{dissent.source.by} on event {dissent.on}: {dissent.text}"
        yield Claim(words, (dissent.source.number,), "dissent")
    for finding in tasks.audits.findings.values():
        if finding.is_open:
            yield Claim(f"{finding.title} ({finding.severity}, {finding.state})", finding.numbers, "finding")


def _dead_ends(state: ModelState) -> Iterator[Claim]:
    """Runs that failed or refuted what was hoped for, the newest first, with what they taught."""
    failed = [run for run in state.runs.started.values() if _is_dead_end(run)]
    for run in failed[::-1][:TOP]:
        why = run.end.failure if run.end and run.end.failure else run.verdict
        lesson = f" Lesson: {run.lesson}" if run.lesson else " No lesson is recorded."
        yield Claim(f"{run.expected} ({why}){lesson}", run.numbers, run.name)
    if len(failed) > TOP:
        rest = tuple(run.source.number for run in failed[: len(failed) - TOP])
        yield Claim(f"and {len(rest)} earlier", rest)


def _is_dead_end(run: Run) -> bool:
    return run.outcome in {"failed", "abandoned"} or run.verdict in {"refuted", "invalid"}


def _data(state: ModelState, datasets: dict[str, DatasetState]) -> Iterator[Claim]:
    for name, uses in state.datasets.items():
        used = uses[-1]
        roles = ", ".join(used.roles)
        found = datasets.get(name)
        if found is None or found.current is None:
            yield Claim(
                f"{used.version or 'no version'} as {roles}; not recorded here", (used.source.number,), name
            )
            continue
        current = found.current
        words = f"last used {used.version or 'without a version'} as {roles}; now {describe(current)}"
        yield Claim(words, behind(current.source, used.source, corrected=current.corrected), name)
        for issue in found.standing_issues.values():
            if issue.status == "open":
                words = f"{issue.title} ({issue.kind}, {issue.severity})"
                yield Claim(words, behind(issue.source, corrected=issue.corrected), "issue")
        for end in found.deprecations:
            words = f"{end.version or 'all of it'}: {end.reason}"
            yield Claim(words, behind(end.source, corrected=end.corrected), "deprecated")


def _next(history: History, stream: str) -> Iterator[Claim]:
    for item in due(history, [stream])[:TOP]:
        owner = f" ({item.owner})" if item.owner else ""
        yield Claim(f"{item.title}: {item.why}{owner}", item.numbers, item.day)
