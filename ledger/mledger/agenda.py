"""What is to be done in a ledger, as known then."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mledger.projections.statements import to_json
from mledger.replay import Cut, When, cut_at, narrowed, stream_named
from mledger.reports.due import Due, due

if TYPE_CHECKING:
    from mledger.reader import Reader


@dataclass(frozen=True, slots=True)
class Agenda:
    """Everything that is open, by day, seen from `today`: the day of the moment that was asked for."""

    origin: str
    stream: str | None
    cut: Cut
    today: str
    items: tuple[Due, ...]

    def by(self, day: str) -> tuple[Due, ...]:
        """What is due by a day."""
        return tuple(item for item in self.items if item.day <= day)

    @property
    def overdue(self) -> tuple[Due, ...]:
        """What should have been done before today."""
        return tuple(item for item in self.items if item.day < self.today)

    def to_json(self) -> dict[str, object]:
        """The agenda as `--json` prints it."""
        rows = [item.to_json() | {"overdue_days": item.overdue(self.today)} for item in self.items]
        return {
            "origin": self.origin,
            "stream": self.stream,
            "cut": to_json(self.cut),
            "today": self.today,
            "due": rows,
        }


def agenda(reader: "Reader", stream: str | None = None, *, known_at: When | None = None) -> Agenda:
    """What is to be done about one stream, or all, from the verified events; errors as `replay`."""
    history = reader.history()
    cut = cut_at(reader, history, known_at)
    name = stream_named(reader, history, stream)
    seen = narrowed(history, cut)
    streams = [name] if name is not None else reader.stream_names()
    return Agenda(reader.origin, name, cut, (cut.known_at or reader.now())[:10], tuple(due(seen, streams)))
