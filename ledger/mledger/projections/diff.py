"""What changed between two states of one projection, as people read it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mledger.projections.base import Statement

GROUPS = (
    "purpose",
    "architecture",
    "parameters",
    "data",
    "evaluation",
    "people",
    "promotions",
    "versions",
    "decisions",
    "runs",
    "discussion",
    "corrected",
)


class Change(NamedTuple):
    """One statement that differs: None stands for a state that does not make it.

    `numbers` are the events behind what is said afterwards; where nothing is, those behind what was
    said before.
    """

    group: str
    path: str
    before: str | None
    after: str | None
    numbers: tuple[str, ...]

    def to_json(self) -> dict[str, object]:
        """The change as `--json` prints it."""
        return self._asdict() | {"numbers": list(self.numbers)}


def compare(before: Iterable[Statement], after: Iterable[Statement]) -> list[Change]:
    """The changes from one state to another, group by group, each group in the order of the statements."""
    old = {(s.group, s.path): s for s in before}
    new = {(s.group, s.path): s for s in after}
    changes = [*_changes(old, new)]
    order = {group: place for place, group in enumerate(GROUPS)}
    return sorted(changes, key=lambda change: order.get(change.group, len(order)))


def _changes(
    old: dict[tuple[str, str], Statement], new: dict[tuple[str, str], Statement]
) -> Iterator[Change]:
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        before, after = (was.value if was else None), (now.value if now else None)
        if before != after:
            yield Change(*key, before, after, (now or was or _NOTHING).numbers)


_NOTHING = Statement("", "", None, ())
