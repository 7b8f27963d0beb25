"""Documents that people give: JSON, YAML, JSON lines; read strictly."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from mledger.core import canonical
from mledger.errors import FormatError, InputError, MledgerError

STDIN = "-"
MANY = (".jsonl", ".ndjson")
MARK = b"\xef\xbb\xbf"  # some editors begin UTF-8 with a byte order mark
IN_MEMORY = 16 << 20
# What YAML 1.2 takes for something else than text; YAML 1.1 also reads `on`, 1:30 and 2026-11-23 so.
_MEND = "mend the YAML, or write JSON"
_PLAIN = {
    "null": (r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    "bool": (r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    "int": (r"^-?(?:0|[1-9][0-9]*)$", list("-0123456789")),
    "float": (
        r"^(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$",
        list("-+.0123456789"),
    ),
}


class Source:
    """A file, or standard input, that can be read more than once."""

    def __init__(self, name: str) -> None:
        """Read from the file of that name; `-` is standard input."""
        self.name = "standard input" if name == STDIN else name
        self._path = name

    @cached_property
    def file(self) -> IO[bytes]:
        """Its bytes from the beginning. Errors: InputError if they cannot be read, or are none."""
        try:
            file = _spooled() if self._path == STDIN else Path(self._path).open("rb")  # noqa: SIM115  to the end
            size = file.seek(0, os.SEEK_END)
        except OSError as error:
            raise InputError(
                f"{self.name} cannot be read: {error.strerror}",
                fix="name a file that is there, or - for standard input",
            ) from None
        if not size:
            file.close()
            raise InputError(
                f"{self.name} is empty", fix="mledger types TYPE --template prints a form to fill in"
            )
        file.seek(0)
        return file

    @cached_property
    def size(self) -> int:
        """How many bytes it has."""
        here = self.file.tell()
        size = self.file.seek(0, os.SEEK_END)
        self.file.seek(here)
        return size

    def read(self) -> bytes:
        """All of it. Errors: InputError."""
        self.file.seek(0)
        return self.file.read().removeprefix(MARK)

    def lines(self) -> Iterator[bytes]:
        """Its lines, those that are blank too, so that they can be counted. Errors: InputError."""
        self.file.seek(0)
        for number, line in enumerate(self.file):
            yield (line if number else line.removeprefix(MARK)).strip()

    @property
    def holds_lines(self) -> bool:
        """Whether it holds JSON lines: by its name, or because two of its lines are each an object."""
        if self._path.endswith(MANY):
            return True
        first = [line for line in self.lines() if line][:2] if self._begins_with(b"{") else []
        return len(first) == 2 and all(map(_is_object, first))

    @property
    def holds_array(self) -> bool:
        """Whether it holds a JSON array."""
        return not self._path.endswith(MANY) and self._begins_with(b"[")

    @property
    def holds_many(self) -> bool:
        """Whether it holds more than one event."""
        return self.holds_lines or self.holds_array

    def _begins_with(self, mark: bytes) -> bool:
        self.file.seek(0)
        return self.file.read(1 << 16).removeprefix(MARK).lstrip()[:1] == mark

    def close(self) -> None:
        """Let go of the file."""
        with suppress(MledgerError):
            self.file.close()


def _spooled() -> IO[bytes]:
    """Standard input, kept where it can be read again."""
    import shutil
    from tempfile import SpooledTemporaryFile

    kept = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  it is read to the end of the command
    shutil.copyfileobj(sys.stdin.buffer, kept)
    return kept


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(canonical.decode(line), dict)
    except FormatError:
        return False


def members(data: bytes, name: str, type: str) -> dict[str, Any]:
    """The fields in a JSON, YAML or Markdown document. Errors: InputError, FormatError with the line."""
    if data.lstrip()[:3] == b"---":
        from mledger_cli import markdown

        if markdown.is_form(data):
            return markdown.fields(data, name, type, yaml_mapping)
    value = json(data, f"document in {name}") if data.lstrip()[:1] in (b"{", b"[") else _yaml(data, name)
    return _mapping(value, name, type)


def yaml_mapping(data: bytes, name: str, type: str) -> dict[str, Any]:
    """The fields in a YAML document. Errors: InputError, FormatError with the line."""
    return _mapping(_yaml(data, name), name, type)


def _mapping(value: object, name: str, type: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(
            f"{name} should hold names and their values, and holds {_kind(value)}",
            fix=f"mledger types {type} --template",
        )
    return value


def json(data: bytes, what: str) -> object:
    """The value in JSON bytes. Errors: FormatError with the line, and with the way out."""
    try:
        return canonical.decode(data, what=what)
    except FormatError as error:
        number = any(sign in error.message for sign in ("NaN", "Infinity", "2**53", "a double"))
        error.fix = 'write such a number as text, like "NaN"' if number else "mend the JSON"
        raise


def _kind(value: object) -> str:
    return {list: "a list", str: "text alone", type(None): "nothing"}.get(type(value), "a single value")


def _yaml(data: bytes, name: str) -> object:
    """What a YAML document holds. Errors: FormatError with the line."""
    import yaml

    try:
        return yaml.load(data.decode(), _loader())  # noqa: S506  derived from SafeLoader
    except UnicodeDecodeError as error:
        raise FormatError(
            f"{name} is not UTF-8 at byte {error.start}", fix=f"iconv -t utf-8 {name}"
        ) from None
    except RecursionError:
        raise FormatError(f"{name} is nested too deep", fix=_MEND) from None
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f", line {mark.line + 1}" if mark else ""
        raise FormatError(f"{name}{where}: {getattr(error, 'problem', None) or error}", fix=_MEND) from None


def _loader() -> Any:
    """YAML without surprises: keys are text and stand once, values are what JSON has, nothing is repeated."""
    import re

    import yaml

    class Loader(yaml.SafeLoader):
        yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  as theirs

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.AliasEvent):
                mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
                raise yaml.constructor.ConstructorError(
                    None, None, "an alias (*name) is not allowed: write it out", mark
                )
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  theirs
            seen: dict[str, Any] = {}
            for key, value in node.value:
                scalar = isinstance(key, yaml.ScalarNode)
                if not scalar or key.value in seen:
                    problem = f"the key {key.value!r} stands twice" if scalar else "a key must be text"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen[key.value] = self.construct_object(value, deep=deep)
            return seen

    known = [f"tag:yaml.org,2002:{kind}" for kind in ("str", "map", "seq", *_PLAIN)]
    Loader.yaml_constructors = {tag: yaml.SafeLoader.yaml_constructors[tag] for tag in known} | {
        None: yaml.SafeLoader.construct_undefined
    }
    for kind, (pattern, first) in _PLAIN.items():
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), first)
    return Loader
