"""What the policy calls grave, as people do it together."""

import pytest
import yaml

from mledger.opening import default_policy
from tests.cli.asking import ALICE, MODEL, done, nothing_written, refused, refused_alike, told

AS = {name: ("--as", f"{name}-example") for name in ("alice", "bob", "carol")}
GRAVE = ["policy.adopted", "key.enrolled", "role.granted", "key.revoked", "record.redacted"]


def adopt(run, folder, *more, types=GRAVE):
    """Adopt a policy under which one admin must agree, or ask for that."""
    policy = default_policy().model_dump(mode="json", by_alias=True, exclude_none=True)
    policy |= {"grave": [{"types": types, "needs": {"admin": 1}}]}
    (folder / "policy.yaml").write_text(yaml.safe_dump({"policy": policy, "reason": "Two people."}))
    return run("append", "policy.adopted", "ledger", "--from", "policy.yaml", *more, *AS["alice"])


@pytest.fixture
def together(run, begun, folder):
    """Bob is another admin, Carol an engineer; one admin must agree to what is grave."""
    for name, role in (("Bob", "admin"), ("Carol", "engineer")):
        done(run("key", "new", "--owner", f"{name} Example", "--no-passphrase"))
        done(run("key", "enroll", f"{name.lower()}-example", "--role", role, *AS["alice"]))
    done(adopt(run, folder))
    return folder


def agree(run, number, verb="approve"):
    """Bob answers."""
    return done(run(verb, number, "--reason", "I called them.", *AS["bob"]))


COMMANDS = [
    ["redact", "1", "--basis", "GDPR Art. 17", "--authority", "Dora Example"],
    ["append", "role.granted", "ledger", "--set", "role=auditor"],
    ["key", "revoke", "Carol Example", "--reason", "Left."],
]


def test_the_same_command_asks_and_execute_does_it(run, together):
    """Refused alone, asked for with --request, approved, done once."""
    rows = told(run("key", "list", "--enrolled", "--json"))
    carol = next(row["id"] for row in rows if row["name"] == "Carol Example")
    for number, command in zip(("5", "8", "11"), COMMANDS, strict=True):
        whole = [*command, *(["--set", f"key={carol}"] if command[0] == "append" else []), *AS["alice"]]
        alone = [*whole, *(["--yes"] if command[0] == "redact" else [])]
        assert "--request" in refused(run(*alone), "grave: others must agree to it, and nobody has asked")
        result = run(*whole, "--request", "It has to be.")
        assert f"mledger execute {number}" in (done(result), result.stderr)[1]
        with nothing_written(together):
            fix = refused(run("execute", number, *AS["alice"]), "lacks approvals, 1 by admin")
            assert fix.startswith(f"somebody else approves: mledger approve {number}")
            refused(run("approve", number, "--reason", "Mine.", *AS["alice"]), "cannot approve it")
        agree(run, number)
        assert f"event {int(number) + 2}  " in done(run("execute", number, *AS["alice"]))
    refused_alike(run, ["execute", "11", *AS["alice"]], "nobody has asked")
    assert "recorded before" in done(run("execute", "5", *AS["alice"]))
    done(run("verify", "--full"))


def test_the_inbox_has_what_waits_and_what_may_be_done(run, together):
    """The admin finds the request, the one who asked finds that it may be done."""
    done(run("key", "revoke", "Carol Example", "--reason", "Left.", "--request", "HR says so.", *AS["alice"]))
    (row,) = told(run("inbox", "--for", "Bob Example", "--json"))
    assert (row["number"], row["kind"], row["about"]) == ("5", "act", "key.revoked: HR says so.")
    assert told(run("inbox", "--for", ALICE, "--json")) == []
    shown = done(run("review", "5", *AS["bob"]))
    assert "of Carol Example" in shown
    assert "missing: 1 by admin" in shown
    assert "next: mledger execute 5" in run("approve", "5", "--reason", "Yes.", *AS["bob"]).stderr
    assert told(run("inbox", "--for", "Bob Example", "--json")) == []
    (row,) = told(run("inbox", "--for", ALICE, "--json"))
    assert row["about"] == "key.revoked: agreed to, may be done"
    assert "approved by Bob Example" in done(run("review", "5"))
    done(run("execute", "5", *AS["alice"]))
    assert told(run("inbox", "--for", ALICE, "--json")) == []
    assert "it was done already" in done(run("review", "5"))
    # A rejection ends it.
    done(run("key", "revoke", "Bob Example", "--reason", "x", "--request", "y", *AS["alice"]))
    refused(run("approve", "8", "--reason", "x", "--condition", "y", *AS["bob"]), "attached to an approval")
    agree(run, "8", "reject")
    assert told(run("inbox", "--for", "Bob Example", "--json")) == []
    refused(run("execute", "8", *AS["alice"]), "took away those before it")
    assert "count no more" in done(run("review", "8"))


def test_a_policy_is_changed_together(run, together):
    """Also the policy that asks for it; what is asked for cannot be exchanged."""
    done(adopt(run, together, "--request", "Less is grave.", types=["policy.adopted"]))
    agree(run, "5")
    refused(adopt(run, together, types=["key.revoked"]), "nobody has asked")
    done(run("execute", "5", *AS["alice"]))
    done(run("key", "revoke", "Carol Example", "--reason", "Left.", *AS["alice"]))


def test_mistakes_are_told(run, together):
    """No request, several at once that do not go together, a type that is not grave."""
    refused_alike(run, ["execute", "1", *AS["alice"]], "asks for no act")
    refused_alike(run, ["execute", "99", *AS["alice"]], "no entry 99")
    asked = ["append", "comment.added", MODEL, "--set", "on=1", "--set", "text=x", "--request", "y"]
    refused_alike(run, [*asked, *AS["alice"]], "should be a type that a policy may call grave")


def test_the_first_key_is_rotated_together(run, begun, folder):
    """Two acts, asked for and done one after the other, the second signed by the new key."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    done(run("key", "enroll", "bob-example", "--role", "admin", *AS["alice"]))
    done(adopt(run, folder, types=["key.rotated", "key.appointed"]))
    done(run("key", "new", "--owner", ALICE, "--name", "alice-2027", "--no-passphrase"))
    rotate = ["key", "rotate", ALICE, "alice-2027", "--reason", "Yearly."]
    assert "mledger execute 4 5" in run(*rotate, "--request", "As planned.").stderr
    for number in ("4", "5"):
        agree(run, number)
    assert "key.appointed" in done(run("execute", "4", "5", *AS["alice"]))
    done(run("checkpoint"))
    done(run("verify", "--full"))
