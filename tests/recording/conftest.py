"""A ledger on disk in an empty folder, as a training script finds it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.events import base, forms
from mledger.keys.ed25519 import Ed25519Signer
from mledger.keystore import Keystore
from mledger.ledger import Ledger
from mledger.reader import Reader

MODEL = "model/credit-risk"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, empty."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def path(folder: Path) -> Path:
    """A ledger that Alice has begun here, with a key that has no passphrase."""
    signer = Ed25519Signer.generate()
    Keystore().add(signer, owner="Alice Example")
    Ledger.create("mledger.db", origin="acme.example/credit", signer=signer, name="Alice Example").close()
    return folder / "mledger.db"


@pytest.fixture
def decision(path: Path) -> str:
    """The number of a decision that was proposed for the model."""
    with Ledger.open(path) as ledger:
        said = forms.example(base.find("decision.proposed"), optional=False)
        return ledger.append("decision.proposed", MODEL, said).number


@pytest.fixture
def recorded(path: Path) -> Callable[[], list[dict[str, object]]]:
    """What was recorded of the model, as `mledger log --json` prints it."""

    def read() -> list[dict[str, object]]:
        with Reader.open(path) as reader:
            facts = [fact for fact in reader.facts(MODEL) if fact.type.startswith("run.")]
            return [json.loads(json.dumps(fact.to_json())) for fact in facts]

    return read


@pytest.fixture
def script(folder: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run lines of Python as a script of their own."""

    def run(text: str, *args: str, **options: object) -> subprocess.CompletedProcess[str]:
        (folder / "train.py").write_text(text, encoding="utf-8")
        given = {"capture_output": True, "text": True, "check": False, "timeout": 60} | options
        return subprocess.run([sys.executable, "train.py", *args], **given)  # noqa: PLW1510  among the given

    return run
