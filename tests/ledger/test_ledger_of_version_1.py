"""A ledger, a bundle and a trust file of the first version: read for ever by every later one."""

import gzip
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mledger.core.trust import parse_trust
from mledger.exchange import verify as alone
from mledger.ledger import Ledger
from mledger.reader import Reader
from mledger.testing.simulator import signer_of
from mledger.verification.verifying import Trust

# Never written again: what stands there was signed.
KEPT = Path(__file__).parent / "version_1"
MODEL = "model/credit-risk"


def later() -> datetime:
    """Years after it was written."""
    return datetime(2031, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    """The ledger's file, as it was kept."""
    path = tmp_path / "ledger.db"
    path.write_bytes(gzip.decompress((KEPT / "ledger.db.gz").read_bytes()))
    return path


def test_it_verifies_and_extends_what_was_handed_over(ledger: Path) -> None:
    """Nothing is wrong with the file, and it is the ledger of its trust file."""
    with Reader.open(ledger, clock=later) as reader:
        found = reader.verify(full=True, trust=Trust(pinned=parse_trust((KEPT / "trust.json").read_bytes())))
    assert (found.findings, found.level) == ([], 2)
    assert (found.signatures, found.bodies) == (7, 6)


@pytest.mark.parametrize("file", ["ledger.db", "bundle.zip"])
def test_it_replays(file: str, ledger: Path) -> None:
    """The state is what it was: registered, a refuted run, a comment erased by a redaction."""
    shutil.copy(KEPT / "bundle.zip", ledger.parent)
    with Reader.open(ledger.with_name(file), clock=later) as reader:
        told, facts = json.dumps(reader.replay(MODEL).to_json(), default=str), list(reader.facts())
    assert [fact.obstacle for fact in facts if fact.number != "3"] == [None] * 6
    assert facts[3].body is None
    assert "Estimates the risk of default." in told
    assert "refuted" in told
    assert "To be erased" not in told


def test_its_bundle_is_checked_by_both(tmp_path: Path) -> None:
    """By the library and by the verifier that stands alone, as it is today."""
    with Reader.open(KEPT / "bundle.zip", clock=later) as reader:
        found = reader.verify(full=True, trust=Trust(pinned=parse_trust((KEPT / "trust.json").read_bytes())))
    assert (found.findings, found.level) == ([], 2)
    assert alone.main([str(KEPT / "bundle.zip"), "--trust", str(KEPT / "trust.json")]) == 0


def test_it_goes_on(ledger: Path) -> None:
    """Its people append to it with the mledger of today."""
    with Ledger.open(ledger, clock=later, key=signer_of("Bob Example")) as opened:
        opened.append("comment.added", MODEL, {"on": "2", "text": "Years later."})
    with Reader.open(ledger, clock=later) as reader:
        assert reader.verify(full=True).findings == []
