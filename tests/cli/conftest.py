"""Ways to run the command line: in this process, as a process, at a terminal."""

import fcntl
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mledger_cli.main import program
from tests.cli.asking import ALICE, MODEL, Run, done
from tests.cli.gaps import commit, git, whole

COMMAND = [sys.executable, "-c", "from mledger_cli.main import main; main()"]
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path) -> Callable[..., Result]:
    """Run a command in this process."""

    def invoke(*args: object, input: str | None = None) -> Result:
        return CliRunner().invoke(program, [str(arg) for arg in args], input=input)

    return invoke


@pytest.fixture
def process(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command as a process of its own, without a terminal."""

    def start(*args: object, **options: object) -> subprocess.CompletedProcess[str]:
        environment = os.environ | dict(options.pop("env", {}))
        given = {"capture_output": True, "text": True, "check": False, "start_new_session": True} | options
        return subprocess.run([*COMMAND, *map(str, args)], env=environment, **given)  # noqa: PLW1510  among the given

    return start


def _take_terminal() -> None:
    """Own the terminal, and hear its Ctrl-C even if these tests run in the background and do not."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


class Terminal:
    """A command at a terminal of its own: what it shows, and what is typed."""

    def __init__(self, args: Sequence[str], env: dict[str, str], columns: int = 80) -> None:
        """Start the command."""
        self.screen = ""
        self._read = 0
        self._near, far = pty.openpty()
        termios.tcsetwinsize(far, (24, columns))
        environment = {k: v for k, v in os.environ.items() if k != "NO_COLOR"} | {"TERM": "xterm"} | env
        self.process = subprocess.Popen(
            [*COMMAND, *args],
            env=environment,
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
            preexec_fn=_take_terminal,  # noqa: PLW1509  no threads here
        )
        os.close(far)

    def wait_for(self, text: str | None, seconds: float = 60) -> str:
        """Read until the text is shown once more, or until the command ends; what was shown so far."""
        end = time.monotonic() + seconds
        while text is None or text not in self.screen[self._read :]:
            ready, _, _ = select.select([self._near], [], [], max(0, end - time.monotonic()))
            if not ready:
                self.process.kill()
                self.process.wait()
                pytest.fail(f"{text!r} was not shown: {self.screen!r}")
            try:
                data = os.read(self._near, 4096)
            except OSError:
                data = b""
            if not data:
                break
            self.screen += data.decode()
        if text:
            self._read = self.screen.find(text, self._read) + len(text)
        return self.screen

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._near, text.encode())

    def interrupt(self) -> None:
        """Press Ctrl-C until it is heard: between a question and the reading it would wait for a key."""
        while self.process.poll() is None:
            self.type("\x03")
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(3)

    def end(self) -> tuple[int, str]:
        """Wait for the end; the exit code and the whole screen, without colours."""
        self.wait_for(None)
        code = self.process.wait(60)
        os.close(self._near)
        return code, ANSI.sub("", self.screen).replace("\r\n", "\n")


@pytest.fixture
def terminal(folder: Path, measured: dict[str, str]) -> Callable[..., Terminal]:
    """Start a command at a terminal, where alone it asks and draws."""

    def start(*args: object, columns: int = 80, **env: str) -> Terminal:
        return Terminal([str(arg) for arg in args], measured | env, columns)

    return start


@pytest.fixture
def begun(run: Run, folder: Path) -> Path:
    """A ledger that Alice has begun here, event 0, with a model in it, event 1."""
    done(run("init", "--origin", "acme.example/credit", "--name", ALICE, "--no-passphrase", "-q"))
    fields = {"title": "Credit risk", "purpose": "Estimates the probability of default.", "owner": ALICE}
    sets = [part for name, value in fields.items() for part in ("--set", f"{name}={value}")]
    done(run("append", "model.registered", MODEL, *sets))
    return folder / "mledger.db"


@pytest.fixture
def ready(begun: Path, run: Run) -> Path:
    """A repository with a release in which nothing is missing."""
    git("init", "-q", "-b", "main")
    Path("params.yaml").write_text("learning_rate: 0.05\n")
    commit()
    whole(run)
    return begun
