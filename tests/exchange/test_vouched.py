"""What others say of a bundle: both verifiers check it, by whom the trust file believes."""

import json
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256, SHA384, SHA512
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from mledger.anchoring import anchor
from mledger.anchors.base import find
from mledger.chain.witness import cosign
from mledger.core.moment import of_seconds
from mledger.core.note import COSIGNATURE, format_vkey
from mledger.core.trust import Pinned, Required, format_trust, parse_trust
from mledger.cosigning import Cosigned, keep
from mledger.errors import FormatError, ProofError
from mledger.events import base as events
from mledger.events.vouching import Witnesses
from mledger.exchange import verify as alone
from mledger.exchange.bundle import What, newest_note, write_bundle
from mledger.ledger import Ledger
from mledger.opening import begin, default_policy
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.simulator import Bytes, key_fields, signer_of
from mledger.testing.tamper.bundles import read_files, relisted, write_files
from mledger.verification.verifying import Trust
from tests.authority import serving

NAME = "witness.example/w1"
WITNESS, OTHER = signer_of(NAME), signer_of("somebody else")
VKEY = format_vkey(NAME, WITNESS.public, COSIGNATURE)
NOTE = b"acme.example/credit\n2\naT2yc69CDNBT+h74pD4ecyjxnbXhc+2SV9uUEWO6VRk=\n\n\xe2\x80\x94 a b\n"


class Evidence(NamedTuple):
    """A bundle of a ledger that others vouch for, and what was handed over with it."""

    bundle: Path
    pinned: Pinned


@pytest.fixture(scope="module")
def evidence(authority, tmp_path_factory) -> Evidence:
    """A ledger of this very moment: anchored by an authority, cosigned by a witness."""
    folder = tmp_path_factory.mktemp("vouched")
    witnesses = Witnesses(keys=(VKEY,), needed=1, days=7)
    asked = {"anchor_days": 30, "anchor_roots": (authority.root.read_text(),), "witnesses": witnesses}
    policy = default_policy().model_copy(update=asked)
    alice = "Alice Example"
    fields = {"origin": "acme.example/credit", "key": key_fields(alice, "owner"), "policy": policy}
    with closing(open_store(folder / "ledger.db", create=True)) as store:
        begin(Reader(store), signer_of(alice), events.build("ledger.opened", fields), Bytes("vouched"))
        ledger = Ledger(store, signer_of(alice))
        anchor(ledger, "rfc3161", authority.url)
        ledger.append("comment.added", "ledger", {"on": "0", "text": "Seen."})
        note, seconds = ledger.checkpoint(), int(datetime.now(UTC).timestamp())
        line = cosign(note, NAME, WITNESS, seconds)
        keep(ledger, note, [Cosigned(NAME, ledger.head.size, of_seconds(seconds), line)])
        write_bundle(ledger, folder / "b.zip", newest_note(store.checkpoints()), What())
        return Evidence(folder / "b.zip", ledger.pinned())


@pytest.fixture
def judged(evidence, auditor, tmp_path):
    """What both verifiers say of a bundle with a trust file: level, exit code and rules of each."""

    def judge(pinned: Pinned, bundle: Path = evidence.bundle, *options: str):
        (tmp_path / "trust.json").write_bytes(format_trust(pinned))
        theirs = auditor(bundle, "--trust", tmp_path / "trust.json", *options)
        with Reader.open(bundle) as reader:
            ours = reader.verify(full=True, trust=Trust(pinned=parse_trust(format_trust(pinned))))
        found = {finding.rule for finding in ours.findings}
        return (ours.level, ours.exit_code, found), (theirs.row["level"], theirs.code, theirs.rules)

    return judge


@pytest.mark.parametrize("how", [(), ("--pure",)], ids=["as-installed", "pure"])
def test_both_reach_level_4(evidence, judged, how):
    """With the trust file that its owner exports a bundle reaches the highest level, here and there."""
    assert evidence.pinned.roots
    assert evidence.pinned.witnesses == Required((VKEY,), 1, 7)
    assert judged(evidence.pinned, evidence.bundle, *how) == ((4, 0, set()), (4, 0, set()))


def test_whom_the_trust_file_does_not_name_is_asked_of_the_policy(evidence, judged):
    """A trust file without roots and witnesses leaves them to the policy of the ledger."""
    bare = evidence.pinned._replace(roots=(), witnesses=None)
    assert judged(bare) == ((4, 0, set()), (4, 0, set()))


def test_the_trust_file_is_believed_and_not_the_bundle(evidence, judged, authority):
    """Another root: the anchor proves nothing. Another witness, or more: level 3."""
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "s.key"]
    subject = [
        "-subj",
        "/O=Those who make certificates longer than those of a clock/CN=Authority of tests",
        "-days",
        "9000",
        "-config",
        "tsa.cnf",
        "-extensions",
        "ca",
    ]
    authority.run("req", "-x509", *curve, *subject, "-out", "s.pem")
    stranger = (authority.folder / "s.pem").read_text()
    bad = (2, 1, {"anchor.bad"})
    assert judged(evidence.pinned._replace(roots=(stranger,))) == (bad, bad)
    both = evidence.pinned._replace(roots=(stranger, authority.root.read_text()))
    assert judged(both)[0][0] == judged(both)[1][0] == 4
    more = format_vkey("w2.example", OTHER.public, COSIGNATURE)
    for keys, needed in (((more,), 1), ((VKEY, more), 2)):
        asked = evidence.pinned._replace(witnesses=Required(keys, needed))
        assert judged(asked) == ((3, 0, set()), (3, 0, set()))
    one_of_two = evidence.pinned._replace(witnesses=Required((VKEY, more), 1))
    assert judged(one_of_two) == ((4, 0, set()), (4, 0, set()))
    same_name = format_vkey(NAME, OTHER.public, COSIGNATURE)
    assert judged(evidence.pinned._replace(witnesses=Required((same_name,), 1)))[0][0] == 3


def test_a_cosignature_that_fails_is_found(evidence, judged, tmp_path):
    """A line under the witness's key hash that its key did not sign is a finding, here and there."""
    from mledger.core.note import format_note, parse_note

    files = read_files(evidence.bundle)
    note = parse_note(files["checkpoint"])
    forged = [line._replace(signature=line.signature[:-1] + b"\0") for line in note.signatures[1:]]
    files["checkpoint"] = format_note(note._replace(signatures=(note.signatures[0], *forged)))
    for name in [name for name in files if name.startswith("checkpoints/")]:
        del files[name]
    write_files(tmp_path / "forged.zip", relisted(files))
    found = (3, 1, {"witness.bad", "witness.overdue"})
    assert judged(evidence.pinned, tmp_path / "forged.zip") == (found, found)


def test_openssl_checks_what_lies_in_the_bundle(evidence, authority):
    """Checkpoint and token of an anchor are files that `openssl ts -verify` takes as they are."""
    with zipfile.ZipFile(evidence.bundle) as archive:
        note, token = (archive.read(f"anchors/1.{end}") for end in ("checkpoint", "token"))
    assert authority.verify(note, token)
    assert not authority.verify(note + b"\n", token)


def test_files_of_anchors_are_those_of_the_log(evidence, judged, tmp_path):
    """One that is exchanged, gone or too many is found, here and there."""
    for change in ({"anchors/1.token": b"junk"}, {"anchors/1.checkpoint": None}, {"anchors/7.token": b"x"}):
        files = {name: data for name, data in (read_files(evidence.bundle) | change).items() if data}
        write_files(tmp_path / "changed.zip", relisted(files))
        for level, code, rules in judged(evidence.pinned, tmp_path / "changed.zip"):
            assert (level, code, rules) == (None, 3, {"store.stray"})


# --- time-stamps, read by Python alone


def prove(token: bytes, note: bytes, root: str):
    """What the verifier that stands alone, and what mledger makes of a token: the time, or None."""
    try:
        theirs = alone.open_stamp(token, note, [root])[:2]
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, alone.Unknown):
        theirs = None
    try:
        ours = find("rfc3161").check(note, token, [root])[:2]
    except ProofError:
        ours = None
    return theirs, ours


@pytest.fixture(scope="module")
def stamped(authority):
    """A token over a note, and the root of its authority."""
    return find("rfc3161").make(NOTE, authority.url).token, authority.root.read_text()


def test_a_time_stamp_is_read_alike(stamped):
    """The time and how far it may be off are those that the package finds."""
    theirs, ours = prove(stamped[0], NOTE, stamped[1])
    assert theirs == ours is not None
    assert alone.open_stamp(stamped[0], NOTE, [stamped[1]]).by == "Clock of tests"
    assert prove(stamped[0], NOTE + b"x", stamped[1]) == (None, None)


@settings(max_examples=40)
@given(data=st.data())
def test_a_damaged_time_stamp_proves_no_more(stamped, data):
    """With bits flipped a token proves nothing to Python alone, or what it proved before."""
    token, root = stamped
    changed = bytearray(token)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert prove(bytes(changed), NOTE, root)[0] in {None, prove(token, NOTE, root)[0]}
    assert prove(data.draw(st.binary(max_size=200)), NOTE, root)[0] is None


@pytest.mark.parametrize(
    "kind",
    [
        ("rsa:2048",),
        ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
    ],
    ids=["RSA", "P-384"],
)
def test_other_kinds_of_keys(kind, program, tmp_path, monkeypatch):
    """Authorities with RSA keys and with larger curves are checked by Python alone as well."""
    monkeypatch.setattr("tests.authority.KEY", ["-newkey", *kind, "-nodes", "-config", "tsa.cnf"])
    with serving(tmp_path, program("openssl")) as other:
        token, root = find("rfc3161").make(NOTE, other.url).token, other.root.read_text()
    theirs, ours = prove(token, NOTE, root)
    assert theirs == ours is not None
    flipped = bytes([*token[:-20], token[-20] ^ 1, *token[-19:]])
    assert prove(flipped, NOTE, root) == (None, None)


HASHES = {"sha256": SHA256(), "sha384": SHA384(), "sha512": SHA512()}
CURVES = {ec.SECP256R1: "2a8648ce3d030107", ec.SECP384R1: "2b81040022"}
RSA_KEY = rsa.generate_private_key(65537, 2048)


@given(st.binary(max_size=90), st.sampled_from(list(HASHES)), st.integers(-1, 255))
def test_rsa_is_judged_as_cryptography_does(message, kind, bit):
    """A signature of RSA holds, and none with a bit flipped."""
    signature = bytearray(RSA_KEY.sign(message, padding.PKCS1v15(), HASHES[kind]))
    if bit >= 0:
        signature[bit] ^= 1
    key = RSA_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert alone.signed_rsa(key, kind, message, bytes(signature)) == (bit < 0)


@settings(max_examples=20)
@given(st.sampled_from(list(CURVES)), st.binary(max_size=90), st.sampled_from(list(HASHES)), st.booleans())
def test_curves_are_judged_as_cryptography_does(curve, message, kind, good):
    """A signature on a curve holds for its message and for no other."""
    private = ec.generate_private_key(curve())
    signature = private.sign(message, ec.ECDSA(HASHES[kind]))
    key = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    oid = bytes.fromhex(CURVES[curve])
    assert alone.signed_ec(oid, key, kind, message if good else message + b"x", signature) == good


# --- trust files


@pytest.mark.parametrize(
    "change",
    [
        {"roots": []},
        {"roots": ["junk"]},
        {"roots": "junk"},
        {"witnesses": []},
        {"witnesses": {"keys": [VKEY]}},
        {"witnesses": {"keys": [VKEY], "needed": 2}},
        {"witnesses": {"keys": [VKEY, VKEY], "needed": 2}},
        {"witnesses": {"keys": ["junk"], "needed": 1}},
        {"witnesses": {"keys": [format_vkey(NAME, WITNESS.public)], "needed": 1}},
        {"witnesses": {"keys": [VKEY], "needed": 1, "days": 0}},
        {"witnesses": {"keys": [VKEY], "needed": True}},
        {"more": 1},
    ],
    ids=str,
)
def test_a_trust_file_that_cannot_be_meant_is_refused(change, evidence, auditor, tmp_path):
    """By both, before anything of the evidence is read."""
    row = json.loads(format_trust(evidence.pinned)) | change
    with pytest.raises(FormatError):
        parse_trust(json.dumps(row).encode())
    (tmp_path / "trust.json").write_text(json.dumps(row))
    assert auditor(evidence.bundle, "--trust", tmp_path / "trust.json").code == 2
