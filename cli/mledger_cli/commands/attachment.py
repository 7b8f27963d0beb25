"""mledger attachment: the files that are kept inside the ledger."""

from pathlib import Path

import click

from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.tables import Column


@click.group("attachment", cls=Group)
def command() -> None:
    """List the files kept inside the ledger, or take one out.

    A file gets in with the event that names it: mledger append … --attach FILE.
    """


@command.command("list")
@pass_settings
def list_(settings: Settings) -> None:
    """List the files that are kept, by their SHA-256."""
    with opening.reader(settings) as reader:
        rows = [{"sha256": name.hex(), "size": size} for name, size in reader.store.attachments()]
    columns: list[Column[dict[str, object]]] = [
        Column("sha256", lambda row: str(row["sha256"])),
        Column("bytes", lambda row: f"{row['size']:,}", right=True),
    ]
    settings.out.table(rows, columns, none="no file is kept in this ledger")


@command.command("get")
@click.argument("digest")
@click.option("-o", "--output", type=files.NEW, metavar="FILE", help="Write it to a new file.")
@pass_settings
def get(settings: Settings, digest: str, output: Path | None) -> None:
    """Write out a file, if it is still the one that was attached.

    DIGEST is its SHA-256, of which the first eight digits will do.
    """
    if output is not None:
        files.check_new(output)
    with opening.reader(settings) as reader:
        data = reader.attachment(digest)
    if settings.json and output is None:
        raise click.UsageError("a file is no JSON: name a new file with -o")
    files.deliver(settings, output, data, f"attachment of {len(data):,} bytes", {"size": len(data)})
