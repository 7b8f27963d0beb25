"""What a ledger in a file hands out is checked by Go and by securesystemslib, with no code of ours."""

import json
from base64 import b64encode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from mledger.events import base as events
from mledger.ledger import Ledger, What
from mledger.reader import Reader
from mledger.testing.simulator import signer_of

pytestmark = pytest.mark.interop

OWNER = "Alice Example"
SIGNER = signer_of(OWNER)
KEY = SSlibKey.from_crypto(Ed25519PublicKey.from_public_bytes(SIGNER.public), keyid=SIGNER.key_id)


@pytest.fixture(scope="module")
def checkpoints() -> dict[int, bytes]:
    """The checkpoints taken while the ledger grew, by size."""
    return {}


@pytest.fixture(scope="module")
def path(tmp_path_factory, checkpoints) -> Path:
    """A ledger of some 300 entries of one event and of several, checkpointed as it grows."""
    file = tmp_path_factory.mktemp("ledger") / "mledger.db"
    with Ledger.create(file, origin="acme.example/interop", signer=SIGNER, name=OWNER) as ledger:
        for number in range(300):
            texts = [f"Remark {number}.{n}, naïve café" for n in range(1 + number % 3)]
            bodies = [events.build("comment.added", {"on": "0", "text": text}) for text in texts]
            ledger.append_all([What(body, "model/m") for body in bodies])
            if number in {0, 1, 6, 100, 254, 255, 299}:
                checkpoints[ledger.head.size] = ledger.checkpoint()
    return file


def test_go_opens_every_checkpoint(path, checkpoints, tlogcheck):
    """Go's sumdb/note verifies the signature under the ledger's verifier key and reads size and root."""
    with Reader.open(path) as reader:
        for size, note in checkpoints.items():
            done = tlogcheck("note", reader.vkey_text, "-", data=note)
            assert done.returncode == 0, done.stderr
            told = json.loads(done.stdout)
            assert (told["origin"], told["size"]) == ("acme.example/interop", size)


def test_go_accepts_growth_between_checkpoints(path, checkpoints, tlogcheck):
    """Go's sumdb/tlog accepts the consistency proof between any two checkpoints, and no damaged one."""
    with Reader.open(path) as reader:
        known = {size: reader.read_checkpoint(note) for size, note in checkpoints.items()}
        pairs = [(old, new) for old in known for new in known if old < new]
        for old, new in pairs:
            proof = reader.consistency(old, new)
            asked = {"old_size": old, "new_size": new, "proof": [b64encode(one).decode() for one in proof]}
            for name, size in (("old_root", old), ("new_root", new)):
                asked[name] = b64encode(known[size].root).decode()
            assert tlogcheck("consistency", "-", data=json.dumps(asked).encode()).returncode == 0
            asked["old_root"] = asked["new_root"]
            assert tlogcheck("consistency", "-", data=json.dumps(asked).encode()).returncode == 1


def test_go_accepts_receipts(path, tlogcheck):
    """Go checks the receipt of an event: the checkpoint, and that the envelope is in its tree."""
    with Reader.open(path) as reader:
        for reference in ("0", "1", "3.2", "255.2", "300.3"):
            receipt = reader.prove(reference)
            done = tlogcheck("receipt", reader.vkey_text, "-", data=receipt)
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["index"] == int(reference.partition(".")[0])


def test_securesystemslib_verifies_every_entry(path):
    """Each entry's envelope is a DSSE envelope that securesystemslib verifies with the enrolled key."""
    with Reader.open(path) as reader:
        for seq in range(reader.head.size):
            first = next(iter(reader.facts(None, seq, seq + 1))).number
            envelope = Envelope.from_dict(json.loads(reader.envelope(first)))
            assert envelope.verify([KEY], 1) == {SIGNER.key_id: KEY}
