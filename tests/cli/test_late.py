"""`importlib.metadata` is loaded late, and then it is the whole and real one."""

import subprocess
import sys

import pytest

START = """
import sys
from mledger_cli import late
late.postpone_metadata()
def loaded():
    return type(sys.modules["importlib.metadata"]).__name__ == "module"
"""


def ran(code: str) -> str:
    """What a fresh interpreter prints that has postponed it."""
    done = subprocess.run([sys.executable, "-c", START + code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_taking_a_function_out_of_it_loads_nothing() -> None:
    """`from importlib.metadata import entry_points` costs nothing until it is called."""
    code = "from importlib.metadata import entry_points; print(loaded()); "
    assert ran(code) == "False"
    assert ran(
        code + "print(any(p.name == 'mledger' for p in entry_points(group='console_scripts')), loaded())"
    ) == ("False\nTrue True")


@pytest.mark.parametrize(
    "code",
    [
        "from importlib.metadata import version; print(version('click'))",
        "import importlib.metadata; print(importlib.metadata.version('click'))",
        "import importlib.metadata as m; print(m.version('click'))",
        "from importlib import metadata; print(metadata.version('click'))",
        "import importlib.metadata._meta; from importlib.metadata import version; print(version('click'))",
        "late._entry_points(); import importlib.metadata as m; print(m.version('click'))",
    ],
)
def test_however_it_is_asked_for_it_is_there(code: str) -> None:
    """Any other use of the module, or of a part of it, finds the real one."""
    from importlib.metadata import version

    assert ran(code) == version("click")


def test_what_is_loaded_already_stays() -> None:
    """A program that has it keeps the very module that it has."""
    code = "import importlib.metadata as before; from mledger_cli import late; late.postpone_metadata()"
    check = "import importlib.metadata as after; print(before is after)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}; {check}"], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True\n"
