"""What is common to all commands: the ledger and the output."""

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any

import click

from mledger_cli.params import ZONE

if TYPE_CHECKING:
    from pathlib import Path

    from mledger_cli.output import Output

DEFAULT_LEDGER = "mledger.db"


class Settings:
    """The options that stand before or after the name of any command."""

    def __init__(self, ledger: "str | Path | None" = None) -> None:
        """Know what is so unless an option says otherwise."""
        self.ledger = ledger
        self.json = False
        self.quiet = False
        self.no_color = False
        self.tz: str | None = None
        # The command that was called, as far as it is known: its help mends wrong use.
        self.command = "mledger"

    @property
    def path(self) -> "Path":
        """The ledger's file: --ledger, or MLEDGER_LEDGER, or `mledger.db` here."""
        from pathlib import Path

        return Path(self.ledger or os.environ.get("MLEDGER_LEDGER") or DEFAULT_LEDGER)

    @cached_property
    def out(self) -> "Output":
        """Where the command prints."""
        from mledger_cli.output import Output
        from mledger_cli.screen import may_colour

        return Output(
            as_json=self.json,
            quiet=self.quiet,
            colour=not self.no_color and may_colour(),
            zone=self.tz,
        )


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def _keep(context: click.Context, parameter: click.Parameter, value: object) -> None:
    """Note an option where the command finds it, whichever level it was given to."""
    if value and parameter.name:
        setattr(context.ensure_object(Settings), parameter.name, value)


class CommonOption(click.Option):
    """An option that every command takes."""


def common_options() -> list[click.Parameter]:
    """The options that every command takes, made anew for each."""
    keep: dict[str, Any] = {"callback": _keep, "expose_value": False}
    flag = keep | {"is_flag": True, "default": None}
    return [
        CommonOption(
            ["--ledger"],
            type=click.Path(),
            metavar="PATH",
            help=f"The ledger's file; else $MLEDGER_LEDGER, else {DEFAULT_LEDGER}.",
            **keep,
        ),
        CommonOption(["--json"], help="Print JSON; errors too, on standard error.", **flag),
        CommonOption(["-q", "--quiet"], help="Leave out hints and progress.", **flag),
        CommonOption(
            ["--tz"],
            type=ZONE,
            metavar="ZONE",
            help="Show times in a zone like Europe/Berlin, not in UTC.",
            **keep,
        ),
        CommonOption(["--no-color"], help="Plain text on a terminal too; as does $NO_COLOR.", **flag),
    ]
