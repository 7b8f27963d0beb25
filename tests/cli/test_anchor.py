"""Anchors, intervals of time and the levels above 2, as people use them."""

import json
import subprocess
import sys
from datetime import UTC, datetime

import pytest

from mledger.chain.witness import cosign
from mledger.core.moment import of_seconds
from mledger.core.note import COSIGNATURE, format_vkey
from mledger.cosigning import Cosigned, keep
from mledger.keys.ed25519 import Ed25519Signer
from mledger.ledger import Ledger
from tests.cli.asking import ALICE, MODEL, done, refused, refused_alike, told

WITNESS, OTHER = Ed25519Signer.from_seed(b"w" * 32), Ed25519Signer.from_seed(b"x" * 32)
NAME = "witness.example/w1"
VKEY = format_vkey(NAME, WITNESS.public, COSIGNATURE)


@pytest.fixture
def adopt(run, begun, folder, authority):
    """Adopt a policy that believes the authority, and asks for what else is given."""

    def adopted(**asked):
        roots = [authority.root.read_text()]
        policy = {"name": "acme", "roles": {"owner": {"may": ["*"]}}, "anchor_roots": roots} | asked
        (folder / "policy.json").write_text(json.dumps({"policy": policy, "reason": "Time shall be proved."}))
        done(run("append", "policy.adopted", "ledger", "--from", "policy.json", "-q"))

    return adopted


def comment(run, text="Seen."):
    """Record something."""
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", f"text={text}", "-q"))


def cosigned(path, signer=WITNESS, time=None):
    """Have a witness cosign the newest checkpoint."""
    with Ledger.open(path) as ledger:
        note = ledger.checkpoint()
        seconds = int(datetime.now(UTC).timestamp()) if time is None else time
        line = cosign(note, NAME, signer, seconds)._replace(hash=cosign(note, NAME, WITNESS, seconds).hash)
        keep(ledger, note, [Cosigned(NAME, ledger.head.size, of_seconds(seconds), line)])


def test_an_anchor_leads_to_level_3(run, adopt, authority, begun, folder):
    """A time-stamp is recorded, found again, shown as an interval, and checked by openssl as it is."""
    adopt(anchor_days=30)
    row = told(run("anchor", "--rfc3161", authority.url, "--json"))
    assert (row["number"], row["type"]) == ("3", "anchor.recorded")
    assert row["anchor"]["by"] == "CN=Clock of tests"
    comment(run)
    said = done(run("verify"))
    assert "VERIFIED at level 3" in said
    assert "1 time anchor" in said
    shown = done(run("show", "1"))
    assert "proved by event 3" in shown
    assert "not before" not in shown
    assert "not before" in done(run("show", "4"))
    proved = told(run("show", "4", "--json"))["proved"]
    assert (proved["after"]["event"], proved["before"]) == ("3", None)
    assert told(run("verify", "--full", "--json"))["level"] == 3
    done(run("anchor", "--export", "3", "-o", "out"))
    checkpoint, token = ((folder / f"out.{end}").read_bytes() for end in ("checkpoint", "token"))
    assert authority.verify(checkpoint, token)
    assert checkpoint in [note for _, note in Ledger.open(begun).store.checkpoints()]
    refused(run("anchor", "--export", "3", "-o", "out"), "is there already")
    refused(run("anchor", "--export", "1", "-o", "other"), "no anchor")
    refused(run("anchor", "--export", "3"), "needs a name")


def test_nothing_is_recorded_that_nobody_could_check(run, begun, authority, folder):
    """Without a root, with another, with nobody there or with wrong use: one line, and no event."""
    url = authority.url
    assert "--tsa-root" in refused_alike(run, ["anchor", "--rfc3161", url], "no root certificate")
    refused(run("anchor"), "say who shall vouch")
    refused(run("anchor", "--rfc3161", url, "--git"), "say who shall vouch")
    (folder / "junk").write_text("junk")
    refused(run("anchor", "--rfc3161", url, "--tsa-root", "junk"), "no certificate")
    root = ("--tsa-root", authority.root)
    refused_alike(run, ["anchor", "--rfc3161", "http://127.0.0.1:1", *root], "cannot be reached", code=4)
    refused(run("anchor", "--rfc3161", "nonsense", *root), "no address")
    (folder / "other.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    refused(run("anchor", "--rfc3161", url, "--tsa-root", "other.pem"), "does not hold", code=3)
    assert told(run("verify", "--json"))["entries"] == 2


def test_whom_the_policy_does_not_name_can_be_brought_along(run, begun, authority):
    """A root given by hand leads to level 3 this once, and is not remembered."""
    done(run("anchor", "--rfc3161", authority.url, "--tsa-root", authority.root))
    for _ in range(2):
        assert "level 3 needs the root certificate" in done(run("verify"))
        assert "VERIFIED at level 3" in done(run("verify", "--tsa-root", authority.root))


def test_without_the_package_the_level_is_not_reached_and_why_is_said(run, adopt, authority, monkeypatch):
    """What cannot be checked is no finding and no level; the command that mends it is named."""
    adopt()
    done(run("anchor", "--rfc3161", authority.url))
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    said = done(run("verify"))
    assert "VERIFIED at level 2" in said
    assert "pip install 'mledger[anchors]'" in " ".join(said.split())
    assert "mledger[anchors]" in refused(run("anchor", "--rfc3161", authority.url), "rfc3161-client")


def test_a_git_repository_keeps_it_and_proves_no_time(run, begun, folder, program, monkeypatch):
    """A tag leads to level 2 for whoever fetches it, and to none above."""
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", ALICE)
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "alice@acme.example")
    git = program("git")
    subprocess.run([git, "init", "-q"], check=True)
    subprocess.run([git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
    assert "git tag v1" in done(run("anchor", "--git", "v1"))
    assert "git note" in done(run("anchor", "--git"))
    assert "VERIFIED at level 2" in done(run("verify", "--full"))
    kept = subprocess.run([git, "cat-file", "tag", "v1"], check=True, capture_output=True).stdout
    (folder / "kept").write_bytes(kept.partition(b"\n\n")[2])
    assert "checkpoint given" in done(run("verify", "--from-checkpoint", "kept"))


def test_a_level_may_be_required(run, adopt, authority, begun):
    """CI asks for a level: exit code 1 if it is not reached, and what it needs is said."""
    adopt(witnesses={"keys": [VKEY]})
    result = run("verify", "--require", "3")
    assert (result.exit_code, "LEVEL 3 IS REQUIRED, and 2 was reached" in result.stdout) == (1, True)
    row = json.loads(run("verify", "--require", "4", "--json").stdout)
    assert (row["required"], row["exit_code"]) == (4, 1)
    assert [level["reached"] for level in row["levels"]] == [True, True, True, False, False]
    assert NAME in row["levels"][4]["needs"]
    done(run("anchor", "--rfc3161", authority.url))
    cosigned(begun)
    said = done(run("verify", "--require", "4"))
    assert "VERIFIED at level 4" in said
    assert NAME in said
    assert run("verify", "--require", "5").exit_code == 2


def test_a_bundle_is_checked_by_whom_the_trust_file_names(run, adopt, authority, begun, folder, monkeypatch):
    """What its owner exports leads an auditor to level 4; other witnesses do not, and that can be asked."""
    adopt(anchor_days=30, witnesses={"keys": [VKEY]})
    done(run("anchor", "--rfc3161", authority.url))
    cosigned(begun)
    done(run("bundle", "create", "--all", "--kept", "-o", "b.zip"))
    said = done(run("trust", "export", "-o", "trust.json"))
    assert "as of 4 entries, with 1 time-stamping root and 1 witness, in trust.json" in " ".join(said.split())
    monkeypatch.setenv("MLEDGER_HOME", str(folder / "auditor"))
    bundle = ("bundle", "verify", "b.zip", "--trust", "trust.json")
    assert "VERIFIED at level 4" in done(run(*bundle, "--require", "4"))
    assert "VERIFIED at level 4" in done(
        run("--ledger", "b.zip", "verify", "--trust", "trust.json", "--require", "4")
    )
    more = format_vkey("w2.example", OTHER.public, COSIGNATURE)
    result = run(*bundle, "--witness", more, "--require", "4")
    assert (result.exit_code, "LEVEL 4 IS REQUIRED, and 3 was reached" in result.stdout) == (1, True)
    row = json.loads((folder / "trust.json").read_text())
    row["witnesses"]["keys"] = [more]
    (folder / "trust.json").write_text(json.dumps(row))
    assert "VERIFIED at level 3" in done(run(*bundle))
    assert "w2.example" in done(run(*bundle))
    assert told(run(*bundle, "--json"))["levels"][3]["reached"] is True


def test_witnesses_may_be_asked_for_by_hand(run, adopt, authority, begun):
    """All that are named must have cosigned; another than a witness's key is wrong use."""
    adopt()
    done(run("anchor", "--rfc3161", authority.url))
    cosigned(begun)
    assert "level 4 needs cosignatures of the witnesses" in done(run("verify"))
    assert "VERIFIED at level 4" in done(run("verify", "--witness", VKEY))
    more = format_vkey("w2.example", OTHER.public, COSIGNATURE)
    assert "w2.example" in done(run("verify", "--witness", VKEY, "--witness", more))
    refused(run("verify", "--witness", "junk"), "verifier key")


def test_cosignatures_grow_old_and_can_be_forged(run, adopt, begun):
    """Missing or old ones are a finding where the policy says how old; one that fails is, too."""
    adopt(witnesses={"keys": [VKEY], "days": 7})
    assert "witness.overdue" in run("verify").stdout
    cosigned(begun, time=1_700_000_000)
    result = run("verify")
    assert (result.exit_code, "2023-11-14" in result.stdout) == (1, True)
    cosigned(begun, signer=OTHER)
    rules = {finding["rule"] for finding in json.loads(run("verify", "--json").stdout)["findings"]}
    assert rules == {"witness.overdue", "witness.bad"}
    cosigned(begun, time=4_000_000_000)
    assert "witness.overdue" in run("verify").stdout
    cosigned(begun)
    assert "witness.overdue" not in run("verify").stdout


def test_a_policy_that_cannot_be_meant_is_refused(run, begun, folder):
    """A root that is no certificate is refused before it is recorded."""
    policy = {"name": "acme", "roles": {"owner": {"may": ["*"]}}, "anchor_roots": ["junk"]}
    (folder / "policy.json").write_text(json.dumps({"policy": policy, "reason": "x"}))
    refused(run("append", "policy.adopted", "ledger", "--from", "policy.json"), "certificate in PEM")
