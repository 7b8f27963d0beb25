"""Limits that decisions state, compared with what runs used up."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mledger.events.decision_parts import Limits
from mledger.events.run import RunFailed, RunFinished, RunStarted
from mledger.events.run_parts import Resources
from mledger.projections.dossier import Dossier

if TYPE_CHECKING:
    from mledger.projections.statements import Header


class Excess(NamedTuple):
    """One limit that a run went over: of the decision, of the run, in words."""

    decision: str
    run: str
    words: str
    numbers: tuple[str, ...]


def exceeded(dossier: Dossier) -> Iterator[Excess]:
    """Each limit that a run went over: of the decision that it names, or of those that its version does."""
    limits = {e.number: body.constraints for e, body in dossier.decided(ended=True) if body.constraints}
    used: dict[str, tuple[str, Resources, RunFinished | RunFailed]] = {}
    ends: list[tuple[Header, RunFinished | RunFailed]] = [*dossier.of(RunFinished), *dossier.of(RunFailed)]
    for event, end in ends:
        run = dossier.state.runs.find(end.run, dossier.state.trail.resolve)
        if run is not None and end.resources is not None:
            used.setdefault(run.source.number, (event.number, end.resources, end))
    for event, start in dossier.of(RunStarted):
        if event.number not in used:
            continue
        number, resources, end = used[event.number]
        for decision in _followed(dossier, event.number, start):
            if (limit := limits.get(decision)) is not None:
                for words in _over(limit, resources, end):
                    yield Excess(decision, start.run, words, (decision, event.number, number))


def _followed(dossier: Dossier, number: str, start: RunStarted) -> list[str]:
    """The decisions that a run follows: its own, and those of the version that it made."""
    named = [start.decision]
    for version in dossier.state.versions.values():
        made = dossier.state.runs.find(version.run, dossier.state.trail.resolve)
        if made is not None and made.source.number == number:
            named += version.decisions
    return list(dict.fromkeys(found for name in named if (found := dossier.resolve(name)) is not None))


def _over(limit: Limits, used: Resources, end: RunFinished | RunFailed) -> Iterator[str]:
    """What is over a limit, in words."""
    latency = next(
        (m.value for m in end.metrics if m.name in {"latency_ms", "p95_latency_ms"} and m.slice is None),
        None,
    )
    pairs = (
        ("memory", used.peak_memory_bytes, limit.memory_bytes, "bytes"),
        ("training time", used.wall_s, limit.train_time_s, "s"),
        ("latency", latency, limit.latency_ms, "ms"),
    )
    for what, value, most, unit in pairs:
        if value is not None and most is not None and float(value) > float(most):
            yield f"{what} {_plain(value)} {unit}, at most {_plain(most)} {unit} stated"


def _plain(value: object) -> str:
    number = float(str(value))
    return f"{number:,.0f}" if number == int(number) else f"{number:,g}"


def stated(limit: Limits) -> str:
    """The limits in words."""
    pairs = (
        ("memory", limit.memory_bytes, " bytes"),
        ("training time", limit.train_time_s, " s"),
        ("latency", limit.latency_ms, " ms"),
        ("budget", limit.budget, ""),
    )
    return ", ".join(
        f"{what} {value if isinstance(value, str) else _plain(value)}{unit}"
        for what, value, unit in pairs
        if value is not None
    )
