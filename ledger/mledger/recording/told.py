"""What a run is told on the way."""

from collections.abc import Mapping, Sequence
from typing import Any

from mledger.recording.series import Key, Measured


class Told:
    """Data, parameters, metrics, files and words, as they came.

    Each method takes in one thing, in values that JSON has: the journal of a run is a list of such calls.
    """

    def __init__(self) -> None:
        """Know nothing."""
        self.measured = Measured()
        self.gaps: list[str] = []
        self._fields: dict[str, Any] = {}
        self._notes: list[str] = []
        self._artifacts: dict[str, Mapping[str, Any]] = {}

    def dataset(self, row: Mapping[str, Any], gap: str | None = None) -> None:
        """Take in data that the run reads; the same again is nothing new."""
        rows = self._fields.setdefault("datasets", [])
        if row not in rows:
            rows.append(row)
            self.gaps += [gap] if gap else []

    def params(
        self, values: Mapping[str, Any], odd: Sequence[str] = (), reasons: Sequence[Mapping[str, Any]] = ()
    ) -> None:
        """Take in parameters, what could not be said of some, and why they have their values."""
        self._fields.setdefault("params", {}).update(values)
        self.gaps += odd
        if reasons:
            held = {row["name"]: row for row in self._fields.get("param_reasons", [])}
            self._fields["param_reasons"] = list((held | {row["name"]: row for row in reasons}).values())

    def metric(
        self, name: str, dataset: str | None = None, slice: str | None = None, place: int | None = None
    ) -> None:
        """Take in that a metric is measured; its values go to `measured`, at its place there."""
        self.measured.begin(Key(name, dataset, slice), place)

    def artifact(self, row: Mapping[str, Any]) -> None:
        """Take in a file that was made; of two under one name the last counts."""
        held = self._artifacts.setdefault(row["name"], row)
        if held["sha256"] != row["sha256"]:
            self.gaps.append(f"artifact {row['name']}: was made twice, the last one counts")
            self._artifacts[row["name"]] = row

    def note(self, text: str) -> None:
        """Take in words."""
        self._notes.append(text)

    def seeds(self, seeds: Mapping[str, Any]) -> None:
        """Take in seeds that were set."""
        self._fields.setdefault("seeds", {}).update(seeds)

    def early_stopping(self, row: Mapping[str, Any]) -> None:
        """Take in the rule by which training stopped early, and when."""
        self._fields["early_stopping"] = dict(row)

    def gap(self, line: str) -> None:
        """Take in that something is not recorded."""
        self.gaps.append(line)

    def fields(self) -> dict[str, Any]:
        """The fields of the last event of the run, measures aside."""
        lists = {"notes": self._notes, "artifacts": list(self._artifacts.values()), "gaps": self.gaps}
        return self._fields | {name: value for name, value in lists.items() if value}
