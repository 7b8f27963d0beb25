"""A key in a place of somebody else's, brought in by one file."""

import pytest

from mledger.errors import NotFoundError
from mledger.keystore import Keystore
from tests.cli.asking import done, refused, told
from tests.events.test_loading import _distribution

KMS = '''
from mledger.errors import NotFoundError
from mledger.keys.ed25519 import Ed25519Signer, fingerprint

class Key:
    """Signs elsewhere."""

    def __init__(self):
        self._held = Ed25519Signer.from_seed(b"k" * 32)
        self.public, self.key_id = self._held.public, self._held.key_id
        self.comment = "Kim Example <kim@acme.example>"

    def sign(self, message):
        return self._held.sign(message)

def find(text):
    key = Key()
    if text in key.comment or text == fingerprint(key.public):
        return key
    raise NotFoundError(f"the service holds no key {text!r}", fix="acme-kms list")
'''


@pytest.fixture
def service(tmp_path):
    """The distribution that brings the service, installed."""
    folder = _distribution(tmp_path / "site", "acme-kms", "acme_kms", KMS)
    points = folder / "acme_kms-1.0.dist-info" / "entry_points.txt"
    points.write_text("[mledger.signers]\nkms = acme_kms:find\n")
    return folder


def test_the_command_line_signs_with_it(service, run, begun, monkeypatch):
    """Named like any other key: enrolled by its name, and signing; one it does not hold is told."""
    monkeypatch.syspath_prepend(str(service))
    done(run("key", "enroll", "kms:kim", "--role", "engineer", "--as", "alice-example"))
    said = ("append", "comment.added", "ledger", "--set", "on=0", "--set", "text=x", "--json")
    assert told(run(*said, "--as", "kms:Kim"))["signer"] == "Kim Example"
    assert refused(run(*said[:-1], "--as", "kms:bob"), "the service holds no key") == "acme-kms list"


def test_a_place_that_nobody_brings_is_no_key(tmp_path):
    """A name with a colon that is no place is looked for like any other."""
    with pytest.raises(NotFoundError, match="no key is called"):
        Keystore(tmp_path).find("nowhere:bob")
