"""mledger gate: verify and check a release in a pipeline."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import files, opening, screen
from mledger_cli.commands import check
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import HASH, SOME_STREAM

if TYPE_CHECKING:
    from mledger.chain.verification import Verification
    from mledger.checks.engine import Checked
    from mledger.reader import Reader

FORMATS = ("text", "json", "github")
BROKEN = 3


@click.command("gate", cls=Command)
@click.argument("model", type=SOME_STREAM, required=False)
@click.option("--model", "named", type=SOME_STREAM, metavar="MODEL", help="The same, as an option.")
@click.option("--release", metavar="VERSION", help="The version; else the newest, and those in use.")
@click.option(
    "--expect-head", "head", type=HASH, metavar="HASH", help="The hash of an entry that must be there."
)
@click.option(
    "--from-checkpoint", "checkpoint", type=files.EXISTING, help="A checkpoint that the ledger must extend."
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="How to print it; else text.")
@click.option("--sarif", type=files.NEW, metavar="FILE", help="Also write SARIF to this file.")
@click.option("--junit", type=files.NEW, metavar="FILE", help="Also write JUnit XML to this file.")
@click.option("--summary", type=files.NEW, metavar="FILE", help="Also add Markdown to the end of this file.")
@check.TREE
@check.WATCH
@pass_settings
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    model: str | None,
    named: str | None,
    release: str | None,
    head: bytes | None,
    checkpoint: Path | None,
    form: str | None,
    sarif: Path | None,
    junit: Path | None,
    summary: Path | None,
    tree: Path,
    watch: tuple[str, ...],
) -> None:
    """Verify and check a release; stop a pipeline if it is not in order.

    It needs no network and no key. Watched files that changed since the last release need an event
    that names their commit or their digest. Each failure comes with the line that mends it.

    Exit code: 0 in order, 1 a rule failed, 2 wrong use, 3 integrity broken.
    """
    from mledger.verification.verifying import Trust

    if (name := model or named) is None:
        raise InputError("MODEL is missing: which one is to go on", fix="mledger gate MODEL")
    if model and named and model.removeprefix("model/") != named.removeprefix("model/"):
        raise InputError(f"{model} and {named} are two models", fix="a gate for each: mledger gate MODEL")
    with (
        opening.reader(settings, warn=False) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        trust = Trust(files.read_note(checkpoint) if checkpoint else None, head)
        verification = reader.verify(trust=trust)
        found = _judged(reader, verification, name, release, tree, watch)
    for path, kind in ((sarif, "sarif"), (junit, "junit")):
        if path is not None:
            files.write(path, _bytes(check.written([found], kind, settings)))
    if summary is not None:
        files.write(summary, _bytes(check.written([found], "md", settings)), add=True)
    _tell(settings, verification, found, "json" if settings.json else form or "text")
    context.exit(found.exit_code if verification.intact else BROKEN)


def _judged(
    reader: "Reader",
    verification: "Verification",
    model: str,
    release: str | None,
    tree: Path,
    watch: tuple[str, ...],
) -> "Checked":
    """The outcomes of the verification, and of every rule if the ledger can be believed."""
    from mledger.checks.engine import Checked
    from mledger.checks.integrity import outcomes_of

    intact, obeyed = outcomes_of(verification)
    if not verification.intact:
        stream = model if "/" in model else f"model/{model}"
        return Checked(stream, (), verification.head.size, reader.now(), (intact,))
    (found,) = check.checked(reader, model, release, tree, watch, reader.history_of(verification))
    return replace(found, outcomes=(intact, obeyed, *found.outcomes))


def _tell(settings: Settings, verification: "Verification", found: "Checked", form: str) -> None:
    """Print the outcome; as text with what the verification relied on."""
    from mledger.checks.summary import counted

    if form == "json":
        settings.out.json({"verification": verification, "check": found})
        return
    if form == "github":
        settings.out.raw(check.written([found], "github", settings))
        settings.out.line(counted(found))
        return
    if verification.intact:
        relied = "".join(f", with {kept}" for kept in verification.relied_on)
        settings.out.prose(
            f"verified at level {verification.level}: {verification.head.size:,} entries to head"
            f" {verification.head.leaf.hex()[:12]}{relied}",
            hang=2,
        )
        settings.out.line()
    settings.out.raw(check.written([found], "text", settings))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode()
