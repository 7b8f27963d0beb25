"""mledger data: where data came from, how it looks, how it moved."""

import click

from mledger_cli.groups import Lazy, LazyGroup

SECTIONS = {
    "Record": {
        "add": Lazy(
            "mledger_cli.commands.data_add", "Record a state of a dataset: digests, profile, shifts."
        ),
        "issue": Lazy("mledger_cli.commands.data_issue", "Record that something is wrong with the data."),
        "transform": Lazy("mledger_cli.commands.data_transform", "Record how data was made from other data."),
    },
    "Read": {
        "list": Lazy("mledger_cli.commands.data_list", "List the datasets and their newest states."),
        "show": Lazy(
            "mledger_cli.commands.data_show", "Show a state: origin, digests, profile, groups, issues."
        ),
        "diff": Lazy("mledger_cli.commands.data_diff", "Say what moved between two states."),
    },
    "Prove": {
        "verify": Lazy("mledger_cli.commands.data_verify", "Hash again what is recorded."),
    },
}


@click.group("data", cls=LazyGroup, sections=SECTIONS)
def command() -> None:
    """Record where data came from, what it looks like, how it moved.

    No row of it is ever recorded.
    """
