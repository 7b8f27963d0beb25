"""Imports only go down, and what is pure touches nothing."""

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import COMMAND, LIBRARY, ROOT, Source, imports, sources

PURE = ("core", "keys", "events", "chain", "projections", "checks", "reports")
WORLD = frozenset(
    "asyncio ctypes getpass glob http logging multiprocessing os platform random secrets select shutil"
    " signal socket sqlite3 sqlite_utils ssl subprocess tempfile threading time urllib".split()
)
CLOCKS = frozenset({"now", "today", "utcnow"})
ALLOWED = {"ledger/mledger/keys/openssh.py": {"secrets"}}  # a key file is encrypted under a salt of its own
DOWN = "Imports only go down, and every room has a floor"

PURE_FILES = [source for floor in PURE for source in sources(LIBRARY / floor)]
CORE_FILES = sources(LIBRARY / "core")
LIBRARY_FILES = sources(LIBRARY)


def _named(files: list[Source]) -> list[pytest.ParameterSet]:
    return [pytest.param(source, id=source.path) for source in files]


def test_the_contracts_of_the_floors_are_kept(capsys: pytest.CaptureFixture[str]) -> None:
    """Each contract of pyproject.toml on imports holds."""
    from importlinter.cli import lint_imports  # late: others of these tests need not wait for it

    code = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True, no_logo=True)
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("file", "line", "contract"),
    [
        ("mledger/core/digest.py", "import mledger.chain", DOWN),
        ("mledger/novelty.py", "import mledger.errors", DOWN),
        ("mledger/errors.py", "import mledger.registry", "No cycles between the modules of a room"),
        ("mledger/events/base.py", "import click", "The library knows nothing of the command line"),
        (
            "mledger_cli/__init__.py",
            "import sqlite3",
            "The command line touches neither database nor keys but through the library",
        ),
    ],
)
def test_a_wrong_import_breaks_a_contract(file: str, line: str, contract: str, tmp_path: Path) -> None:
    """An import that goes up, a room without a floor, or a foreign hand is refused."""
    for package in (LIBRARY, COMMAND):
        shutil.copytree(package, tmp_path / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / file).open("a") as handle:
        handle.write(f"\n{line}\n")
    program = (
        "import sys; from importlinter.cli import lint_imports;"
        " sys.exit(lint_imports(config_filename=sys.argv[1], no_cache=True, no_logo=True))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(ROOT / "pyproject.toml")],
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert f"{contract} BROKEN" in done.stdout


@pytest.mark.parametrize("source", _named(PURE_FILES))
def test_pure_floors_touch_nothing(source: Source) -> None:
    """Floors 0 to 5 and the reports know no file, network, clock, process or randomness."""
    foreign = WORLD - ALLOWED.get(source.path, set())
    found = [f"{line}: import {name}" for line, name in imports(source) if name.split(".")[0] in foreign]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Name) and called.id in {"open", "input", "print"}:
                found.append(f"{node.lineno}: {called.id}()")
            if isinstance(called, ast.Attribute) and called.attr in CLOCKS:
                found.append(f"{node.lineno}: .{called.attr}()")
    assert not found


@pytest.mark.parametrize("source", _named(CORE_FILES))
def test_the_ground_floor_needs_python_alone(source: Source) -> None:
    """Nothing in core needs a package that has to be installed."""
    own = ("mledger.core", "mledger.errors", "mledger.registry")
    found = [
        f"{line}: import {name}"
        for line, name in imports(source)
        if name.split(".")[0] not in sys.stdlib_module_names and not name.startswith(own)
    ]
    assert not found


@pytest.mark.parametrize("source", _named([s for s in LIBRARY_FILES if s.path.split("/")[2] != "testing"]))
def test_the_library_does_not_lean_on_its_own_face(source: Source) -> None:
    """No room imports names from the package `mledger` itself, which imports the rooms."""
    rooms = {path.stem for path in LIBRARY.iterdir()}
    found = [
        f"{node.lineno}: from mledger import {alias.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom) and node.module == "mledger"
        for alias in node.names
        if alias.name not in rooms
    ]
    assert not found
