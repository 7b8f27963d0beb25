"""Datasets as people read them: states, profiles, shifts."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from mledger_cli import text

if TYPE_CHECKING:
    from mledger.data.shift import Comparison, Moved
    from mledger.datasets import Added
    from mledger.events.profile import ColumnProfile
    from mledger.projections.datasets import DatasetVersion

LARGE, SOME = "▲", "△"
# Shifts that are named one by one; the rest is counted.
NAMED = 8


def added_facts(added: "Added") -> dict[str, str | None]:
    """What is said of a state that was just recorded."""
    captured, comparison = added.captured, added.comparison
    whole = captured.digested.whole
    profile = captured.profile
    return {
        "file"
        if captured.digested.manifest is None
        else "folder": f"{whole.name}  sha256 {whole.sha256[:12]}  {size(whole.size)}",
        "content": None if captured.content is None else f"sha256 {captured.content[:12]}  {captured.format}",
        "rows": None if profile is None else rows(profile.rows, added.previous),
        "columns": None if profile is None else f"{len(profile.columns)}",
        "schema": None if comparison is None else schema(comparison),
        "period": period(profile.period if profile else None, added.previous),
        "groups": None if profile is None else _groups(profile.groups, comparison),
        "shift": None if comparison is None else "\n".join(shifts(comparison)),
        "conditions": named_in(added.conditions),
    }


def named_in(conditions: Iterable[str]) -> str | None:
    """Which decisions name the data in a condition; None if none does."""
    numbers = list(conditions)
    if not numbers:
        return None
    verb = "names" if len(numbers) == 1 else "name"
    named = f"{text.counted(len(numbers), 'decision')} {verb} this data in a validity condition"
    return f"{LARGE} {named}: {', '.join(numbers)}"


def added_row(added: "Added") -> dict[str, Any]:
    """The same as `--json` prints it."""
    captured, comparison = added.captured, added.comparison
    profile = captured.profile
    return {
        "dataset": added.name,
        "version": added.version,
        "previous": added.previous.name if added.previous else None,
        "event": added.event,
        "recorded": bool(added.receipts),
        "events": [receipt.number for receipt in added.receipts],
        "digests": captured.fields()["digests"],
        "format": captured.format,
        "rows": profile.rows if profile else None,
        "period": profile.period if profile else None,
        "comparison": comparison_row(comparison) if comparison else None,
        "conditions": list(added.conditions),
        "notes": captured.notes,
    }


def comparison_row(comparison: "Comparison") -> dict[str, Any]:
    """A comparison as `--json` prints it."""
    return {
        "rows": list(comparison.rows),
        "schema": [change._asdict() for change in comparison.schema],
        **{
            name: [moved._asdict() | {"above": moved.above} for moved in getattr(comparison, name)]
            for name in ("psi", "missing", "groups")
        },
        "incomparable": comparison.incomparable,
    }


def rows(count: int, previous: "DatasetVersion | None") -> str:
    """How many rows, and how many more or fewer than before."""
    if previous is None or previous.rows is None:
        return f"{count:,}"
    return f"{count:,} ({count - previous.rows:+,})" if count != previous.rows else f"{count:,} (as before)"


def period(days: dict[str, str] | None, previous: "DatasetVersion | None") -> str | None:
    """From which day to which, and which it was before."""
    if days is None:
        return None
    was = previous.period if previous else None
    now = f"{days['start']} to {days['end']}"
    return now if was is None or was == (days["start"], days["end"]) else f"{now} (was {was[0]} to {was[1]})"


def schema(comparison: "Comparison") -> str:
    """How the columns changed."""
    changes = [f"{c.column} {c.change}{f': {c.detail}' if c.detail else ''}" for c in comparison.schema]
    return "\n".join(changes) or "unchanged"


def shifts(comparison: "Comparison") -> Iterator[str]:
    """What moved, the most first, and how many columns did not."""
    moved = [one for one in comparison.moved if one.metric != "share"]
    yield from map(moved_words, moved[:NAMED])
    if len(moved) > NAMED:
        yield f"{len(moved) - NAMED} more"
    calm = sum(one.above is None for one in comparison.psi)
    if comparison.psi:
        yield f"psi of {calm} of {text.counted(len(comparison.psi), 'column')} below 0.1"


def moved_words(moved: "Moved") -> str:
    """One thing that moved, with its mark and threshold."""
    mark = f"  {above(moved)}" if moved.above is not None else ""
    if moved.metric == "psi":
        return f"{moved.name}  psi {moved.value:.2f}{mark}"
    what = "  missing" if moved.metric == "missing" else ""
    return f"{moved.name}{what}  {percent(moved.before)} → {percent(moved.after)}{mark}"


def above(moved: "Moved") -> str:
    """The threshold that it reached, with its mark; nothing if it reached none."""
    if moved.above is None:
        return ""
    return f"{mark_of(moved)} {f'above {moved.above:g}' if moved.metric == 'psi' else 'more than 5 points'}"


def mark_of(moved: "Moved") -> str:
    """The mark of a shift: filled from the larger threshold on, hollow from the smaller, else nothing."""
    if moved.above is None:
        return ""
    return LARGE if moved.above >= moved.threshold else SOME


def _groups(groups: Sequence[dict[str, Any]], comparison: "Comparison | None") -> str | None:
    if comparison is not None and comparison.groups:
        return "\n".join(map(moved_words, comparison.groups))
    return "\n".join(f"{row['name']}  {percent(row['share'])}" for row in groups) or None


def percent(share: float | None) -> str:
    """A share as people read it."""
    return "" if share is None else f"{share:.1%}"


def size(count: int) -> str:
    """A number of bytes as people read it."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def distribution(column: "ColumnProfile") -> str:
    """What a column looks like, in a line: categories, or quantiles, or lengths."""
    if column.categories:
        total = sum(category.rows for category in column.categories) + (column.other or 0)
        often = sorted(column.categories, key=lambda category: -category.rows)[:4]
        named = ", ".join(f"{category.value} {percent(category.rows / total)}" for category in often)
        return f"{named}, …" if len(column.categories) > len(often) or column.other else named
    points = column.quantiles or column.lengths
    if points:
        shown = [q for q in points if q.at in {0.05, 0.5, 0.95}]
        what = "characters: " if not column.quantiles else ""
        return what + ", ".join(f"{q.at:.0%} {number(q.value)}" for q in shown)
    return column.note or ""


def number(value: float | str) -> str:
    """A number without digits that say nothing."""
    return value if isinstance(value, str) else f"{value:,.12g}"
