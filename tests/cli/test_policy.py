"""mledger policy: the rules in force as YAML, and new ones in their place."""

from pathlib import Path

import pytest

from mledger.events.policy import Policy
from mledger_cli.commands.policy import Rules, _changes
from mledger_cli.documents import yaml_mapping
from tests.cli.asking import ALICE, Run, done, nothing_written, refused, refused_alike, told

WHY = ("--reason", "Audit finding A-12.")
ADOPT = ("policy", "adopt", "--from", "policy.yaml", *WHY)
APPROVALS = "approvals:\n- {stages: [production], needs: {reviewer: 2}}\n"


@pytest.fixture
def yaml(run: Run, begun: Path) -> str:
    """The policy in force as it is printed."""
    return done(run("policy", "show"))


def test_what_is_shown_can_be_adopted(run: Run, begun: Path, yaml: str) -> None:
    """The YAML of the policy in force, with a rule more, is the next policy; the change is shown first."""
    assert yaml.startswith("# default, by event 0 of ")
    Path("policy.yaml").write_text(yaml.replace("skew_seconds: 120", "skew_seconds: 60") + APPROVALS)
    shown = done(run(*ADOPT)).splitlines()
    assert shown[0].split() == ["rule", "when", "what", "it", "says"]
    assert shown[1].split() == ["skew_seconds", "no", "more", "120"]
    assert shown[2].split() == ["from", "now", "on", "60"]
    assert shown[3].split(maxsplit=4)[4] == '{"stages": ["production"], "needs": {"reviewer": 2}}'
    assert shown[4].startswith("event 2  ")
    now = told(run("policy", "show", "--json"))
    assert (now["event"], now["policy"]["skew_seconds"]) == ("2", 60)
    assert (
        now["policy"]["roles"] == told(run("policy", "show", "--known-at", "1", "--json"))["policy"]["roles"]
    )
    assert done(run("policy", "show", "--known-at", "1")) == yaml
    assert told(run("show", "2", "--json"))["data"]["reason"] == WHY[1]


def test_every_rule_survives_being_shown(run: Run, begun: Path) -> None:
    """A policy with all that a policy may hold is the same one, written as YAML and read back."""
    fields = {name: info.examples[0] for name, info in Policy.model_fields.items() if info.examples}
    fields["roles"] = fields["roles"] | {"admin": {"may": ["act.*"]}, "reviewer": {"may": ["*"]}}
    policy = Policy.model_validate(fields)
    shown = Rules(policy, told_of(run), {}).yaml
    assert Policy.model_validate(yaml_mapping(shown.encode(), "x", "policy.adopted")) == policy


def told_of(run: Run) -> object:
    """The event that opened the ledger here."""
    from mledger.reader import Reader

    with Reader.open("mledger.db") as reader:
        return reader.fact("0")


def test_a_role_that_goes_is_told(run: Run, begun: Path) -> None:
    """Whoever would lose all that they may record is named, and so is each rule that goes."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase", "-q"))
    done(run("key", "enroll", "bob-example", "--role", "auditor", "--as", "alice-example"))
    Path("policy.yaml").write_text("name: small\nroles: {owner: {may: ['*']}}\n")
    result = run(*ADOPT, "--as", "alice-example")
    assert "roles.auditor" in done(result)
    assert "the role auditor is no more, and lets nobody record anything: Bob Example" in result.stderr


@pytest.mark.parametrize("columns", [80, 120])
def test_what_changes_is_shown_whole(
    run: Run, begun: Path, yaml: str, columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word of what goes and of what comes is on the screen, each side by its name."""
    Path("policy.yaml").write_text(yaml + APPROVALS)
    done(run(*ADOPT))
    monkeypatch.setenv("COLUMNS", str(columns))
    more = APPROVALS.replace("[production]", "[production, canary]").replace("2", "3, owner: 1")
    Path("policy.yaml").write_text(yaml.replace("skew_seconds: 120", "skew_seconds: 60") + more)
    shown = done(run(*ADOPT))
    assert max(map(len, shown.splitlines())) <= columns
    assert "…" not in shown
    words = " ".join(shown.split())
    assert "skew_seconds no more 120 from now on 60" in words
    old = '{"stages": ["production"], "needs": {"reviewer": 2}}'
    new = '{"stages": ["production", "canary"], "needs": {"reviewer": 3, "owner": 1}}'
    assert f"approvals no more {old} from now on {new}" in words


def test_before_the_ledger_began_nothing_was_in_force(run: Run, begun: Path) -> None:
    """That is a slip of whoever asks: nothing is broken."""
    line = "nothing was in force: the ledger began on "
    assert refused_alike(run, ["policy", "show", "--known-at", "2020-01-01"], line) == "mledger policy show"


def test_a_policy_leaves_somebody_who_may_grant_roles(run: Run, begun: Path) -> None:
    """Else nobody could mend it; the way out is in the policy, and not in another key."""
    Path("policy.yaml").write_text("name: small\nroles: {owner: {may: [comment.added]}}\n")
    result = run(*ADOPT)
    assert (result.exit_code, "nobody would be left who may grant roles" in result.stderr) == (2, True)
    assert result.stderr.endswith("\n  fix: leave role.granted to a role that somebody holds\n")


def test_a_policy_is_edited(run: Run, begun: Path, yaml: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """--edit opens the one in force; what was wrong stays in its file, to be adopted from there."""
    monkeypatch.setenv("EDITOR", "sed -i s/^name:.*/name:\\ acme/")
    done(run("policy", "adopt", "--edit", *WHY))
    assert done(run("policy", "show")).splitlines()[1] == "name: acme"
    monkeypatch.setenv("EDITOR", "sed -i s/^name:.*/nam:\\ acme/")
    fix = refused(run("policy", "adopt", "--edit", *WHY), "did you mean name?")
    assert "mledger policy adopt --reason TEXT --from " in fix
    monkeypatch.setenv("EDITOR", "true")
    refused(run("policy", "adopt", "--edit", *WHY), "the form was left as it was")


def test_a_grave_policy_is_asked_for(run: Run, begun: Path, yaml: str) -> None:
    """Where adopting a policy is grave the command refuses, and with --request asks others."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase", "-q"))
    done(run("key", "enroll", "bob-example", "--role", "admin", "--as", "alice-example"))
    adopt = (*ADOPT, "--as", "alice-example")
    Path("policy.yaml").write_text(yaml + "grave: [{types: [policy.adopted], needs: {admin: 1}}]\n")
    done(run(*adopt))
    Path("policy.yaml").write_text(yaml)
    result = run(*adopt)
    assert (result.exit_code, "calls policy.adopted grave" in result.stderr) == (2, True)
    assert "act.requested on ledger" in done(run(*adopt, "--request", "It is in the way."))
    assert told(run("policy", "show", "--json"))["event"] == "3"


def test_what_is_no_policy_is_told(run: Run, begun: Path, yaml: str) -> None:
    """The same policy, a whole event, or a place that is not named: one line, and nothing is signed."""
    Path("policy.yaml").write_text(yaml)
    with nothing_written(begun.parent):
        refused_alike(run, [*ADOPT], "that is the policy in force, event 0")
        refused_alike(run, ["policy", "adopt", *WHY], "say where the policy is: --from FILE, or --edit")
    Path("policy.yaml").write_text("reason: x\npolicy: {name: a}\n")
    fix = refused_alike(run, [*ADOPT], "policy.yaml holds a whole event")
    assert fix == "mledger append policy.adopted ledger --from policy.yaml"
    assert ALICE in yaml.splitlines()[0]


def test_two_certificates_are_told_apart() -> None:
    """Whoever exchanges a root of trust sees two of them, by their digests; other texts are shown whole."""
    one, other = (
        f"-----BEGIN CERTIFICATE-----\n{word}\n-----END CERTIFICATE-----\n" for word in ("AA", "BB")
    )
    (change,) = _changes("", {"anchor_roots": [one]}, {"anchor_roots": [other]})
    assert change.gone != change.new
    (change,) = _changes("", {"help": "Yes.\nAlways."}, {"help": "Yes.\nNever."})
    assert (change.gone, change.new) == ('"Yes.\\nAlways."', '"Yes.\\nNever."')
