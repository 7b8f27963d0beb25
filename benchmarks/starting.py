"""How long commands take that people wait for."""

import sys

from benchmarks.ground import Ground
from benchmarks.measuring import best, in_turns, program
from benchmarks.table import Row, show

MLEDGER = (sys.executable, "-c", "from mledger_cli.main import main; main()")
CLICK = (sys.executable, "-c", "import click")
ROUNDS = 15
HELP, APPEND, LOG = 1.6, 5, 3


def of_commands(ground: Ground) -> list[Row]:
    """`mledger --help`, `append` and `log`, against an interpreter that imports click."""
    ledger = ("--ledger", str(ground.folder / "started.db"))
    program((*MLEDGER, "init", *ledger, "--origin", "bench.example/start", "--name", "Alice Example",
             "--email", "alice@bench.example", "--no-passphrase"))()  # fmt: skip
    comment = ("comment.added", "ledger", "--set", "on=0", "--set", "text=Looks right.")
    commands = {
        "mledger --help": (HELP, ("--help",)),
        "mledger append": (APPEND, ("append", *comment, *ledger)),
        "mledger log": (LOG, ("log", *ledger)),
    }
    sides = [program(CLICK), *(program((*MLEDGER, *words)) for _, words in commands.values())]
    click, *ours = map(best, in_turns(sides, ground.rounds(ROUNDS)))
    return [
        Row(f"{name}; limit: import click", show(one.wall), show(click.wall), one.wall / click.wall, most,
            at_least=False, cpu=one.cpu / click.cpu)
        for (name, (most, _)), one in zip(commands.items(), ours, strict=True)
    ]  # fmt: skip
