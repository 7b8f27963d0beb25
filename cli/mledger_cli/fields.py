"""The fields of an event: from a document, and from options."""

from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.core import canonical
from mledger.errors import FormatError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from mledger.attachment import Attachment
    from mledger_cli.documents import Source


class Given(NamedTuple):
    """Where the fields of one event come from."""

    source: "Source | None"
    sets: tuple[str, ...]
    attach: "tuple[Attachment, ...]" = ()

    def gather(self, type: str) -> dict[str, Any]:
        """The fields from the document, then from --set and --attach. Errors: InputError, FormatError."""
        values: dict[str, Any] = {}
        if self.source is not None:
            from mledger_cli.documents import members

            values = members(self.source.read(), self.source.name, type)
        for assignment in self.sets:
            assign(type, values, assignment)
        for attachment in self.attach:
            _name(type, values, attachment)
        return values


def attachments(paths: "tuple[Path, ...]") -> "tuple[Attachment, ...]":
    """The files to be kept. Errors: InputError."""
    if not paths:
        return ()
    from mledger.attachment import Attachment

    return tuple(map(Attachment.read, paths))


def _name(type: str, values: dict[str, Any], attachment: "Attachment") -> None:
    """Let the fields of an event name a file that is kept with it."""
    from mledger.events.base import find

    known, file = find(type).model_fields, attachment.file
    if "files" in known:
        row = file.model_dump(exclude_none=True)
    elif "refs" in known:
        row = {"rel": "evidence", "digest": file.sha256, "title": file.name, "kept": True}
    else:
        raise InputError(f"{type} has no field that names files", fix=f"mledger types {type}")
    place = values.setdefault("files" if "files" in known else "refs", [])
    if not isinstance(place, list):
        raise InputError("--attach adds to a list", fix=f"mledger types {type}")
    place.append(row)


def assign(type: str, values: dict[str, Any], assignment: str) -> None:
    """Put one FIELD=VALUE into the fields; a.b goes into the object a, a.0 into the list a."""
    path, equals, text = assignment.partition("=")
    *parents, last = path.split(".")
    if not equals or not last or not all(parents):
        raise InputError(f"--set {assignment[:60]!r} should read FIELD=VALUE", fix=f"mledger types {type}")
    place: Any = values
    for depth, name in enumerate(parents, 1):
        place = _step(place, name, path, new=[] if _is_list(type, parents[:depth]) else {})
    _put(place, last, text if _takes_text(type, path) else _parsed(text), path)


def value(type: str, path: str, text: str) -> object:
    """The value that somebody typed for a field, as a.0.b names it; null is none."""
    return None if text == "null" else text if _takes_text(type, path) else _parsed(text)


def _step(place: Any, name: str, path: str, *, new: dict[str, Any] | list[Any]) -> Any:
    """The object or list below `place`, made new if it is not there."""
    if isinstance(place, list):
        at = _index(place, name, path)
        if at == len(place):
            place.append(new)
        return place[at]
    if not isinstance(place, dict):
        raise _no_room(path)
    return place.setdefault(name, new)


def _put(place: Any, name: str, value: object, path: str) -> None:
    if isinstance(place, list):
        at = _index(place, name, path)
        place[at : at + 1] = [value]
    elif isinstance(place, dict):
        place[name] = value
    else:
        raise _no_room(path)


def _no_room(path: str) -> InputError:
    return InputError(
        f"--set {path}: there is a value already, and nothing can go into it", fix="set it once, as JSON"
    )


def _index(place: list[Any], name: str, path: str) -> int:
    """The place of an item, or the one behind the last."""
    if name.isdecimal() and name.isascii() and int(name) <= len(place):
        return int(name)
    raise InputError(
        f"--set {path}: the list has {len(place)} items, counted from 0",
        fix=f"set item {len(place)} to add one",
    )


def _takes_text(type: str, path: str) -> bool:
    """Whether the field is read as it was typed: a version of 2.1 is no number."""
    from mledger.events.base import takes_text

    return takes_text(type, path)


def _is_list(type: str, parents: list[str]) -> bool:
    from mledger.events.base import is_list

    return is_list(type, ".".join(parents))


def _parsed(text: str) -> object:
    """A JSON value if the text is one, else the text."""
    try:
        return canonical.decode(text.encode())
    except FormatError:
        return text
