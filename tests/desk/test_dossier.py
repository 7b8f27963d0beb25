"""A dossier shows what an answer rests on, now or when it was signed."""

import pytest

from mledger.checking import check_models
from mledger.checks.summary import counted
from mledger.desk.answering import answer
from mledger.desk.dossier import dossier, question_of
from mledger.errors import InputError
from mledger.testing.bodies import FILES, PLAN
from mledger.testing.bodies import MODEL as STREAM
from mledger.testing.simulator import signer_of
from tests.desk.conftest import BOB, CAROL, DORA, PROPOSED, Company

REASON = {"reason": "Seen."}
DATA = {
    "title": "Applications",
    "origin": "Forms.",
    "collected_how": "All.",
    "by_whom": "ACME",
    "licence": "internal",
    "version": "v3",
    "digests": [{"name": "content", "sha256": "77ab" * 16}],
}
FRAMED = {
    "statement": "By hand.",
    "outcome": "Fewer.",
    "metrics": [{"name": "auc", "direction": "maximize", "threshold": 0.95}],
}
STARTED = {
    "run": "r",
    "hypothesis": "Four.",
    "criteria": [{"metric": "auc", "operator": ">=", "value": 0.9}],
    "datasets": [{"name": "applications", "version": "v3", "role": "train"}],
}


def shown(
    company: Company, number: str, *, known_at: int | None = None, by: str = BOB
) -> dict[str, list[str]]:
    """What the dossier of an event says, by section."""
    reader = company.sim.reader()
    person = reader.keyring().members[signer_of(by).key_id]
    document = dossier(reader, reader.fact(number), known_at=known_at, person=person)
    return {section.title: [block.words for block in section.blocks] for section in document.sections}


def request(company: Company) -> str:
    """Two versions with all that belongs to them; the second asks for production."""
    company.say(CAROL, "dataset.registered", DATA, "dataset/applications")
    issue = {"title": "Late codes", "kind": "late", "severity": "medium", "status": "open"}
    more = {"description": "Region 7.", "action": "Waited."}
    company.say(CAROL, "dataset.issue", issue | more, "dataset/applications")
    company.say(CAROL, "problem.framed", FRAMED)
    company.say(CAROL, "version.released", {"version": "2.0", "artifacts": FILES, "notes": "x"})
    decision = company.say(CAROL, "decision.proposed", PROPOSED)
    company.say(BOB, "decision.accepted", {"decision": decision})
    company.say(DORA, "dissent.recorded", {"on": decision, "text": "Wait for November."})
    company.say(CAROL, "run.started", STARTED)
    measured = [{"name": "auc", "value": 0.9524}]
    company.say(CAROL, "run.finished", {"run": "r", "metrics": measured, "artifacts": FILES})
    released = {"version": "2.1", "previous": "2.0", "artifacts": FILES, "notes": "x", "run": "r"}
    company.say(CAROL, "version.released", released | {"decisions": [decision]})
    return company.ask()


def test_a_promotion_shows_all_that_it_rests_on(company: Company) -> None:
    """Files, run, data, objectives, what changed, what is open, dissent, approvals, who is independent."""
    said = shown(company, request(company))
    assert said["by"] == ["Carol Example, 2026-01-05"]
    assert said["reason"] == ["Objectives met."]
    assert said["version"] == [
        "model.pkl, sha256 c07dc07dc07d",
        "made by run r, finished",
        "train on applications@v3, sha256 77ab77ab77ab",
    ]
    assert said["objectives"] == ["auc 0.9524 >= 0.95, met"]
    assert said["changed"][0] == "since 2.0, 2026-01-05:"
    assert "+ max_depth: 4" in said["changed"]
    assert said["open"] == ["applications: Late codes, medium, open"]
    assert said["dissent"] == ["Dora Example on event 9: Wait for November."]
    assert said["approvals"] == ["needs: reviewer 2, by people who did not make it", "missing: reviewer 2"]
    assert said["independence"] == ["Carol Example asks, Bob Example answers"]


def test_the_page_shows_what_the_rules_find_then_and_now(company: Company) -> None:
    """The same as `mledger check` of the version, the worst first; as known then for whoever asks later."""
    number = request(company)
    (checked,) = check_models(company.sim.reader(), [STREAM], version="2.1")
    said = shown(company, number)["checks"]
    assert said[0] == counted(checked)
    failed = [o.rule.id for o in checked.outcomes if o.status == "failed" for _ in o.found]
    assert [line.split()[0] for line in said[1:] if " failed: " in line] == failed
    assert "APP-002 failed: promotion" in " ".join(said)
    waiver = {"rule": "APP-002", "until": "2999-01-01", "reason": "An emergency."}
    company.say("Alice Example", "waiver.granted", waiver)
    now, then = shown(company, number), shown(company, number, known_at=int(number) + 1)
    assert any(line.startswith("APP-002 waived until 2999-01-01 by Alice Example") for line in now["checks"])
    assert then["checks"] == said


def test_approvals_are_told_with_those_that_do_not_count(company: Company) -> None:
    """Who counts, who does not and why, what took others away, and that nothing is missing."""
    number = request(company)
    company.say("Alice Example", "promotion.approved", {"request": number} | REASON)
    company.say(BOB, "promotion.approved", {"request": number} | REASON)
    company.say(DORA, "promotion.approved", {"request": number} | REASON)
    said = shown(company, number)["approvals"]
    assert said[1:] == [
        "Bob Example, reviewer",
        "Dora Example, reviewer",
        "Alice Example does not count: no role that is asked for",
        "complete",
    ]
    company.say(BOB, "promotion.rejected", {"request": number} | REASON)
    said = shown(company, number)
    assert said["approvals"][1:] == ["missing: reviewer 2", "approvals before this do not count any more"]
    assert said["answers"] == ["rejected by Bob Example: Seen."]


def test_whoever_had_a_part_is_told_so(company: Company) -> None:
    """Who asked, and who signed something behind the version: also a run that goes by its name."""
    number = request(company)
    assert shown(company, number, by=CAROL)["independence"] == [
        f"NOT independent: {CAROL} signed event {number}"
    ]
    started = {"key": signer_of(DORA).key_id, "role": "engineer"}
    company.say("Alice Example", "role.granted", started, "ledger")
    company.say(DORA, "run.started", STARTED | {"run": "s"})
    released = {"version": "2.2", "artifacts": FILES, "notes": "x", "run": "s"}
    company.say(CAROL, "version.released", released)
    said = shown(company, company.ask("2.2"), by=DORA)["independence"]
    assert said == ["NOT independent: Dora Example signed run s (event 17)"]


def test_a_version_that_nobody_released_is_told(company: Company) -> None:
    """There is nothing to compare with."""
    said = shown(company, company.ask("9.9"))
    assert said["version"] == ["9.9 was never released: there is nothing to compare with"]


def test_what_was_known_at_an_answer_is_rebuilt(company: Company) -> None:
    """Neither later dissent nor later approvals are in what an approver could see."""
    number = request(company)
    approval = company.say(BOB, "promotion.approved", {"request": number} | REASON)
    company.say(DORA, "dissent.recorded", {"on": number, "text": "Too early."})
    question, given = question_of(company.sim.reader(), approval)
    assert (question.number, given and given.number) == (number, approval)
    then, now = shown(company, number, known_at=int(approval)), shown(company, number)
    assert len(now["dissent"]) == len(then["dissent"]) + 1
    assert then["approvals"][-1] == "missing: reviewer 2"
    assert now["approvals"][-1] == "missing: reviewer 1"


def test_decisions_plans_and_reviews_have_their_pages(company: Company) -> None:
    """A decision with its options and effects, a review with its question, a plan with its signatures."""
    decision = company.say(CAROL, "decision.proposed", PROPOSED)
    company.say(BOB, "comment.added", {"on": decision, "text": "Right."})
    said = shown(company, decision)
    assert said["options"] == ["four: chosen", "three: AUC is too low."]
    assert said["expected"] == [
        "max_depth 3 -> 4",
        "auc increase by 0.004",
        "given up: twice the training time",
    ]
    assert said["comments"] == [f"1 on event {decision}"]
    company.say(BOB, "decision.accepted", {"decision": decision})
    assert shown(company, decision)["answers"] == ["accepted by Bob Example"]
    asked = {
        "on": decision,
        "question": "Sure?",
        "reviewers": [BOB],
        "due": "2026-03-01",
        "material": ["n.ipynb"],
    }
    review = shown(company, company.say(CAROL, "review.requested", asked))
    assert review["question"][:2] == ["Sure?", f"about event {decision}"]
    assert review["question"][2:] == ["asked: Bob Example", "due 2026-03-01", "look at n.ipynb"]
    plan = shown(company, company.say(CAROL, "plan.agreed", PLAN))
    assert plan["signed"] == ["Bob Example has not signed", "Carol Example signed"]
    assert "auc >= 0.95" in plan["plan"]


def test_the_page_says_up_to_where_it_was_made(company: Company) -> None:
    """Its data name the entries, the hash of the last and its time, as a signature will vouch for them."""
    number = company.ask()
    reader = company.sim.reader()
    data = dossier(reader, reader.fact(number)).to_json()
    head = reader.head
    assert (data["entries"], data["head"]) == (head.size, head.leaf.hex())
    assert data["title"] == "credit-risk 2.1: to production"
    receipt = company.sim.append("promotion.approved", STREAM, {"request": number} | REASON, by=BOB)
    assert reader.statement(int(receipt.number)).prev.hex() == data["head"]


def test_a_request_that_is_done_asks_nobody(company: Company) -> None:
    """Once the version was moved as it was asked for."""

    def answered() -> bool:
        reader = company.sim.reader()
        return bool(dossier(reader, reader.fact(number)).data["answered"])

    number = company.ask()
    for name in (BOB, DORA):
        company.say(name, "promotion.approved", {"request": number, "reason": "Seen."})
    assert not answered()
    done = {"request": number, "version": "2.1", "to_stage": "production"}
    company.say(CAROL, "promotion.executed", done)
    assert answered()


def test_only_questions_are_answered(company: Company) -> None:
    """Neither a key nor a comment has a page; a plan is not rejected; a condition belongs to an approval."""
    reader = company.sim.reader()
    with pytest.raises(InputError, match="nobody approves or rejects"):
        question_of(reader, "2")
    with pytest.raises(InputError, match="nobody approves or rejects"):
        answer(reader.fact("2"), "x", approve=True)
    plan = reader.fact(company.say(CAROL, "plan.agreed", PLAN))
    with pytest.raises(InputError, match="is a plan") as caught:
        answer(plan, "x", approve=False)
    assert str(caught.value.fix).startswith("mledger dissent ")
    request = reader.fact(company.ask())
    with pytest.raises(InputError, match="conditions are attached to an approval"):
        answer(request, "x", approve=False, conditions=("y",))


@pytest.mark.parametrize("stream", ["ledger", "dataset/d", "service/api"])
def test_a_review_of_anything_has_its_page(company: Company, stream: str) -> None:
    """Also on a stream of a kind of which nobody makes a state."""
    number = company.say("Alice Example", "review.requested", {"on": "2", "question": "Still?"}, stream)
    company.say(DORA, "dissent.recorded", {"on": number, "text": "Who asks?"}, stream)
    said = shown(company, number)
    assert said["question"] == ["Still?", "about event 2"]
    assert said["independence"] == ["Alice Example asks, Bob Example answers"]
    assert ("dissent" in said) == (stream != "service/api")
