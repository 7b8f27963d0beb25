"""One run in a training script: started, measured, ended."""

import os
import threading
from collections.abc import Callable, Mapping
from functools import wraps
from types import TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, cast

from mledger.capture.base import Capture, capture
from mledger.errors import InputError
from mledger.recording import reading, telling
from mledger.recording.ending import Failure, Usage, bounded, failure, status_of
from mledger.recording.item import Item
from mledger.recording.journal import Journal
from mledger.recording.said import check_said
from mledger.recording.series import STEPS, Points
from mledger.recording.told import Told

if TYPE_CHECKING:
    from mledger.events.run import RunStarted
    from mledger.recording.recorder import Recorder

P = ParamSpec("P")
_GAPS = 50


def _gently(method: "Callable[Concatenate[Run, P], None]") -> "Callable[Concatenate[Run, P], None]":
    """Once a run has started, nothing that is told to it stops a training: it is refused in one line.

    What was refused stands among the run's gaps. With `strict` it is raised.
    """

    @wraps(method)
    def told(self: "Run", *args: P.args, **kwargs: P.kwargs) -> None:
        try:
            self._check_here()
            with self._turn:
                method(self, *args, **kwargs)
        except Exception as error:  # noqa: BLE001  raised again if it is to be
            self._refuse(method.__name__, error)

    return cast("Callable[Concatenate[Run, P], None]", told)


class Run:
    """A run. Made by `mledger.run`, and used in a `with` statement, or by `start` and `finish`.

    Threads may share it. A forked process may not: its measurements belong to a run of its own.
    """

    def __init__(self, recorder: "Recorder", model: str, said: Mapping[str, Any]) -> None:
        """Know what was said; nothing is recorded before `start`. Errors: InputError."""
        self._stream = reading.stream_of(model)
        self._recorder = recorder
        self._said = dict(said)
        check_said(self._said)
        self._quiet = bool(self._said.pop("quiet", False)) or telling.is_quiet()
        self._started: RunStarted | None = None
        self._turn = threading.RLock()
        self._pid = os.getpid()
        self._over = False
        self._spooled = False
        self._nowhere: Item | None = None
        self._usage = Usage()
        self._told = Told()
        self._points = self._told.measured.points
        self._journal: Journal | None = None
        self._lesson: str | None = None
        self._reference = ""
        self.number: str | None = None
        """The event number of its start; None before, and while it waits in the spool."""

    # --- its life

    @property
    def name(self) -> str:
        """How the run is called in the ledger."""
        if self._started is None:
            raise InputError("the run has not started", fix="with mledger.run(...) as run: …, or run.start()")
        return self._started.run

    def start(self, capture: Callable[[], Capture] = capture) -> Self:
        """Record that the run starts, with what is expected of it and what `capture` finds out.

        Errors: UsageError for what was said: of a wrong value, a file that is not there, or no table.
        """
        from mledger.recording.starting import started

        if self._started is not None:
            raise InputError("the run has started already", fix="begin another: mledger.run(...)")
        begun = started(self._recorder, self._stream, self._said, capture)
        self._pid, self._usage = os.getpid(), Usage()
        item = Item(begun.body, self._stream, begun.attach)
        number = self._recorder.record(item, mendable=True)
        self._started, self.number, self._spooled = begun.body, number or None, not number
        self._nowhere = item if number is None else None
        self._reference = begun.body.run
        if "name" in self._said:
            self._reference = self._recorder.reference(self._stream, begun.body.run, number or None)
        self._journal = Journal(item.id, ledger=self._recorder.path, stream=self._stream, run=begun.body.run)
        if self.number and not self._quiet and self._recorder.mentions_spool():
            telling.told((f"earlier events wait to be signed: {self._recorder.push}",), quiet=False)
        for one in begun.warnings:
            if not (self._quiet and one.hushed):
                telling.warn(one.line, one.fix)
        telling.told((f"run {self.called} started{_where(number)}", *begun.summary), quiet=self._quiet)
        return self

    def finish(self, *, lesson: str | None = None) -> None:
        """Record that the run ended as planned, with all that was measured; `lesson` is what it taught."""
        if not self._ended_before():
            self._lesson = lesson or self._lesson
            self._end(None)

    def fail(self, kind: str, message: str, status: int | None = None) -> None:
        """Record that the run broke off elsewhere: of what kind, how in words, with which exit status."""
        said = {"exception_type": kind, "message": bounded(message), "status": status}
        if not self._ended_before():
            self._end(Failure({name: value for name, value in said.items() if value is not None}))

    def _ended_before(self) -> bool:
        """Whether the run has ended, which a cell that is run again need not stop for; told unless strict."""
        if self._over and not self._recorder.strict:
            telling.warn(f"run {self.called} is over", "begin another: mledger.run(...)")
            return True
        return False

    def __enter__(self) -> Self:
        return self.start() if self._started is None else self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if os.getpid() != self._pid or self._over:
            return  # a child process leaves the block, too; the run is its parent's
        if isinstance(error, SystemExit) and status_of(error) == 0:
            self._told.gap("ended by sys.exit(0) before the end of the block")
            error = None
        try:
            self._end(failure(error, trace) if error is not None else None)
        except Exception as bug:
            if self._recorder.strict and error is None:  # what the training raised goes before
                raise
            line = f"run {self.called}: its end is recorded nowhere: {telling.worded(bug)}"
            telling.warn(line, f"mledger abandon {self.called} --reason …")

    def _end(self, failed: Failure | None) -> None:
        from mledger.recording.closing import closed

        self._check_here()
        with self._turn:
            self._over = True
            self._start_again()
            done = closed(self, failed)
            try:
                number = self._recorder.record(
                    done.item(self._stream), into_spool=self._spooled, mendable=True
                )
            except InputError as wrong:
                if self._recorder.strict:
                    raise
                done = closed(self, failed, wrong)
                number = self._recorder.record(done.item(self._stream), into_spool=self._spooled)
            if self._journal is not None:
                self._journal.end(done=number is not None)
        telling.told((f"run {self.called} {done.verb}{_where(number)}", *done.summary), quiet=self._quiet)
        for gap in done.warnings:
            telling.warn(gap)

    def _start_again(self) -> None:
        """Record the start if there was no place for it; an end without it would be of no use."""
        if self._nowhere is not None:
            number = self._recorder.record(self._nowhere)
            self.number, self._spooled = number or None, not number

    @property
    def called(self) -> str:
        """How people call it: by the name that was given, else by its event number."""
        named = "name" in self._said and self._reference == self.name
        return self.name if named or self.number is None else self.number

    # --- what is told on the way

    @_gently
    def dataset(self, data: Any, *, name: str | None = None, role: str = "train") -> None:
        """Note what data the run reads: "applications@v3", a file, or a table in memory with its `name`."""
        from mledger.recording.using import used

        row, gap, fix = used(self._recorder, data, name, role)
        self._keep("dataset", row, gap)
        if gap and fix:
            telling.warn(gap, fix)

    @_gently
    def params(self, params: Mapping[str, Any], *, why: Mapping[str, Any] | None = None) -> None:
        """Note parameters, and why they have their values: `why={"max_depth": "decision:46"}`."""
        self._keep("params", *reading.plain_params(params), reading.reasons(why) if why else [])

    def metric(
        self,
        name: str,
        value: Any,
        *,
        step: int | None = None,
        dataset: str | None = None,
        slice: str | None = None,
        interval: tuple[Any, Any] | None = None,
    ) -> None:
        """Note a measured value; with `step`, or more than once, it is one of a series.

        `interval` is the confidence interval. NaN and infinity are recorded as what they are.
        """
        # A loop calls this at each step: what is common goes straight through.
        try:
            self._check_here()
            with self._turn:
                number = value if type(value) is float else reading.real(value)
                place = step if type(step) is int and 0 <= step < STEPS else reading.whole_step(step)
                low, high = (None, None) if interval is None else map(reading.real, interval)
                points = self._points.get((name, dataset, slice)) or self._measure(name, dataset, slice)
                points.add(number, place, low, high)
                if self._journal is not None:
                    self._journal.value(points, number, place, low, high)
        except Exception as error:  # noqa: BLE001  raised again if it is to be
            self._refuse("metric", error)

    def _measure(self, *key: Any) -> Points:
        """The values of a metric, which begins with it. Errors: InputError."""
        found = reading.metric_key(*key)
        if found not in self._points:
            self._keep("metric", *found, len(self._points))
        return self._points[found]

    @_gently
    def artifact(
        self, path: str | os.PathLike[str], *, role: str | None = None, uri: str | None = None
    ) -> None:
        """Note a file that the run made: by its digest; it stays where it is."""
        self._keep("artifact", reading.artifact_row(path, role, uri))

    @_gently
    def note(self, text: str) -> None:
        """Note something in words."""
        self._keep("note", reading.words(text))

    @_gently
    def seed(self, seed: int) -> None:
        """Seed random, and numpy and torch if they are imported, and note it."""
        from mledger.capture.seeds import set_all

        self._keep("seeds", set_all(reading.whole_seed(seed)))

    @_gently
    def stopped_early(self, step: int) -> None:
        """Note that training stopped at this step, by the rule that `early_stopping` stated at the start."""
        rule = self.begun.early_stopping
        if rule is None:
            raise InputError(
                "the run stated no rule for stopping early",
                fix='mledger.run(…, early_stopping={"criterion": "validation loss", "patience": 5})',
            )
        row = rule.model_dump(exclude_none=True) | {"triggered_at": reading.whole_step(step)}
        self._keep("early_stopping", row)

    # --- what its decorator is told

    def take_arguments(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Note the arguments of a call as parameters."""
        self.params(reading.arguments(function, args, kwargs))

    def take_result(self, result: object) -> None:
        """Note what a function returned: names and numbers are metrics."""
        if isinstance(result, Mapping):
            for name, value in result.items():
                self.metric(name, value)

    # --- inside

    def _check_here(self) -> None:
        """Refuse what comes from a process that is not the run's, or out of its time. Errors: InputError."""
        if os.getpid() != self._pid and self._started is not None:
            raise InputError(
                f"this run belongs to process {self._pid}, and this is {os.getpid()}",
                fix="hand the values to the process that began it, or begin another run here",
            )
        if self._started is None:
            raise InputError("the run has not started", fix="with mledger.run(...) as run: …, or run.start()")
        if self._over:
            raise InputError(f"run {self.called} is over", fix="begin another: mledger.run(...)")

    def _refuse(self, what: str, error: Exception) -> None:
        """Raise what went wrong in telling something if the run is strict, or else refuse what was told."""
        if self._recorder.strict:
            raise error
        self.refuse(f"{what}: {telling.worded(error)}", getattr(error, "fix", None))

    def refuse(self, line: str, fix: str | None) -> None:
        """Say that something is not recorded, and record that as a gap."""
        telling.warn(f"not recorded: {line}", fix)
        with self._turn:
            if len(self._told.gaps) < _GAPS:
                self._keep("gap", line)

    def _keep(self, kind: str, *said: Any) -> None:
        """Know one thing that the run was told, and have it outlive the process."""
        getattr(self._told, kind)(*said)
        if self._journal is not None:
            self._journal.write(kind, *said)

    # What `closing` makes the last event of.

    @property
    def begun(self) -> "RunStarted":
        """What was recorded at the start."""
        if self._started is None:
            raise AssertionError("bug: a run ends that never started")
        return self._started

    def ending(self) -> dict[str, Any]:
        """The fields of its last event that follow from how it ended."""
        said = {"run": self._reference, "lesson": self._lesson, "resources": self._usage.so_far()}
        return {name: value for name, value in said.items() if value}

    @property
    def told(self) -> Told:
        """What it was told on the way."""
        return self._told


def _where(number: str | None) -> str:
    """Where an event is, by what the recorder says of it."""
    return f" (event {number})" if number else " (recorded nowhere)" if number is None else " (in the spool)"
