"""mledger abandon: close a run that will not end by itself."""

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY, RUN

_ENDED = {"finished": "has finished", "failed": "has failed", "abandoned": "was abandoned"}


@click.command("abandon", cls=Command)
@click.argument("run", type=RUN)
@click.option("--reason", metavar="TEXT", required=True, help="Why it is given up.")
@click.option("--lesson", metavar="TEXT", help="What to do instead.")
@click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key.")
@pass_settings
def command(settings: Settings, run: str, reason: str, lesson: str | None, key: str | None) -> None:
    """Close a run that will not end by itself.

      mledger abandon 47 --reason 'The node was drained at night.'

    RUN is its number, or its name; mledger runs --open lists them. What the run was told until its
    process ended (metrics, parameters, notes) is recorded with it, if that was on this machine.
    """
    from mledger.errors import InputError
    from mledger.recording.closing import given_up
    from mledger.recording.found import find
    from mledger.recording.journal import left
    from mledger_cli.commands.append import tell

    with opening.ledger(settings, key) as ledger:
        found = find(ledger, run)
        if found.run.end is not None:
            end = found.run.end
            number = end.source.number
            line = f"run {found.number} {_ENDED[end.outcome]} already, event {number}"
            raise InputError(line, fix=f"mledger show {number}")
        said, journal = {"run": found.reference, "reason": reason, "lesson": lesson}, left(found.id)
        made = given_up(found.begun, said, journal)
        try:
            receipt = ledger.append(made.body, found.stream, attach=made.attach)
        except InputError as error:
            if journal is None or "rule" not in error.details:
                raise
            made = given_up(found.begun, said, journal, error)
            receipt = ledger.append(made.body, found.stream, attach=made.attach)
        tell(settings, receipt)
    if journal is not None:
        journal.remove()
        if journal.alive:
            settings.out.note(f"process {journal.pid} still runs: what it says from now on is a second end")
