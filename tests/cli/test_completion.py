"""mledger completion: scripts for shells, which the shells accept."""

import shutil
import subprocess
from collections.abc import Callable

import pytest

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


def test_bash_completes_a_command(process: Callable, program: Callable[[str], str]) -> None:
    """With the script loaded, bash itself is offered the command that begins so."""
    program("bash")
    script = process("completion", "bash").stdout
    ask = "COMP_WORDS=(mledger typ) COMP_CWORD=1; _mledger_completion mledger; echo ${COMPREPLY[*]}"
    done = subprocess.run(["bash", "-c", f"{script}\n{ask}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["types"]
