"""The program that stands ready does what the installed one does: output, exit codes, input, signals."""

import json
import os
import signal
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.standing import standing

INSTALLED = Path(sys.executable).parent
# CI sets variables of Python's, with which the installed program would be run.
BARE = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("PYTHON", "MLEDGER_", "COVERAGE_", "XDG_"))
} | {
    "LANG": "C.UTF-8",
    "COLUMNS": "80",
    "NO_COLOR": "1",
}
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
        env = BARE | {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": os.environ["HOME"]}
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
    stood = shell(line.replace("there", "here"), ready)
    assert (stood.stdout, stood.stderr) == (installed.stdout.replace("there", "here"), installed.stderr)
    assert installed.stdout


def test_a_signal_ends_the_command(ready: Path, shell: Shell) -> None:
    """Whoever kills the program kills the process that does its work."""
    key = shell("mledger witness key --name witness.example/w1 --no-passphrase", ready)
    assert not key.returncode, key.stderr
    serve = [ready / "mledger", "witness", "serve", "--port", "0"]
    with subprocess.Popen(
        serve, stdout=subprocess.PIPE, text=True, env=BARE | {"HOME": os.environ["HOME"]}
    ) as server:
        while "listening" not in (line := server.stdout.readline()):
            assert line, "it ended"
        server.terminate()
        server.stdout.read()  # comes to its end when nobody is left to write
    assert server.returncode == -signal.SIGTERM


def test_keys_are_made_quickly(ready: Path, shell: Shell) -> None:
    """A key that is locked by a passphrase costs one round here, and opens the installed program's way."""
    passphrase = "MLEDGER_PASSPHRASE='correct horse battery'"
    made = shell(f"{passphrase} mledger init --origin acme.example/credit --name Alice -q --json", ready)
    assert not made.returncode, made.stderr
    (key,) = Path(os.environ["HOME"]).rglob("alice.key")
    blob = b64decode(b"".join(key.read_bytes().splitlines()[1:-1]))
    assert int.from_bytes(blob.partition(b"bcrypt")[2][24:28]) == 1
    shown = shell(f"{passphrase} mledger checkpoint --json", INSTALLED)
    assert json.loads(shown.stdout), shown.stderr


def test_what_an_import_may_see_gets_the_real_one(ready: Path, shell: Shell) -> None:
    """With a variable of Python's the installed program is run."""
    done = shell("PYTHONVERBOSE=1 mledger --version", ready)
    assert "import 'mledger_cli'" in done.stderr
