"""mledger trust: what an auditor must know before any evidence."""

from pathlib import Path

import click

from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.text import counted


@click.group("trust", cls=Group)
def command() -> None:
    """Write down what to trust, to be handed over.

    Hand it over by another way than the evidence.
    """


@command.command("export")
@click.option("-o", "--output", type=files.NEW, metavar="FILE", help="Write it to a new file.")
@pass_settings
def export(settings: Settings, output: Path | None) -> None:
    """Write the ledger's name, verifier key, first entry, last head.

    And whom else its policy believes: roots of time-stamping authorities, and witnesses.

    Hand it over by a way that whoever sends evidence does not control: by letter, in person, in a
    contract. With it `mledger verify --trust FILE`, `mledger bundle verify --trust FILE` and the verifier
    in a bundle tell this ledger from any other, and a later state of it from a rewritten one.

    An auditor who has verified a bundle exports from that, and has the trust file for the next one.
    """
    from mledger.core.trust import format_trust

    if output is not None:
        files.check_new(output)
    with opening.reader(settings) as reader:
        reader.history()
        pinned = reader.pinned()
    what = f"trust in {pinned.origin} as of {counted(pinned.size, 'entry', 'entries')}"
    witnesses = len(pinned.witnesses.keys) if pinned.witnesses else 0
    others = [
        counted(len(pinned.roots), "time-stamping root") if pinned.roots else "",
        counted(witnesses, "witness", "witnesses") if witnesses else "",
    ]
    what += f", with {' and '.join(filter(None, others))}" if any(others) else ""
    files.deliver(settings, output, format_trust(pinned), what, pinned.to_json())
