"""The command line as a whole: help, versions, common options, what it loads."""

import importlib
import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from mledger._version import __version__
from mledger_cli.context import DEFAULT_LEDGER, Settings
from mledger_cli.groups import Command, Group
from mledger_cli.main import SECTIONS, program

LAZY = {name: lazy for section in SECTIONS.values() for name, lazy in section.items()}

HEAVY = frozenset("cryptography importlib.metadata platformdirs pydantic rich sqlite3 yaml".split())


def every_command() -> list[tuple[str, click.Command]]:
    """Each command by its full name, those inside groups too."""
    found = []
    context = click.Context(program)
    for name in LAZY:
        command = program.get_command(context, name)
        found.append((name, command))
        if isinstance(command, click.Group):
            found += [(f"{name} {sub}", inner) for sub, inner in command.commands.items()]
    return found


COMMANDS = [pytest.param(name, command, id=name) for name, command in every_command()]


@pytest.mark.parametrize("name", LAZY)
def test_the_table_says_what_the_command_says(name: str) -> None:
    """A command's name and its line in `mledger --help` are its own name and its help's first line."""
    command = importlib.import_module(LAZY[name].module).command
    assert command.name == name
    assert LAZY[name].line == (command.help or "").partition("\n")[0]


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_explains_itself(name: str, command: click.Command) -> None:
    """A command's help begins with a short sentence, and each of its options has help."""
    line = (command.help or "").partition("\n")[0]
    assert line.endswith("."), name
    assert len(line) <= 66, name
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{name} {parameter.name}"
            assert parameter.help.endswith("."), f"{name} {parameter.name}"


@pytest.mark.parametrize(("name", "command"), COMMANDS)
def test_every_command_takes_the_common_options(name: str, command: click.Command) -> None:
    """A command, in a group or not, is of our own kind, so that --json and the others work with it."""
    assert isinstance(command, Command | Group), name


@pytest.mark.parametrize("columns", [80, 120])
def test_help_fits_the_screen(process: Callable, columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """`mledger --help` names each command in its section and passes no screen's edge."""
    done = process("--help", env={"COLUMNS": str(columns)})
    assert done.returncode == 0
    assert max(map(len, done.stdout.splitlines())) <= columns
    for title, section in SECTIONS.items():
        assert f"\n{title}:\n" in done.stdout
        for name, lazy in section.items():
            assert f"  {name} " in done.stdout
            assert lazy.line.split()[0] in done.stdout


def test_nothing_asked_for_is_help(run: Callable) -> None:
    """`mledger` alone, and a group alone, show their help and succeed."""
    assert run().stdout == run("--help").stdout
    assert run("key").stdout == run("key", "-h").stdout
    assert run().exit_code == run("key").exit_code == 0


def test_the_version_is_told(run: Callable) -> None:
    """`mledger --version` prints the version that the package has."""
    assert run("--version").stdout == f"mledger {__version__}\n"


@pytest.mark.parametrize(
    "args",
    [
        ("--json", "key", "list"),
        ("key", "--json", "list"),
        ("key", "list", "--json"),
    ],
)
def test_common_options_stand_anywhere(run: Callable, args: tuple[str, ...]) -> None:
    """An option common to all commands means the same before and after each name."""
    assert json.loads(run(*args).stdout) == []


def test_the_ledger_is_named_by_option_environment_or_habit(monkeypatch: pytest.MonkeyPatch) -> None:
    """--ledger wins over MLEDGER_LEDGER, which wins over a fixed name in the current folder."""
    assert Settings().path == Path(DEFAULT_LEDGER)
    monkeypatch.setenv("MLEDGER_LEDGER", "/a.db")
    assert Settings().path == Path("/a.db")
    assert Settings(ledger=Path("/b.db")).path == Path("/b.db")


def test_the_inner_of_two_options_wins(run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    """An option given to the program and to the command counts as the command has it."""
    seen: list[Path] = []

    @click.command("probe", cls=Command)
    @click.pass_context
    def probe(context: click.Context) -> None:
        """Look."""
        seen.append(context.ensure_object(Settings).path)

    group = Group("outer", commands=[probe])
    group.main(["--ledger", "a.db", "probe", "--ledger", "b.db"], standalone_mode=False)
    group.main(["--ledger", "a.db", "probe"], standalone_mode=False)
    assert seen == [Path("b.db"), Path("a.db")]


def test_a_command_misspelt_is_put_right(run: Callable) -> None:
    """An unknown command names the nearest ones, at each level, and exits as wrong use."""
    done = run("tipes")
    assert (done.exit_code, done.stdout) == (2, "")
    assert (
        done.stderr == "mledger: no command is called 'tipes'; did you mean types?\n  fix: mledger --help\n"
    )
    assert "did you mean list?\n  fix: mledger key --help" in run("key", "lisst").stderr


def test_a_plug_in_that_warns_does_so_in_one_line(process: Callable, folder: Path) -> None:
    """A warning is one line in the form of our messages, without a source line."""
    (folder / "sitecustomize.py").write_text(
        "import atexit, warnings; atexit.register(lambda: warnings.warn('odd\\nthing'))\n"
    )
    done = process("--version", env={"PYTHONPATH": str(folder)})
    assert done.stderr == "mledger: warning: odd thing\n"


def test_a_screen_that_knows_no_unicode_is_served(process: Callable) -> None:
    """A locale without a character that is printed gets an escape, and no failure."""
    process("key", "new", "--owner", "Zoë 雷", "--no-passphrase", env={"PYTHONIOENCODING": "utf-8"})
    done = process("key", "list", env={"PYTHONIOENCODING": "latin-1"}, encoding="latin-1")
    assert done.returncode == 0, done.stderr
    assert "Zoë \\u96f7" in done.stdout


@pytest.mark.parametrize("args", [["--version"], ["key", "-h"], ["tipes"], ["types", "--foo"]])
def test_what_needs_no_library_loads_none(process: Callable, args: list[str]) -> None:
    """Versions, help and wrong use load neither events, nor keys, nor the terminal library."""
    done = process(*args, env={"PYTHONPROFILEIMPORTTIME": "1"})
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & HEAVY


def loaded(process: Callable, *args: str) -> set[str]:
    """Every module that a command loads."""
    ended = process(*args, env={"PYTHONPROFILEIMPORTTIME": "1"})
    assert ended.returncode == 0, ended.stderr
    return {line.rpartition("|")[2].strip() for line in ended.stderr.splitlines()}


@pytest.mark.parametrize("args", [["log"], ["log", "model/credit-risk"], ["log", "--json"]])
def test_reading_loads_no_event_classes(process: Callable, begun: Path, args: list[str]) -> None:
    """Whoever lists facts waits neither for pydantic nor for cryptography."""
    found = loaded(process, *args)
    assert "mledger.reader" in found
    assert found & (HEAVY - {"sqlite3", "platformdirs"} | {"pydantic_core", "mledger.events.base"}) == set()


def test_appending_loads_what_it_needs(process: Callable, begun: Path) -> None:
    """One event from options waits for no YAML, no colours, no migrations, no ciphers, no verifier."""
    found = loaded(
        process, "append", "comment.added", "model/credit-risk", "--set", "on=1", "--set", "text=x"
    )
    assert "mledger.ledger" in found
    late = "yaml rich sqlite_utils bcrypt multiprocessing mledger.verification.verifying mledger.replay"
    ciphers = {
        "cryptography.hazmat.primitives.serialization.ssh",
        "mledger_cli.documents",
        "mledger.events.run",
    }
    assert found & ({*late.split()} | ciphers) == set()
