"""A `mledger` that stands ready: what its imports cost is paid once, by a server that forks for each command.

The program that the tests find first is a client of a few lines. It hands its arguments, environment, folder
and open files to the server; the process that the server forks is what the command would be: it prints to the
same files, reads the same input, is killed by the same signals and ends with the same exit code. What an
import may see, a process of its own shall see: whoever sets a variable of Python's gets the real program.

Keys are made with few rounds of bcrypt here, which is most of what a command with a passphrase takes.
"""

import contextlib
import importlib
import os
import pkgutil
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

NAME = "mledger"
CLIENT = """\
#!{python} -IS
import marshal, os, sys
from _signal import SIG_BLOCK, SIG_DFL, SIG_IGN, SIG_UNBLOCK, SIGHUP, SIGINT, SIGTERM
from _signal import getsignal, pthread_sigmask, signal
from _socket import AF_UNIX, SCM_RIGHTS, SOCK_STREAM, SOL_SOCKET, socket

if any(name.startswith("PYTHON") for name in os.environ):
    os.execv({program!r}, [{program!r}, *sys.argv[1:]])
passed = [number for number in (SIGINT, SIGTERM, SIGHUP) if getsignal(number) != SIG_IGN]
pthread_sigmask(SIG_BLOCK, passed)
server = socket(AF_UNIX, SOCK_STREAM)
server.connect({address!r})
files = b"".join(fd.to_bytes(4, sys.byteorder) for fd in range(3))
mask = os.umask(0)
os.umask(mask)
request = marshal.dumps((sys.argv[1:], dict(os.environ), os.getcwd(), mask))
server.sendmsg([len(request).to_bytes(4, "big")], [(SOL_SOCKET, SCM_RIGHTS, files)])
server.sendall(request)
process = int.from_bytes(server.recv(4), "big")
for number in passed:
    signal(number, lambda got, _: os.kill(process, got))
pthread_sigmask(SIG_UNBLOCK, passed)
code = server.recv(1)
if code:
    os._exit(code[0])
signal(SIGTERM, SIG_DFL)  # it was killed
os.kill(os.getpid(), SIGTERM)
"""


def _import_all() -> None:
    """Import what any command imports, but for what it brings to tests."""
    import mledger
    import mledger_cli

    for package in (mledger, mledger_cli):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if not found.name.startswith("mledger.testing"):
                importlib.import_module(found.name)
    for late in ("bcrypt", "platformdirs", "sqlite_utils"):
        importlib.import_module(late)


def _serve(address: str) -> None:
    """Fork for each request."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen(64)
        _import_all()
        from mledger.keys import openssh

        openssh._ROUNDS = 1
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        # Standard input ends when whoever began this is no more.
        while listener in select.select([listener, 0], [], [])[0]:
            client, _ = listener.accept()
            with client:
                if not os.fork():
                    listener.close()
                    _be_the_command(client)
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _be_the_command(client: socket.socket) -> None:
    """Take the place of the client, run, and tell it the exit code; does not return."""
    head, files, _, _ = socket.recv_fds(client, 4, 3)
    with client.makefile("rb") as stream:
        arguments, environment, folder, mask = _read(stream.read(int.from_bytes(head)))
    client.sendall(os.getpid().to_bytes(4))
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.umask(mask)
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115  as Python opens it
    sys.argv = [NAME, *arguments]
    client.sendall(bytes([_run()]))
    os._exit(0)


def _read(request: bytes) -> tuple[list[str], dict[str, str], str, int]:
    import marshal

    return marshal.loads(request)  # noqa: S302  from the client above


def _run() -> int:
    """The exit code of `mledger`, once everything that it began is at its end."""
    import atexit

    from mledger_cli.main import main

    try:
        main()
    except SystemExit as done:
        code = done.code
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    return code if isinstance(code, int) else int(code is not None)


@contextlib.contextmanager
def standing(folder: Path) -> Iterator[Path]:
    """The folder of a `mledger` that stands ready, for PATH, made in the folder; it ends with the block."""
    program = shutil.which(NAME, path=Path(sys.executable).parent)
    address = str(folder / "server")
    bin_ = folder / "bin"
    bin_.mkdir()
    client = bin_ / NAME
    client.write_text(CLIENT.format(python=sys.executable, program=program, address=address), "utf-8")
    client.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE_", "PYTHON"))}
    server = subprocess.Popen(
        [sys.executable, __file__, address],
        env=kept | {"LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert server.stdout.readline() == b"ready\n"
        yield bin_
    finally:
        server.communicate()  # its input ends, and so does it


if __name__ == "__main__":
    _serve(sys.argv[1])
