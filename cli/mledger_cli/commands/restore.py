"""mledger restore: the files of a version, checked, in a folder."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import opening, versions
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mledger.desk.restoring import Put

FOLDER = click.Path(file_okay=False, path_type=Path)
FROM = click.option(
    "--from",
    "places",
    type=click.Path(exists=True, path_type=Path),
    multiple=True,
    metavar="FOLDER|BUNDLE",
    help="Look for files here, too; may be said again.",
)
"""The option that names where files are kept besides the ledger."""


@click.command("restore", cls=Command)
@click.argument("version", metavar="MODEL@VERSION|DATASET@VERSION")
@click.argument("folder", type=FOLDER)
@FROM
@pass_settings
def command(settings: Settings, version: str, folder: Path, places: tuple[Path, ...]) -> None:
    """Put the files of a version into a folder, each checked.

      mledger restore credit-risk@2.0 live --from /srv/models/2.0

    The files are those of a release and of its bundle, or those of a state of a dataset. They are looked
    for in the ledger, in the places named, and where they were recorded to be on this machine; each must
    have the SHA-256 that was recorded. If one is nowhere, nothing is changed. A file that lies there is
    replaced only if it is that of a version.
    """
    from mledger.desk.restoring import staging

    model, name = versions.whole(version)
    with opening.reader(settings) as reader:
        stream = opening.stream(reader, model) or model
        with staging(reader, stream, name, folder, places) as staged:
            put = staged.place()
    show_put(settings, put)


def show_put(settings: Settings, put: "Sequence[Put]") -> None:
    """Print where each file came from."""
    columns: list[Column[Put]] = [
        Column("file", lambda one: one.name, flexible=True),
        Column("sha256", lambda one: one.sha256[:12]),
        Column("", lambda one: f"{one.how} that of {one.before}" if one.before else one.how),
        Column("from", lambda one: one.source, flexible=True),
    ]
    settings.out.table(put, columns)
