"""Records runs in one ledger, whatever happens to it."""

import os
import threading
from collections.abc import Callable, Iterable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, ParamSpec, Self, TypeVar, Unpack
from weakref import WeakSet

from mledger.errors import ConflictError, InputError, IntegrityError, LockedError, MledgerError, UsageError
from mledger.recording import telling
from mledger.recording.item import Item
from mledger.recording.said import Said, check_plain, check_said
from mledger.registry import unknown

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.datasets import Held
    from mledger.keys.signer import Signer
    from mledger.ledger import Ledger
    from mledger.recording.run import Run

LEDGER, KEY = "MLEDGER_LEDGER", "MLEDGER_KEY"
DEFAULT = "mledger.db"
PUSH = "mledger spool push"

_REGISTERED, _FRAMED, _STARTED = "model.registered", "problem.framed", "run.started"

# So many new events are looked through before what is known of data is read again at once.
_FEW = 1_000

P = ParamSpec("P")
R = TypeVar("R")
# A store does not survive a fork, and must not be closed by a child: what it inherited stays here.
_inherited: list[object] = []
_all: "WeakSet[Recorder]" = WeakSet()


class Known(NamedTuple):
    """Whether a model is registered, and framed; its runs by name, with the numbers of their starts."""

    registered: bool
    framed: bool
    names: dict[str, str]


class Recorder:
    """A ledger for training scripts: opened when it is first needed, and never a reason to stop.

    What the ledger does not take goes into the spool, with a warning, and is signed later by
    `mledger spool push`; with `strict` it is raised. Threads may share a recorder; a forked process
    opens the ledger for itself.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        key: "Signer | str | None" = None,
        strict: bool = False,
    ) -> None:
        """Record in the ledger at `path`, or $MLEDGER_LEDGER, or mledger.db; with `key`, or $MLEDGER_KEY.

        The key is a signer, or how the keystore calls one; without any it is your only one that is
        enrolled there. Its passphrase is $MLEDGER_PASSPHRASE.
        """
        self.path = Path(path or os.environ.get(LEDGER) or DEFAULT).expanduser().absolute()
        self.key = key or os.environ.get(KEY) or None
        self.strict = strict
        self._turn = threading.RLock()
        self._opened: tuple[int, Ledger] | None = None
        self._warned: set[str] = set()
        self._asked = False
        self._models: set[str] = set()
        self._read: dict[str, tuple[int, Known]] = {}
        self._held: tuple[int, Held] | None = None
        _all.add(self)

    # --- runs

    def run(self, model: str, **said: Unpack[Said]) -> "Run":
        """A run of `model`, to be used in a `with` statement; see `mledger.run`."""
        from mledger.recording.run import Run

        return Run(self, model, said)

    def track(self, model: str, **said: Unpack[Said]) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """A decorator: each call of the function is a run; see `mledger.track`."""
        check_said(said)

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            check_plain(function)

            @wraps(function)
            def tracked(*args: P.args, **kwargs: P.kwargs) -> R:
                with self.run(model, **said) as run:
                    run.take_arguments(function, args, kwargs)
                    result = function(*args, **kwargs)
                    run.take_result(result)
                return result

            return tracked

        return decorate

    # --- recording

    @property
    def ledger(self) -> "Ledger":
        """The ledger itself, opened with the key; the errors are those of `Ledger.open`."""
        with self._turn:
            if self._opened is not None and self._opened[0] != os.getpid():
                _inherited.append(self._opened)
                self._opened = None
            if self._opened is None:
                from mledger.ledger import Ledger

                self._opened = (os.getpid(), Ledger.open(self.path, key=self.key))
            return self._opened[1]

    def record(self, item: Item, *, into_spool: bool = False, mendable: bool = False) -> str | None:
        """The number of the event, once it is on the disk; empty if it is in the spool, None if nowhere.

        `into_spool` keeps events of one run in order: what follows one that waits, waits too. If the
        caller can mend the event, what a rule of the ledger finds wrong in it is an InputError.
        """
        if not into_spool:
            try:
                ledger = self.ledger
                return ledger.append(item.body, item.stream, id=item.id, attach=item.attach).number
            except Exception as error:
                if self.strict or (mendable and _is_wrong(error)):
                    raise
                if not isinstance(error, UsageError | LockedError | ConflictError):
                    self.close()  # others may still be using it after a refusal, or while they wait
                why: BaseException = error
        else:
            why = MledgerError("the events before it wait")
        return "" if self._spool(item, why, told=into_spool) else None

    def _spool(self, item: Item, why: BaseException, *, told: bool) -> bool:
        """Whether the event is in the spool."""
        from mledger.recording.spool import Spool

        reason = telling.worded(why)
        try:
            Spool().write(item, ledger=self.path, why=reason)
        except Exception as error:  # noqa: BLE001  there is nothing left that could keep it
            where = f"nor in the spool: {telling.worded(error)}"
            telling.warn(
                f"{item.body.type} is recorded nowhere: {reason}; {where}", getattr(error, "fix", None)
            )
            return False
        if not told and reason not in self._warned:
            self._warned.add(reason)
            telling.warn(f"not signed yet, kept in the spool: {reason}", self._way_out(why))
        return True

    def _way_out(self, why: BaseException) -> str:
        """What to do before the push, and the push."""
        fix = why.fix if isinstance(why, MledgerError) else None
        if isinstance(why, IntegrityError):
            fix = fix or "mledger verify --full"
        return f"{fix}; then: {self.push}" if fix else self.push

    @property
    def push(self) -> str:
        """The command that signs what waits for this ledger."""
        return PUSH if self.path == Path(DEFAULT).absolute() else f"{PUSH} --ledger {self.path}"

    def known(self, stream: str) -> Known | None:
        """What the ledger holds of a model that matters to a new run of it; None if it cannot be read."""
        try:
            ledger = self.ledger
            size = ledger.head.size
            with self._turn:
                start, known = self._read.get(stream, (0, Known(False, False, {})))
                known = _more(known, ledger.facts(stream, start, size))
                self._read[stream] = size, known
        except MledgerError:  # whoever records says what is wrong
            return None
        return known

    def reference(self, stream: str, run: str, number: str | None) -> str:
        """What a run is named by later: its name, or its number if another took the name meanwhile."""
        known = self.known(stream) if number else None
        first = known.names.get(run) if known else None
        if number is None or first in (None, number):
            return run
        telling.warn(f"run {run} of {stream} began as event {first} meanwhile; this one goes by {number}")
        return number

    def data(self) -> "Held":
        """The states of all datasets by digest, read again when more than models has grown.

        Errors: of reading.
        """
        from mledger.datasets import held

        ledger = self.ledger
        size = ledger.head.size
        with self._turn:
            known = self._held
            if known is None or size - known[0] > _FEW or _others(ledger.facts(None, known[0], size)):
                known = size, held(ledger)
            self._held = size, known[1]
            return known[1]

    def unregistered(self, stream: str) -> str:
        """One line for a model that nobody has registered, with the nearest that somebody has."""
        model = stream.partition("/")[2]
        others = {name.partition("/")[2] for name in self.ledger.stream_names() if name.startswith("model/")}
        return unknown("model", model, others - {model})

    def first_of(self, stream: str, *, look: bool = False) -> bool:
        """Whether no run of this model has started in this process; unless we only `look`, one has now."""
        with self._turn:
            first = stream not in self._models
            if not look:
                self._models.add(stream)
            return first

    def mentions_spool(self) -> bool:
        """Whether events wait in the spool for this ledger, the first time that somebody asks."""
        with self._turn:
            if self._asked:
                return False
            self._asked = True
        try:
            from mledger.recording.spool import Spool

            return Spool().holds(self.path)
        except (OSError, MledgerError):
            return False

    # --- leaving

    def close(self) -> None:
        """Let go of the ledger; it is opened again when it is needed."""
        with self._turn:
            opened, self._opened = self._opened, None
            if opened is None:
                return
            if opened[0] != os.getpid():
                _inherited.append(opened)
                return
            try:
                opened[1].close()
            except MledgerError:  # what it holds is on the disk, or was refused before
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def after_fork(self) -> None:
        """Begin anew in a child process: a thread of the parent may have held the lock."""
        self._turn = threading.RLock()


def _more(known: Known, facts: "Iterable[Fact]") -> Known:
    """What is known once more facts are read."""
    registered, framed, names = known
    for fact in facts:
        registered = registered or fact.type == _REGISTERED
        framed = framed or fact.type == _FRAMED
        if fact.type == _STARTED and (said := fact.said) is not None:
            names.setdefault(str(said.get("run")), fact.number)
    return Known(registered, framed, names)


def _others(facts: "Iterable[Fact]") -> bool:
    """Whether some are about no model: about data, or what governs, which may bear on data."""
    return any(not fact.stream.startswith("model/") for fact in facts)


def _is_wrong(error: Exception) -> bool:
    """Whether a rule of the ledger finds the event itself wrong, rather than who signs it or the machine."""
    return isinstance(error, InputError) and "rule" in error.details


def _after_fork() -> None:
    for recorder in _all:
        recorder.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
