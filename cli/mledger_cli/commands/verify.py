"""mledger verify: find whatever was changed, removed, slipped in or back-dated."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.output import Column, Output
from mledger_cli.params import HASH

if TYPE_CHECKING:
    from mledger.chain.findings import Finding
    from mledger.chain.verification import Verification

# Findings beyond these are counted: a broken ledger may have one for each entry.
SHOWN = 100
BROKEN = "BROKEN: this ledger is not what was signed. Keep the file as it is, and find out who wrote to it."
DIVERGED = "DIVERGED: this is not the history that is known. Keep the file, and find out where it comes from."


@click.command("verify", cls=Command)
@click.option(
    "--from-checkpoint",
    "checkpoint",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A checkpoint that you kept: the ledger must extend it.",
)
@click.option(
    "--expect-head", "head", type=HASH, metavar="HASH", help="The hash of an entry that must be there."
)
@click.option("--full", is_flag=True, help="Check everything again, not only what is new.")
@pass_settings
@click.pass_context
def command(
    context: click.Context, settings: Settings, checkpoint: Path | None, head: bytes | None, *, full: bool
) -> None:
    """Find whatever was changed, removed, slipped in or back-dated.

    Says which level of trust was reached and what the next would need. What was verified before is
    not checked again while only mledger wrote to the file, and is otherwise hashed again.

    Exit code: 0 nothing found, 1 findings of policy, 3 integrity broken or another history than known.
    """
    from mledger.verifying import Trust

    trust = Trust(checkpoint.read_bytes() if checkpoint else None, head)
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as progress,
    ):
        reader.progress = progress
        found = reader.verify(full=full, trust=trust)
    if settings.json:
        settings.out.json(found)
    else:
        _tell(settings.out, found)
    context.exit(found.exit_code)


def _tell(out: Output, found: "Verification") -> None:
    from mledger.chain.verification import LEVELS

    if found.findings:
        out.table(found.findings[:SHOWN], FINDINGS)
        if len(found.findings) > SHOWN:
            out.line(f"… and {len(found.findings) - SHOWN:,} more: --json has all")
        out.line()
    out.facts(_facts(out, found))
    out.line()
    if found.level is None:
        out.line(DIVERGED if all(f.kind == "head" for f in found.findings if f.integrity) else BROKEN)
        return
    verdict = "VERIFIED" if not found.findings else "VERIFIED, WITH FINDINGS"
    out.line(f"{verdict} at level {found.level}: {', '.join(LEVELS[n] for n in range(found.level + 1))}")
    for level, need in found.needs().items():
        out.line(f"  level {level} needs {need}")


def _facts(out: Output, found: "Verification") -> dict[str, object]:
    new = found.head.size - found.since
    checked = f"{found.signatures:,} signatures, {found.bodies:,} bodies, {len(found.keyring.members)} keys"
    before = f"{found.since:,} entries {found.earlier}; --full checks all" if found.earlier else None
    return {
        "ledger": found.origin or None,
        "entries": f"{found.head.size:,}, {new or 'none'} new" if before else f"{found.head.size:,}",
        "checked": checked if new or not before else None,
        "before": before,
        "compared": ", ".join(found.relied_on) or "with nothing kept elsewhere",
        "head": f"{found.head.leaf.hex()}  {out.moment(found.time)}",
    }


FINDINGS: "list[Column[Finding]]" = [
    Column("", lambda finding: "✗" if finding.integrity else "!"),
    Column("where", lambda finding: finding.where),
    Column("kind", lambda finding: finding.kind),
    Column("rule", lambda finding: finding.rule),
    Column("found", lambda finding: finding.message, flexible=True),
]
