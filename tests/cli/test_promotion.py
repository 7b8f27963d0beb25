"""mledger promotion, rollback, history, approvals, and what show says of versions and circumstances."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mledger.opening import default_policy
from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told
from tests.cli.test_answering import BOB, CAROL, DORA, OWNER, team  # noqa: F401  a fixture

Ask = Callable[..., str]
CONTENT = {"2.0": b"two", "2.1": b"two point one"}


@pytest.fixture
def released(run: Run, team: Ask) -> None:  # noqa: F811
    """2.0 and 2.1 were released."""
    for version, content in CONTENT.items():
        files = json.dumps([{"name": "model.pkl", "sha256": hashlib.sha256(content).hexdigest()}])
        sets = ("--set", f"version={version}", "--set", f"artifacts={files}", "--set", "notes=x")
        done(run("append", "version.released", MODEL, *sets, *CAROL))


def request(run: Run, version: str) -> str:
    """Ask for production; the number."""
    args = ("--to", "production", "--reason", "Objectives met.", "--json", *CAROL)
    return told(run("promotion", "request", f"credit-risk@{version}", *args))["number"]


def approved(run: Run, version: str) -> str:
    """Ask, have it approved by both, and move; the number of the request."""
    number = request(run, version)
    for who in (BOB, DORA):
        done(run("approve", number, "--reason", "Seen.", *who))
    done(run("promotion", "execute", number, *CAROL))
    return number


@pytest.mark.usefixtures("released")
def test_a_version_goes_live_and_back(run: Run, folder: Path) -> None:
    """Request, approvals, execution, deployment, rollback: each fills in what the state knows."""
    first = approved(run, "2.0")
    number = request(run, "2.1")
    line = f"2.1 may not enter production: request {number} lacks approvals, 2 by reviewer"
    assert f"mledger approve {number}" in refused_alike(run, ["promotion", "execute", number, *CAROL], line)
    for who in (BOB, DORA):
        done(run("approve", number, "--reason", "Seen.", *who))
    moved = told(run("promotion", "execute", number, "--how", "job 8812", "--json", *CAROL))["number"]
    assert told(run("show", moved, "--json"))["data"] == {
        "request": number, "version": "2.1", "to_stage": "production", "replaced": "2.0", "how": "job 8812",
    }  # fmt: skip
    done(run("promotion", "deploy", number, "--in", "eu-west", "--traffic", "10 % canary", *CAROL))
    (folder / "live").mkdir()
    (folder / "live" / "model.pkl").write_bytes(b"something else")
    back = ["rollback", "credit-risk", "--to", "2.0", "--reason", "It fails.", "--files", "live", *CAROL]
    with nothing_written(folder):
        fix = refused_alike(run, back, "live/model.pkl is f41f3fa625ff, a file of no version")
    assert fix == "move it away: mv live/model.pkl live/model.pkl.before"
    (folder / "live" / "model.pkl").write_bytes(CONTENT["2.1"])
    with nothing_written(folder):
        line = "of 2.0 these files are nowhere: model.pkl (3fc4ccfe7458); looked in the ledger"
        assert "--from FOLDER" in refused_alike(run, back, line)
    (folder / "kept").mkdir()
    (folder / "kept" / "model.pkl").write_bytes(CONTENT["2.0"])
    result = run(*back, "--from", "kept")
    assert "rollback.executed" in done(result)
    assert "replaced that of 2.1" in " ".join(result.stdout.split())
    assert (folder / "live" / "model.pkl").read_bytes() == CONTENT["2.0"]
    assert [path.name for path in (folder / "live").iterdir()] == ["model.pkl"]
    assert f"2.0 was approved by Bob Example, Dora Example (request {first})" in result.stderr
    state = told(run("replay", MODEL, "--json"))["state"]
    assert {place["version"] for place in state["stages"]["places"]} == {"2.0"}
    fix = refused(run("promotion", "execute", number, *CAROL), "2.1 was rolled back in event")
    assert fix == "ask anew: mledger promotion request credit-risk@2.1 --to production --reason TEXT"
    done(run("verify", "--full"))


@pytest.mark.usefixtures("released")
def test_what_cannot_be_meant_is_refused(run: Run) -> None:
    """A version nobody released, no version, a stage that is held already, an event that asks for nothing."""
    ask = ["--to", "production", "--reason", "x", *CAROL]
    line = "no released version is called '2.2'"
    assert "mledger release credit-risk@2.2 " in refused_alike(
        run, ["promotion", "request", "credit-risk@2.2", *ask], line
    )
    refused_alike(run, ["promotion", "request", "credit-risk", *ask], "names no version")
    typo = ["promotion", "request", "credit-risk@2.1", "--to", "prodution", "--reason", "x", *CAROL]
    fix = refused_alike(run, typo, "no stage is called 'prodution'; did you mean production?")
    assert fix == "if you mean a new one: --new-stage"
    done(run(*typo, "--new-stage"))
    refused_alike(run, ["promotion", "request", "credit-rsk@2.1", *ask], "nothing is recorded on credit-rsk")
    back = ["rollback", "credit-risk", "--to", "2.0", "--reason", "x", *CAROL]
    refused_alike(run, back, "no version of credit-risk stands anywhere")
    approved(run, "2.0")
    fix = refused_alike(
        run, ["promotion", "request", "credit-risk@2.0", *ask], "stands in production already"
    )
    assert fix == "mledger history credit-risk@2.0"
    refused_alike(run, back, "2.0 stands in production now")
    refused_alike(run, [*back, "--stage", "shadow"], "no version of credit-risk stands in shadow")
    refused_alike(run, ["promotion", "execute", "1", *CAROL], "event 1 is no request for a stage")


@pytest.mark.usefixtures("released")
def test_a_rollback_to_what_was_never_approved_is_refused(run: Run) -> None:
    """Where the policy asks for approvals, it names the command that asks for them."""
    approved(run, "2.1")
    args = ["rollback", "credit-risk", "--to", "2.0", "--reason", "It fails.", *CAROL]
    fix = refused_alike(run, args, "rollback.executed names no request")
    assert fix == "mledger promotion request credit-risk@2.0 --to production --reason TEXT"


@pytest.mark.usefixtures("released")
def test_history_and_register_are_listed(run: Run) -> None:
    """Steps with stages, people and reasons; signatures with roles; both as JSON, too."""
    number = approved(run, "2.1")
    shown = done(run("history", "credit-risk@2.1"))
    assert shown.splitlines()[0].split() == ["event", "when", "what", "from", "to", "by", "why"]
    assert "approved by Bob Example, Dora Example" in shown
    assert [row["what"] for row in told(run("history", "credit-risk@2.1", "--json"))] == [
        "released", "asked", "approved", "approved", "moved",
    ]  # fmt: skip
    assert "version" in done(run("history", "credit-risk")).splitlines()[0]
    assert "did you mean 2.1" in run("history", "credit-risk@2.11").stderr
    rows = told(run("approvals", "credit-risk", "--json"))
    assert [(row["name"], row["roles"], row["to"]) for row in rows] == [
        ("Bob Example", ["reviewer"], number),
        ("Dora Example", ["reviewer"], number),
    ]
    assert "approved 2.1 to production: Seen." in done(run("approvals"))
    assert run("approvals", MODEL, "-q").stdout == done(run("approvals", MODEL))


@pytest.mark.usefixtures("released")
def test_what_an_approver_could_see_is_rebuilt(run: Run) -> None:
    """The state before the signature, up to which entry, and what the later ones could see besides."""
    number = request(run, "2.1")
    done(run("approve", number, "--reason", "Seen.", *BOB))
    done(run("append", "dissent.recorded", MODEL, "--set", f"on={number}", "--set", "text=Early.", *DORA))
    done(run("approve", number, "--reason", "Seen.", *DORA))
    first, last = int(number) + 1, int(number) + 3
    then = done(run("show", str(first), "--circumstances"))
    head = told(run("show", number, "--json"))["leaf"][:12]
    assert then.startswith(f"what Bob Example could see at event {first}: after entry {number} ({head})")
    assert "missing: reviewer 2" in then
    assert "Early." not in then
    later = told(run("show", str(last), "--circumstances", "--json"))
    assert "Early." in json.dumps(later)
    assert later["entries"] == last
    refused(run("show", "0", "--circumstances"), "nobody approves or rejects")


@pytest.mark.usefixtures("released")
def test_a_version_is_shown(run: Run) -> None:
    """Its files and authors, and what is missing."""
    shown = done(run("show", "credit-risk@2.1"))
    assert shown.startswith("credit-risk 2.1\n")
    assert "Carol Example, released it" in shown
    assert "missing: no evaluation of it names its data" in shown
    data = told(run("show", "credit-risk@2.1", "--json"))
    assert (data["version"], data["missing"]) == ("2.1", ["evaluated on", "configuration"])
    refused(run("show", "credit-risk@9"), "no released version is called '9'")
    refused(run("show", "credit-risk@"), "names no version")


@pytest.mark.usefixtures("released")
def test_disputed_entries_are_marked_wherever_they_are_listed(run: Run) -> None:
    """In log, show, the register, the review and verify: a mark and a line, in black and white."""
    number = request(run, "2.1")
    done(run("approve", number, "--reason", "Seen.", *BOB))
    done(run("approve", number, "--reason", "Seen.", *DORA))
    stolen = str(int(number) + 1)
    revoke = ("key", "revoke", "bob-example", "--reason", "Stolen.", "--since", stolen, *OWNER)
    until = told(run(*revoke, "--json"))["number"]
    line = f"the key of Bob Example may have been in other hands from entry {stolen} to {until}"
    for shown in (done(run("log", "-q")), done(run("search", "seen", "-q")), done(run("approvals", "-q"))):
        assert "Bob Example ?" in shown
        assert "Dora Example ?" not in shown
        assert f"? disputed: {line}" in shown
    assert f"disputed  {line}, says event {until}" in done(run("show", stolen))
    assert "disputed" not in done(run("show", number))
    assert told(run("show", stolen, "--json"))["disputed"] == line
    assert told(run("approvals", "--json"))[0]["disputed"] == line
    for rows in (told(run("log", "--json")), told(run("search", "seen", "--json"))):
        marked = {row["number"]: row["disputed"] for row in rows if "disputed" in row}
        assert marked[stolen] == line
        assert number not in marked
    review = done(run("review", number, *DORA))
    assert f"Bob Example does not count: the key is compromised since event {stolen}" in review
    verified = run("verify", "--json")
    assert verified.exit_code == 1
    findings = json.loads(verified.stdout)["findings"]
    assert [(f["rule"], f["where"]) for f in findings] == [("key.disputed", f"entry {stolen}")]
    assert "lacks approval, 1 by reviewer" in run("promotion", "execute", number, *CAROL).stderr


def free(run: Run) -> str:
    """A policy that asks for no approvals, and a request of 2.0 for production."""
    rules = default_policy().model_dump(mode="json", by_alias=True, exclude_none=True)
    adopted = ("--set", f"policy={json.dumps(rules)}", "--set", "reason=Free.", *OWNER)
    done(run("append", "policy.adopted", "ledger", *adopted))
    return request(run, "2.0")


def why(run: Run, event: str) -> dict[str, Any]:
    """The step of the history that an event is."""
    return next(stop for stop in told(run("history", "credit-risk", "--json")) if stop["number"] == event)


@pytest.mark.usefixtures("released")
def test_an_approval_moves_nothing_and_says_nothing_of_an_earlier_move(run: Run) -> None:
    """Moved without one, approved afterwards, moved again: each move with what stood before it."""
    number = free(run)
    result = run("promotion", "execute", number, *CAROL)
    done(result)
    words = (
        f"warning: nobody has approved request {number}, and the policy asks for no approval of production"
    )
    assert words in result.stderr
    line = f"request {number} was moved already by event"
    fix = refused_alike(run, ["promotion", "execute", number, *CAROL], line)
    assert fix == "mledger history credit-risk@2.0"
    result = run("approve", number, "--reason", "Late.", "--json", *BOB)
    approval = told(result)["number"]
    twice = ["approve", number, "--reason", "Once more.", *BOB]
    refused_alike(run, twice, f"you approved request {number} already, event {approval}")
    shown = " ".join(done(run("replay", MODEL)).split())
    assert "without an" in shown
    assert "no approval recorded" in shown
    (checked,) = json.loads(run("check", "credit-risk", "--json").stdout)
    ((found,),) = [rule["found"] for rule in checked["rules"] if rule["rule"] == "APP-001"]
    assert f"afterwards Bob Example ({approval}) did" in found["message"]
    assert found["fix"] == f"mledger promotion execute {number}"
    again = told(run("promotion", "execute", number, "--json", *CAROL))["number"]
    rows = told(run("history", "credit-risk", "--json"))
    assert [row["approved"] for row in rows if row["what"] == "moved"] == [[], ["Bob Example"]]
    assert f"{number}: " not in done(run("inbox", "--for", "Dora Example"))
    assert "answer: " not in run("review", number, *DORA).stderr
    result = run("approve", number, "--reason", "Too.", *DORA)
    assert done(result)
    said = f"event {again} moved it already, on the approvals before it: nothing is left to do"
    assert said in result.stderr
    assert why(run, again)["approved"] == ["Bob Example"]
    shown = " ".join(done(run("history", "credit-risk")).split())
    assert "Carol Example without an approval" in shown
    assert f"after event {again} had moved it: Too." in shown


@pytest.mark.usefixtures("released")
def test_whoever_approves_twice_is_told_how_it_goes_on(run: Run) -> None:
    """Others approve, it is moved, or it was: the way out is none that is refused, or recorded as refused."""
    number = request(run, "2.0")
    twice = ["approve", number, "--reason", "Seen.", *BOB]
    done(run(*twice))
    fix = refused_alike(run, twice, f"you approved request {number} already")
    assert fix == f"somebody else approves: mledger approve {number} --reason TEXT --as KEY"
    done(run("approve", number, "--reason", "Seen.", *DORA))
    assert refused_alike(run, twice, "already") == f"mledger promotion execute {number}"
    moved = told(run("promotion", "execute", number, "--json", *CAROL))["number"]
    assert refused_alike(run, twice, "already") == f"mledger show {moved}"


@pytest.mark.usefixtures("released")
def test_a_version_may_be_deployed_first_and_executed_then(run: Run) -> None:
    """It waits for nobody any more; rejected afterwards, what stands there is not asked for anew."""
    number = free(run)
    done(run("promotion", "deploy", number, "--in", "eu", *CAROL))
    assert f"{number}: " not in done(run("inbox", "--for", "Bob Example"))
    done(run("promotion", "execute", number, *CAROL))
    fix = refused_alike(run, ["promotion", "execute", number, *CAROL], "was moved already by event")
    assert fix == "mledger history credit-risk@2.0"
    done(run("reject", number, "--reason", "No.", *DORA))
    (checked,) = json.loads(run("check", "credit-risk", "--json").stdout)
    ((found,),) = [rule["found"] for rule in checked["rules"] if rule["rule"] == "APP-002"]
    assert found["fix"] == f"mledger approve {number} --reason TEXT"
    done(run("approve", number, "--reason", "After all.", *BOB))
    (checked,) = json.loads(run("check", "credit-risk", "--json").stdout)
    assert [rule["found"] for rule in checked["rules"] if rule["rule"] == "APP-002"] == [[]]


@pytest.mark.usefixtures("released")
def test_a_stage_is_recorded_as_it_is_known(run: Run) -> None:
    """Whatever its capitals: by the model's life, the policy, or everybody."""
    ask = ["--reason", "x", "--json", *CAROL]
    number = told(run("promotion", "request", "credit-risk@2.0", "--to", "Production", *ask))["number"]
    assert told(run("show", number, "--json"))["data"]["to_stage"] == "production"
    number = told(run("promotion", "request", "credit-risk@2.0", "--to", "Shadow", "--new-stage", *ask))[
        "number"
    ]
    done(run("promotion", "execute", number, *CAROL))
    line = "2.0 stands in Shadow already"
    again = ["promotion", "request", "credit-risk@2.0", "--to", "shadow", "--reason", "x", *CAROL]
    assert refused_alike(run, again, line) == "mledger history credit-risk@2.0"
    back = run("rollback", "credit-risk", "--to", "2.1", "--stage", "SHADOW", *ask)
    assert told(run("show", told(back)["number"], "--json"))["data"]["stage"] == "Shadow"


@pytest.mark.usefixtures("released")
def test_the_ledger_itself_holds_no_decisions(run: Run) -> None:
    """It is said so, and a release that names no decision leads to those of its model."""
    assert refused_alike(run, ["decisions", "ledger"], "decisions are about models") == "mledger replay"
    release = ["release", "credit-risk@3.0", "--file", "model.pkl", "--notes", "x", "--decision", "1", *CAROL]
    Path("model.pkl").write_bytes(b"three")
    fix = refused_alike(run, release, "event 1 is a model.registered, and no decision.proposed")
    assert fix == "mledger decisions credit-risk"
    done(run(*fix.split()[1:]))


@pytest.mark.usefixtures("released")
def test_a_rejected_request_moves_nothing(run: Run) -> None:
    """Neither promotion nor deployment; it says who rejected it, whoever approved it before."""
    number = free(run)
    done(run("approve", number, "--reason", "Seen.", *DORA))
    shown = " ".join(done(run("replay", MODEL)).split())
    assert "stage in development" in shown
    assert "2.0 to production, approved, not moved" in shown
    no = told(run("reject", number, "--reason", "No.", "--json", *BOB))["number"]
    line = f"request {number} was rejected by Bob Example, event {no}"
    fix = refused_alike(run, ["promotion", "execute", number, *CAROL], line)
    assert fix == "ask anew: mledger promotion request credit-risk@2.0 --to production --reason TEXT"
    refused_alike(run, ["promotion", "deploy", number, "--in", "eu", *CAROL], line)
