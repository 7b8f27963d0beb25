"""The last event of a run: measures, and their verdict."""

from collections.abc import Container, Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from mledger.attachment import Attachment
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.measures import Metric
from mledger.projections.verdicts import Judged, judge
from mledger.recording.item import Item

if TYPE_CHECKING:
    from mledger.events.measures import Criterion
    from mledger.events.run import RunAbandoned, RunFailed, RunFinished, RunStarted
    from mledger.recording.ending import Failure
    from mledger.recording.journal import Left
    from mledger.recording.run import Run
    from mledger.recording.told import Told

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
    fields, attach, gaps = _told(run.told, run.begun.criteria)
    fields = run.ending() | fields
    rows = fields["metrics"]
    judged = judge(run.begun.criteria, [Metric(**row) for row in rows])
    unmeasured = judged.unmeasured
    missing: list[str] = []
    if wrong is not None:
        fields, line = _without_leading(fields, wrong)
        missing.append(line)
    if failure is not None:
        attach += [failure.traceback] if failure.traceback is not None else []
        fields["exit"] = failure.exit
    else:
        fields["verdict"] = judged.verdict
        missing += [f"criterion {one.words}: {one.criterion.metric} was never measured" for one in unmeasured]
    fields["files"] = [one.file.model_dump(exclude_none=True) for one in attach]
    body, left_out = _built(f"run.{verb}", fields, [*gaps, *missing])
    odd = _not_finite(judged, run.called) if failure is None else ()
    warnings = [f"run {run.called}: {gap}" for gap in (*left_out, *missing, *odd)]
    summary = _measures(rows, judged) if failure is None else [_failed(failure)]
    return Closed(body, _named(attach, body), verb, tuple(summary), tuple(dict.fromkeys(warnings)))


def _not_finite(judged: Judged, called: str) -> list[str]:
    """What to do where a value that is no number, or endless, decides over the verdict."""
    found = [one for one in judged.outcomes if one.value is not None and not isfinite(float(one.value))]
    way = f"if it says nothing of the hypothesis: mledger conclude {called} --verdict invalid --lesson TEXT"
    told = (f"criterion {one.words}: {one.criterion.metric} is {one.value}" for one in found)
    return [f"{line}, which meets none; {way}" for line in told]


class GivenUp(NamedTuple):
    """The event of a run that somebody gives up, and its files."""

    body: "RunAbandoned"
    attach: tuple[Attachment, ...]


def given_up(
    begun: "RunStarted",
    said: Mapping[str, Any],
    left: "Left | None" = None,
    wrong: InputError | None = None,
) -> GivenUp:
    """What is to be recorded of a run that is given up: what is said of it, and what its process left.

    `wrong` is as for `closed`. Errors: InputError for what was said.
    """
    fields: dict[str, Any] = {"run": begun.run, **said}  # which may name it by its number
    alone = events.build("run.abandoned", fields)
    if left is None:
        return GivenUp(cast("RunAbandoned", alone), ())
    told, attach, gaps = _told(left.told, begun.criteria)
    if wrong is not None:
        told, left_out = _without_leading(told, wrong)
        gaps.append(left_out)
    fields |= told | {"captures": [{"name": "journal", "how": left.how}]}
    fields["files"] = [one.file.model_dump(exclude_none=True) for one in attach]
    body, _ = _built("run.abandoned", fields, gaps, keep=tuple(said))
    return GivenUp(body, _named(attach, body))


def _told(
    told: "Told", criteria: "Sequence[Criterion]"
) -> tuple[dict[str, Any], list[Attachment], list[str]]:
    """The fields that were told on the way, the file with all values, and the gaps."""
    fields = told.fields()
    gaps, attach = [*fields.pop("gaps", ())], []
    try:
        file = told.measured.file()
    except InputError as error:
        file = None
        gaps.append(f"metrics by step: {error.message}")
    if file is not None:
        attach.append(file)
    series = told.measured.series({c.metric: c.operator for c in criteria})
    return fields | {"metrics": told.measured.metrics(), "series": series}, attach, gaps


def _without_leading(fields: dict[str, Any], wrong: InputError) -> tuple[dict[str, Any], str]:
    """The fields without those that lead to other events, and a line that says so."""
    kept = {name: value for name, value in fields.items() if name not in _LEADING}
    return kept, f"{', '.join(_LEADING)} left out: {wrong.message}"


def _named(attach: list[Attachment], body: Any) -> tuple[Attachment, ...]:
    """The files that the event names."""
    data = body.to_bytes()
    return tuple(file for file in attach if file.file.sha256.encode() in data)


def _built(
    event: str, fields: dict[str, Any], gaps: list[str], keep: Sequence[str] = ()
) -> tuple[Any, list[str]]:
    """The event; a field that it does not take is left out, and becomes a gap; those to keep never are."""
    left_out: list[str] = []
    stays = {"run", "exit", *keep}
    while True:
        try:
            body = events.build(event, fields | {"gaps": [gap[:_GAP] for gap in (*gaps, *left_out)]})
            body.to_bytes()
        except InputError as error:
            wrong = [name for name in _tops(error) if name in fields and name not in {*stays, "gaps"}]
            name = wrong[0] if wrong else _largest(fields, stays)
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


def _largest(fields: dict[str, Any], stays: Container[str]) -> str | None:
    """The field with the most in it, of those that may go."""
    may_go = {name: len(str(value)) for name, value in fields.items() if name not in stays}
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
