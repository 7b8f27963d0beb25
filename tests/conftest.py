"""The house of every test: a home of its own, no network, programs that must be there in CI."""

import itertools
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from mledger.keys import openssh
from tests.authority import Authority, serving

IN_CI = bool(os.environ.get("CI"))
HERE = frozenset({"127.0.0.1", "::1", "localhost"})

# CI tries the same examples each time, so that a red build is the fault of the change that it names.
settings.register_profile("here", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.register_profile("long", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if IN_CI else "here"))

# Go rebuilds its standard library when its cache is gone: it stays where it was before HOME moves.
os.environ.setdefault("GOCACHE", str(Path.home() / ".cache" / "go-build"))


@pytest.fixture(scope="session")
def _homes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    base = tmp_path_factory.mktemp("homes")
    return (base / str(number) for number in itertools.count())


@pytest.fixture(autouse=True)
def home(_homes: Iterator[Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home: no test sees the keys, heads or settings of its developer or of another test."""
    folder = next(_homes)
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith(("MLEDGER_", "XDG_"))]:
        monkeypatch.delenv(name)
    for name in ("COLUMNS", "LINES"):  # which those who run tests in several processes set
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("NO_COLOR", "1")
    return folder


@pytest.fixture(autouse=True, scope="session")
def measured() -> Iterator[dict[str, str]]:
    """What to set where coverage shall measure a process too: its start takes three times as long then."""
    found = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_PROCESS_")}
    with pytest.MonkeyPatch.context() as patch:
        for name in found:
            patch.delenv(name)
        yield found


@pytest.fixture(autouse=True, scope="session")
def _quick_locks() -> Iterator[None]:
    """Lock keys with one round of bcrypt: it tries nothing less, and takes a seventh of a second less."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openssh, "_ROUNDS", 1)
        yield


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    """Refuse connections that leave the machine: a test that needs one is wrong."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        host = address[0] if isinstance(address, tuple) else None
        if self.family != socket.AF_UNIX and host not in HERE:
            raise AssertionError(f"a test tried to reach {address!r}")
        connect(self, address)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", guarded)
        yield


@pytest.fixture(scope="session")
def program() -> Callable[[str], str]:
    """Find a program that is not ours: skip where it is missing, fail where CI should have it."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None and IN_CI:
            pytest.fail(f"{name} is not installed, and CI must not skip what needs it")
        return path or pytest.skip(f"{name} is not installed")

    return find


@pytest.fixture(scope="session")
def authority(program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A time-stamping authority on loopback, made with openssl."""
    with serving(tmp_path_factory.mktemp("tsa"), program("openssl")) as made:
        yield made
