"""mledger rollback: put an earlier version back."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import opening, versions
from mledger_cli.commands.answering import AS
from mledger_cli.commands.append import tell
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command

if TYPE_CHECKING:
    from mledger.projections.model import ModelState


@click.command("rollback", cls=Command)
@click.argument("model", metavar="MODEL")
@click.option("--to", "version", metavar="VERSION", required=True, help="The version that serves again.")
@click.option("--reason", metavar="TEXT", required=True, help="What was observed, and what was feared.")
@click.option("--stage", metavar="STAGE", help="The stage; else the foremost one that is held.")
@click.option(
    "--files",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Compare the files that serve again, in this folder, with those released.",
)
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
    affected: str | None,
    key: str | None,
) -> None:
    """Put an earlier version back.

    The version that stands there now is withdrawn; the request under which the earlier one was approved
    is filled in. Where the policy asks for approvals and that request lacks them, ask anew:
    `mledger promotion request`. With --files nothing is recorded unless every file is the released one.
    """
    from mledger.desk import moving
    from mledger.events.base import build

    with opening.reader(settings) as reader:
        state = versions.state_of(reader, model)
    fields = moving.roll_back(state, version, stage)
    compared = _compared(state, version, folder)
    body = build("rollback.executed", fields | {"reason": reason, "affected": affected})
    with opening.ledger(settings, key) as ledger:
        receipt = ledger.append(body, state.stream)
    tell(settings, receipt)
    if compared:
        settings.out.note(f"{compared} as released")
    request = state.stages.requests.get(str(fields.get("request")))
    who = ", ".join(one.by for one in request.approvals) if request is not None else ""
    before = f"approved by {who} (request {fields['request']})" if who else "never approved for this stage"
    settings.out.note(f"{version} was {before}")


def _compared(state: "ModelState", version: str, folder: Path | None) -> str | None:
    """How many files were compared. Errors: InputError naming the first that is another, or missing."""
    if folder is None:
        return None
    from mledger.desk import moving
    from mledger_cli.text import counted

    files = list(moving.compare_files(state, version, folder))
    for file in files:
        if not file.same:
            lies = f"{file.found[:12]} lies in {folder}" if file.found else f"it is not in {folder}"
            released = f"{file.name} of {version} was released as {file.released[:12]}"
            raise InputError(
                f"{released}, and {lies}; nothing was recorded",
                fix=f"put the released file there: mledger show {state.name}@{version}",
            )
    return counted(len(files), "file")
