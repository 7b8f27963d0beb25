"""mledger verify: find whatever was changed, removed, slipped in or back-dated."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import files, opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.output import Output
from mledger_cli.params import HASH
from mledger_cli.tables import Column
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.chain.findings import Finding
    from mledger.chain.verification import Verification
    from mledger.reader import Reader

# Findings beyond these are counted: a broken ledger may have one for each entry.
SHOWN = 100
BROKEN = "BROKEN: this ledger is not what was signed. Keep the file as it is, and find out who wrote to it."
DIVERGED = "DIVERGED: this is not the history that is known. Keep the file, and find out where it comes from."

ROOTS = click.option(
    "--tsa-root",
    "roots",
    type=files.EXISTING,
    multiple=True,
    help="Believe this root of a time-stamping authority (PEM), in the place of all others.",
)
WITNESSES = click.option(
    "--witness",
    "witnesses",
    metavar="VKEY",
    multiple=True,
    help="This witness must have cosigned, in the place of all others.",
)
REQUIRE = click.option(
    "--require",
    type=click.IntRange(0, 4),
    metavar="LEVEL",
    help="Fail unless this level is reached.",
)


@click.command("verify", cls=Command)
@click.option(
    "--from-checkpoint",
    "checkpoint",
    type=files.EXISTING,
    help="A checkpoint you kept: the ledger must extend it.",
)
@click.option(
    "--expect-head", "head", type=HASH, metavar="HASH", help="The hash of an entry that must be there."
)
@ROOTS
@WITNESSES
@REQUIRE
@click.option(
    "--evidence",
    type=files.NEW,
    metavar="FILE",
    help="Write what proves a fork, if the checkpoint you kept is of another history.",
)
@files.TRUST
@click.option("--full", is_flag=True, help="Check everything again, not only what is new.")
@pass_settings
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    checkpoint: Path | None,
    head: bytes | None,
    roots: tuple[Path, ...],
    witnesses: tuple[str, ...],
    require: int | None,
    evidence: Path | None,
    trust: Path | None,
    *,
    full: bool,
) -> None:
    """Find whatever was changed, removed, slipped in or back-dated.

    Says which level of trust was reached and what the next would need. What was verified before is
    not checked again while only mledger wrote to the file, and is otherwise hashed again.

    Exit code: 0 nothing found, 1 findings of policy or a level below the required, 3 integrity broken
    or another history than known.
    """
    brought = {"checkpoint": checkpoint, "trust": trust, "evidence": evidence}
    check(
        context, settings, full=full, head=head, roots=roots, witnesses=witnesses, require=require, **brought
    )


def is_bundle(path: Path) -> bool:
    """Whether the file is a bundle and no ledger's own."""
    from mledger.stores.bundle_zip import is_zip

    return is_zip(path)


def check(
    context: click.Context,
    settings: Settings,
    *,
    full: bool,
    checkpoint: Path | None = None,
    head: bytes | None = None,
    trust: Path | None = None,
    evidence: Path | None = None,
    roots: tuple[Path, ...] = (),
    witnesses: tuple[str, ...] = (),
    require: int | None = None,
) -> None:
    """Verify the ledger or the bundle, tell what was found, and leave with its exit code."""
    from mledger.verification.verifying import Trust

    if evidence is not None:
        if checkpoint is None:
            raise click.UsageError("--evidence needs the checkpoint that you kept: --from-checkpoint FILE")
        files.check_new(evidence)
    pinned = files.read_trust(trust) if trust else None
    believed = tuple(root for file in roots for root in files.read_roots(file))
    note = files.read_note(checkpoint) if checkpoint else None
    known = Trust(note, head, pinned, believed, _witnesses(witnesses))
    with (
        opening.reader(settings, warn=False) as reader,
        screen.progress("verifying", show=not settings.quiet) as progress,
    ):
        reader.progress = progress
        found = reader.verify(full=full, trust=known)
        reports = _compare_reports(reader, found) if full else None
        if evidence is not None and known.checkpoint is not None and found.level is None:
            _prove_fork(settings, reader, known.checkpoint, evidence)
    short = require is not None and found.level is not None and found.level < require
    code = max(found.exit_code, 1) if short else found.exit_code
    if settings.json:
        settings.out.json(found.to_json() | {"required": require, "exit_code": code})
    else:
        _tell(settings.out, found, require if short else None, reports)
    context.exit(code)


def _compare_reports(reader: "Reader", found: "Verification") -> str | None:
    """Make the reports of a bundle anew, and find those that differ; in words what was compared."""
    from mledger.stores.bundle import BundleStore

    store = reader.store
    if not isinstance(store, BundleStore):
        return None
    count = sum(name.startswith("reports/") for name in store.manifest.files)
    if not found.intact or not count:
        return f"{count:,}, not compared" if count else None
    from mledger.bundling import is_own, wrong_reports

    if not is_own(store):
        return f"{count:,}, made by {store.manifest.made_by[:40]!r}, not compared"
    wrong = list(wrong_reports(store, found))
    found.findings += wrong
    return f"{count:,}, as the events say" if not wrong else None


def _witnesses(vkeys: tuple[str, ...]) -> tuple[str, ...]:
    """The verifier keys, once they are known to be those of witnesses. Errors: InputError."""
    if vkeys:
        from mledger.cosigning import read_witnesses

        read_witnesses(vkeys)
    return vkeys


def _prove_fork(settings: Settings, reader: "Reader", kept: bytes, file: Path) -> None:
    """Write what proves that the ledger is another history than a kept checkpoint is of, if that can be."""
    from mledger.errors import MledgerError

    try:
        fork = reader.fork(kept)
    except MledgerError:  # what cannot be read, or was signed by another key, was found already
        fork = None
    if fork is None:
        settings.out.note(
            "no evidence of a fork: it takes a checkpoint of this ledger as large as the one kept;"
            " sign one: mledger checkpoint"
        )
    else:
        files.write_new(file, fork)
        settings.out.note(f"evidence of a fork, in {file}; check it: mledger check-proof {file} --vkey VKEY")


def _tell(out: Output, found: "Verification", missed: int | None, reports: str | None) -> None:
    """Print the findings, then what was checked, then the verdict."""
    if found.findings:
        out.table(found.findings[:SHOWN], FINDINGS)
        if len(found.findings) > SHOWN:
            out.line(f"… and {len(found.findings) - SHOWN:,} more: --json has all")
        out.line()
    out.facts(_facts(out, found, reports))
    out.line()
    _judge(out, found)
    if missed is not None:
        out.prose(f"LEVEL {missed} IS REQUIRED, and {found.level} was reached", style="bad")


def _judge(out: Output, found: "Verification") -> None:
    from mledger.chain.verification import LEVELS

    if found.level is None:
        diverged = all(finding.kind == "head" for finding in found.findings if finding.integrity)
        out.prose(DIVERGED if diverged else BROKEN, style="bad")
        return
    verdict = "VERIFIED, WITH FINDINGS," if found.findings else "VERIFIED"
    reached = ", ".join(LEVELS[level] for level in range(found.level + 1))
    out.prose(f"{verdict} at level {found.level}: {reached}", style="" if found.findings else "good")
    for level, need in found.needs().items():
        out.prose(f"  level {level} needs {need}", hang=len("level 2 "))


def _facts(out: Output, found: "Verification", reports: str | None) -> dict[str, object]:
    """What was checked, what was not checked again, what it was compared with."""
    size, new = found.head.size, found.head.size - found.since
    checked = [
        counted(found.signatures, "signature"),
        counted(found.bodies, "body", "bodies"),
        counted(len(found.keyring.members), "key"),
    ]
    if found.attachments:
        checked.append(counted(found.attachments, "attachment"))
    again = f"{counted(found.since, 'entry', 'entries')} {found.earlier}; --full checks all"
    # A finding about the head says itself what the ledger was compared with.
    alone = None if any(f.kind == "head" for f in found.findings) else "with nothing kept elsewhere"
    return {
        "ledger": found.origin or None,
        "entries": f"{size:,}, {new:,} new" if found.earlier and new else f"{size:,}",
        "checked": ", ".join(checked) if new or not found.earlier else "nothing is new",
        "withheld": _withheld(found),
        "reports": reports,
        "before": again if found.earlier else None,
        "checkpoints": _lines(found),
        "compared": "\n".join(f"with {kept}" for kept in found.relied_on) or alone,
        "anchored": "\n".join(found.vouched.get(3, ())) or None,
        "cosigned": "\n".join(found.vouched.get(4, ())) or None,
        "recorded": out.moment(found.time) or None,
        "head": found.head.leaf.hex() if size else None,
    }


def _lines(found: "Verification") -> str | None:
    """By which algorithms checkpoints are signed, where it is more than the usual one."""
    if found.lines.keys() <= {"Ed25519"}:
        return None
    return ", ".join(f"{count:,} signed with {name}" for name, count in found.lines.items())


def _withheld(found: "Verification") -> str | None:
    """What is present as hashes only, and what could therefore not be judged."""
    if not found.withheld:
        return None
    bodies = counted(len(found.withheld), "body", "bodies")
    return f"{bodies}, hash only: what they say was not judged"


FINDINGS: "list[Column[Finding]]" = [
    Column("", lambda finding: "✗" if finding.integrity else "!"),
    Column("where", lambda finding: finding.where),
    Column("kind", lambda finding: finding.kind),
    Column("rule", lambda finding: finding.rule),
    Column("found", lambda finding: finding.message, lines=9),
]
