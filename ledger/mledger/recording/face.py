"""`mledger.run`, `mledger.track` and `mledger.open`: three lines in a training script."""

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, ParamSpec, TypeVar, Unpack

from mledger.recording.recorder import Recorder
from mledger.recording.run import Run
from mledger.recording.said import Said

if TYPE_CHECKING:
    from mledger.keys.signer import Signer

P = ParamSpec("P")
R = TypeVar("R")

_recorders: dict[tuple[str, "Signer | str | None", bool], Recorder] = {}
_turn = threading.Lock()


def run(
    model: str,
    *,
    ledger: str | os.PathLike[str] | None = None,
    key: "Signer | str | None" = None,
    strict: bool = False,
    **said: Unpack[Said],
) -> Run:
    """A run of a model, recorded from its start to its end.

        with mledger.run("credit-risk", hypothesis="depth 4 reaches 0.95", criteria={"auc": ">=0.95"}) as run:
            run.dataset("applications@v3")
            run.params({"max_depth": 4})
            run.metric("auc", auc)

    It starts in the ledger before the block does, with hypothesis and criteria, and with commit, packages,
    machine, command and seeds as far as they are found. Within the block `run.dataset`, `run.params`,
    `run.metric`, `run.artifact`, `run.note` and `run.seed` take what becomes known. An exception is
    recorded as the end of a failed run, and goes on.

    The ledger is `ledger`, or $MLEDGER_LEDGER, or mledger.db; the key is `key`, or $MLEDGER_KEY, or your only
    one, with $MLEDGER_PASSPHRASE. If the ledger cannot be written, events wait in a spool, and nothing is
    raised unless `strict`. Other keywords: hypothesis and criteria, which may be None, a gap that shows;
    name, decision, plan, params, why, config, datasets, seed, predicted, tags, tuning, early_stopping,
    checkpoint_policy, reproduces, tolerance, unstated, quiet; see `mledger.recording.said`.

    Errors: InputError for a keyword that does not fit, before anything begins.
    """
    return _recorder(ledger, key, strict).run(model, **said)


def track(
    model: str,
    *,
    ledger: str | os.PathLike[str] | None = None,
    key: "Signer | str | None" = None,
    strict: bool = False,
    **said: Unpack[Said],
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A decorator: each call of the function is a run of `model`.

        @mledger.track("credit-risk", hypothesis="depth 4 reaches 0.95", criteria={"auc": ">=0.95"})
        def train(max_depth=4): ...; return {"auc": auc}

    Its arguments are the parameters, tables of data aside; names with numbers that it returns are the
    metrics. Keywords as for `mledger.run`.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        return _recorder(ledger, key, strict).track(model, **said)(function)

    return decorate


def open(
    path: str | os.PathLike[str] | None = None, *, key: "Signer | str | None" = None, strict: bool = False
) -> Recorder:
    """A ledger for training scripts, with `run` and `track`; it is opened when it is first needed.

    Without `path` and `key` they are those of the environment, as for `mledger.run`.
    """
    return Recorder(path, key=key, strict=strict)


def _recorder(path: str | os.PathLike[str] | None, key: "Signer | str | None", strict: bool) -> Recorder:  # noqa: FBT001
    """The recorder of these; one for all runs of a process, so that the ledger is opened once."""
    fresh = Recorder(path, key=key, strict=strict)
    with _turn:
        return _recorders.setdefault((str(fresh.path), fresh.key, strict), fresh)


def _after_fork() -> None:
    """A thread of the parent may have held the lock."""
    global _turn  # noqa: PLW0603
    _turn = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
