"""Failures: one line, a way out, an exit code, whatever went wrong."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from mledger import errors
from mledger_cli.context import Settings
from mledger_cli.failures import Exit, run
from tests.cli.conftest import COMMAND

ERRORS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)]

FULL = Path("/dev/full")


def failing(error: BaseException) -> Callable[[], None]:
    """A command that raises."""

    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_is_one_line_and_its_fix(
    kind: type[errors.MledgerError], capsys: pytest.CaptureFixture
) -> None:
    """Each error of the library prints its message, its fix, and gives its own exit code."""
    code = run(failing(kind("the key\nis gone", fix="mledger key list", key="41")), [], Settings())
    assert code == kind.exit_code
    assert capsys.readouterr() == ("", "mledger: the key is gone\n  fix: mledger key list\n")


@pytest.mark.parametrize("kind", ERRORS)
def test_an_error_as_json(kind: type[errors.MledgerError], capsys: pytest.CaptureFixture) -> None:
    """With --json the same error is one JSON object on standard error."""
    code = run(
        failing(kind("the key is gone", fix="look", key=b"\x41", at={3})), ["log", "--json"], Settings()
    )
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert json.loads(err) == {
        "error": kind.code,
        "message": "the key is gone",
        "exit_code": code,
        "fix": "look",
        "key": "41",
        "at": [3],
    }


def test_json_behind_a_double_dash_is_no_option(capsys: pytest.CaptureFixture) -> None:
    """What follows -- is an argument, and asks for nothing."""
    run(failing(errors.InputError("no")), ["log", "--", "--json"], Settings())
    assert capsys.readouterr().err == "mledger: no\n  fix: mledger --help\n"


@pytest.mark.parametrize(
    ("args", "line", "fix"),
    [
        (["types", "--no-such"], "no such option", "mledger types --help"),
        (["--no-such"], "no such option", "mledger --help"),
        (["key", "new", "--owner"], "requires an argument", "mledger key new --help"),
        (["completion", "csh"], "invalid value for", "mledger completion --help"),
        (["completion"], "missing argument", "mledger completion --help"),
        (["types", "a.b", "c.d"], "unexpected extra argument", "mledger types --help"),
        (["types", "--template"], "needs a TYPE", "mledger types"),
        (["types", "nonsense.x"], "is called 'nonsense.x'", "mledger types"),
    ],
)
def test_wrong_use_has_the_same_form(run: Callable, args: list[str], line: str, fix: str | None) -> None:
    """What click refuses is told like our own errors, as text and as JSON, with exit code 2."""
    done = run(*args)
    assert (done.exit_code, done.stdout) == (Exit.USAGE, "")
    first, *rest = done.stderr.splitlines()
    assert first.startswith("mledger: ")
    assert line in first
    assert len(rest) <= 1
    if fix:
        assert rest[0].startswith(f"  fix: {fix}")
    told = json.loads(run("--json", *args).stderr)
    assert f"mledger: {told['message']}" == first
    assert told["exit_code"] == 2


def test_a_message_cannot_command_the_terminal(capsys: pytest.CaptureFixture) -> None:
    """Control characters in what a ledger holds are spelled out in messages."""
    run(failing(errors.NotFoundError("no \x1b[2J\u202e stream", fix="\x07")), [], Settings())
    assert capsys.readouterr().err == "mledger: no \\x1b[2J\\u202e stream\n  fix: \\x07\n"


def test_a_bug_says_that_it_is_one(capsys: pytest.CaptureFixture) -> None:
    """An error that nobody foresaw is one line with its place, exit code 70, and no traceback."""
    assert run(failing(KeyError("x")), [], Settings()) == Exit.BUG == 70
    line, fix = capsys.readouterr().err.splitlines()
    assert line.startswith("mledger: this is a bug of mledger: KeyError: 'x' (test_failures.py:")
    assert "MLEDGER_DEBUG=1" in fix


def test_a_bug_shows_its_traceback_when_asked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    """MLEDGER_DEBUG=1 prints the traceback before the line."""
    monkeypatch.setenv("MLEDGER_DEBUG", "1")
    run(failing(KeyError("x")), [], Settings())
    err = capsys.readouterr().err
    assert err.startswith("Traceback (most recent call last):\n")
    assert "mledger: this is a bug of mledger" in err


@pytest.mark.parametrize("error", [KeyboardInterrupt(), click.Abort()])
def test_an_interruption_is_quiet(error: BaseException, capsys: pytest.CaptureFixture) -> None:
    """An interrupted command ends its line and gives 130."""
    assert run(failing(error), [], Settings()) == Exit.INTERRUPTED == 130
    assert capsys.readouterr() == ("", "\n")


def test_a_real_interruption_is_quiet(process: Callable, terminal: Callable) -> None:
    """Ctrl-C at a prompt ends with 130 and without a traceback."""
    at = terminal("key", "new", "--owner", "Alice")
    at.wait_for("New passphrase")
    at.type("\x03")
    code, screen = at.end()
    assert code == 130
    assert "Traceback" not in screen


def test_nobody_reads_any_more(folder: object) -> None:
    """A pipe that is closed ends the command with 141, quietly, as it ends any other program."""
    line = '"$0" "$@" | true; echo ${PIPESTATUS[0]}'
    for _ in range(5):
        done = subprocess.run(
            ["bash", "-c", line, *COMMAND, "types"], capture_output=True, text=True, check=True
        )
        assert done.stderr == ""
        assert done.stdout in ("141\n", "0\n")


def test_a_closed_pipe_is_noticed(folder: object) -> None:
    """A reader that is gone before the first line gives exactly 141 and nothing on standard error."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([*COMMAND, "types"], stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (Exit.BROKEN_PIPE, "")


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_is_told(folder: object) -> None:
    """Output that cannot be written is an error with exit code 4, and not a success."""
    with FULL.open("w") as full:
        done = subprocess.run(
            [*COMMAND, "types"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == Exit.RETRY
    assert done.stderr == (
        "mledger: the output cannot be written: No space left on device\n  fix: write it somewhere else\n"
    )


def test_closed_output_is_no_bug(folder: object) -> None:
    """Without standard output, or without standard error, a command still ends with its own code."""
    for closed in (">&-", "2>&-", ">&- 2>&-", "<&-"):
        line = f'exec "$0" "$@" {closed}'
        done = subprocess.run(
            ["bash", "-c", line, *COMMAND, "key", "list"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (closed, done.stderr)
        done = subprocess.run(
            ["bash", "-c", line, *COMMAND, "types", "x"], capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, (closed, done.stderr)


def test_termination_leaves_no_traceback(folder: object) -> None:
    """A command that is told to end by the system ends by that signal."""
    child = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time; from mledger_cli import main; print(flush=True); time.sleep(60)",
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (-signal.SIGTERM, "")
