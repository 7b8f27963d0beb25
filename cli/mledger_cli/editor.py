"""A form that is filled in with the person's editor."""

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote
from typing import Any

from mledger.errors import InputError, MledgerError
from mledger_cli import screen

EDITORS = ("sensible-editor", "nano", "vim", "vi")
CHOOSE = "choose one, like EDITOR=nano, or give the fields with --set or --from FILE"


class Form:
    """A text in a file of its own, which stays if what was written into it could not be recorded."""

    def __init__(self, text: str, suffix: str = ".yaml") -> None:
        """Write the text into a new file that only its owner can read."""
        self._given = text
        handle, name = tempfile.mkstemp(prefix="mledger-", suffix=suffix)
        self.path = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)

    def fill_in(self, *, may_stay: bool = False) -> bytes:
        """What the person made of it. Errors: InputError if that is nothing, or there is no editor.

        Text that they were given may be left as it is if it `may_stay`.
        """
        import subprocess

        command = _command()
        try:
            done = subprocess.run([*command, str(self.path)], check=False)  # noqa: S603  the person's own
        except OSError as error:
            raise InputError(
                f"the editor {command[0]} cannot be started: {error.strerror}", fix=CHOOSE
            ) from None
        if done.returncode:
            raise InputError(
                f"nothing was recorded: the editor {command[0]} ended with {done.returncode}", fix=CHOOSE
            )
        data = self._data()
        if not (may_stay or self.was_changed) or not _without_comments(data):
            raise InputError(
                "nothing was recorded: the form was left as it was, or empty",
                fix="fill it in, save it, leave the editor",
            )
        return data

    def keep(self, text: str) -> None:
        """Put a newer text into it."""
        self.path.write_text(text, encoding="utf-8")

    @property
    def was_changed(self) -> bool:
        """Whether the person changed it."""
        return self._data() != self._given.encode()

    @property
    def worth_keeping(self) -> bool:
        """Whether the person wrote anything into it but comments."""
        return self.was_changed and bool(_without_comments(self._data()))

    def _data(self) -> bytes:
        try:
            return self.path.read_bytes()
        except OSError:  # some editors leave nothing behind when they fail
            return b""

    def remove(self) -> None:
        """Throw the file away."""
        self.path.unlink(missing_ok=True)


@contextmanager
def form(text: str, command: str, *, suffix: str = ".yaml") -> Iterator[Form]:
    """A form whose text is kept, and the file named, if it was written to and whatever follows fails."""
    opened = Form(text, suffix)
    again = f"{command} --from {quote(str(opened.path))}"
    try:
        yield opened
    except MledgerError as error:
        if opened.worth_keeping:
            error.fix = f"what you wrote is kept: mend {opened.path}, then {again}"
        else:
            opened.remove()
        raise
    except BaseException:
        if opened.worth_keeping:
            screen.warn(f"\nwhat you wrote is kept; to record it: {again}")
        else:
            opened.remove()
        raise
    opened.remove()


def filled(type: str, values: dict[str, Any]) -> str:
    """The text of a form: the values that are there already, or else a blank form."""
    if not values:
        from mledger.events.base import template

        return blank(template(type))
    import yaml

    text = yaml.safe_dump(values, allow_unicode=True, sort_keys=False)
    return f"## {type}: save it to record it, empty it to give up.\n\n{text}"


def blank(template: str) -> str:
    """A template without its examples: they become comments, so that nobody signs one by mistake."""
    # An example may hold empty lines; each field begins with its explanation.
    blocks = [blank_field(block) for block in re.split(r"\n\n(?=##)", template.rstrip("\n"))]
    blocks[0] += "\n## Fields that are not called optional are needed; an example stands above each."
    return "\n\n".join(blocks) + "\n"


def blank_field(block: str) -> str:
    """One field of a template: its line stays, its example becomes a comment."""
    lines = block.split("\n")
    begin = next((at for at, line in enumerate(lines) if line[:1] != "#"), len(lines))
    comment, field = lines[:begin], lines[begin:]
    if len(field) == 1 and not field[0].endswith(":"):
        name, _, example = field[0].partition(": ")
        return "\n".join([*comment, f"## for example: {example}", f"{name}:"])
    return "\n".join([*comment, *(f"# {line}" for line in field)])


def _command() -> list[str]:
    """The editor that the person chose, or one that is there."""
    import shlex
    import shutil

    chosen = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if chosen:
        try:
            return shlex.split(chosen) or [chosen]
        except ValueError:
            raise InputError(f"EDITOR cannot be read as a command: {chosen}", fix=CHOOSE) from None
    found = next((name for name in EDITORS if shutil.which(name)), None)
    if found is None:
        raise InputError("no editor is known here", fix=CHOOSE)
    return [found]


def _without_comments(data: bytes) -> bytes:
    return b"".join(line for line in data.splitlines() if not line.startswith(b"#")).strip()
