"""Go's sumdb/note and sumdb/tlog read what core writes, and refuse it damaged."""

import json
from base64 import b64decode, b64encode

import pytest

from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.cosignature import cosigned
from mledger.core.envelope import PAYLOAD_TYPE, format_envelope, pae
from mledger.core.merkle import consistency_proof, inclusion_proof, leaf_hash, root
from mledger.core.note import (
    COSIGNATURE,
    Note,
    NoteSignature,
    format_note,
    format_vkey,
    key_hash,
    open_note,
    parse_vkey,
)
from mledger.core.proof import TlogProof, format_proof
from mledger.core.tiles import format_entries, tiles
from mledger.errors import FormatError, ProofError
from mledger.keys.ed25519 import Ed25519Signer, verify
from tests.core.trees import Grown

pytestmark = pytest.mark.interop

ORIGIN = "acme.example/crédit-risk"
SIGNER = Ed25519Signer.from_seed(b"0123456789abcdef0123456789abcdef")
WITNESS = Ed25519Signer.from_seed(b"fedcba9876543210fedcba9876543210")
VKEY = format_vkey(ORIGIN, SIGNER.public)
SIZE = 300


def envelope(seq: int) -> bytes:
    """The envelope of a made-up entry."""
    payload = b'{"seq":%d}' % seq
    return format_envelope(payload, SIGNER.key_id, SIGNER.sign(pae(PAYLOAD_TYPE, payload)))


LEAVES = [envelope(seq) for seq in range(SIZE)]
TREE = Grown([leaf_hash(leaf) for leaf in LEAVES])


def checkpoint(size: int) -> bytes:
    """The signed and cosigned checkpoint of the first `size` leaves."""
    text = format_checkpoint(Checkpoint(ORIGIN, size, root(TREE, size)))
    time = 1_763_889_124
    return format_note(
        Note(
            text,
            (
                NoteSignature(ORIGIN, key_hash(ORIGIN, 1, SIGNER.public), SIGNER.sign(text.encode())),
                NoteSignature(
                    "witness.example",
                    key_hash("witness.example", COSIGNATURE, WITNESS.public),
                    time.to_bytes(8) + WITNESS.sign(cosigned(text, time)),
                ),
            ),
        )
    )


def b64(data):
    """Bytes, or a list of bytes, as JSON for Go."""
    return [b64(item) for item in data] if isinstance(data, list) else b64encode(data).decode()


def asked(**fields) -> bytes:
    """Fields as JSON for Go."""
    return json.dumps(fields).encode()


@pytest.mark.parametrize("size", [0, 1, 7, SIZE])
def test_checkpoints(tlogcheck, size):
    """Go opens a checkpoint of ours with the published key, and reads the same origin, size and root."""
    done = tlogcheck("note", VKEY, "-", data=checkpoint(size))

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "origin": ORIGIN,
        "size": size,
        "root": b64(root(TREE, size)),
        "signers": [ORIGIN],
    }


def test_damaged_checkpoints(tlogcheck):
    """A checkpoint with a byte flipped is refused by Go and by us, but for the line of an unknown key."""
    data = checkpoint(SIZE)
    unknown = data.index("— witness".encode()) + len("— ".encode())

    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        done = tlogcheck("note", VKEY, "-", data=changed)
        try:
            ours = bool(open_note(changed, [parse_vkey(VKEY)], verify))
        except (FormatError, ProofError):
            ours = False
        assert done.returncode == 1 or at >= unknown
        assert not ours or done.returncode == 0, "we take what Go does not"


def test_another_key(tlogcheck):
    """Go refuses a checkpoint under another key of the same name."""
    done = tlogcheck("note", format_vkey(ORIGIN, WITNESS.public), "-", data=checkpoint(SIZE))

    assert done.returncode == 1
    assert "no verifiable signatures" in done.stderr


@pytest.mark.parametrize("size", [1, 2, 63, 64, 65, SIZE])
def test_the_same_trees(tlogcheck, size):
    """Go makes of the same leaves the same roots and, hash for hash, the same proofs."""
    done = tlogcheck("tree", "-", data=asked(leaves=b64(LEAVES[:size])))

    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout)
    assert [b64decode(value) for value in theirs["roots"]] == [root(TREE, n + 1) for n in range(size)]
    for at in range(size):
        assert [b64decode(h) for h in theirs["inclusion"][at] or []] == inclusion_proof(TREE, at, size)
        assert [b64decode(h) for h in theirs["consistency"][at] or []] == consistency_proof(
            TREE, at + 1, size
        )


@pytest.mark.parametrize("index", [0, 1, 255, 256, SIZE - 1])
def test_inclusion(tlogcheck, index):
    """Go accepts an inclusion proof of ours, and refuses it with a byte flipped in any part."""
    proof = inclusion_proof(TREE, index, SIZE)
    good = {"root": root(TREE, SIZE), "leaf": LEAVES[index], "proof": proof}

    def check(**parts):
        fields = {name: b64(value) for name, value in (good | parts).items()}
        return tlogcheck("inclusion", "-", data=asked(index=index, size=SIZE, **fields)).returncode == 0

    assert check()
    assert not check(root=flipped(good["root"]))
    assert not check(leaf=flipped(good["leaf"]))
    assert not check(proof=proof[1:])
    for at, value in enumerate(proof):
        assert not check(proof=[*proof[:at], flipped(value), *proof[at + 1 :]])


@pytest.mark.parametrize("old", [1, 2, 255, 256, 257, SIZE])
def test_consistency(tlogcheck, old):
    """Go accepts a consistency proof of ours, and refuses it with a byte flipped in any part."""
    proof = consistency_proof(TREE, old, SIZE)
    good = {"old_root": root(TREE, old), "new_root": root(TREE, SIZE), "proof": proof}

    def check(**parts):
        fields = {name: b64(value) for name, value in (good | parts).items()}
        return (
            tlogcheck("consistency", "-", data=asked(old_size=old, new_size=SIZE, **fields)).returncode == 0
        )

    assert check()
    assert not check(old_root=flipped(good["old_root"]))
    assert not check(new_root=flipped(good["new_root"]))
    for at, value in enumerate(proof):
        assert not check(proof=[*proof[:at], flipped(value), *proof[at + 1 :]])


@pytest.mark.parametrize("index", [0, 41, SIZE - 1])
def test_receipts(tlogcheck, tmp_path, index):
    """Go follows a receipt of ours from the envelope to the signed root, and not if a byte is flipped."""
    hashes = tuple(inclusion_proof(TREE, index, SIZE))
    data = format_proof(TlogProof(index, hashes, checkpoint(SIZE), LEAVES[index]))
    path = tmp_path / "41.tlog-proof"
    path.write_bytes(data)

    done = tlogcheck("receipt", VKEY, path)

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["index"], b64decode(found["leaf"]), found["size"]) == (index, LEAVES[index], SIZE)
    for at in range(0, data.index("— witness".encode()), 3):
        path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :])
        assert tlogcheck("receipt", VKEY, path).returncode == 1, at


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The made-up log as files, with its checkpoint."""
    log = tmp_path_factory.mktemp("log")
    for tile in tiles(SIZE):
        held = range(tile.start, tile.start + tile.width)
        if tile.level is None:
            data = format_entries([LEAVES[at] for at in held])
        else:
            data = b"".join(TREE.hashes(8 * tile.level, tile.start, tile.width))
        (log / tile.path).parent.mkdir(parents=True, exist_ok=True)
        (log / tile.path).write_bytes(data)
    (log / "checkpoint").write_bytes(checkpoint(SIZE))
    return log


@pytest.mark.parametrize("old", [1, 255, 256, SIZE])
def test_a_log_in_tiles(tlogcheck, folder, tmp_path, old):
    """Go reads the log from its tiles, finds every entry in it, and that it extends an older checkpoint."""
    (tmp_path / "old").write_bytes(checkpoint(old))
    done = tlogcheck("log", VKEY, folder, tmp_path / "old")

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["size"] == SIZE


def test_damaged_tiles(tlogcheck, folder):
    """Go refuses the log if a byte of any file is flipped."""
    for tile in tiles(SIZE):
        path = folder / tile.path
        data = path.read_bytes()
        for at in (0, len(data) // 2, len(data) - 1):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert tlogcheck("log", VKEY, folder).returncode == 1, (tile.path, at)
        path.write_bytes(data)
    assert tlogcheck("log", VKEY, folder).returncode == 0


def flipped(data: bytes) -> bytes:
    """The bytes with one bit of the middle one flipped."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
