"""mledger promotion: ask for a stage, and move a version there."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, versions
from mledger_cli.commands.answering import AS
from mledger_cli.commands.append import tell
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.params import EVENT_NUMBER

if TYPE_CHECKING:
    from mledger.projections.model import ModelState
    from mledger.reader import Reader


@click.group("promotion", cls=Group)
def command() -> None:
    """Ask for a stage, and move a version there."""


@command.command("request")
@click.argument("version", metavar="MODEL@VERSION")
@click.option("--to", "stage", metavar="STAGE", required=True, help="The stage that it shall have.")
@click.option("--new-stage", "new", is_flag=True, help="The stage is a new one, and not mistyped.")
@click.option("--reason", metavar="TEXT", required=True, help="Why now, with the results that speak for it.")
@click.option("--risk", "risks", metavar="TEXT", multiple=True, help="What may go wrong; may be said again.")
@click.option("--rollback-plan", metavar="TEXT", help="How to go back.")
@AS
@pass_settings
def request(
    settings: Settings,
    version: str,
    stage: str,
    reason: str,
    risks: tuple[str, ...],
    rollback_plan: str | None,
    key: str | None,
    *,
    new: bool,
) -> None:
    """Ask for a stage: somebody else approves or rejects.

    The stage that the version has now is filled in. `mledger inbox` shows the request to those who
    may answer.
    """
    from mledger.desk import moving
    from mledger.events.base import build

    model, name = versions.whole(version)
    with opening.reader(settings) as reader:
        state, policy = versions.state_of(reader, model), reader.keyring().policy
    known = moving.request(state, name, stage, policy, new=new)
    fields = known | {"reason": reason, "risks": list(risks)}
    body = build("promotion.requested", fields | {"rollback_plan": rollback_plan})
    with opening.ledger(settings, key) as ledger:
        receipt = ledger.append(body, state.stream)
    tell(settings, receipt)
    settings.out.note(f"next: somebody else looks at it: mledger review {receipt.number}")


@command.command("execute")
@click.argument("event", type=EVENT_NUMBER)
@click.option("--how", metavar="TEXT", help="How it was done, so that it can be undone the same way.")
@AS
@pass_settings
def execute(settings: Settings, event: str, how: str | None, key: str | None) -> None:
    """Record that a version has moved to the stage it asked for.

    EVENT is the number of the promotion.requested. Refused without the approvals that the policy asks
    for. The version that had the stage before is filled in.
    """
    from mledger.desk import moving
    from mledger.events.base import build

    with opening.reader(settings) as reader:
        state, number = _of_request(reader, event)
    body = build("promotion.executed", moving.execute(state, number) | {"how": how})
    with opening.ledger(settings, key) as ledger:
        tell(settings, ledger.append(body, state.stream))
    _warn(settings, moving.unapproved(state, number))


@command.command("deploy")
@click.argument("event", type=EVENT_NUMBER)
@click.option("--in", "environment", metavar="NAME", required=True, help="Where it serves.")
@click.option("--traffic", metavar="TEXT", help="Which part of the requests: '10 % canary'.")
@click.option("--endpoint", metavar="URI", help="Where it answers.")
@click.option("--image", metavar="SHA256", help="The digest of the image that runs.")
@AS
@pass_settings
def deploy(
    settings: Settings,
    event: str,
    environment: str,
    traffic: str | None,
    endpoint: str | None,
    image: str | None,
    key: str | None,
) -> None:
    """Record that a version serves in an environment of the stage.

    EVENT is the number of the promotion.requested that allows it. Refused without the approvals that
    the policy asks for.
    """
    from mledger.desk import moving
    from mledger.events.base import build

    with opening.reader(settings) as reader:
        state, number = _of_request(reader, event)
    where = {"environment": environment, "traffic": traffic, "endpoint": endpoint, "image_digest": image}
    body = build("deployment.recorded", moving.deploy(state, number) | where)
    with opening.ledger(settings, key) as ledger:
        tell(settings, ledger.append(body, state.stream))
    _warn(settings, moving.unapproved(state, number))


def _warn(settings: Settings, words: str | None) -> None:
    """Say what lacks, at the moment at which it can still be mended."""
    if words is not None:
        settings.out.note(f"warning: {words}")


def _of_request(reader: "Reader", event: str) -> "tuple[ModelState, str]":
    """The model that a request is about, and the number of the request."""
    fact = reader.fact(event)
    return versions.state_of(reader, fact.stream), fact.number
