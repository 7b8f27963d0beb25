"""Every command that a message names is a command, with options that it has."""

import ast
import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import click
import pytest

from mledger_cli.main import program
from tests.architecture.tree import COMMAND, LIBRARY, Source, sources

# Types of event that have a command of their own: no way out may ask for `mledger append`.
OWN = {
    "anchor.recorded": "anchor",
    "attempt.refused": "",
    "audit.": "audit",
    "comment.added": "comment",
    "dataset.registered": "data add",
    "dataset.refreshed": "data add --refresh",
    "dataset.issue": "data issue",
    "decision.": "decide, decision",
    "dissent.recorded": "dissent",
    "handover.recorded": "handover",
    "key.": "key",
    "promotion.": "promotion",
    "record.": "correct, redact",
    "review.scheduled": "reviews schedule",
    "review.completed": "reviews done",
    "role.": "key",
    "rollback.executed": "rollback",
    "run.abandoned": "abandon",
    "run.concluded": "conclude",
    "transform.recorded": "data transform",
}
# Where a command ends in a sentence.
_ENDS = re.compile(r"; |, (?=[a-z])| \(|\n|`|\. |, or ")
_HOLE = "HOLE"


class Said(NamedTuple):
    """A command as a text names it: where, its words, and whether the text is a way out."""

    where: str
    words: tuple[str, ...]
    fix: bool


def _text(node: ast.expr) -> str | None:
    """A literal text; what is filled in becomes one word."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or _HOLE for part in node.values)
    return None


def _commands(text: str) -> Iterator[tuple[str, ...]]:
    for part in text.split("mledger ")[1:]:
        said = _ENDS.split(part)[0]
        try:
            words = shlex.split(said)
        except ValueError:
            words = said.split()
        if words and re.match(r"[a-z]", words[0]):
            yield tuple(words)


def _said(source: Source) -> Iterator[Said]:
    """Every command that a text of the file names; docstrings are the reference's to check."""
    docs = {
        id(node.body[0].value)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    fixes = {
        id(inner)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.keyword) and node.arg == "fix"
        for inner in ast.walk(node.value)
    }
    inside = {
        id(part) for node in ast.walk(source.tree) if isinstance(node, ast.JoinedStr) for part in node.values
    }
    for node in ast.walk(source.tree):
        if isinstance(node, ast.expr) and id(node) not in docs | inside and (text := _text(node)):
            for words in _commands(text):
                yield Said(f"{source.path}:{node.lineno}", words, id(node) in fixes)


ALL = [said for folder in (LIBRARY, COMMAND) for source in sources(folder) for said in _said(source)]


def _wrong(said: Said) -> str | None:
    """What is wrong with a command; None if nothing is, or it is no command but a sentence."""
    command: click.Command = program
    context = click.Context(program, info_name="mledger")
    words = list(said.words)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name = words.pop(0).rstrip(":.,")
        below = command.get_command(context, name)
        if below is None:
            sentence = command is program and not said.fix
            return None if sentence or _HOLE in name else f"there is no command {name!r}"
        command = below
        context = click.Context(command, parent=context, info_name=name)
    known = {"--"} | _options(command, context)
    if isinstance(command, click.Group):  # one of its commands is meant where none is named
        below = (command.get_command(context, name) for name in command.list_commands(context))
        known |= {option for one in below if one is not None for option in _options(one, context)}
    for word in words:
        if word.startswith("--") and word.split("=")[0].rstrip(".,:") not in known:
            return f"{context.command_path} has no option {word}"
    return None


def _options(command: click.Command, context: click.Context) -> set[str]:
    return {option for one in command.get_params(context) for option in (*one.opts, *one.secondary_opts)}


def test_there_are_commands_to_look_at() -> None:
    """Else the tests below would say nothing."""
    assert len(ALL) > 200
    assert sum(said.fix for said in ALL) > 100


def test_a_message_names_commands_and_options_that_exist() -> None:
    """Whoever copies the line must not get the next error."""
    wrong = {
        f"{said.where}: mledger {' '.join(said.words)}": found for said in ALL if (found := _wrong(said))
    }
    assert not wrong, "\n".join(f"{where}: {found}" for where, found in wrong.items())


def test_a_message_names_the_command_that_is_made_for_it() -> None:
    """`mledger append` is for types that have no command of their own."""
    for said in ALL:
        if said.words[0] == "append" and len(said.words) > 1:
            type = said.words[1]
            own = next((command for prefix, command in OWN.items() if type.startswith(prefix)), None)
            assert own is None, f"{said.where}: {type} has its own command: {own}"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("chek",), "there is no command 'chek'"),
        (("decision", "confirm", "4"), "there is no command 'confirm'"),
        (("log", "--kind", "x"), "mledger log has no option --kind"),
        (("decision", "reaffirm", "4", "--review-by", "DAY"), None),
        (("audit", _HOLE), None),
    ],
)
def test_what_is_no_command_is_found(words: tuple[str, ...], found: str | None) -> None:
    """The test that looks for it can fail."""
    assert _wrong(Said("here", words, fix=True)) == found
