"""The terminal, or whatever stands in its place."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

import click

from mledger.errors import StoreError

# A bar for less than this would only flicker.
PATIENCE = 0.5
# The columns of a terminal that does not say how many it has.
USUAL = 80


def write(data: str | bytes) -> None:
    """Write to standard output. Errors: StoreError if it takes no more; BrokenPipeError if nobody reads."""
    with _writable():
        click.echo(data, nl=False, color=True)


def flush() -> None:
    """Hand on what was written; errors as `write`."""
    with _writable():
        if sys.stdout is not None and not sys.stdout.closed:
            sys.stdout.flush()


def warn(line: str) -> None:
    """Write a line to standard error; one that cannot be written is lost."""
    try:
        click.echo(line, err=True)
    except OSError:
        return


@contextmanager
def _writable() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"the output cannot be written: {reason}", fix="write it somewhere else") from error


def is_terminal(stream: IO[Any] | None) -> bool:
    """Whether somebody looks at the stream, at a terminal that can do more than print."""
    return stream is not None and not stream.closed and stream.isatty() and os.environ.get("TERM") != "dumb"


def may_colour() -> bool:
    """Whether standard output is a terminal and nobody asked for plain text (see no-color.org)."""
    return is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")


def width() -> int | None:
    """The columns of the screen; None where nothing limits a line: in a file, in a pipe."""
    said = os.environ.get("COLUMNS", "")
    if said.isdecimal() and int(said):
        return int(said)
    if not is_terminal(sys.stdout):
        return None
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL


@contextmanager
def progress(label: str, *, show: bool = True) -> Iterator[Callable[[int, int], None]]:
    """A function of (done, total) that draws a bar on standard error, if that is a terminal.

    Nothing is drawn, nor imported, for work that is over at once.
    """
    if not show or not is_terminal(sys.stderr):
        yield lambda *_: None
        return
    bar = _Bar(label)
    try:
        yield bar
    finally:
        bar.close()


class _Bar:
    """A bar that appears when the work has taken a while."""

    def __init__(self, label: str) -> None:
        from time import monotonic

        self._label = label
        self._clock = monotonic
        self._begin = monotonic()
        self._rich: Any = None
        self._task: Any = None

    def __call__(self, done: int, total: int) -> None:
        if self._rich is None:
            if self._clock() - self._begin < PATIENCE:
                return
            from rich.console import Console
            from rich.progress import Progress

            self._rich = Progress(console=Console(stderr=True), transient=True)
            self._task = self._rich.add_task(self._label, total=total)
            self._rich.start()
        self._rich.update(self._task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self._rich is not None:
            self._rich.stop()
