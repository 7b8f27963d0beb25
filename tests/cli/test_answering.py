"""mledger inbox, review, approve, reject: what waits, what it rests on, and the answer."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.testing.bodies import STARTED
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told
from tests.cli.conftest import Terminal

CAROL, BOB, DORA, OWNER = (("--as", f"{name}-example") for name in ("carol", "bob", "dora", "alice"))
Ask = Callable[..., str]
At = Callable[..., Terminal]
PASSPHRASE = "correct horse battery staple"
RULE = {"stages": ["production"], "needs": {"reviewer": 2}, "independent": True}


def policy(**more: object) -> str:
    """The default policy as a document, with more fields."""
    from mledger.opening import default_policy

    rules = default_policy().model_dump(by_alias=True, exclude_none=True) | {"name": "acme"} | more
    return json.dumps({"policy": rules, "reason": "Audit finding A-12."})


@pytest.fixture
def team(run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """Bob and Dora review, Carol builds; two reviewers are needed; a function that asks, as Carol."""
    people = (("Bob", "reviewer"), ("Dora", "reviewer"), ("Carol", "engineer"))
    for name, role in people:
        secret = () if name != "Bob" else ("--email", "bob@acme.test")
        monkeypatch.setenv("MLEDGER_PASSPHRASE", PASSPHRASE)
        protect = () if name == "Bob" else ("--no-passphrase",)
        done(run("key", "new", "--owner", f"{name} Example", *secret, *protect))
        done(run("key", "enroll", f"{name.lower()}-example", "--role", role, *OWNER))
    Path("policy.json").write_text(policy(approvals=[RULE]))
    done(run("append", "policy.adopted", "ledger", "--from", "policy.json", *OWNER))

    def ask(version: str = "2.1") -> str:
        sets = ("--set", f"version={version}", "--set", "to_stage=production", "--set", "reason=Good.")
        return told(run("append", "promotion.requested", MODEL, *sets, "--json", *CAROL))["number"]

    return ask


def test_an_inbox_lists_what_waits_for_whoever_asks(run: Run, team: Ask) -> None:
    """For the keys of the keystore each by name, for $MLEDGER_KEY, or for somebody who is named."""
    assert run("inbox").stderr == "nothing waits\n"
    number = team()
    result = run("inbox")
    shown = done(result)
    assert [line.split()[0] for line in shown.splitlines()] == ["event", number, number]
    assert "Bob Example" in shown
    assert f"look at one: mledger review {number}" in result.stderr
    alone = done(run("inbox", "--for", "Dora Example"))
    assert f"promotion  {MODEL}  Carol Example" in alone
    assert alone.splitlines()[0].split() == ["event", "since", "what", "stream", "by", "about"]
    assert told(run("inbox", "--for", "bob@acme.test", "--json"))[0]["waits_for"] == "Bob Example"
    refused(run("inbox", "--for", "Nobody"), "no active key of this ledger belongs to 'Nobody'")


def test_an_inbox_needs_a_key_or_a_name(run: Run, begun: Path, home: Path) -> None:
    """Whoever has no key of this ledger is told to name somebody."""
    for file in home.rglob("alice-example.*"):
        file.unlink()
    fix = refused_alike(run, ["inbox"], "none of your keys is enrolled")
    assert fix == "mledger inbox --for NAME"


def test_a_review_shows_and_without_a_terminal_does_no_more(run: Run, team: Ask, folder: Path) -> None:
    """The page says what is asked, by whom, what is missing, whether who looks is independent."""
    number = team()
    with nothing_written(folder):
        result = run("review", number, *BOB)
    shown = done(result)
    assert shown.splitlines()[0].startswith("credit-risk 2.1: to production")
    assert shown.splitlines()[0].endswith(f"[{number}]")
    assert "missing: reviewer 2" in shown
    assert "Carol Example asks, Bob Example answers" in shown
    assert f"mledger approve {number} --reason TEXT" in result.stderr
    data = told(run("review", number, "--json"))
    assert (data["number"], data["stream"]) == (number, MODEL)
    assert "independence" not in {section["title"] for section in data["sections"]}  # who looks is unknown


def test_answers_are_signed_one_by_one(run: Run, team: Ask) -> None:
    """Each says what is still missing; the last how to go on; a rejection takes them all away."""
    number = team()
    first = run("approve", number, "--reason", "Objectives met.", "--condition", "a monitor", *BOB)
    assert "signed Bob Example, approval" in done(first)
    assert first.stderr == "still missing: 1 by reviewer\n"
    assert told(run("show", str(int(number) + 1), "--json"))["data"]["conditions"] == ["a monitor"]
    last = run("approve", number, "--reason", "Fine.", *DORA)
    assert last.stderr == f"next: mledger promotion execute {number}\n"
    assert "signed Dora Example, rejection" in done(run("reject", number, "--reason", "Wait.", *DORA))
    assert "approvals before this do not count any more" in done(run("review", number, *BOB))
    done(run("verify"))


def test_decisions_reviews_and_plans_are_answered_alike(run: Run, team: Ask) -> None:
    """One verb for each intention, whatever was asked; a plan is signed word for word."""
    alternatives = json.dumps([{"name": "a"}, {"name": "b", "why_not": "Worse."}])
    words = {"title": "T", "summary": "S", "category": "risk", "question": "Q", "alternatives": alternatives}
    words |= {"choice": "a", "rationale": "R", "data_quality_influence": "None."}
    sets = [part for name, value in words.items() for part in ("--set", f"{name}={value}")]
    decision = told(run("append", "decision.proposed", MODEL, *sets, "--json", *CAROL))["number"]
    asks = ("--set", f"on={decision}", "--set", "question=Sure?")
    review = told(run("append", "review.requested", MODEL, *asks, "--json", *CAROL))["number"]
    assert "decision.accepted" in done(run("approve", decision, "--reason", "Right.", *DORA))
    assert "review.submitted" in done(run("reject", review, "--reason", "No.", *DORA))
    shown = told(run("log", "--json", "--limit", "1"))[0]
    assert shown["data"] == {"request": review, "verdict": "reject", "summary": "No."}
    plan = {
        "title": "P", "signatories": ["Carol Example", "Dora Example"], "data_sources": ["d"],
        "splits": [{"name": "h", "rule": "20 %"}], "evaluation_protocol": "Once.",
        "metrics": [{"metric": "auc", "operator": ">=", "value": 0.95}],
    }  # fmt: skip
    Path("plan.json").write_text(json.dumps(plan))
    number = told(run("append", "plan.agreed", MODEL, "--from", "plan.json", "--json", *CAROL))["number"]
    assert "plan.agreed" in done(run("approve", number, *DORA))
    assert "Dora Example signed" in done(run("review", number, *DORA))
    refused(run("reject", number, "--reason", "x", *DORA), f"event {number} is a plan")


def test_what_is_not_to_be_answered_is_refused(run: Run, team: Ask) -> None:
    """An answer, a key, nothing at all; an answer without a reason: each names the way out."""
    number = team()
    done(run("approve", number, "--reason", "Good.", *DORA))
    given = str(int(number) + 1)
    line = f"event {given} is an answer itself, to event {number}"
    assert refused_alike(run, ["review", given], line) == f"mledger review {number}"
    assert refused_alike(run, ["approve", "0", "--reason", "x", *DORA], "nobody approves") == "mledger inbox"
    fix = refused_alike(run, ["reject", number, *DORA], "needs a reason")
    assert fix == f"mledger reject {number} --reason TEXT"
    refused_alike(run, ["approve", "4711", "--reason", "x"], "there is no entry 4711")


def test_who_may_not_approve_is_told_the_rule(run: Run, team: Ask) -> None:
    """A role that may not, the author, a maker of the version: rule and way out, and nothing is recorded."""
    number = team()
    files = '[{"name": "m", "sha256": "%s"}]' % ("ab" * 32)
    release = ("--set", "version=2.1", "--set", f"artifacts={files}", "--set", "notes=x")
    cases = [(CAROL, "role.forbidden", "Carol Example (engineer) may not record", "mledger key grant")]
    done(run("append", "version.released", MODEL, *release, *OWNER))
    cases += [(OWNER, "four-eyes", "signed the release of 2.1", "let somebody sign who had no part in it")]
    done(run("key", "grant", "Carol Example", "reviewer", "--reason", "Deputy.", *OWNER))
    for who, rule, words, way in cases:
        if who == CAROL:
            done(run("key", "grant", "Carol Example", "reviewer", "--take", "--reason", "x", *OWNER))
        args = ["approve", number, "--reason", "Good.", *who]
        before = len(told(run("log", "--json", "--limit", "0")))
        assert way in refused_alike(run, args, words)
        assert json.loads(run("--json", *args).stderr)["rule"] == rule
        assert len(told(run("log", "--json", "--limit", "0"))) == before
    done(run("key", "grant", "Carol Example", "reviewer", "--reason", "Deputy.", *OWNER))
    assert "let somebody else sign" in refused_alike(
        run, ["approve", number, "--reason", "Mine.", *CAROL], f"Carol Example signed event {number}"
    )


# --- at a terminal


def test_a_reviewer_looks_closer_and_signs(terminal: At, run: Run, team: Ask) -> None:
    """Page, evidence, difference, comment, meaning, reason; the passphrase though it is set."""
    number = team()
    window = terminal("review", number, *BOB, columns=100, MLEDGER_PASSPHRASE="not this one")
    window.wait_for("[q]uit > ")
    window.type("e\n")
    window.wait_for("promotion.requested")
    window.wait_for("[q]uit > ")
    window.type("d\n")
    window.wait_for("promotions")
    window.wait_for("[q]uit > ")
    window.type("c\n")
    window.wait_for("Comment > ")
    window.type("The monitor alerts at 0.35.\n")
    window.wait_for("You sign: comment.added")
    window.wait_for("Passphrase of bob-example: ")
    window.type(f"{PASSPHRASE}\n")
    window.wait_for("[q]uit > ")
    window.type("a\n")
    window.wait_for("Reason > ")
    window.type("Objectives met.\n")
    window.wait_for("Your signature means  (1) approval  (2) review  (3) responsibility [1] > ")
    window.type("because\n")
    window.wait_for("Say a number from 1 to 3.")
    window.wait_for("[1] > ")
    window.type("3\n")
    window.wait_for("Passphrase of bob-example: ")
    window.type(f"{PASSPHRASE}\n")
    code, screen = window.end()
    assert code == 0, screen
    said = " ".join(screen.split())
    head = int(number) + 1
    assert (
        "You sign: promotion.approved, credit-risk 2.1: to production - as Bob Example, responsibility, "
        in said
    )
    leaf = told(run("show", str(head), "--json"))["leaf"][:12]
    assert f"after entry {head} ({leaf})" in said
    assert "still missing: 1 by reviewer" in said
    shown = told(run("show", str(head + 1), "--json"))
    assert (shown["type"], shown["meaning"]) == ("promotion.approved", "responsibility")
    assert shown["data"]["reason"] == "Objectives met."


def test_nothing_is_signed_over_what_nobody_has_seen(terminal: At, run: Run, team: Ask) -> None:
    """What was recorded while somebody looked stops the signature, with a wrong passphrase as well."""
    number = team()
    window = terminal("review", number, *BOB)
    window.wait_for("[q]uit > ")
    window.type("?\n")
    window.wait_for("r  reject: you are asked why, and sign")
    window.wait_for("[q]uit > ")
    window.type("r\n")
    window.wait_for("Reason > ")
    window.type("No latency.\n")
    window.wait_for("Your signature means")
    window.type("\n")
    window.wait_for("Passphrase of bob-example: ")
    window.type("wrong\n")
    window.wait_for("bob-example is wrong")
    window.wait_for("Passphrase of bob-example: ")
    done(run("append", "comment.added", MODEL, "--set", f"on={number}", "--set", "text=Wait.", *DORA))
    window.type(f"{PASSPHRASE}\n")
    window.wait_for(f"1 entry was added to {MODEL} since you began to look")
    window.wait_for("[q]uit > ")
    window.type("q\n")
    assert window.end()[0] == 0
    assert told(run("log", "--json", "--limit", "1"))[0]["type"] == "comment.added"


def test_nothing_is_signed_over_data_that_changed(terminal: At, run: Run, team: Ask) -> None:
    """Nor over keys and roles: the page rests on them; what another model does stops nobody."""

    def remark(stream: str) -> None:
        done(run("append", "comment.added", stream, "--set", "on=0", "--set", "text=Odd.", *CAROL))

    fields = STARTED | {"datasets": [{"name": "applications", "version": "v1", "role": "train"}]}
    done(run("append", "run.started", MODEL, "--from", "-", *CAROL, input=json.dumps(fields)))
    remark("dataset/applications")
    window = terminal("review", team(), *DORA)
    window.wait_for("[q]uit > ")
    for typed, then in (("r", "Reason > "), ("No.", "means"), ("", "Sign? [y/N]: ")):
        window.type(f"{typed}\n")
        window.wait_for(then)
    remark("dataset/applications")
    remark("model/other")
    done(run("key", "grant", "carol-example", "reviewer", "--reason", "x", *OWNER))
    window.type("y\n")
    window.wait_for("2 entries were added to dataset/applications, ledger since", 10)
    window.wait_for("[q]uit > ")
    window.type("q\n")
    assert window.end()[0] == 0
    assert told(run("log", "--type", "promotion.rejected", "--json")) == []


def test_a_key_without_a_passphrase_is_asked_whether(terminal: At, run: Run, team: Ask) -> None:
    """There is nothing to type, so the person says yes; no leaves everything as it was."""
    number = team()
    window = terminal("review", number, *DORA)
    window.wait_for("[q]uit > ")
    for answer in ("n", "y"):
        window.type("a\n")
        window.wait_for("Reason > ")
        window.type("Good.\n")
        window.wait_for("Your signature means")
        window.type("1\n")
        if answer == "y":  # elsewhere something was recorded meanwhile
            done(
                run(
                    "append", "comment.added", "model/other", "--set", f"on={number}", "--set", "text=x", *BOB
                )
            )
        window.wait_for("The key has no passphrase. Sign? [y/N]: ")
        window.type(f"{answer}\n")
        if answer == "n":
            window.wait_for("[q]uit > ")
    assert window.end()[0] == 0
    assert told(run("log", "--json", "--limit", "1"))[0]["signer"] == "Dora Example"
    assert ALICE not in done(run("log", "--limit", "1"))
