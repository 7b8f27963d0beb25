"""The verifier in a bundle: one file, Python alone, the same verdicts as ours."""

import ast
import json
import shutil
import subprocess
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.trust import format_trust, parse_trust
from mledger.errors import IntegrityError, MledgerError
from mledger.events import base as events
from mledger.events.governing import is_governance
from mledger.exchange import verify as program_itself
from mledger.exchange.bundle import verifier
from mledger.keys import ed25519
from mledger.keys.ed25519 import Ed25519Signer
from mledger.keys.roles import may_record
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.tamper.bundles import BUNDLE_ATTACKS, EXCHANGED, BundleAttack
from mledger.verification.verifying import Trust
from tests.exchange.conftest import PROGRAM, make
from tests.vectors.read import vectors

OLD = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"), key=lambda path: path.parts[-3])
SEEDS = st.binary(min_size=32, max_size=32)
each_attack = pytest.mark.parametrize("attack", [pytest.param(a, id=a.name) for a in BUNDLE_ATTACKS])


# --- a good bundle


@pytest.mark.parametrize("how", [(), ("--pure",)], ids=["as-installed", "pure"])
def test_a_good_bundle_is_verified(auditor, company, bundle, trust, how):
    """All of a good bundle is checked, it is the trusted ledger, and what was not checked is said."""
    verdict = auditor(bundle, "--trust", trust, *how)
    with company.reader(memory=False) as reader:
        ours = reader.verify(full=True)
    assert (verdict.code, verdict.row["findings"], verdict.row["level"]) == (0, [], 2)
    assert verdict.row["entries"] == verdict.row["signatures"] == ours.signatures
    assert (verdict.row["events"], verdict.row["bodies"]) == (ours.events, ours.bodies)
    assert (verdict.row["root"], verdict.row["head"]) == (ours.root.hex(), ours.head.leaf.hex())
    assert verdict.row["attachments"] == ours.attachments
    assert verdict.row["signatures_by"] == ("plain Python" if how else "cryptography")
    assert any("policy" in line for line in verdict.row["not_checked"])
    assert auditor(bundle).row["level"] == 0


def test_an_unpacked_bundle_is_verified(auditor, bundle, tmp_path):
    """The folder that a bundle was unpacked into is as good, unless a link lies in it."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "there")
    assert auditor(tmp_path / "there").code == 0
    (tmp_path / "there" / "reports").mkdir()
    (tmp_path / "there" / "reports" / "a.html").symlink_to("/etc/hostname")
    verdict = auditor(tmp_path / "there")
    assert (verdict.code, verdict.out) == (3, "")
    assert "is a link" in verdict.err


@pytest.mark.parametrize("gone", ["bodies/000.jsonl", "tile/0/000", "tile/entries/000", "checkpoint"])
def test_a_file_that_is_gone_is_no_wrong_use(gone, auditor, bundle, tmp_path):
    """What an unpacked bundle lacks is found as in the zip: it breaks the evidence, not the command."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(tmp_path / "there")
    (tmp_path / "there" / gone).unlink()
    assert auditor(tmp_path / "there").code == 3


def test_what_people_read(company, bundle, trust, auditor, capsys):
    """The report says what was checked, at which level, and what was not; nothing is claimed bare."""
    assert program_itself.main([str(bundle), "--trust", str(trust)]) == 0
    shown = capsys.readouterr().out
    assert "\nsignatures   " in shown
    assert "not checked  whether bodies fit their event types" in shown
    assert "VERIFIED at level 2: consistent in itself, and the ledger that is trusted" in shown
    assert program_itself.main([str(bundle)]) == 0
    assert "give --trust TRUST.json" in " ".join(capsys.readouterr().out.split())


@pytest.mark.skipif(not OLD, reason="no other Python is at hand")
def test_the_oldest_python_at_hand_runs_it(auditor, bundle, trust):
    """Python 3.8, or the oldest from there on, runs the verifier with nothing installed."""
    old = next((path for path in OLD if ".".join(path.parts[-3].split(".")[:2]) == "3.8"), OLD[-1])
    verdict = auditor(bundle, "--trust", trust, python=str(old))
    assert (verdict.code, verdict.row["level"]) == (0, 2), verdict.err
    assert verdict.row["signatures_by"].startswith("plain Python")


def test_it_is_python_3_8_and_needs_nothing():
    """The syntax is that of Python 3.8, and it imports the standard library and `cryptography` alone."""
    tree = ast.parse(PROGRAM.read_text(encoding="utf-8"), feature_version=(3, 8))
    names = {
        name.split(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert names - sys.stdlib_module_names == {"cryptography"}


def test_a_bundle_brings_this_very_file(bundle):
    """What lies in a bundle is the file that is tested here, byte for byte."""
    with zipfile.ZipFile(bundle) as archive:
        assert archive.read("verify.py") == PROGRAM.read_bytes() == verifier()


# --- attacks


@each_attack
def test_an_attack_on_a_bundle_is_found(attack: BundleAttack, auditor, company, bundle, tmp_path):
    """Both verifiers find what was done to a bundle, and end with 3; what is refused is so in one line."""
    attacked = tmp_path / "attacked.zip"
    attack.run(bundle, attacked)
    verdict = auditor(attacked)
    assert verdict.code == 3, verdict
    assert verdict.row or verdict.err.count("\n") == 1
    if attack.rule is None:
        with pytest.raises(MledgerError) as refused:
            open_store(attacked, read_only=True)
        assert isinstance(refused.value, IntegrityError)
        assert refused.value.fix
        assert "\n" not in refused.value.message
        return
    with Reader.open(attacked, clock=company.clock) as reader:
        verification = reader.verify(full=True)
    found = {finding.rule for finding in verification.findings}
    assert attack.rule in found
    assert verification.exit_code == 3
    # The two name the same things by the same rules, columns apart, which a bundle does not have.
    assert verdict.rules & (found | {"store.stray", "head.diverged"})


@pytest.mark.parametrize("which", EXCHANGED)
def test_another_history_is_found_by_the_trust_file(which, auditor, company, trust, tmp_path):
    """Another history in a bundle is consistent in itself, and is not the one that is trusted."""
    forged = make(getattr(company, which), tmp_path / "forged.zip")
    now = tmp_path / "now.json"
    with company.reader(memory=False) as reader:
        now.write_bytes(format_trust(reader.pinned()))
    with Reader.open(forged, clock=company.clock) as reader:
        ours = reader.verify(full=True, trust=Trust(pinned=parse_trust(now.read_bytes())))
    alone, theirs = auditor(forged), auditor(forged, "--trust", now)
    assert (alone.code, alone.row["level"]) == (0, 0)
    assert theirs.code == ours.exit_code == 3
    assert theirs.rules == {finding.rule for finding in ours.findings} == {EXCHANGED[which][1]}
    if which == "fork":  # to whom only the part is known that the two share, nothing is wrong
        assert auditor(forged, "--trust", trust).code == 0


def test_an_older_state_is_no_newer_one(auditor, company, tmp_path):
    """A bundle that ends before the trusted head is a rollback; the same head is level 2."""
    old = make(company.path, tmp_path / "now.zip")
    with company.reader(memory=False) as reader:
        pinned = reader.pinned()
    ahead = tmp_path / "ahead.json"
    ahead.write_bytes(format_trust(pinned._replace(size=pinned.size + 1)))
    assert auditor(old, "--trust", ahead).rules == {"head.rollback"}
    with Reader.open(old, clock=company.clock) as reader:
        verification = reader.verify(full=True, trust=Trust(pinned=parse_trust(ahead.read_bytes())))
        assert {finding.rule for finding in verification.findings} == {"head.rollback"}
        same = reader.verify(full=True, trust=Trust(pinned=pinned))
    assert (same.level, same.findings) == (2, [])
    assert "the trust file, which knows 300 entries" in same.relied_on


def test_findings_of_policy_end_with_1(auditor, tmp_path):
    """What breaks a rule and no proof is told by both, and ends with 1."""
    from mledger.stores.sqlite import SqliteStore
    from mledger.testing.simulator import Simulator
    from mledger.testing.tamper.tools import Hand, force

    file = tmp_path / "self.db"
    sim = Simulator(SqliteStore(file, create=True))
    sim.append("model.registered", "model/m", {"title": "M", "purpose": "None.", "owner": "Alice Example"})
    asked = {"version": "1", "from_stage": "staging", "to_stage": "live", "reason": "Now."}
    sim.append("promotion.requested", "model/m", asked)
    fields = {"request": "2", "reason": "I say so."}
    with closing(open_store(file)) as store:
        force(store, Hand("Alice Example"), "promotion.approved", "model/m", fields)
    sim.reader()
    sim._ledgers.clear()
    sim.ledger().checkpoint()
    path = make(file, tmp_path / "self.zip")
    verdict = auditor(path)
    assert (verdict.code, verdict.rules, verdict.row["level"]) == (1, {"four-eyes"}, 0)
    with Reader.open(path, clock=sim.clock) as reader:
        assert {finding.rule for finding in reader.verify(full=True).findings} == {"four-eyes"}


# --- wrong use


def test_wrong_use_is_told_in_one_line(auditor, bundle, trust, tmp_path):
    """No such file, no zip, no trust file: one line, and the exit code of wrong use or of a broken bundle."""
    text = tmp_path / "text.zip"
    text.write_text("no zip at all")
    for arguments, code, line in (
        ((tmp_path / "none.zip",), 2, "No such file"),
        ((text,), 3, "it is no zip"),
        ((bundle, "--trust", text), 2, "this is no trust file"),
        ((bundle, "--trust", tmp_path / "none.json"), 2, "No such file"),
        ((bundle, "--trust", bundle), 2, "this is no trust file"),
    ):
        verdict = auditor(*arguments)
        assert (verdict.code, verdict.out, verdict.err.count("\n")) == (code, "", 1), verdict
        assert line in verdict.err
    row = json.loads(trust.read_bytes())
    empty = row["head"] | {"size": 0}
    for change in ({"v": 2}, {"genesis": "ab"}, {"head": {}}, {"vkey": "x"}, {"head": empty}):
        text.write_text(json.dumps(row | change))
        assert auditor(bundle, "--trust", text).code == 2
        with pytest.raises(MledgerError):
            parse_trust(text.read_bytes())


# --- the same as the library


@pytest.mark.parametrize("at", range(len(vectors("ed25519_edge_cases")["cases"])))
def test_edge_cases_of_signatures(at):
    """On points of small order and odd encodings the verdict of plain Python is that of `cryptography`."""
    known = vectors("ed25519_edge_cases")["cases"][at]
    parts = tuple(bytes.fromhex(known[name]) for name in ("public", "message", "signature"))
    assert program_itself.check_plainly([parts]) == [known["valid"]]
    assert program_itself.check_with_cryptography([parts]) == [known["valid"]]


@given(st.lists(st.tuples(SEEDS, st.binary(max_size=100), st.integers(-1, 511)), min_size=1, max_size=4))
def test_signatures_one_way_and_the_other(many):
    """Good signatures, and signatures with a bit flipped, are judged alike."""
    asked = []
    for seed, message, bit in many:
        signer = Ed25519Signer.from_seed(seed)
        signature = bytearray(signer.sign(message))
        if bit >= 0:
            signature[bit // 8] ^= 1 << bit % 8
        asked.append((signer.public, message, bytes(signature)))
    expected = [ed25519.verify(*signed) for signed in asked]
    assert program_itself.check_plainly(asked) == program_itself.check_with_cryptography(asked) == expected
    assert expected == [bit < 0 for _, _, bit in many]


@given(public=SEEDS, message=st.binary(max_size=50), signature=st.binary(min_size=60, max_size=66))
def test_any_bytes_as_signatures(public, message, signature):
    """Whatever bytes are given, both say the same and neither fails."""
    asked = [(public, message, signature)]
    assert program_itself.check_plainly(asked) == [ed25519.verify(public, message, signature)]


def test_many_signatures_are_shared_out(monkeypatch):
    """Enough signatures are checked by several processes, in any order of keys, with the same verdicts."""
    signers = [Ed25519Signer.from_seed(bytes([n]) * 32) for n in range(3)]
    asked = [(signers[n % 3].public, b"%d" % n, signers[n % 3].sign(b"%d" % n)) for n in range(60)]
    asked[17] = asked[17][0], b"another", asked[17][2]
    monkeypatch.setattr(program_itself, "MANY", 10)
    found, how = program_itself.check_signatures(asked, pure=True)
    assert found == [n != 17 for n in range(60)]
    assert how.startswith("plain Python")


PATTERNS = st.sampled_from("* !* run.* !run.* run.started !run.started decision.accepted !decision.*".split())


@given(st.lists(PATTERNS, max_size=4), st.sampled_from(["run.started", "run.finished", "decision.accepted"]))
def test_roles_are_read_alike(patterns, kind):
    """What a role may record is the same here and in the library."""
    assert program_itself.may_record(patterns, kind) == may_record(patterns, kind)


def test_tables_are_those_of_the_library():
    """The types that govern, the keys that are nobody's, and the rules of policy are the same."""
    from mledger.chain.findings import RULES

    assert program_itself.WEAK == ed25519._WEAK
    assert all(program_itself.governs(name) == is_governance(name) for name in events.names())
    assert all(not RULES[rule].integrity for rule in program_itself.POLICY_RULES)
    used = {node.value for node in ast.walk(ast.parse(PROGRAM.read_text())) if isinstance(node, ast.Constant)}
    known = {name for name in RULES if name in used and not RULES[name].integrity}
    assert known == program_itself.POLICY_RULES


def test_it_may_be_copied_alone(auditor, bundle, tmp_path):
    """The file works wherever it lies."""
    alone = tmp_path / "check.py"
    shutil.copy(PROGRAM, alone)
    command = [sys.executable, "-I", alone, bundle]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path)
    assert done.returncode == 0
    assert [file.name for file in tmp_path.iterdir()] == ["check.py"]
