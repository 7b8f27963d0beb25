"""What was last said of a model's parameters, and what changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from mledger.projections.decisions import Decisions, Setting
from mledger.projections.model import ModelState

Params = Mapping[str, Any]
ParamsOf = Callable[[str], Params]
"""The parameters that the events of a run say, by the number of its start."""


@dataclass(frozen=True, slots=True)
class Known:
    """Parameters by their paths, who says so in words, and the events behind it."""

    what: str
    params: dict[str, Any]
    numbers: tuple[str, ...] = ()


def flat(params: Params, above: str = "") -> dict[str, Any]:
    """Parameters by their paths: names of nested objects joined by dots; a list is a value."""
    found: dict[str, Any] = {}
    for name, value in params.items():
        path = f"{above}{name}"
        if isinstance(value, Mapping) and value:
            found |= flat(value, f"{path}.")
        else:
            found[path] = value
    return found


def last_known(state: ModelState, params_of: ParamsOf) -> Known | None:
    """The parameters of the last release's run, or of the last finished run, or of decisions in force."""
    runs, resolve = state.runs, state.trail.resolve
    for version in reversed(state.versions.values()):
        run = runs.find(version.run, resolve)
        if run is not None and (params := flat(params_of(run.source.number))):
            return Known(
                f"release {version.name}, run {run.name}",
                params,
                (version.source.number, run.source.number),
            )
    finished = [run for run in runs.of("finished").values() if run.end is not None]
    for run in sorted(finished, key=lambda run: run.end.source.time if run.end else "", reverse=True):
        if params := flat(params_of(run.source.number)):
            return Known(f"run {run.name}", params, (run.source.number,))
    decided = {name: found.value for name, found in state.decisions.parameters.items()}
    if not decided:
        return None
    numbers = dict.fromkeys(found.decision for found in state.decisions.parameters.values())
    return Known("decisions in force", decided, tuple(numbers))


def changes(before: Params, after: Params) -> list[Setting]:
    """Each parameter that is not what it was, in the order of its name; None stands for none."""
    names = sorted({*before, *after})
    rows = (Setting(name, before.get(name), after.get(name)) for name in names)
    return [row for row in rows if not same(row.before, row.to)]


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def decided(decisions: Decisions, change: Setting) -> str | None:
    """The newest decision, in force or proposed, that sets a parameter to the value that it changes to."""
    for number, decision in reversed(decisions.proposals.items()):
        if decision.status not in {"in force", "proposed"}:
            continue
        for setting in decision.parameters:
            if setting.name == change.name:
                return number if same(setting.to, change.to) else None
    return None
