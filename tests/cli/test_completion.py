"""mledger completion: scripts for shells, which the shells accept."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import COMMAND

SHELLS = ("bash", "zsh", "fish")


@pytest.mark.parametrize("shell", SHELLS)
def test_a_script_says_where_it_goes(run: Callable, shell: str) -> None:
    """The first line is a comment with what to add, the rest a script for `mledger`."""
    first, rest = run("completion", shell).stdout.split("\n", 1)
    assert first.startswith("# ")
    assert f"mledger completion {shell}" in first
    assert f"_MLEDGER_COMPLETE={shell}_complete" in rest


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_accepts_its_script(run: Callable, shell: str) -> None:
    """The shell itself finds no error in the script."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    script = run("completion", shell).stdout
    done = subprocess.run([shell, "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_bash_completes_a_command(process: Callable, folder: Path, program: Callable[[str], str]) -> None:
    """With the script loaded, bash itself is offered the command that begins so."""
    program("bash")
    (folder / "mledger").write_text(f"#!{sys.executable}\n{COMMAND[2]}\n")
    (folder / "mledger").chmod(0o755)
    script = process("completion", "bash").stdout
    ask = "COMP_WORDS=(mledger typ) COMP_CWORD=1; _mledger_completion mledger; echo ${COMPREPLY[*]}"
    done = subprocess.run(
        ["bash", "-c", f"{script}\n{ask}"],
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["types"]


@pytest.mark.parametrize(("line", "offered"), [("mledger runs co", "compare"), ("mledger runs ", "list")])
def test_commands_of_a_group_that_lists_are_completed(process: Callable, line: str, offered: str) -> None:
    """`list` may be left out, and the others are offered all the same."""
    asked = {"_MLEDGER_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": "2"}
    assert f"plain,{offered}" in process(env=asked).stdout.split()
