"""Data that a run reads, by its recorded state."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.errors import InputError, MledgerError, NotFoundError
from mledger.events.measures import DatasetUse
from mledger.recording.reading import digest_of, short

if TYPE_CHECKING:
    from mledger.datasets import State
    from mledger.reader import Reader
    from mledger.recording.recorder import Recorder


class Used(NamedTuple):
    """A row of `datasets`, what could not be said of the data, and the command that would mend that."""

    row: dict[str, Any]
    gap: str | None = None
    fix: str | None = None


def used(recorder: "Recorder", data: Any, name: str | None, role: str) -> Used:
    """The row of some data: "applications@v3", a path, or a table in memory with its name.

    Without a ledger at hand the row has what is known without it. Errors: InputError.
    """
    reader, why = _reader(recorder)
    if isinstance(data, str) and not _is_path(data):
        made = _named(reader, data, role)
    elif isinstance(data, str | os.PathLike):
        made = _file(reader, Path(data), name, role)
    else:
        made = _table(reader, data, name, role)
    row = DatasetUse(**made.row).model_dump(exclude_none=True)
    return Used(row, made.gap or (f"dataset {row['name']}: {why}" if why else None), made.fix)


def _reader(recorder: "Recorder") -> "tuple[Reader | None, str | None]":
    try:
        return recorder.ledger, None
    except MledgerError as error:
        return None, f"not compared with what is recorded: {error.message}"


def _is_path(text: str) -> bool:
    return os.path.lexists(text) or "://" in text or text.startswith((".", "/", "~"))


def _named(reader: "Reader | None", text: str, role: str) -> Used:
    """A state by NAME@VERSION, or the newest of a name."""
    name, _, version = text.partition("@")
    row: dict[str, Any] = {"name": name.removeprefix("dataset/"), "role": role}
    if version:
        row["version"] = version
    if reader is None:
        return Used(row)
    from mledger.datasets import resolve

    try:
        return Used(resolve(reader, text).use(role))
    except NotFoundError as error:
        return Used(row, f"dataset {text}: {error.message}", f"mledger data add FILE --as {row['name']}")


def _file(reader: "Reader | None", path: Path, name: str | None, role: str) -> Used:
    """A file or a folder, compared with the recorded states of its name, or of all if nobody named it."""
    called = name or path.stem or path.name
    if reader is None:
        return Used({"name": called, "digest": digest_of(path)[0], "role": role})
    from mledger.datasets import identify, recognise

    if name is not None:
        return _unknown(identify(reader, os.fspath(path), name), role)
    return _unknown(recognise(reader, os.fspath(path), called), role)


def _table(reader: "Reader | None", data: Any, name: str | None, role: str) -> Used:
    """A table in memory, known by its content."""
    if name is None:
        raise InputError(f"{short(data)[:60]} has no name", fix='run.dataset(table, name="applications")')
    if reader is None:
        from mledger.data.content import digest_of as digest_of_content
        from mledger.data.extras import require
        from mledger.data.tables import as_table

        require("pyarrow")
        return Used({"name": name, "digest": digest_of_content(as_table(data)), "role": role})
    from mledger.datasets import identify

    return _unknown(identify(reader, data, name), role)


def _unknown(state: "State", role: str) -> Used:
    """The row of a state; one that was never recorded is a gap."""
    known = Used(dict(state.use(role)))
    if state.event:
        return known
    gap = f"dataset {state.name}: this state of it is not recorded"
    return known._replace(gap=gap, fix=f"mledger data add FILE --as {state.name}")
