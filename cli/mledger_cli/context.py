"""What is common to all commands: the ledger and the output."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click

from mledger_cli.output import Output
from mledger_cli.screen import may_colour

DEFAULT_LEDGER = "mledger.db"


@dataclass
class Settings:
    """The options that stand before or after the name of any command."""

    ledger: Path | None = None
    json: bool = False
    quiet: bool = False
    no_color: bool = False
    tz: str | None = None
    command: str = "mledger"
    """The command that was called, as far as it is known: its help mends wrong use."""

    @property
    def path(self) -> Path:
        """The ledger's file: --ledger, or MLEDGER_LEDGER, or `mledger.db` here."""
        return self.ledger or Path(os.environ.get("MLEDGER_LEDGER") or DEFAULT_LEDGER)

    @cached_property
    def out(self) -> Output:
        """Where the command prints."""
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
            type=click.Path(path_type=Path),
            metavar="PATH",
            help=f"The ledger's file; else $MLEDGER_LEDGER, else {DEFAULT_LEDGER}.",
            **keep,
        ),
        CommonOption(["--json"], help="Print JSON; errors too, on standard error.", **flag),
        CommonOption(["-q", "--quiet"], help="Leave out hints and progress.", **flag),
        CommonOption(
            ["--tz"], metavar="ZONE", help="Show times in a zone like Europe/Berlin, not in UTC.", **keep
        ),
        CommonOption(["--no-color"], help="Plain text on a terminal too; as does $NO_COLOR.", **flag),
    ]
