"""mledger env: the software around runs."""

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.params import RUN

ABOUT = ("environment", "packages")


@click.group("env", cls=Group)
def command() -> None:
    """Compare the software around two runs."""


@command.command("diff")
@click.argument("a", type=RUN)
@click.argument("b", type=RUN)
@pass_settings
def diff(settings: Settings, a: str, b: str) -> None:
    """List the packages that changed between two runs.

    Python, operating system, lock file and container are compared, too.
    """
    from mledger.projections.run_diff import Trial, differences
    from mledger.recording.found import around, meant
    from mledger_cli.differing import columns

    with opening.reader(settings) as reader:
        known = around(reader, a, b)
    one, two = meant(known, a), meant(known, b)
    for run in (one, two):
        if run.begun.env is None:
            settings.out.note(f"nothing is recorded of the environment of run {run.number}")
    found = differences(Trial(one.begun, one.ended), Trial(two.begun, two.ended))
    rows = [row for row in found if row.group in ABOUT]
    settings.out.table(rows, columns(one.number, two.number), none="no package changed")
