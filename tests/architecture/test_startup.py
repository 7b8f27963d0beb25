"""What a command loads before it knows what it is asked to do."""

import importlib.util
import subprocess
import sys

import pytest

from mledger.events.base import names

HEAVY = (
    "bcrypt cryptography importlib.metadata multiprocessing pydantic rich sqlite3 sqlite_utils yaml".split()
)

PROGRAM = """
import sys
before = set(sys.modules)
{statement}
# What only stands in for a module until it is used has no spec.
loaded = (name for name in set(sys.modules) - before if getattr(sys.modules[name], "__spec__", None))
print(*sorted(loaded), sep="\\n", file=sys.stderr)
"""
HELP = """
from mledger_cli.main import main
sys.argv = ["mledger", "--help"]
try:
    main()
except SystemExit:
    pass
"""


def _loaded(statement: str) -> set[str]:
    """Every module that `statement` makes a fresh interpreter load."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(statement=statement)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def test_help_loads_nothing_heavy() -> None:
    """`mledger --help` imports neither the database, nor the cryptography, nor the event classes."""
    if importlib.util.find_spec("mledger_cli.main") is None:
        pytest.skip("the command line does not exist yet")
    assert not _loaded(HELP) & set(HEAVY)


def test_the_public_face_is_light() -> None:
    """`import mledger` alone loads nothing heavy: names are resolved when they are used."""
    assert not _loaded("import mledger") & set(HEAVY)


def test_an_event_type_loads_its_own_family() -> None:
    """Finding `decision.accepted` imports the decisions, and no other family of events."""
    statement = "from mledger.events.base import find; find('decision.accepted')"
    families = {f"mledger.events.{type_.partition('.')[0]}" for type_ in names()}
    assert _loaded(statement) & families == {"mledger.events.decision"}


def test_the_check_on_loading_sees_what_is_loaded() -> None:
    """The check itself notices an import."""
    assert "sqlite3" in _loaded("import sqlite3")
