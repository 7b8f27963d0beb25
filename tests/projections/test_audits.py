"""Audits: what belongs together, what is still open."""

from mledger.projections.audits import Audits
from mledger.projections.duties import duties
from tests.projections.stories import Story

OPENED = {"title": "Audit", "scope": "All.", "auditors": ["Frank Example"]}
FOUND = {"title": "Mailbox", "severity": "high", "criterion": "Two.", "observed": "One."}
HEAD = {"entries": 3, "leaf": "4d77" * 16}


def fold(story: Story) -> Audits:
    """The audits of the story."""
    return duties.fold(story.facts).audits


def test_a_finding_goes_from_open_to_its_end() -> None:
    """Open, answered by whoever comments on it, then what the auditor says; each with its events."""
    story = Story()
    sample = {"size": 2, "seed": 7, "types": ["decision.accepted"], "head": HEAD}
    audit = story.tell("audit.opened", OPENED | {"sample": sample})
    number = story.tell("audit.finding", FOUND | {"audit": audit, "events": ["0"]})
    assert fold(story).findings[number].state == "open"
    drawn = fold(story).opened[audit].drawn
    assert drawn is not None
    assert (drawn.size, drawn.seed, drawn.types, drawn.entries, drawn.stream) == (
        2,
        7,
        ("decision.accepted",),
        3,
        None,
    )
    answer = story.tell("comment.added", {"on": number, "text": "Revoked."})
    story.tell("comment.added", {"on": audit, "text": "Welcome."})
    finding = fold(story).findings[number]
    assert (finding.state, [reply.text for reply in finding.replies]) == ("answered", ["Revoked."])
    ends = [{"finding": number, "state": "accepted", "detail": "It stays."}]
    closing = {"audit": audit, "opinion": "satisfactory", "conclusion": "Fine.", "resolutions": ends}
    end = story.tell("audit.closed", closing)
    finding = fold(story).findings[number]
    assert (finding.state, finding.detail, finding.is_open) == ("accepted", "It stays.", False)
    assert finding.numbers == (number, answer, end)
    assert fold(story).opened[audit].numbers == (audit, end)


def test_what_leads_nowhere_is_a_remark() -> None:
    """Findings of no audit, ends of what is not there: noted, and nothing changes."""
    story = Story()
    story.tell("audit.finding", FOUND | {"audit": "77"})
    closing = {"audit": "78", "opinion": "no opinion", "conclusion": "None."}
    story.tell("audit.closed", closing)
    audit = story.tell("audit.opened", OPENED)
    ends = [{"finding": "79", "state": "mended"}]
    story.tell("audit.closed", closing | {"audit": audit, "resolutions": ends})
    remarks = " ".join(remark.text for remark in duties.fold(story.facts).trail.remarks)
    assert all(number in remarks for number in ("77", "78", "79"))
