"""mledger data verify: hash again what is recorded."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.failures import Exit
from mledger_cli.groups import Command
from mledger_cli.params import DATASET_STATE

if TYPE_CHECKING:
    from mledger.datasets import Rehashed

GOOD = {
    "same": "is what was recorded",
    "same content": "was written anew, with the content that was recorded",
}
BAD = {
    "changed": "is not what was recorded",
    "missing": "is not there any more",
    "unreachable": "cannot be reached",
    "not known where": "was read at a place that is not recorded",
}


@click.command("verify", cls=Command)
@click.argument("dataset", type=DATASET_STATE, metavar="[NAME[@VERSION]]", required=False)
@click.option("--path", metavar="PATH|URI", help="Compare what is there, not where it was read.")
@pass_settings
def command(settings: Settings, dataset: str | None, path: str | None) -> None:
    """Hash again what is recorded, where it was read, and name what is not the same.

    Of states that were read at one place the newest should be there. Exit code 1 if something is
    changed or gone, 4 if it cannot be reached.
    """
    from mledger import datasets

    found: list[Rehashed] = []
    with (
        opening.reader(settings) as reader,
        screen.progress("hashing", show=not settings.quiet) as progress,
    ):
        for one in datasets.rehash(reader, dataset, path=path, progress=progress):
            found.append(one)
            if not settings.json:
                _tell(settings, one)
    if settings.json:
        settings.out.json(found)
    elif not found:
        settings.out.note("no dataset is recorded; begin: mledger data add FILE --as NAME")
    outcomes = {one.outcome for one in found} - GOOD.keys()
    if outcomes:
        raise click.exceptions.Exit(Exit.RETRY if outcomes == {"unreachable"} else Exit.FINDINGS)


def _tell(settings: Settings, one: "Rehashed") -> None:
    mark, words = ("✓", GOOD[one.outcome]) if one.outcome in GOOD else ("✗", BAD[one.outcome])
    where = f"{_near(one.where)} " if one.where else ""
    settings.out.line(f"{mark} {one.name}@{one.version}  {where}{words}  [{one.event}]")
    for detail in one.details:
        settings.out.line(f"    {detail}")
    if one.outcome == "not known where":
        settings.out.note(f"  say where it is: mledger data verify {one.name}@{one.version} --path PATH")


def _near(where: str) -> str:
    """A path from the current folder, if it is in there."""
    path, here = Path(where), Path.cwd()
    return str(path.relative_to(here)) if "://" not in where and path.is_relative_to(here) else where
