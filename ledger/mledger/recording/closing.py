"""The last event of a run: measures, and their verdict."""

from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.attachment import Attachment
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.measures import Metric
from mledger.projections.verdicts import Judged, judge
from mledger.recording.item import Item

if TYPE_CHECKING:
    from mledger.events.run import RunFailed, RunFinished
    from mledger.recording.ending import Failure
    from mledger.recording.run import Run

# Metrics in the line that is shown.
_SHOWN = 4
_GAP = 900


class Closed(NamedTuple):
    """The event, its files, what is shown of it, and what people should know."""

    body: "RunFinished | RunFailed"
    attach: tuple[Attachment, ...]
    verb: str
    summary: tuple[str, ...]
    warnings: tuple[str, ...]

    def item(self, stream: str) -> Item:
        """The event on its way."""
        return Item(self.body, stream, self.attach)


# What leads to other events, and may lead nowhere.
_LEADING = ("param_reasons",)


def closed(run: "Run", failure: "Failure | None", wrong: InputError | None = None) -> Closed:
    """What is to be recorded at the end; it never fails: what does not fit is left out and named.

    `wrong` is what the ledger finds wrong with references in it, which are then left out.
    """
    verb = "finished" if failure is None else "failed"
    fields, attach = run.ending(), []
    rows = run.measured.metrics()
    judged = judge(run.begun.criteria, [Metric(**row) for row in rows])
    gaps, unmeasured = [*fields.get("gaps", ())], judged.unmeasured
    missing: list[str] = []
    if wrong is not None:
        fields = {name: value for name, value in fields.items() if name not in _LEADING}
        missing.append(f"{', '.join(_LEADING)} left out: {wrong.message}")
    series = run.measured.series({c.metric: c.operator for c in run.begun.criteria})
    try:
        file = run.measured.file()
    except InputError as error:
        file = None
        gaps.append(f"metrics by step: {error.message}")
    if file is not None:
        attach.append(file)
    fields |= {"metrics": rows, "series": series}
    if failure is not None:
        attach += [failure.traceback] if failure.traceback is not None else []
        fields["exit"] = failure.exit
    else:
        fields["verdict"] = judged.verdict
        missing += [f"criterion {one.words}: {one.criterion.metric} was never measured" for one in unmeasured]
    fields["files"] = [one.file.model_dump(exclude_none=True) for one in attach]
    body, left_out = _built(f"run.{verb}", fields, [*gaps, *missing])
    warnings = [f"run {run.called}: {gap}" for gap in (*left_out, *missing)]
    summary = _measures(rows, judged) if failure is None else [_failed(failure)]
    named = [file for file in attach if file.file.sha256.encode() in body.to_bytes()]
    return Closed(body, tuple(named), verb, tuple(summary), tuple(dict.fromkeys(warnings)))


def _built(event: str, fields: dict[str, Any], gaps: list[str]) -> tuple[Any, list[str]]:
    """The event; a field that it does not take is left out, and becomes a gap."""
    left_out: list[str] = []
    while True:
        try:
            body = events.build(event, fields | {"gaps": [gap[:_GAP] for gap in (*gaps, *left_out)]})
            body.to_bytes()
        except InputError as error:
            wrong = [name for name in _tops(error) if name in fields and name not in {"run", "exit", "gaps"}]
            name = wrong[0] if wrong else _largest(fields)
            if name is None:
                raise
            fields = {key: value for key, value in fields.items() if key != name}
            left_out.append(f"{name} left out: {error.message}")
        else:
            return body, left_out


def _tops(error: InputError) -> list[str]:
    """The fields that an error is about."""
    found = error.details.get("fields")
    paths = found if isinstance(found, dict) else {}
    return [str(path).partition(".")[0].partition("[")[0] for path in paths]


def _largest(fields: dict[str, Any]) -> str | None:
    """The field with the most in it, of those that may go."""
    may_go = {name: len(str(value)) for name, value in fields.items() if name not in {"run", "exit"}}
    return max(may_go, key=may_go.__getitem__, default=None)


def _failed(failure: "Failure") -> str:
    message = failure.exit.get("message")
    text = failure.exit["exception_type"] + (f": {message.splitlines()[0]}" if message else "")
    return text if len(text) <= 200 else f"{text[:199]}…"


def _measures(rows: list[dict[str, Any]], judged: Judged) -> list[str]:
    """The metrics that were judged with a mark, or else the first few; then the verdict."""
    parts = [
        f"{one.criterion.metric} {'never measured' if one.met is None else _shown(one.value)}"
        f"{'' if one.met is None else ' ✓' if one.met else ' ✗'}"
        for one in judged.outcomes
    ] or [f"{row['name']} {_shown(row['value'])}" for row in rows[:_SHOWN]]
    if judged.verdict:
        parts.append(f"verdict suggested: {judged.verdict}")
    return parts


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"
