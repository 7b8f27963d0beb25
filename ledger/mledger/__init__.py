"""mledger: the audit ledger for machine-learning models.

    from mledger import Ledger, Reader

`Ledger` appends, `Reader` reads, verifies, proves and replays; `run`, `track` and `open` record what
a training script does. The names below are the public face; each is imported when it is first used,
so that `import mledger` costs nothing.
"""

import importlib
from typing import TYPE_CHECKING

from mledger._version import __version__

if TYPE_CHECKING:
    from mledger.attachment import Attachment
    from mledger.batch import What
    from mledger.chain.findings import Finding
    from mledger.chain.history import Fact, History
    from mledger.chain.verification import Verification
    from mledger.errors import (
        DeniedError,
        InputError,
        IntegrityError,
        MledgerError,
        NotFoundError,
        RetryError,
        UsageError,
    )
    from mledger.events.base import EventBody, event
    from mledger.keystore import Keystore
    from mledger.ledger import Ledger
    from mledger.reader import Reader
    from mledger.receipt import CheckedReceipt, check_receipt
    from mledger.recording.face import open, run, track  # noqa: A004  as `mledger.open`
    from mledger.replay import Replay
    from mledger.verification.verifying import Trust
    from mledger.writing import Receipt

_HOMES = {
    "Attachment": "attachment",
    "CheckedReceipt": "receipt",
    "DeniedError": "errors",
    "EventBody": "events.base",
    "Fact": "chain.history",
    "Finding": "chain.findings",
    "History": "chain.history",
    "InputError": "errors",
    "IntegrityError": "errors",
    "Keystore": "keystore",
    "Ledger": "ledger",
    "MledgerError": "errors",
    "NotFoundError": "errors",
    "Reader": "reader",
    "Receipt": "writing",
    "Replay": "replay",
    "RetryError": "errors",
    "Trust": "verification.verifying",
    "UsageError": "errors",
    "Verification": "chain.verification",
    "What": "batch",
    "check_receipt": "receipt",
    "event": "events.base",
    "load_ipython_extension": "recording.notebook",
    "open": "recording.face",
    "run": "recording.face",
    "track": "recording.face",
}


def __getattr__(name: str) -> object:
    """Import a public name from its home when somebody asks for it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'mledger' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"mledger.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})


__all__ = [
    "Attachment",
    "CheckedReceipt",
    "DeniedError",
    "EventBody",
    "Fact",
    "Finding",
    "History",
    "InputError",
    "IntegrityError",
    "Keystore",
    "Ledger",
    "MledgerError",
    "NotFoundError",
    "Reader",
    "Receipt",
    "Replay",
    "RetryError",
    "Trust",
    "UsageError",
    "Verification",
    "What",
    "__version__",
    "check_receipt",
    "event",
    "open",
    "run",
    "track",
]
