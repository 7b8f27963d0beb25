"""What differs between two runs, as a table."""

from typing import TYPE_CHECKING

from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.projections.run_diff import Difference


def columns(before: str, after: str) -> "list[Column[Difference]]":
    """What it is, in the one run and in the other."""
    from mledger.projections.run_diff import shown

    return [
        Column("of", lambda one: one.group),
        Column("what", lambda one: one.name, flexible=True),
        Column(f"run {before}", lambda one: shown(one.before), flexible=True),
        Column(f"run {after}", lambda one: shown(one.after), flexible=True),
    ]
