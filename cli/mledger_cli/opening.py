"""How commands open the ledger: to read, or to append with one key."""

import os
from typing import TYPE_CHECKING

from mledger_cli import passphrase
from mledger_cli.context import Settings

if TYPE_CHECKING:
    from mledger.ledger import Ledger
    from mledger.reader import Reader

KEY_VARIABLE = "MLEDGER_KEY"


def reader(settings: Settings) -> "Reader":
    """The ledger, read-only."""
    from mledger.reader import Reader

    reader = Reader.open(settings.path)
    reader.processes = _cores()
    return reader


def ledger(settings: Settings, key: str | None) -> "Ledger":
    """The ledger, to append with `key`, or $MLEDGER_KEY, or the only key that is enrolled."""
    from mledger.ledger import Ledger

    name = key or os.environ.get(KEY_VARIABLE) or None
    return Ledger.open(settings.path, key=name, passphrase=passphrase.asking(name or "your key"))


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
