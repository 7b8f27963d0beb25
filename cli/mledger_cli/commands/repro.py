"""mledger repro: run something again."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.failures import Exit
from mledger_cli.groups import Command
from mledger_cli.params import RUN

if TYPE_CHECKING:
    from mledger.recording.found import Found


@click.command("repro", cls=Command, context_settings={"ignore_unknown_options": False})
@click.argument("run", type=RUN)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[-- COMMAND...]")
@click.option(
    "--tolerance",
    type=click.FloatRange(0),
    default=0.0,
    metavar="X",
    help="How far metrics may be apart; else 0.",
)
@pass_settings
def command(settings: Settings, run: str, words: tuple[str, ...], tolerance: float) -> None:
    """Print how to run something again, or do it.

    What is printed are lines for a shell; a COMMAND is run as a repetition.

      mledger repro 47 > again.sh

      mledger repro 47 --tolerance 0.001 -- python train.py

    The run that the COMMAND records says that it repeats run 47. If a metric is outside the tolerance, it
    is named, and the exit code is 1; if the COMMAND fails, the exit code is its own.
    """
    from mledger.recording.found import find

    with opening.reader(settings) as reader:
        found = find(reader, run)
    if not words:
        _print(settings, found)
        return
    code = _repeat(settings, found, words, tolerance)
    if code:
        raise click.exceptions.Exit(code)


def _print(settings: Settings, found: "Found") -> None:
    from mledger.recording.repeating import steps

    plan = steps(found)
    if settings.json:
        settings.out.json({"run": found.number, "steps": plan})
        return
    for step in plan:
        settings.out.line(f"# {step.text}" if step.remark else step.text)


def _repeat(settings: Settings, original: "Found", words: tuple[str, ...], tolerance: float) -> int:
    """Run a command as a repetition; its exit code, or that of a finding."""
    from mledger.recording.found import runs
    from mledger.recording.starting import REPRODUCES, TOLERANCE
    from mledger.recording.wrapping import run_command

    asked = {REPRODUCES: f"{original.stream}@{original.number}", TOLERANCE: repr(tolerance)}
    asked["MLEDGER_LEDGER"] = str(settings.path.absolute())
    ended = run_command(words, asked)
    with opening.reader(settings) as reader:
        known = [one for one in runs(reader, original.stream) if one.begun.reproduces == original.number]
        fresh = [one for one in known if one.run.source.occurred >= ended.begun]
    if not fresh:
        settings.out.note(f"the command recorded no run of {original.model}, so nothing can be compared")
        return ended.code or Exit.FINDINGS
    return _compared(settings, original, fresh[-1]) or ended.code if ended.code == 0 else ended.code


def _compared(settings: Settings, original: "Found", repetition: "Found") -> int:
    """Tell whether a repetition gave the same; the exit code."""
    from mledger_cli.commands.runs import deviations_of, tell_outside

    outside = deviations_of(repetition, original)
    if settings.json:
        settings.out.json({"run": repetition.number, "repeats": original.number, "outside": outside})
    elif outside:
        tell_outside(settings, repetition, outside)
        settings.out.note(f"what differs: mledger runs compare {original.number} {repetition.number}")
    else:
        within = f"within {repetition.begun.tolerance or 0:g}"
        settings.out.line(f"run {repetition.number} repeats run {original.number}: all metrics {within}")
    return Exit.FINDINGS if outside else 0
