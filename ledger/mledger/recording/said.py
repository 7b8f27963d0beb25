"""What a person says of a run when it starts."""

import inspect
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

from mledger.errors import InputError
from mledger.registry import unknown

_EXAMPLES = {
    "hypothesis": 'hypothesis="depth 4 reaches an AUC of 0.95"',
    "criteria": 'criteria={"auc": ">=0.95"}',
}


class Said(TypedDict, total=False):
    """The keywords of `mledger.run`, each a field of `run.started` unless it says otherwise."""

    hypothesis: str | None
    criteria: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None
    name: str
    """How the run is called; without one it is called by the time of its start."""
    decision: int | str
    plan: int | str
    params: Mapping[str, Any]
    why: Mapping[str, Any]
    """Reasons of parameters: `{"max_depth": "decision:46", "lr": "smaller steps overfit less"}`."""
    config: str | os.PathLike[str] | Sequence[str | os.PathLike[str]]
    """Configuration files, kept with the record."""
    datasets: Mapping[str, str] | Sequence[str]
    """Data by its role: `{"train": "applications@v3"}`."""
    seed: int
    """Seeds random, and numpy and torch if they are imported."""
    predicted: Mapping[str, Any]
    tags: Sequence[str]
    tuning: Mapping[str, Any]
    early_stopping: Mapping[str, Any]
    checkpoint_policy: str
    reproduces: int | str
    tolerance: float
    unstated: str
    """Why there is no hypothesis, if there is none."""
    quiet: bool
    """Whether to leave out the two lines on standard error."""


def check_plain(function: object) -> None:
    """Refuse a function whose call is over before its work is. Errors: InputError."""
    for lazy, kind in ((inspect.iscoroutinefunction, "async"), (inspect.isgeneratorfunction, "a generator")):
        if lazy(function):
            name = getattr(function, "__name__", "the function")
            line = f"{name} is {kind}: its call ends before its work does"
            raise InputError(line, fix="with mledger.run(...) as run: … within it")


def check_said(said: Mapping[str, Any]) -> None:
    """Refuse an unknown keyword, and a run that neither expects anything nor says so. Errors: InputError."""
    known = Said.__annotations__
    for name in said:
        if name not in known:
            raise InputError(unknown("keyword of mledger.run", name, known), fix="help(mledger.run)")
    missing = [name for name in ("hypothesis", "criteria") if name not in said]
    if "hypothesis" in said and said["hypothesis"] is None:
        missing = []
    if missing:
        what, verb = " and ".join(missing), "is" if len(missing) == 1 else "are"
        fix = f"{', '.join(map(_EXAMPLES.__getitem__, missing))}; or {missing[0]}=None, which shows as a gap"
        raise InputError(f"{what} {verb} missing: say before the run what you expect of it", fix=fix)
