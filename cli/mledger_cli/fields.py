"""The fields of an event as people give them: a file, options, an editor."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mledger.core import canonical
from mledger.errors import FormatError, InputError, MledgerError

STDIN = "-"
LINES = (".jsonl", ".ndjson")
_read: dict[str, bytes] = {}


def read(source: str) -> bytes:
    """The bytes of a file, or of standard input, which can be asked for again."""
    if source not in _read:
        try:
            _read[source] = sys.stdin.buffer.read() if source == STDIN else Path(source).read_bytes()
        except OSError as error:
            raise InputError(f"{source} cannot be read: {error.strerror}") from None
    return _read[source]


def holds_many(source: str) -> bool:
    """Whether a file holds JSON lines: by its name, or because two of its lines are each an object."""
    if source.endswith(LINES):
        return True
    lines = [line for line in read(source).split(b"\n", 50) if line.strip()][:2]
    return len(lines) == 2 and all(_is_object(line) for line in lines)


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(canonical.decode(line.strip()), dict)
    except FormatError:
        return False


def gather(type: str, source: str | None, sets: tuple[str, ...], *, edit: bool) -> dict[str, Any]:
    """The fields from a file, then from --set, then as edited."""
    values = document(read(source), source) if source is not None else {}
    for assignment in sets:
        assign(type, values, assignment)
    return _edited(type, values) if edit else values


def document(data: bytes, source: str) -> dict[str, Any]:
    """The object in a JSON or YAML document. Errors: InputError, FormatError with the line."""
    name = "standard input" if source == STDIN else source
    is_json = data.lstrip()[:1] in (b"{", b"[")
    value = canonical.decode(data, what=name) if is_json else _yaml(data, name)
    if not isinstance(value, dict):
        raise InputError(
            f"{name} should hold an object of names and values", fix="see: mledger types TYPE --template"
        )
    return value


def _yaml(data: bytes, name: str) -> object:
    """What a YAML document holds: strict about keys, and times stay text."""
    import yaml

    class Loader(yaml.SafeLoader):
        """YAML without surprises."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  theirs
            names = [self.construct_object(key, deep=True) for key, _ in node.value]
            for at, key in enumerate(names):
                if key in names[:at]:
                    raise yaml.constructor.ConstructorError(
                        None, None, f"{key!r} stands twice", node.value[at][0].start_mark
                    )
            return super().construct_mapping(node, deep)

    Loader.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in rules if tag != "tag:yaml.org,2002:timestamp"]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    try:
        return yaml.load(data.decode(), Loader)  # noqa: S506  derived from SafeLoader
    except UnicodeDecodeError as error:
        raise FormatError(f"{name} is not UTF-8: byte {error.start}") from None
    except (yaml.YAMLError, TypeError, RecursionError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise FormatError(f"{name}{where}: {getattr(error, 'problem', None) or error}") from None


def assign(type: str, values: dict[str, Any], assignment: str) -> None:
    """Put one FIELD=VALUE into the fields; a.b goes into the object a, a.0 into the list a."""
    from mledger.events.base import takes_text

    path, equals, text = assignment.partition("=")
    if not equals or not path:
        raise InputError(f"--set {assignment!r} should read FIELD=VALUE", fix=f"mledger types {type}")
    *parents, last = path.split(".")
    place: Any = values
    for name in parents:
        place = _step(place, name, path)
    value = text if not parents and takes_text(type, last) else _parsed(text)
    _put(place, last, value, path)


def _step(place: Any, name: str, path: str) -> Any:
    """The object or list below `place`, made if it is not there."""
    if isinstance(place, list):
        return place[_index(place, name, path)]
    if name not in place:
        place[name] = {}
    return place[name]


def _put(place: Any, name: str, value: object, path: str) -> None:
    if isinstance(place, list):
        at = _index(place, name, path, more=True)
        place[at : at + 1] = [value]
    elif isinstance(place, dict):
        place[name] = value
    else:
        raise InputError(f"--set {path}: there is a value already, and nothing can go into it")


def _index(place: list[Any], name: str, path: str, *, more: bool = False) -> int:
    if name.isdecimal() and int(name) < len(place) + more:
        return int(name)
    raise InputError(f"--set {path}: the list has {len(place)} items, counted from 0")


def _parsed(text: str) -> object:
    """A JSON value if the text is one, else the text."""
    try:
        return canonical.decode(text.encode())
    except FormatError:
        return text


def _edited(type: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the person made of the form in their editor."""
    import click

    from mledger.events.base import build, template

    text = _dumped(values) if values else template(type)
    edited = click.edit(f"# {type}: save to record it, leave it empty to give up\n{text}", extension=".yaml")
    if (
        edited is None
        or not "".join(line for line in edited.splitlines() if not line.startswith("#")).strip()
    ):
        raise InputError("nothing was recorded: the form was left as it was or empty")
    try:
        fields = document(edited.encode(), "the form")
        build(type, fields)
    except MledgerError as error:
        kept = _kept(edited)
        raise InputError(error.message, fix=f"your text is in {kept}: mend it, then --from {kept}") from None
    return fields


def _dumped(values: Mapping[str, Any]) -> str:
    import yaml

    return str(yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=False))


def _kept(text: str) -> str:
    """Where the text is kept, so that nothing that somebody wrote is lost."""
    import tempfile

    handle, name = tempfile.mkstemp(prefix="mledger-", suffix=".yaml")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return name
