"""Every parser of bytes that come from outside, each with bytes that it takes.

A parser refuses by an error of ours, or by what the verifier that stands alone refuses with; what it takes
and can write again must come out as it went in.
"""

import json
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mledger.chain.statement import open_payload
from mledger.chain.witness import cosign
from mledger.core import canonical
from mledger.core.checkpoint import parse_checkpoint
from mledger.core.cosignature import parse_cosignature
from mledger.core.envelope import format_envelope, parse_envelope
from mledger.core.evidence import Evidence, format_evidence, parse_evidence
from mledger.core.manifest import MANIFEST, format_manifest, is_name, parse_manifest
from mledger.core.note import format_note, parse_note, parse_vkey
from mledger.core.proof import format_proof, parse_proof
from mledger.core.submission import Submission, format_submission, parse_submission
from mledger.core.tiles import format_entries, parse_entries, parse_hashes, parse_path
from mledger.core.trust import format_trust, parse_trust
from mledger.errors import FormatError, MledgerError
from mledger.exchange import verify as alone
from mledger.exchange.bundle import What, write_bundle
from mledger.keys.ed25519 import dump_private, dump_public, load_private, load_public
from mledger.stores.bundle import BundleStore, parse_bodies
from mledger.testing.simulator import Simulator, signer_of
from mledger.testing.tamper.bundles import read_files

REFUSALS = (MledgerError, alone.Refused, alone.Unknown, alone.Impossible)
ALICE = signer_of("Alice Example")


class Parser(NamedTuple):
    """What takes bytes, and bytes that it takes. It raises what is refused, and AssertionError for a bug."""

    take: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]


PARSERS: dict[str, Parser] = {}


def parser(*kinds: str) -> Callable[[Callable[[bytes], object]], Callable[[bytes], object]]:
    """A decorator that enters a function, with seeds of these kinds."""

    def enter(take: Callable[[bytes], object]) -> Callable[[bytes], object]:
        PARSERS[take.__name__] = Parser(take, lambda: [made()[kind] for kind in kinds])
        return take

    return enter


@cache
def made() -> dict[str, bytes]:
    """One good example of each kind of bytes, from a small ledger."""
    sim = Simulator()
    sim.append("comment.added", "model/m", {"on": "0", "text": "Größe."})
    note = sim.ledger().checkpoint()
    reader = sim.reader()
    line = cosign(note, "witness.example/w1", ALICE, 1_780_000_000)
    parsed = parse_note(note)
    proof = reader.prove("1")
    envelope = parse_proof(proof).extra or b""
    with tempfile.TemporaryDirectory() as folder:
        write_bundle(reader, Path(folder) / "b.zip", note, What())
        zipped, files = (Path(folder) / "b.zip").read_bytes(), read_files(Path(folder) / "b.zip")
    return {
        "note": note,
        "cosigned": format_note(parsed._replace(signatures=(*parsed.signatures, line))),
        "text": parsed.text.encode(),
        "vkey": reader.vkey_text.encode(),
        "cosignature": line.signature,
        "proof": proof,
        "envelope": envelope,
        "payload": parse_envelope(envelope).payload,
        "evidence": format_evidence(Evidence(note, note)),
        "submission": format_submission(Submission(0, (), note)),
        "entries": files["tile/entries/000.p/2"],
        "hashes": files["tile/0/000.p/2"],
        "path": b"tile/0/x001/234.p/7",
        "manifest": files[MANIFEST],
        "trust": format_trust(reader.pinned()),
        "bodies": files["bodies/000.jsonl"],
        "zip": zipped,
        "private": dump_private(ALICE),
        "public": dump_public(ALICE.public, "alice").encode(),
        "pem": next(data for name, data in files.items() if name.endswith(".pem")),
        "json": json.dumps({"a": [1, 2.5, None, "x"]}).encode(),
    }


def again(data: bytes, written: bytes) -> None:
    """What was taken is written as it came."""
    assert written == data, "not written as it was read"


@parser("note", "cosigned")
def note(data: bytes) -> object:
    """A signed note."""
    found = parse_note(data)
    again(data, format_note(found))
    return found


@parser("text")
def checkpoint(data: bytes) -> object:
    """The text of a checkpoint."""
    return parse_checkpoint(data.decode(errors="replace"))


@parser("vkey")
def vkey(data: bytes) -> object:
    """A verifier key."""
    return parse_vkey(data.decode(errors="replace"))


@parser("cosignature")
def cosignature(data: bytes) -> object:
    """The signature of a witness."""
    return parse_cosignature(data)


@parser("proof")
def proof(data: bytes) -> object:
    """A receipt."""
    found = parse_proof(data)
    again(data, format_proof(found))
    return found


@parser("envelope")
def envelope(data: bytes) -> object:
    """An envelope."""
    found = parse_envelope(data)
    again(data, format_envelope(found.payload, found.keyid, found.signature))
    return found


@parser("payload")
def payload(data: bytes) -> object:
    """What an entry signs."""
    return open_payload(data)


@parser("evidence")
def evidence(data: bytes) -> object:
    """What proves a fork."""
    return parse_evidence(data)


@parser("submission")
def submission(data: bytes) -> object:
    """What a log sends to a witness."""
    found = parse_submission(data)
    again(data, format_submission(found))
    return found


@parser("entries")
def entries(data: bytes) -> object:
    """A tile of entries."""
    found = parse_entries(data, 2)
    again(data, format_entries(found))
    return found


@parser("hashes")
def hashes(data: bytes) -> object:
    """A tile of hashes."""
    return parse_hashes(data, 2)


@parser("path")
def path(data: bytes) -> object:
    """The path of a tile."""
    name = data.decode(errors="replace")
    assert not is_name(name) or ".." not in name.split("/")
    return parse_path(name)


@parser("manifest")
def manifest(data: bytes) -> object:
    """A manifest: what it says comes out the same when it is written and read again."""
    found = parse_manifest(data)
    assert parse_manifest(format_manifest(found)) == found
    return found


@parser("trust")
def trust(data: bytes) -> object:
    """A trust file, likewise; the verifier that stands alone takes none that is refused here."""
    found = parse_trust(data)
    assert parse_trust(format_trust(found)) == found
    return found


@parser("bodies")
def bodies(data: bytes) -> object:
    """A file of bodies."""
    return parse_bodies(data)


@parser("zip")
def bundle(data: bytes) -> object:
    """A whole bundle: opened and read to its end, here and by the verifier that stands alone."""
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(data)
        file.flush()
        try:
            with closing(alone.Files(file.name)) as files:
                alone.Checker(files, None, pure=False).run()
        except alone.Refused:
            pass
        with closing(BundleStore(file.name)) as store:
            return [list(store.entries()), store.strays()]


@parser("private")
def private_key(data: bytes) -> object:
    """The file of a private key."""
    return load_private(data)


@parser("public", "pem")
def public_key(data: bytes) -> object:
    """The file of a public key."""
    return load_public(data.decode(errors="replace"))


@parser("json")
def strict_json(data: bytes) -> object:
    """JSON as the format wants it; the verifier that stands alone takes the same and no other."""
    try:
        theirs = [alone.strict(data)]
    except ValueError:
        theirs = []
    try:
        found = canonical.decode(data)
    except FormatError:
        assert not theirs
        raise
    assert theirs == [found]
    return found


def try_on(name: str, data: bytes) -> bool:
    """Whether a parser takes the bytes. Raises what no parser may raise."""
    try:
        PARSERS[name].take(data)
    except REFUSALS:
        return False
    return True
