"""`importlib.metadata`, imported when something of it is used."""

import importlib
import sys
from types import ModuleType
from typing import Any

NAME = "importlib.metadata"


def postpone_metadata() -> None:
    """Let the module stand there, and load it at the first use.

    pydantic takes `entry_points` out of it at each start, for plug-ins that nobody has; it brings
    along what reads e-mail, and costs as much as opening the ledger.
    """
    if NAME not in sys.modules:
        module = _Metadata(NAME)
        vars(module).update(
            entry_points=_entry_points,
            __path__=[f"{part}/metadata" for part in importlib.__path__],
        )
        sys.modules[NAME] = vars(importlib)["metadata"] = module  # as an import leaves it


class _Metadata(ModuleType):
    """What stands there until then."""

    def __getattr__(self, name: str) -> Any:
        return getattr(_real(), name)


def _real() -> Any:
    if isinstance(sys.modules.get(NAME), _Metadata):
        del sys.modules[NAME]
    return importlib.import_module(NAME)


def _entry_points(**selected: Any) -> Any:
    return _real().entry_points(**selected)
