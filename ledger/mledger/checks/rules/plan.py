"""PLAN-001: runs that began before the plan was agreed."""

from collections.abc import Iterator

from mledger.checks.base import Found, rule
from mledger.checks.words import waiving
from mledger.checks.world import World
from mledger.events.plan import PlanAgreed, PlanAmended
from mledger.events.run import RunStarted
from mledger.projections.dossier import Dossier
from mledger.projections.order import place
from mledger.projections.statements import Header


@rule(
    "PLAN-001",
    "No run began before everybody had signed the plan",
    severity="error",
    why="A plan that is signed after results exist can be fitted to them.",
    fix="mledger waive PLAN-001 {stream} --until DAY --reason TEXT",
    reads=("plan.agreed", "plan.amended", "run.started"),
)
def check(dossier: Dossier, world: World) -> Iterator[Found]:  # noqa: ARG001
    """Compare each run's start with the last signature that its plan needed."""
    signed: dict[str, list[tuple[Header, PlanAgreed | PlanAmended]]] = {}
    plans: list[tuple[Header, PlanAgreed | PlanAmended]] = [
        *dossier.of(PlanAgreed),
        *dossier.of(PlanAmended),
    ]
    for event, body in sorted(plans, key=lambda plan: place(plan[0].number)):
        signed.setdefault(body.digest, []).append((event, body))
    if not signed:
        return
    first = next(iter(signed.values()))
    for event, run in dossier.of(RunStarted):
        named = dossier.resolve(run.plan)
        plan = next((p for p in signed.values() if named in {e.number for e, _ in p}), None)
        if plan is None and run.plan is None:
            plan = first
        if plan is not None:
            yield from _early(dossier, event, run, plan)


def _early(
    dossier: Dossier, event: Header, run: RunStarted, plan: list[tuple[Header, PlanAgreed | PlanAmended]]
) -> Iterator[Found]:
    """The run, if a signature that the plan needs is missing or came later."""
    body = plan[0][1]
    before = {e.source.by.casefold(): e.number for e, _ in plan if place(e.number) < place(event.number)}
    lacking = [name for name in body.signatories if name.casefold() not in before]
    if lacking:
        numbers = (event.number, *(e.number for e, _ in plan))
        message = f"run {run.run} started before plan approval: without {', '.join(lacking)}"
        fix = waiving("PLAN-001", dossier.stream, event.number)
        yield Found(message, numbers, fix)
