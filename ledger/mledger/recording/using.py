"""Data that a run reads, by its recorded state."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.errors import InputError, IntegrityError, MledgerError, NotFoundError, UsageError
from mledger.events.measures import DatasetUse
from mledger.recording.reading import short

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

    Without a ledger that can be read, the row has what is known without it. Errors: UsageError
    for what was named: InputError, NotFoundError, FormatError.
    """
    try:
        recorder.ledger  # noqa: B018  whoever records says why there is none
    except MledgerError as error:
        return _alone(error, data, name, role)
    try:
        made = _row(recorder, data, name, role)
    except MledgerError as error:
        if not _is_no_slip(error, data):
            raise
        fix = "mledger verify --full" if isinstance(error, IntegrityError) else None
        return _alone(error, data, name, role)._replace(fix=error.fix or fix)
    return made._replace(row=_checked(made.row))


def _is_no_slip(error: MledgerError, data: Any) -> bool:
    """Whether nobody named the data wrongly: damage elsewhere, a busy disk, a URI of another program."""
    from mledger.data.remote import is_uri

    far = isinstance(data, str) and is_uri(data) and not isinstance(error, NotFoundError)
    return far or not isinstance(error, UsageError)


def _alone(error: MledgerError, data: Any, name: str | None, role: str) -> Used:
    """The row of data that cannot be compared, with what is known of it without the ledger."""
    row = _checked(_row(None, data, name, role).row)
    return Used(row, f"dataset {row['name']}: not compared with what is recorded: {error.message}")


def _checked(row: Mapping[str, Any]) -> dict[str, Any]:
    return DatasetUse(**row).model_dump(exclude_none=True)


def _row(recorder: "Recorder | None", data: Any, name: str | None, role: str) -> Used:
    """The row of some data, compared with what is recorded if a recorder is given."""
    reader = None if recorder is None else recorder.ledger
    if isinstance(data, str) and not _is_path(data):
        return _named(reader, data, role)
    if isinstance(data, str | os.PathLike):
        return _file(recorder, os.fspath(data), name, role)
    return _table(reader, data, name, role)


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


def _file(recorder: "Recorder | None", where: str, name: str | None, role: str) -> Used:
    """A file, a folder or a URI, compared with the states of its name, or of all if nobody named it."""
    from mledger.data.remote import is_uri, public_uri

    path = Path(public_uri(where) if is_uri(where) else where)
    called = name or path.stem or path.name
    if recorder is None:
        return Used({"name": called, "digest": _digest(where), "role": role})
    from mledger.datasets import identify, recognise

    if name is not None:
        return _unknown(recorder.ledger, identify(recorder.ledger, where, name), role)
    return _unknown(recorder.ledger, recognise(recorder.data(), where, called), role)


def _digest(where: str) -> str | None:
    """The digest of a file or a folder, None if it cannot be read now. Errors: NotFoundError, InputError."""
    from mledger.data.sources import find_source

    try:
        return find_source(where).hash().whole.sha256
    except MledgerError as error:
        if not _is_no_slip(error, where):
            raise
        return None


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

    return _unknown(reader, identify(reader, data, name), role)


def _unknown(reader: "Reader", state: "State", role: str) -> Used:
    """The row of a state; one that was never recorded is a gap."""
    known = Used(dict(state.use(role)))
    if state.event:
        return known
    gap = f"dataset {state.name}: this state of it is not recorded"
    more = " --refresh --why TEXT" if f"dataset/{state.name}" in reader.stream_names() else ""
    return known._replace(gap=gap, fix=f"mledger data add FILE --as {state.name}{more}")
