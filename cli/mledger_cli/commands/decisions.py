"""mledger decisions: what was decided, and by whom."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError, NotFoundError
from mledger_cli import opening, screen, text
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import SOME_STREAM
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.projections.decisions import Decision
    from mledger.projections.discussion import Discussion
    from mledger_cli.page import Page

STATES = ("in force", "proposed", "rejected", "superseded", "invalidated")


@click.command("decisions", cls=Command)
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--tree", is_flag=True, help="Show which decision details which: goal, component, parameter.")
@click.option("--category", metavar="WORD", help="Only of this category, such as hyperparameter.")
@click.option("--state", type=click.Choice(STATES), metavar="STATE", help=f"Only these: {', '.join(STATES)}.")
@pass_settings
def command(
    settings: Settings, model: str | None, category: str | None, state: str | None, *, tree: bool
) -> None:
    """List the decisions of a model: their state, and who agreed.

    MODEL may be left out where the ledger has one; a dataset will do, too.
    """
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        stream = opening.stream_of(reader, model)
        found = reader.replay(stream).state
    if stream == "ledger":
        raise InputError("decisions are about models and datasets", fix="mledger replay")
    rows = [
        Row(number, one, found.discussion, found.trail.resolve(one.parent))
        for number, one in found.decisions.proposals.items()
    ]
    if category is not None:
        _check_category(category)
    rows = [
        row
        for row in rows
        if (category is None or row.found.category == category)
        and (state is None or row.found.status == state)
    ]
    if not tree:
        settings.out.table(rows, COLUMNS, none="no decision of that kind is recorded")
    elif settings.json:
        settings.out.json([branch.to_json() for branch in grown(rows)])
    elif not rows:
        settings.out.note("no decision of that kind is recorded")
    else:
        from mledger_cli.page import Page

        page = Page(screen.width() or 100)
        for branch in grown(rows):
            _draw(page, branch, 0)
        settings.out.raw("\n".join(page.done()) + "\n")


def _check_category(category: str) -> None:
    """Refuse a category that there is not. Errors: NotFoundError with the nearest."""
    from typing import get_args

    from mledger.events.base import find
    from mledger.registry import unknown

    known = get_args(find("decision.proposed").model_fields["category"].annotation)
    if category not in known:
        raise NotFoundError(unknown("category", category, known), fix="mledger types decision.proposed")


class Row(NamedTuple):
    """A decision as it is listed."""

    number: str
    found: "Decision"
    discussion: "Discussion"
    parent: str | None

    @property
    def accepted_by(self) -> list[str]:
        """Who accepted it, once each."""
        return list(dict.fromkeys(a.source.by for a in self.found.answers if a.verdict == "accepted"))

    @property
    def dissent(self) -> list[tuple[str, str]]:
        """Who disagrees with it, and the number of that event."""
        numbers = {
            n for about in self.found.own if (talk := self.discussion.about.get(about)) for n in talk.dissent
        }
        return [(d.source.by, d.source.number) for d in self.discussion.dissent if d.source.number in numbers]

    @property
    def comments(self) -> int:
        """How many comments there are on it."""
        talk = self.discussion.about.get(self.number)
        return len(talk.comments) if talk else 0

    @property
    def words(self) -> str:
        """Its title, who proposed and accepted it, what people say."""
        people = f"by {self.found.source.by}"
        if self.accepted_by:
            people += f", accepted by {', '.join(self.accepted_by)}"
        if self.found.status in {"rejected", "invalidated"}:
            people += f", {self.found.status} by {self.found.settled.by}"
        if self.found.status == "superseded":
            people += f", superseded by {self.found.superseded_by}"
        said = [f"dissent of {by} ({number})" for by, number in self.dissent]
        said += [text.counted(self.comments, "comment")] if self.comments else []
        said += [f"open: {', '.join(self.found.open)}"] if self.found.open else []
        return "; ".join([f"{self.found.title}: {people}", *said])

    def to_json(self) -> dict[str, object]:
        """The decision as `--json` prints it."""
        found = self.found
        return {
            "number": self.number,
            "title": found.title,
            "summary": found.summary,
            "category": found.category,
            "level": found.level,
            "state": found.status,
            "choice": found.choice,
            "by": found.source.by,
            "accepted_by": self.accepted_by,
            "review_by": found.next_review,
            "parent": self.parent,
            "superseded_by": found.superseded_by,
            "open": found.open,
            "parameters": [{"name": p.name, "from": p.before, "to": p.to} for p in found.parameters],
            "dissent": [number for _, number in self.dissent],
            "comments": self.comments,
            "events": found.numbers,
        }


COLUMNS = [
    Column[Row]("decision", lambda row: row.number, right=True),
    Column[Row]("state", lambda row: row.found.status),
    Column[Row]("category", lambda row: row.found.category),
    Column[Row]("level", lambda row: row.found.level),
    Column[Row]("review by", lambda row: row.found.next_review),
    Column[Row]("what, and who", lambda row: row.words, lines=6),
]


class Branch(NamedTuple):
    """A decision with those that detail it."""

    row: Row
    below: "list[Branch]"

    def to_json(self) -> dict[str, object]:
        """The branch as `--json` prints it."""
        return self.row.to_json() | {"below": [branch.to_json() for branch in self.below]}


def grown(rows: list[Row]) -> list[Branch]:
    """The decisions as trees; one whose parent is not among them, or which is its own, begins a tree."""
    branches = {row.number: Branch(row, []) for row in rows}
    roots: list[Branch] = []
    for row in rows:
        above = _above(row, branches)
        (branches[above].below if above else roots).append(branches[row.number])
    return roots


def _above(row: Row, branches: dict[str, Branch]) -> str | None:
    """The number of the parent, unless the way up comes round to the decision itself."""
    number = parent = row.parent
    seen = {row.number}
    while number in branches:
        if number in seen:
            return None
        seen.add(number)
        number = branches[number].row.parent
    return parent if parent in branches else None


def _draw(page: "Page", branch: Branch, depth: int) -> None:
    """The decision, the parameters that it sets, and those below it, further in."""
    from mledger.projections.decisions import Setting
    from mledger_cli.deciding import told

    row, indent = branch.row, "  " * depth
    page.tree(f"{indent}- ", f"{row.found.level}: {row.words}; {row.found.status}", row.found.numbers)
    for parameter in row.found.parameters:
        page.tree(f"{indent}    ", told(Setting(parameter.name, parameter.before, parameter.to)))
    for below in branch.below:
        _draw(page, below, depth + 1)
