"""Go's own log code, built once: see the head of tlogcheck/main.go for what it can be asked."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent / "tlogcheck"
# Where Debian and Ubuntu put golang-golang-x-mod-dev: nothing is fetched from the network.
PACKAGES = Path("/usr/share/gocode/src/golang.org/x/mod/sumdb")

Tlogcheck = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def tlogcheck(program, tmp_path_factory) -> Tlogcheck:
    """Run tlogcheck with some arguments, giving it bytes on standard input if there are any."""
    go = program("go")
    if not PACKAGES.is_dir():
        if os.environ.get("CI"):
            pytest.fail("golang-golang-x-mod-dev is not installed, and CI must not skip what needs it")
        pytest.skip("golang-golang-x-mod-dev is not installed")
    made = tmp_path_factory.mktemp("go") / "tlogcheck"
    env = os.environ | {"GO111MODULE": "off", "GOPATH": str(PACKAGES.parents[4]), "GOFLAGS": ""}
    subprocess.run([go, "build", "-o", made, "."], cwd=SOURCE, env=env, check=True)

    def run(*args: object, data: bytes | None = None) -> subprocess.CompletedProcess[str]:
        done = subprocess.run([made, *map(str, args)], input=data, capture_output=True, check=False)
        assert done.returncode in {0, 1}, done.stderr.decode()
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    return run
