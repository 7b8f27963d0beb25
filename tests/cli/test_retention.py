"""What is due for disposal, as people ask for it."""

import yaml

from mledger.opening import default_policy
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
