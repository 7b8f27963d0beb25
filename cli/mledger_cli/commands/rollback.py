"""mledger rollback: put an earlier version back."""

from contextlib import nullcontext
from pathlib import Path
from shlex import quote as quoted
from typing import TYPE_CHECKING

import click

from mledger.errors import MledgerError
from mledger_cli import opening, versions
from mledger_cli.commands.answering import AS
from mledger_cli.commands.append import tell
from mledger_cli.commands.restore import FOLDER, FROM, show_put
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command

if TYPE_CHECKING:
    from mledger.desk.restoring import Put, Staging


@click.command("rollback", cls=Command)
@click.argument("model", metavar="MODEL")
@click.option("--to", "version", metavar="VERSION", required=True, help="The version that serves again.")
@click.option("--reason", metavar="TEXT", required=True, help="What was observed, and what was feared.")
@click.option("--stage", metavar="STAGE", help="The stage; else the foremost one that is held.")
@click.option(
    "--files", "folder", type=FOLDER, metavar="FOLDER", help="Put the files that serve again in here."
)
@FROM
@click.option("--affected", metavar="TEXT", help="What the withdrawn version decided in the meantime.")
@AS
@pass_settings
def command(
    settings: Settings,
    model: str,
    version: str,
    reason: str,
    stage: str | None,
    folder: Path | None,
    places: tuple[Path, ...],
    affected: str | None,
    key: str | None,
) -> None:
    """Put an earlier version back.

    The version that stands there now is withdrawn; the request under which the earlier one was approved
    is filled in. Where the policy asks for approvals and that request lacks them, ask anew:
    `mledger promotion request`.

    With --files its files are found and checked first, as by `mledger restore`; nothing is recorded
    unless all are there, and nothing is moved unless the ledger takes the record.
    """
    from mledger.desk import moving
    from mledger.desk.restoring import staging
    from mledger.events.base import build

    with opening.reader(settings) as reader:
        state = versions.state_of(reader, model)
        fields = moving.roll_back(state, version, stage)
        body = build("rollback.executed", fields | {"reason": reason, "affected": affected})
        files = staging(reader, state.stream, version, folder, places) if folder else nullcontext()
        with files as staged:
            with opening.ledger(settings, key) as ledger:
                receipt = ledger.append(body, state.stream)
            put = _placed(staged, receipt.number, f"{state.name}@{version}") if staged else []
    tell(settings, receipt)
    if put and not settings.json:
        show_put(settings, put)
    request = state.stages.requests.get(str(fields.get("request")))
    who = ", ".join(one.by for one in request.approvals) if request is not None else ""
    before = f"approved by {who} (request {fields['request']})" if who else "never approved for this stage"
    settings.out.note(f"{version} was {before}")


def _placed(staged: "Staging", number: str, version: str) -> "list[Put]":
    """The files where they belong. Errors: as of `Staging.place`, with the way to do it once more."""
    try:
        return staged.place()
    except MledgerError as error:
        line = f"the rollback is recorded as event {number}, and its files are not there yet: {error.message}"
        raise type(error)(line, fix=f"mledger restore {version} {quoted(str(staged.folder))}") from None
