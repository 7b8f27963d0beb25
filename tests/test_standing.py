"""The program that stands ready does what the installed one does: output, exit codes, input, signals."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.standing import standing

INSTALLED = Path(sys.executable).parent
Shell = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a program that stands ready."""
    with standing(tmp_path_factory.mktemp("standing")) as programs:
        yield programs


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Run a line in an empty folder, with the programs of a folder before others."""

    def run(line: str, programs: Path) -> subprocess.CompletedProcess[str]:
        env = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "LANG": "C.UTF-8", "COLUMNS": "80"}
        return subprocess.run(line, shell=True, env=env, cwd=tmp_path, capture_output=True, text=True)  # noqa: PLW1510, S602

    return run


@pytest.mark.parametrize(
    "line",
    [
        "mledger --version",
        "mledger log; echo $?",
        "mledger nothing 2>&1 >printed; echo $?; cat printed",
        "mledger --help | head -n 1",
        "echo '{}' | mledger append model.registered model/m --from - ; echo $?",
        "umask 077; mkdir there; cd there; mledger template new decision.proposed; stat -c '%a %n' *",
    ],
)
def test_both_do_the_same(line: str, ready: Path, shell: Shell) -> None:
    """Standard output, standard error, input, folder, mask and exit code are those of the command."""
    installed = shell(line, INSTALLED)
    shutil.rmtree("there", ignore_errors=True)
    stood = shell(line.replace("there", "here"), ready)
    assert (stood.stdout, stood.stderr) == (installed.stdout.replace("there", "here"), installed.stderr)
    assert installed.stdout


def test_a_signal_ends_the_command(ready: Path, shell: Shell) -> None:
    """Whoever kills the program kills the process that does its work."""
    key = shell("mledger witness key --name witness.example/w1 --no-passphrase", ready)
    assert not key.returncode, key.stderr
    serve = [ready / "mledger", "witness", "serve", "--port", "0"]
    with subprocess.Popen(
        serve, stdout=subprocess.PIPE, text=True, env=os.environ | {"LANG": "C.UTF-8"}
    ) as server:
        while "listening" not in (line := server.stdout.readline()):
            assert line, "it ended"
        server.terminate()
        server.stdout.read()  # comes to its end when nobody is left to write
    assert server.returncode == -signal.SIGTERM


def test_keys_are_made_quickly(ready: Path, shell: Shell) -> None:
    """A key that is locked by a passphrase costs one round here, and opens the installed program's way."""
    init = "mledger init --origin acme.example/credit --name Alice -q"
    assert not shell(f"MLEDGER_PASSPHRASE='correct horse battery' {init}", ready).returncode
    shown = shell("MLEDGER_PASSPHRASE='correct horse battery' mledger checkpoint --json", INSTALLED)
    assert json.loads(shown.stdout), shown.stderr


def test_what_an_import_may_see_gets_the_real_one(ready: Path, shell: Shell) -> None:
    """With a variable of Python's the installed program is run."""
    done = shell("PYTHONVERBOSE=1 mledger --version", ready)
    assert "import 'mledger_cli'" in done.stderr
