"""mledger completion: a script that completes commands in a shell."""

from typing import cast

import click

from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command

LINES = {
    "bash": 'add this line to ~/.bashrc:  eval "$(mledger completion bash)"',
    "zsh": 'add this line to ~/.zshrc, after compinit:  eval "$(mledger completion zsh)"',
    "fish": "run once:  mledger completion fish > ~/.config/fish/completions/mledger.fish",
}


@click.command("completion", cls=Command)
@click.argument("shell", type=click.Choice(list(LINES)), metavar="SHELL")
@pass_settings
def command(settings: Settings, shell: str) -> None:
    """Print a script that completes commands in a shell.

    SHELL is bash, zsh or fish. The first line of the script says where to put it.
    """
    from click.shell_completion import ShellComplete, get_completion_class

    from mledger_cli.main import COMPLETE, program

    kind = cast(type[ShellComplete], get_completion_class(shell))
    script = f"# {LINES[shell]}\n{kind(program, {}, 'mledger', COMPLETE).source()}\n"
    if settings.json:
        settings.out.json({"shell": shell, "script": script})
    else:
        settings.out.raw(script)
