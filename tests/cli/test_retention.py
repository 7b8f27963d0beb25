"""What is due for disposal, as people ask for it."""

import json
from contextlib import closing
from pathlib import Path

import yaml

from mledger.opening import default_policy
from mledger.stores import open_store
from mledger.testing.simulator import key_fields
from mledger.testing.tamper.tools import Hand, force
from tests.cli.asking import MODEL, done, nothing_written, refused_alike, told


def adopt(run, folder, **more):
    """Adopt the default policy with something more in it."""
    policy = default_policy().model_dump(mode="json", by_alias=True, exclude_none=True) | more
    (folder / "policy.yaml").write_text(yaml.safe_dump({"policy": policy, "reason": "A new regulation."}))
    done(run("append", "policy.adopted", "ledger", "--from", "policy.yaml"))


def test_what_is_due_is_listed_and_the_rest_refused(run, begun, folder):
    """Nothing is due today; in eleven years all is; until then redact says until when, and why."""
    assert "names no periods" in run("retention").stderr
    adopt(run, folder, retention=[{"types": ["*"], "keep": "P10Y", "basis": "AI Act, Article 18(1)"}])
    assert "nothing is due" in run("retention").stderr + run("retention").stdout
    listed = run("retention", "--by", "2099-01-01")
    assert "model.registered" in done(listed)
    assert "mledger redact 1 --basis" in listed.stderr
    (row,) = told(run("retention", "--by", "2099-01-01", "--json"))
    assert (row["number"], row["basis"], row["stream"]) == ("1", "AI Act, Article 18(1)", MODEL)
    basis = ["--basis", "None", "--authority", "Alice", "--yes"]
    with nothing_written(folder):
        refused_alike(run, ["redact", "1", *basis], "keeps it until 20")
        refused_alike(run, ["retention", "--by", "soon"], "is not a day")


def test_what_is_held_is_not_due(run, begun, folder):
    """A hold takes a stream off the list."""
    adopt(run, folder, retention=[{"types": ["*"], "keep": 1}])
    done(run("append", "hold.placed", MODEL, "--set", "matter=Inquiry 117", "--set", "authority=Counsel"))
    assert told(run("retention", "--by", "2099-01-01", "--json")) == []


BASIS = ["--basis", "GDPR Art. 17(1)", "--authority", "Alice", "--yes"]


def test_what_a_retired_model_promises_is_kept(run, begun, folder):
    """Until the day that a retirement names nothing of the model is erased, nor due, whatever else is."""
    adopt(run, folder, retention=[{"types": ["comment.*"], "keep": 1}])
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=Secret."))
    done(run("retire", "credit-risk", "--reason", "Replaced.", "--until", "2036-12-31"))
    assert told(run("retention", "--by", "2036-12-31", "--json")) == []
    assert [row["number"] for row in told(run("retention", "--by", "2037-01-01", "--json"))] == ["3"]
    with nothing_written(folder):
        fix = refused_alike(run, ["redact", "1", *BASIS], "is kept through 2036-12-31: so says event 4")
        refused_alike(run, ["redact", "4", *BASIS], "is kept through 2036-12-31")
    assert "mledger correct 4" in fix
    done(run("correct", "4", "--set", "retention_until=2026-01-01", "--reason", "A slip.", "--yes"))
    done(run("redact", "1", *BASIS))
    assert "VERIFIED" in done(run("verify", "--full"))


def test_a_legal_basis_of_the_policy_goes_before_a_promise(run, begun, folder):
    """To what the policy's own period gives way, the day of a retirement gives way as well."""
    adopt(run, folder, retention=[{"types": ["*"], "keep": "P10Y", "unless": ["GDPR Art. 17"]}])
    done(run("retire", "credit-risk", "--reason", "Replaced.", "--until", "2036-12-31"))
    done(run("redact", "1", *BASIS))


def test_one_version_of_a_dataset_is_kept_and_the_rest_is_not(run, begun, folder):
    """What is promised for a version is about what names that version."""
    fields = {"title": "D", "origin": "Own.", "collected_how": "Export.", "by_whom": "X", "licence": "i"}
    digests = [{"name": "a", "sha256": "ab" * 32}]
    (folder / "d.yaml").write_text(yaml.safe_dump(fields | {"version": "v1", "digests": digests}))
    done(run("append", "dataset.registered", "dataset/d", "--from", "d.yaml"))
    done(run("append", "comment.added", "dataset/d", "--set", "on=2", "--set", "text=Secret."))
    end = ["--set", "version=v1", "--set", "reason=Old.", "--set", "retention_until=2036-12-31"]
    done(run("append", "dataset.deprecated", "dataset/d", *end))
    refused_alike(run, ["redact", "2", *BASIS], "is kept through 2036-12-31: so says event 4")
    done(run("redact", "3", *BASIS))


def test_a_file_that_is_retired_keeps_the_event_that_published_it(run, begun, folder):
    """What is promised for one file is about the event that it answers, by number or by id."""
    published = {"name": "w", "sha256": "ab" * 32, "size": 1, "media_type": "application/octet-stream"}
    (folder / "a.yaml").write_text(yaml.safe_dump(published))
    done(run("append", "artifact.published", MODEL, "--from", "a.yaml"))
    end = ["--set", "artifact=2", "--set", "reason=Old.", "--set", "retention_until=2036-12-31"]
    done(run("append", "artifact.retired", MODEL, *end))
    refused_alike(run, ["redact", "2", *BASIS], "is kept through 2036-12-31: so says event 3")
    done(run("redact", "1", *BASIS))


def test_a_retirement_that_is_refused_promises_nothing(run, begun, folder):
    """Whoever may not retire a model cannot keep what others may erase."""
    Path("key.json").write_text(json.dumps({"key": key_fields("Mallory Example", "reviewer")}))
    done(run("append", "key.enrolled", "ledger", "--from", "key.json"))
    with closing(open_store(begun)) as store:
        fields = {"reason": "Mine.", "retention_until": "2036-12-31"}
        force(store, Hand("Mallory Example"), "model.retired", MODEL, fields)
    done(run("redact", "1", *BASIS))
