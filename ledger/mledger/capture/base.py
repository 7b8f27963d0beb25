"""Sources: each finds out one thing about the process that runs.

One file holds one source, which registers by `@source("name")`. A source returns what it found as
fields of `run.started`, how it found it, and what it could not find; it never makes a run fail:
whatever it raises becomes a gap. One that waits for another program starts it, and returns a function
that waits, so that the others find out theirs meanwhile. Nothing here needs a network.
"""

import importlib
import pkgutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from mledger.attachment import Attachment
from mledger.registry import Registry

_LINE = 300
# What SQLite keeps beside a file, too.
_ENDINGS = ("", "-wal", "-shm", "-journal")


class Found(NamedTuple):
    """What one source has to say: fields of `run.started`, how, what not, and files."""

    fields: Mapping[str, Any] = {}
    how: str | None = None
    gap: str | None = None
    files: tuple[Attachment, ...] = ()


@dataclass(slots=True)
class Capture:
    """All that was found: fields of `run.started` with `captures` among them, files, seconds it took."""

    fields: dict[str, Any] = field(default_factory=dict)
    files: list[Attachment] = field(default_factory=list)
    seconds: float = 0.0


Later = Callable[[], Found]
Source = Callable[[], Found | Later]
_sources: Registry[Source] = Registry("source of captures")
_ledgers: set[Path] = set()


def source(name: str) -> Callable[[Source], Source]:
    """A decorator that registers a source under the name by which a record calls it."""
    return lambda function: _sources.add(name, function)


def sources() -> list[str]:
    """The names of all sources, sorted."""
    _import_own()
    return list(_sources)


def capture() -> Capture:
    """What all sources find out now."""
    begun = time.perf_counter()
    made, captures = Capture(), []
    asked = {name: _ask(_sources.get(name)) for name in sources()}
    for name, said in asked.items():
        found = said if isinstance(said, Found) else _answer(said)
        _merge(made.fields, found.fields)
        made.files += found.files
        if found.how or found.gap:
            words = {"how": found.how, "gap": found.gap}
            captures.append({"name": name} | {key: one_line(text) for key, text in words.items() if text})
    made.fields["captures"] = captures
    made.seconds = time.perf_counter() - begun
    return made


def leave_out(ledger: Path) -> None:
    """Know a ledger: it is no part of what runs, and changes with each event."""
    _ledgers.add(ledger)


def ledgers(folder: Path) -> list[str]:
    """The names that the files of the ledgers below a folder have there."""
    within = folder.resolve()
    found = [path.resolve() for path in _ledgers]
    names = [path.relative_to(within).as_posix() for path in found if path.is_relative_to(within)]
    return [f"{name}{end}" for name in sorted(names) for end in _ENDINGS]


def _ask(source: Source) -> Found | Later:
    """What a source says; its failure is a gap."""
    try:
        return source()
    except Exception as error:  # noqa: BLE001  a strange machine must not keep anybody from training
        return Found(gap=f"{type(error).__name__}: {error}")


def _answer(later: Later) -> Found:
    """What a source says that has waited."""
    found = _ask(later)
    assert isinstance(found, Found)  # noqa: S101  nobody waits twice
    return found


def _merge(fields: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        held = fields.get(name)
        if isinstance(held, dict) and isinstance(value, Mapping):
            _merge(held, value)
        elif value is not None:
            fields[name] = dict(value) if isinstance(value, Mapping) else value


def one_line(text: str, limit: int = _LINE) -> str:
    """The text as a line that a record may hold."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


@cache
def _import_own() -> None:
    package = importlib.import_module("mledger.capture")
    for module in pkgutil.iter_modules(package.__path__):
        importlib.import_module(f"mledger.capture.{module.name}")
