"""A company's ledger, bundles of it, and the verifier that they bring along."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest

from mledger.core.trust import format_trust
from mledger.exchange import verify
from mledger.exchange.bundle import What, newest_note, write_bundle
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.tamper import World, build_world
from mledger.testing.tamper.world import ALICE

ALL = What()
PROGRAM = Path(verify.__file__)


class Verdict(NamedTuple):
    """What the verifier of a bundle said."""

    code: int
    row: dict
    out: str
    err: str

    @property
    def rules(self) -> set[str]:
        """The rules among its findings."""
        return {finding["rule"] for finding in self.row.get("findings", ())}


Program = Callable[..., Verdict]


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A ledger of 300 entries with a checkpoint over all of them."""
    world = build_world(tmp_path_factory.mktemp("company"))
    with world.ledger(ALICE) as ledger:
        ledger.checkpoint()
    return world


def make(path: Path, bundle: Path, what: What = ALL) -> Path:
    """A bundle of the ledger at `path`, to its newest checkpoint."""
    with closing(open_store(path, read_only=True)) as store:
        write_bundle(Reader(store), bundle, newest_note(store.checkpoints()), what)
    return bundle


@pytest.fixture(scope="session")
def bundle(company: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """All of it in one file, with the attachments that the ledger keeps."""
    return make(company.path, tmp_path_factory.mktemp("bundle") / "all.zip", What(every=True))


@pytest.fixture(scope="session")
def trust(company: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What was handed over when the ledger had its first 200 entries."""
    path = tmp_path_factory.mktemp("trust") / "trust.json"
    with closing(open_store(company.older, read_only=True)) as store:
        path.write_bytes(format_trust(Reader(store).pinned()))
    return path


@pytest.fixture(scope="session")
def auditor(measured: dict[str, str]) -> Program:
    """Run the verifier as an auditor does: alone, with nothing of ours to import."""

    def run(bundle: Path, *options: object, python: str = sys.executable) -> Verdict:
        command = [python, "-I", str(PROGRAM), str(bundle), "--json", *map(str, options)]
        environment = os.environ | measured
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd="/", env=environment)
        return Verdict(done.returncode, json.loads(done.stdout or "{}"), done.stdout, done.stderr)

    return run
