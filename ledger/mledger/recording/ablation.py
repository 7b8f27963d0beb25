"""What several runs show together: what was varied, and what came out."""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mledger.attachment import Attachment
from mledger.errors import InputError
from mledger.projections.run_diff import shown

if TYPE_CHECKING:
    from mledger.recording.found import Found

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Row:
    """One run: its number and name, the values of what was varied, its metrics, what became of it."""

    number: str
    name: str
    values: tuple[str, ...]
    metrics: tuple[Any, ...]
    fate: str


@dataclass(frozen=True, slots=True)
class Ablation:
    """Runs beside each other: the parameters that are not the same in all, and the metrics of any."""

    varied: tuple[str, ...]
    measured: tuple[str, ...]
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, object]:
        """The table as `--json` prints it."""
        rows = [
            {"run": row.number, "name": row.name, "verdict": row.fate}
            | {"varied": dict(zip(self.varied, row.values, strict=True))}
            | {"metrics": dict(zip(self.measured, row.metrics, strict=True))}
            for row in self.rows
        ]
        return {"varied": self.varied, "measured": self.measured, "runs": rows}

    def file(self) -> Attachment:
        """The table as CSV."""
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("run", "name", *self.varied, *self.measured, "verdict"))
        for row in self.rows:
            metrics = ("" if value is None else value for value in row.metrics)
            rows.writerow((row.number, row.name, *row.values, *metrics, row.fate))
        return Attachment.of(
            text.getvalue().encode(), "ablation.csv", media_type="text/csv", role="table of runs"
        )

    def finding(self) -> str:
        """What the table shows, in a sentence for each metric: least and largest value, and where."""
        said = [line for place, name in enumerate(self.measured) if (line := self._range(place, name))]
        return " ".join(said) or "None of the runs measured anything."

    def _range(self, place: int, name: str) -> str | None:
        numbers = [
            (row.metrics[place], row) for row in self.rows if isinstance(row.metrics[place], int | float)
        ]
        if not numbers:
            return None
        low, high = min(numbers, key=lambda one: one[0]), max(numbers, key=lambda one: one[0])
        if low[0] == high[0]:
            return f"{name} is {shown(low[0])} in all."
        least, most = (f"{shown(value)} ({self._where(row)})" for value, row in (low, high))
        return f"{name} goes from {least} to {most}."

    def _where(self, row: Row) -> str:
        values = ", ".join(f"{name} {value}" for name, value in zip(self.varied, row.values, strict=True))
        return f"run {row.number}{f': {values}' if values else ''}"

    def metrics(self) -> list[dict[str, Any]]:
        """The field `metrics` of the event: each value with its run as the slice."""
        return [
            {"name": name, "value": value, "slice": f"run {row.number}"}
            for row in self.rows
            for name, value in zip(self.measured, row.metrics, strict=True)
            if value is not None
        ]


def summarize(found: "Sequence[Found]", only: Sequence[str] = ()) -> Ablation:
    """The table of some runs; with `only` these metrics alone. Errors: InputError."""
    if len(found) < 2:
        raise InputError("an ablation needs two runs or more", fix="mledger runs --all")
    if len({one.stream for one in found}) > 1:
        models = ", ".join(sorted({one.model for one in found}))
        raise InputError(f"these are runs of several models: {models}", fix="name runs of one model")
    names = sorted({name for one in found for name in one.run.params})
    varied = tuple(name for name in names if len({_value(one, name) for one in found}) > 1)
    known = dict.fromkeys(m.name for one in found for m in _measures(one))
    if missing := [name for name in only if name not in known]:
        raise InputError(
            f"none of these runs measured {missing[0]}", fix=f"they measured {', '.join(known) or 'nothing'}"
        )
    measured = tuple(only or known)
    return Ablation(varied, measured, tuple(_row(one, varied, measured) for one in found))


def _row(one: "Found", varied: Sequence[str], measured: Sequence[str]) -> Row:
    values = {m.name: m.value for m in reversed(_measures(one))}
    return Row(
        one.number,
        one.run.name,
        tuple(_value(one, name) for name in varied),
        tuple(values.get(name) for name in measured),
        one.run.verdict or one.run.outcome,
    )


def _value(one: "Found", name: str) -> str:
    return shown(one.run.params[name]) if name in one.run.params else _NOTHING


def _measures(one: "Found") -> list[Any]:
    """What was measured on all of the data."""
    return [m for m in (one.run.end.measures if one.run.end else ()) if m.slice is None]
