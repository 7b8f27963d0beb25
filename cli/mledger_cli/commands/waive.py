"""mledger waive: let a rule pass until a day."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, recording, versions, waiving
from mledger_cli.context import Settings, pass_settings
from mledger_cli.days import DAY
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER

if TYPE_CHECKING:
    from mledger.projections.model import ModelState


@click.command("waive", cls=Command)
@click.argument("rule", metavar="RULE")
@click.argument("model", metavar="MODEL[@VERSION]")
@click.option("--until", type=DAY, metavar="DAY", required=True, help="The last day on which it holds.")
@click.option("--reason", metavar="TEXT", required=True, help="Why it is better to go on.")
@click.option("--on", type=EVENT_NUMBER, metavar="EVENT", help="Only what the rule finds about this event.")
@click.option(
    "--condition", "conditions", metavar="TEXT", multiple=True, help="What is done instead, meanwhile."
)
@recording.AS
@pass_settings
def command(
    settings: Settings,
    rule: str,
    model: str,
    until: str,
    reason: str,
    on: str | None,
    conditions: tuple[str, ...],
    key: str | None,
) -> None:
    """Let a rule pass until a day; you answer for it.

      mledger waive DATA-006 credit-risk --until 2027-01-31 --on 33
        --reason 'The late codes are 0.4 % of September.'

    RULE is what `mledger check` prints, or FRAMEWORK/PARAGRAPH, as in gxp/legible. It ends by itself;
    `mledger waivers` lists those in force. A dataset, or ledger, may stand in the place of MODEL.
    """
    rule = waiving.known(rule)
    with opening.reader(settings) as reader:
        name, version = versions.parse(model)
        stream = opening.stream(reader, name) or name
        today = reader.now()[:10]
        recording.refuse_past("--until", until, today, f"name a day from {today} on")
        if version is not None:
            _check_version(versions.state_of(reader, stream), version)
        if on is not None:
            on = reader.fact(on).number
    fields = {"rule": rule, "reason": reason, "until": until, "on": on, "version": version}
    made = recording.body("waiver.granted", fields | {"conditions": conditions})
    recording.record(settings, made, stream, key)


def _check_version(state: "ModelState", version: str) -> None:
    """Nothing, if the version was released. Errors: NotFoundError."""
    from mledger.errors import NotFoundError
    from mledger.registry import unknown

    if version not in state.versions:
        line = unknown("released version", version, state.versions)
        raise NotFoundError(line, fix=f"mledger replay {state.name}")
