"""Passphrases: from the environment or from the person at the terminal."""

import os
import sys
from collections.abc import Callable

from mledger.errors import InputError, KeyFileError

VARIABLE = "MLEDGER_PASSPHRASE"
TRIES = 3


def given() -> str | None:
    """The passphrase in the environment, if there is one."""
    return os.environ.get(VARIABLE) or None


def asking(what: str) -> Callable[[], str]:
    """A function that gives the passphrase of `what`; KeyFileError if there is nobody to ask."""
    return lambda: given() or _ask(f"Passphrase of {what}: ", what)


def asking_anew(what: str) -> Callable[[], str]:
    """A function that asks the person at the terminal, whatever stands in the environment."""
    return lambda: _ask(f"Passphrase of {what}: ", what)


class Once:
    """A passphrase that is asked for once, however often it is needed."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._known: str | None = None

    def of(self, what: str) -> Callable[[], str]:
        """A function that gives the passphrase of `what`."""

        def ask() -> str:
            self._known = self._known or asking(what)()
            return self._known

        return ask

    def choose(self, what: str) -> str:
        """A new passphrase; errors as the function of that name."""
        self._known = choose(what)
        return self._known


def choose(what: str) -> str:
    """A new passphrase, typed twice; InputError after three tries, KeyFileError without a terminal."""
    if passphrase := given():
        return passphrase
    for _ in range(TRIES):
        passphrase = _ask(f"New passphrase for {what}: ", what)
        if not passphrase:
            _say("An empty passphrase protects nothing.")
        elif passphrase == _ask("Again: ", what):
            return passphrase
        else:
            _say("The two differ.")
    raise InputError("no passphrase was chosen", fix="try again, or say --no-passphrase")


def _ask(prompt: str, what: str) -> str:
    """What a person types unseen, at the terminal even if standard input is a pipe."""
    if not _terminal():
        raise KeyFileError(
            f"{what} needs a passphrase, and there is no terminal to ask at", fix=f"set {VARIABLE}"
        )
    from getpass import getpass

    try:
        return getpass(prompt)
    except EOFError:
        raise KeyboardInterrupt from None


def _terminal() -> bool:
    """Whether there is a terminal to ask at; getpass alone would read, and show, standard input."""
    if os.name != "posix":
        return sys.stdin is not None and sys.stdin.isatty()
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _say(line: str) -> None:
    from mledger_cli.screen import warn

    warn(line)
