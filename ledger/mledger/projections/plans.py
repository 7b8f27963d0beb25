"""What an amended plan says otherwise than the one before it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from mledger.events.plan import PlanAgreed, PlanAmended


class Amendment(NamedTuple):
    """One difference: of what, as it was, as it is; None where it is new, or gone."""

    what: str
    before: str | None
    after: str | None

    @property
    def words(self) -> str:
        """The difference in a line: + what is new, - what is gone."""
        if self.before is None:
            return f"+ {self.what}: {self.after}"
        return (
            f"- {self.what}: {self.before}"
            if self.after is None
            else f"{self.what}: {self.before} -> {self.after}"
        )


def amendments(before: "PlanAgreed | PlanAmended", after: "PlanAmended") -> Iterator[Amendment]:
    """Each difference between two plans, in the order of their fields."""
    for what in ("title", "evaluation_protocol"):
        one, other = getattr(before, what), getattr(after, what)
        if one != other:
            yield Amendment(what.replace("evaluation_", ""), one, other)
    for what, listed in _LISTS.items():
        was, now = (_lines(plan, listed) for plan in (before, after))
        yield from (Amendment(what, line, None) for line in was if line not in now)
        yield from (Amendment(what, None, line) for line in now if line not in was)


_LISTS = {
    "signatory": "signatories",
    "data": "data_sources",
    "step": "feature_steps",
    "split": "splits",
    "measure": "metrics",
    "not measured": "not_measured",
}


def _lines(plan: object, name: str) -> list[str]:
    return [_line(item) for item in getattr(plan, name)]


def _line(item: object) -> str:
    """One item of a list as people read it: a split by its rule, a measure as a comparison."""
    if isinstance(item, str):
        return item
    if (rule := getattr(item, "rule", None)) is not None:
        more = (getattr(item, name) for name in ("use", "share", "seed"))
        given = ", ".join(str(one) for one in more if one is not None)
        return f"{getattr(item, 'name', '')}, {rule}{f' ({given})' if given else ''}"
    parts = (getattr(item, name, None) for name in ("metric", "operator", "value", "dataset"))
    return " ".join(str(part) for part in parts if part is not None)
