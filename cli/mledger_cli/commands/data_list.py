"""mledger data list: the datasets and their newest states."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.tables import Column, day

if TYPE_CHECKING:
    from mledger.projections.datasets import DatasetState


@click.command("list", cls=Command)
@pass_settings
def command(settings: Settings) -> None:
    """List the datasets and their newest states."""
    from mledger import datasets

    with opening.reader(settings) as reader:
        rows = [_Row(datasets.read(reader, name)) for name in datasets.names(reader)]
    columns: list[Column[_Row]] = [
        Column("dataset", lambda row: row.name, flexible=True),
        Column("version", lambda row: row.version),
        Column("event", lambda row: row.event, right=True),
        Column("recorded", lambda row: settings.out.moment(row.time), short=day),
        Column("rows", lambda row: "" if row.rows is None else f"{row.rows:,}", right=True),
        Column("ends", lambda row: row.ends),
        Column("digest", lambda row: (row.digest or "")[:12]),
        Column("open issues", lambda row: row.issues or "", right=True),
    ]
    settings.out.table(rows, columns, none="no dataset is recorded; begin: mledger data add FILE --as NAME")


class _Row:
    """A dataset as it is listed; one without a state that can be read has a name alone."""

    def __init__(self, state: "DatasetState") -> None:
        from mledger.datasets.states import digest_of_version

        current = state.current
        self.name = state.name
        self.version = current.name if current else None
        self.event = current.source.number if current else None
        self.time = current.source.time if current else None
        self.rows = current.rows if current else None
        self.ends = current.period[1] if current and current.period else None
        self.digest = digest_of_version(current) if current else None
        self.issues = sum(issue.status == "open" for issue in state.standing_issues.values())

    def to_json(self) -> dict[str, object]:
        """The row as `--json` prints it."""
        return dict(vars(self))
