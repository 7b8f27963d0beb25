"""What a failure becomes: one line, a way out, an exit code.

0    as asked
1    findings
2    wrong use
3    integrity broken, or diverged from a known head
4    try again
70   a bug of mledger
130  interrupted
141  nobody reads the output any more
"""

import os
import sys
from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import TYPE_CHECKING

import click

from mledger.errors import IntegrityError, MledgerError, UsageError
from mledger_cli import screen, text

if TYPE_CHECKING:
    from mledger_cli.context import Settings

DEBUG = "MLEDGER_DEBUG"


class Exit(IntEnum):
    """The exit codes; those of errors stand with the errors."""

    OK = 0
    FINDINGS = 1
    USAGE = 2
    INTEGRITY = 3
    RETRY = 4
    BUG = 70
    INTERRUPTED = 130
    BROKEN_PIPE = 141


class BugError(MledgerError):
    """Something that mledger should have foreseen."""

    exit_code = Exit.BUG
    code = "bug"


def run(body: Callable[[], object], args: Sequence[str], settings: "Settings") -> int:
    """The exit code of a command: whatever it raises is told on standard error."""
    try:
        try:
            body()
        finally:
            # Here, and not when the interpreter ends: a full disk must not pass for success.
            screen.flush()
    except click.exceptions.Exit as done:
        return done.exit_code
    except BrokenPipeError:
        _let_go_of_output()
        return Exit.BROKEN_PIPE
    except (KeyboardInterrupt, click.Abort):
        screen.warn("")
        return Exit.INTERRUPTED
    except MledgerError as error:
        return _tell(_mendable(error, settings), args)
    except click.ClickException as error:
        return _tell(_usage(error), args)
    except Exception as error:  # noqa: BLE001  the last resort
        return _tell(_bug(error), args)
    return Exit.OK


def _mendable(error: MledgerError, settings: "Settings") -> MledgerError:
    """The error, with a way out that fits its kind if it brings none."""
    if not error.fix:
        wrong_use = isinstance(error, UsageError)
        broken = isinstance(error, IntegrityError)
        error.fix = (
            f"{settings.command} --help" if wrong_use else "mledger verify --full" if broken else "try again"
        )
    return error


def _tell(error: MledgerError, args: Sequence[str]) -> int:
    """Print an error in its form; its exit code."""
    tell(error, as_json=_wants_json(args))
    return error.exit_code


def tell(error: MledgerError, *, as_json: bool) -> None:
    """Print an error on standard error: one line and the way out, or one object."""
    if as_json:
        from mledger_cli.output import dumps

        screen.warn(dumps(error.to_json()))
    else:
        screen.warn(f"mledger: {text.one_line(error.message)}")
        if error.fix:
            screen.warn(f"  fix: {text.one_line(error.fix)}")


def _wants_json(args: Sequence[str]) -> bool:
    """Whether --json was given, even if the command line could not be read to its end."""
    return "--json" in (args[: args.index("--")] if "--" in args else args)


def _usage(error: click.ClickException) -> MledgerError:
    """What click has to say, in our form."""
    context = getattr(error, "ctx", None)
    message = text.one_line(error.format_message()).rstrip(".")
    return UsageError(
        message if message[1:2].isupper() else message[:1].lower() + message[1:],
        fix=f"{context.command_path} --help" if context else "mledger --help",
    )


def _bug(error: Exception) -> BugError:
    """An error that should not have come this far: where it arose, and how to report it."""
    import traceback
    from pathlib import Path

    if os.environ.get(DEBUG):
        screen.warn("".join(traceback.format_exception(error)).rstrip())
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames else ""
    return BugError(
        f"this is a bug of mledger: {type(error).__name__}: {error}{where}",
        fix=f"please report it with what {DEBUG}=1 prints",
    )


def _let_go_of_output() -> None:
    """Point standard output nowhere, so that the interpreter does not fail on it when it ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):
        return
