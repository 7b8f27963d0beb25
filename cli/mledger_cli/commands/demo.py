"""mledger demo: a ledger with a history, to try everything on."""

from pathlib import Path

import click

from mledger_cli import screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command


@click.command("demo", cls=Command)
@click.argument("folder", type=click.Path(path_type=Path), default="half-a-year")
@pass_settings
def command(settings: Settings, folder: Path) -> None:
    """Fill a folder with half a year of two models, to try it all.

      mledger demo && cd half-a-year && . ./activate

    Four people and a pipeline: decisions, dissent, failed runs, an incident, an audit. The models are
    trained while you wait, on handwriting that comes with scikit-learn; nothing is fetched. FOLDER is
    half-a-year unless you name another. It keeps everybody's key, without passphrase, because they
    are toys: sign as whom you like, with --as bob.
    """
    from shlex import quote

    from mledger.reader import Reader
    from mledger.testing.story import HOME, PEOPLE, at_home, play

    with screen.progress("training", show=not settings.quiet) as progress:
        path = play(folder, progress)
    with at_home(folder / HOME), Reader.open(path) as reader:
        entries, origin = reader.head.size, reader.origin
    told = {"ledger": str(path), "origin": origin, "entries": entries, "people": list(PEOPLE)}
    settings.out.facts(told)
    settings.out.note(f"next: cd {quote(str(folder))} && . ./activate && mledger replay")
