"""The state of one model as lines for people."""

from typing import TYPE_CHECKING

from mledger_cli import text
from mledger_cli.page import Page
from mledger_cli.rendering_notes import render_discussion, shown, worded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mledger.projections.datasets import DatasetState
    from mledger.projections.decisions import Decision, Decisions, Parameter
    from mledger.projections.model import Evaluation, ModelState, Version
    from mledger.projections.moves import Place, Request, Step
    from mledger.projections.runs import Run
    from mledger.projections.statements import Citation

    Line = tuple[str, tuple[str, ...]]

# Runs, steps and files named one by one, the newest first; beyond them they are counted.
SHOWN = 10
# Columns of a run's hypothesis, which `mledger show` gives in full.
HYPOTHESIS = 90
_WHAT = {
    "moved": "moved to",
    "deployed": "deployed to",
    "rolled back": "put back into",
}
# What people ask of a model before anything else; the rest of its profile stands at the end.
FIRST = ("owner", "purpose", "risk_class")


def render(page: Page, state: "ModelState", datasets: "dict[str, DatasetState]") -> None:
    """Everything that is known of a model, in the order in which people ask."""
    if state.stage is not None:
        words = f"{state.stage.value} since {page.when(state.stage.source)}"
        page.row("stage", words, state.stage.numbers)
    elif not state.trail.events:
        page.line("nothing was recorded of it yet")
    from mledger.projections.telling import label

    for name in FIRST:
        if (said := state.profile.get(name)) is not None:
            page.row(label(name), worded(said), said.numbers)
    _problem(page, state)
    page.gap()
    _stages(page, state)
    page.gap()
    _data(page, state, datasets)
    page.gap()
    render_decisions(page, state.decisions)
    page.gap()
    _runs(page, state)
    page.rows("evaluations", map(_tested, state.evaluations[-SHOWN:]))
    _files(page, state)
    render_discussion(page, state.discussion)
    page.gap()
    page.rows(
        "handovers",
        ((f"{h.giver} to {h.taker}: {', '.join(h.duties)}", (h.source.number,)) for h in state.handovers),
    )
    from mledger.projections.telling import label

    for name, said in state.profile.items():
        if name not in {*FIRST, "title"}:
            page.row(label(name), worded(said), said.numbers)


def _problem(page: Page, state: "ModelState") -> None:
    if not state.problems:
        return
    problem = state.problems[-1]
    page.row("problem", problem.statement, (problem.source.number,))
    for place, objective in enumerate(state.objectives):
        sign = ">=" if objective.direction == "maximize" else "<="
        where = f" on {objective.dataset}" if objective.dataset else ""
        goal = f"{objective.name} {sign} {objective.threshold}{where}"
        if objective.met is None:
            words = f"{goal}: not measured"
        else:
            met = "met" if objective.met else "MISSED"
            words = f"{goal}: {objective.achieved}, {met} ({objective.run})"
        page.row("" if place else "objectives", words, objective.numbers)


# --- stages


def _stages(page: Page, state: "ModelState") -> None:
    for place in state.stages.places:
        page.row(place.stage, _standing(place, page), (place.since.number,))
        page.row("", _approved(place.approvals), (approval.number for approval in place.approvals))
        if place.against is not None:
            page.row("", f"NOT ALLOWED: {place.against}", (place.since.number,))
    page.gap()
    path = state.path[-SHOWN:]
    page.rows("how it came", (_step(step, page, path[:place]) for place, step in enumerate(path)))
    if len(state.path) > SHOWN:
        page.row("", f"after {text.counted(len(state.path) - SHOWN, 'earlier step')}: --json has all")
    done = {"executed", "rolled back"}
    asked = [request for request in state.stages.requests.values() if request.status not in done]
    page.rows("requests", (_request(request, page) for request in asked))


def _standing(place: "Place", page: Page) -> str:
    where = f" in {place.environment}" if place.environment else ""
    share = f" ({place.traffic})" if place.traffic else ""
    how = "" if place.environment else f", {place.how}, no deployment recorded"
    return f"{place.version}{where}{share} since {page.when(place.since)}{how}"


def _approved(approvals: "tuple[Citation, ...]") -> str:
    if not approvals:
        return "no approval recorded"
    return "approved by " + ", ".join(f"{c.by} ({c.meaning})" for c in approvals)


def _step(step: "Step", page: Page, before: "Sequence[Step]" = ()) -> "Line":
    """A step; who asked and who approved is said again only where it differs from an earlier step."""
    parts = [page.when(step.source), step.version, _WHAT.get(step.what, step.what)]
    if step.to_stage:
        parts.append(f"{step.from_stage} -> {step.to_stage}" if step.from_stage else step.to_stage)
    if step.environment:
        parts.append(f"in {step.environment}")
    if step.before:
        parts.append(f"instead of {step.before}")
    words = " ".join(filter(None, parts))
    if step.against is not None:
        words += ", NOT ALLOWED"
    people = step.asked, step.approvals
    if step.asked is not None and people in [(earlier.asked, earlier.approvals) for earlier in before]:
        return words, step.numbers
    if step.asked is not None:
        words += f", asked by {step.asked.by}"
    if step.approvals:
        words += f", approved by {', '.join(dict.fromkeys(c.by for c in step.approvals))}"
    elif step.what not in {"registered", "in development"}:
        own = step.asked is not None and step.asked.by == step.source.by
        words += "" if own else f", by {step.source.by}"
        words += ", without an approval" if step.asked is not None else ""
    return words, step.numbers


def _request(request: "Request", page: Page) -> "Line":
    answers = ", ".join(f"{a.kind} by {a.source.by}: {a.reason}" for a in request.answers)
    asked = f"asked {page.when(request.source)} by {request.source.by}"
    status = "approved, not moved" if request.status == "approved" else request.status
    words = f"{request.version} to {request.to_stage}, {status}; {asked}"
    return f"{words}; {answers}" if answers else words, request.numbers


# --- data, decisions, runs, files


def _data(page: Page, state: "ModelState", datasets: "dict[str, DatasetState]") -> None:
    version, maker = state.current, state.maker
    if version is not None and maker is not None:
        by = f"run {maker.name}, version {version.name}"
        for place, use in enumerate(maker.uses):
            words, number = _dataset(use.name, use.version, datasets)
            label = "" if place else "trained on"
            page.row(label, f"{words} as {use.role}; {by}", (*number, *maker.numbers))
    page.rows("data", _uses(state, datasets))


def _uses(state: "ModelState", datasets: "dict[str, DatasetState]") -> "Iterator[Line]":
    for uses in state.datasets.values():
        for use in reversed(uses):
            runs = f"{text.counted(len(use.runs), 'run')}, last {use.runs[-1]}"
            words, number = _dataset(use.name, use.version, datasets)
            yield f"{words} as {', '.join(use.roles)}; {runs}", (*number, use.source.number)


def _dataset(name: str, version: str | None, datasets: "dict[str, DatasetState]") -> "Line":
    """A state of a dataset with its rows and its end, if its own stream knows it."""
    words = f"{name} {version}" if version else name
    found = datasets[name].versions.get(version or "") if name in datasets else None
    if found is None:
        return f"{words} (not recorded here)", ()
    rows = [f"{found.rows:,} rows"] if found.rows is not None else []
    end = [f"ends {found.period[1]}"] if found.period else []
    size = f" ({', '.join((*rows, *end))})" if rows or end else ""
    return f"{words}{size}", (found.source.number,)


def render_decisions(page: Page, decisions: "Decisions") -> None:
    """Decisions by status with who answered; the parameters that those in force set."""
    for status in ("in force", "proposed", "rejected", "superseded", "invalidated"):
        page.rows(status, map(_decision, decisions.by_status(status).values()))
    page.rows("parameters", (_parameter(name, found) for name, found in decisions.parameters.items()))


def _parameter(name: str, found: "Parameter") -> "Line":
    was = f" (was {shown(found.before)})" if found.before is not None else ""
    return f"{name} = {shown(found.value)}{was}", (found.decision, found.source.number)


def _decision(decision: "Decision") -> "Line":
    words = f"{decision.title}: {decision.choice}"
    if decision.status == "superseded":
        words += f"; superseded by {decision.superseded_by}"
    verdict = "accepted" if decision.status == "in force" else decision.status
    people = dict.fromkeys(a.source.by for a in decision.answers if a.verdict == verdict)
    words += f"; by {decision.source.by}"
    if people and verdict != "superseded":
        words += f", {verdict} by {', '.join(people)}"
    if decision.status == "in force" and decision.next_review:
        words += f"; review by {decision.next_review}"
    return words, decision.numbers


def _runs(page: Page, state: "ModelState") -> None:
    runs = state.runs
    if not runs.started:
        return
    verdicts: dict[str, int] = {}
    for run in runs.of("finished").values():
        name = run.verdict or "without a verdict"
        verdicts[name] = verdicts.get(name, 0) + 1
    split = f" ({', '.join(f'{count} {name}' for name, count in verdicts.items())})" if verdicts else ""
    told = [f"{len(runs.of('finished'))} finished{split}", f"{len(runs.of('failed'))} failed"]
    if abandoned := runs.of("abandoned"):
        told.append(f"{len(abandoned)} abandoned")
    page.row("runs", ", ".join((*told, f"{len(runs.of('open'))} open")))
    newest = list(runs.started.values())[::-1]
    for run in newest[:SHOWN]:
        hypothesis = text.cut(text.one_line(run.hypothesis), HYPOTHESIS)
        page.row("", f"{run.name} {_ended(run).removesuffix('.')}: {hypothesis}", run.numbers)
        if run.lesson:
            page.row("", f"  lesson: {run.lesson}")
    if len(newest) > SHOWN:
        page.row("", f"and {text.counted(len(newest) - SHOWN, 'earlier run')}: --json has all")


def _ended(run: "Run") -> str:
    if run.end is None:
        return "open"
    measures = ", ".join(f"{m.name} {m.value}" for m in run.end.measures if m.slice is None)
    return ", ".join(filter(None, (run.verdict or run.outcome, run.end.failure, measures)))


def _tested(test: "Evaluation") -> "Line":
    of = f" of {test.version or test.run}" if test.version or test.run else ""
    values = ", ".join(f"{m.name} {m.value}{f' ({m.slice})' if m.slice else ''}" for m in test.measures)
    return f"{test.title}, {test.kind}{of}: {values}", (test.source.number,)


def _files(page: Page, state: "ModelState") -> None:
    page.gap()
    page.rows("versions", map(_version, list(state.versions.values())[::-1][:SHOWN]))
    replaced, retired = state.replaced(), state.retired_files()
    for place, (number, file) in enumerate(list(state.artifacts.items())[::-1][:SHOWN]):
        gone = f", replaced by {replaced[number]}" if number in replaced else ""
        end = retired.get(number)
        words = f"{file.name} {file.sha256[:12]}{gone}{', RETIRED' if end else ''}"
        numbers = (file.source.number, *([end.number] if end else []))
        page.row("" if place else "artifacts", words, numbers)


def _version(version: "Version") -> "Line":
    run = f", run {version.run}" if version.run else ""
    files = ", ".join(f"{file.name} {file.sha256[:12]}" for file in version.artifacts)
    return f"{version.name}{run}: {files}", (version.source.number,)
