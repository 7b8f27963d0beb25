"""The page for a newcomer: nothing is claimed without an event, nothing that matters is left out."""

from hypothesis import HealthCheck, given, settings

from mledger.chain.history import Fact
from mledger.reports.base import Claim, Document
from mledger.reports.onboard import TOP, onboard
from mledger.testing.bodies import DATA, DATASET, FRAMED, MODEL
from tests.projections.stories import Story, histories
from tests.reports.histories import history_of


def page(story: Story) -> Document:
    """The page that the story makes."""
    return onboard(history_of(story), MODEL)


def claims(document: Document, title: str) -> list[Claim]:
    """What a section says."""
    (section,) = (section for section in document.sections if section.title == title)
    return [block for block in section.blocks if isinstance(block, Claim)]


def words(document: Document, title: str) -> list[str]:
    """What a section says, with its labels."""
    return [f"{claim.label}: {claim.words}" for claim in claims(document, title)]


def test_a_model_of_which_nothing_is_known() -> None:
    """Every section says that there is nothing, and none fails."""
    story = Story()
    story.start("r1", datasets=[{"name": "some bucket!", "version": "v1", "role": "train"}])
    document = page(story)
    assert document.title == "a model without a title"
    assert words(document, "Data") == ["some bucket!: v1 as train; not recorded here"]
    assert claims(document, "What it is for") == []


def test_where_it_stands_and_whom_to_ask() -> None:
    """Versions with who approved them, requests that wait, the team, handovers with contacts."""
    story = Story()
    story.register(team=["Dora Example"], out_of_scope=["companies", "pricing"])
    story.tell("problem.framed", FRAMED)
    story.release()
    story.promote()
    story.deploy()
    story.request("1.0", "archive")
    handed = {"from": "Alice Example", "to": "Bob Example", "duties": ["all"], "contacts": ["Alice, ext. 7"]}
    story.tell("handover.recorded", handed)
    document = page(story)
    stands = words(document, "Where it stands")
    assert stands[0].startswith("stage: production since")
    assert any(one.startswith("production in eu-west: 1.0 since") and "Bob Example" in one for one in stands)
    assert "waits: 1.0 to archive, asked by Alice Example: Good." in stands
    people = words(document, "Whom to ask")
    assert "team: Dora Example" in people
    assert "handover: Alice Example to Bob Example: all; ask Alice, ext. 7" in people
    assert "out of scope: companies, pricing" in words(document, "What it is for")


def test_addresses_come_from_the_keys() -> None:
    """Whoever has a key with an address can be reached."""
    from mledger.testing.simulator import key_fields

    story = Story()
    story.register()
    fields = key_fields("Alice Example", "engineer") | {"email": "alice@acme.example"}
    story.tell("key.enrolled", {"key": fields}, stream="ledger")
    assert words(page(story), "Whom to ask") == ["owner: Alice Example <alice@acme.example>"]


def test_dead_ends_name_their_lessons() -> None:
    """Failed, abandoned, refuted and invalid runs, the newest first; of many the rest are counted."""
    story = Story()
    for number in range(TOP + 3):
        story.start(f"r{number}")
        story.finish(f"r{number}", verdict="refuted", lesson=f"Lesson {number}.")
    story.start("last")
    story.fail("last")
    story.start("fine")
    story.finish("fine")
    found = words(page(story), "What did not work")
    assert found[0] == "last: It gets better. (MemoryError) No lesson is recorded."
    assert found[1] == f"r{TOP + 2}: It gets better. (refuted) Lesson: Lesson {TOP + 2}."
    assert found[-1] == ": and 4 earlier"
    assert len(found) == TOP + 1


def test_data_comes_with_its_troubles() -> None:
    """Open issues and deprecations stand beside the dataset; a fixed issue does not."""
    story = Story()
    story.start()
    story.tell("dataset.registered", DATA, stream=DATASET)
    issue = {"title": "Late", "kind": "late", "severity": "low", "description": "It was late."}
    number = story.tell("dataset.issue", issue, stream=DATASET)
    story.tell("dataset.deprecated", {"reason": "Consent."}, stream=DATASET)
    found = words(page(story), "Data")
    assert found == [
        "applications: last used v1 as train; now v1, 900 rows",
        "issue: Late (late, low)",
        "deprecated: all of it: Consent.",
    ]
    story.tell("dataset.issue", issue | {"status": "fixed", "updates": number}, stream=DATASET)
    assert "issue: Late (late, low)" not in words(page(story), "Data")


def test_open_findings_are_named() -> None:
    """What an auditor found and nobody mended, and what is closed is not."""
    story = Story()
    audit = story.tell("audit.opened", {"title": "A", "scope": "All.", "auditors": ["Frank Example"]})
    found = {"audit": audit, "title": "Mailbox", "severity": "high", "criterion": "Two.", "observed": "One."}
    number = story.tell("audit.finding", found)
    story.tell("comment.added", {"on": number, "text": "Revoked."})
    assert words(page(story), "Risks and objections") == ["finding: Mailbox (high, answered)"]
    ends = [{"finding": number, "state": "mended"}]
    closed = {"audit": audit, "opinion": "satisfactory", "conclusion": "Fine.", "resolutions": ends}
    story.tell("audit.closed", closed)
    assert claims(page(story), "Risks and objections") == []


@given(histories(("model",)))
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
def test_no_statement_is_without_its_events(facts: list[Fact]) -> None:
    """Whatever happened, the page can be made, and each claim names events that are there."""
    story = Story()
    story.facts = facts
    numbers = {fact.number for fact in facts}
    for section in page(story).sections:
        for block in section.blocks:
            assert isinstance(block, Claim)
            assert block.numbers
            assert numbers.issuperset(block.numbers)
