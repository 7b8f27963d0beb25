import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.keys.roles import DEFAULT_ROLES, may_record

WORDS = st.from_regex(r"\A[a-z][a-z0-9_-]{0,5}\Z")
TYPES = st.lists(WORDS, min_size=2, max_size=3).map(".".join)
PATTERNS = st.one_of(TYPES, WORDS.map(lambda word: word + ".*"), st.just("*"))


def test_patterns():
    """A pattern is a type, a family or everything; a family's name alone, or a part of one, is nothing."""
    assert may_record(["decision.accepted"], "decision.accepted")
    assert may_record(["decision.*"], "decision.accepted")
    assert may_record(["acme.audit.*"], "acme.audit.done")
    assert may_record(["*"], "decision.accepted")
    assert not may_record(["decision.acc"], "decision.accepted")
    assert not may_record(["decision"], "decision.accepted")
    assert not may_record(["decision.*"], "decisions.accepted")
    assert not may_record(["decision.*"], "decision")
    assert not may_record(["dec*"], "decision.accepted")
    assert not may_record(["acme.audit.*"], "acme.audited")
    assert not may_record([], "decision.accepted")


@given(patterns=st.lists(PATTERNS), taken=PATTERNS, event_type=TYPES, at=st.integers(0, 5))
def test_taking_away_wins(patterns, taken, event_type, at):
    """What a pattern takes away stays away wherever it stands, and nothing else changes."""
    rest = [*patterns[:at], "!" + taken, *patterns[at:]]

    assert may_record(rest, event_type) == (
        may_record(patterns, event_type) and not may_record([taken], event_type)
    )


@given(patterns=st.lists(PATTERNS, max_size=6), event_type=TYPES)
def test_order_does_not_matter(patterns, event_type):
    """Any pattern that gives is enough, in any order."""
    given_by_one = any(may_record([pattern], event_type) for pattern in patterns)

    assert may_record(patterns, event_type) == may_record(patterns[::-1], event_type) == given_by_one


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("owner", ["ledger.opened", "decision.accepted", "acme.audit.done"], []),
        (
            "admin",
            ["key.enrolled", "policy.adopted", "record.redacted"],
            ["decision.accepted", "run.started"],
        ),
        (
            "engineer",
            [
                "model.registered",
                "run.failed",
                "decision.proposed",
                "promotion.requested",
                "record.corrected",
                "plan.agreed",
                "run.concluded",
                "decision.invalidated",
                "review.requested",
            ],
            [
                "waiver.granted",
                "review.submitted",
                "decision.reaffirmed",
                "audit.opened",
                "decision.accepted",
                "decision.rejected",
                "promotion.approved",
                "key.enrolled",
                "record.redacted",
            ],
        ),
        (
            "reviewer",
            [
                *("decision.accepted", "decision.rejected", "promotion.approved", "comment.added"),
                *("plan.agreed", "review.submitted", "waiver.granted", "evaluation.recorded"),
            ],
            [
                *("decision.proposed", "promotion.requested", "role.granted", "run.started"),
                *("review.requested", "audit.finding", "promotion.executed"),
            ],
        ),
        (
            "machine",
            [
                "run.started",
                "dataset.refreshed",
                "deployment.recorded",
                "promotion.executed",
                "drift.detected",
            ],
            [
                *("comment.added", "model.retired", "version.released", "waiver.granted"),
                *("run.concluded", "run.invalidated", "dataset.deprecated", "artifact.retired"),
            ],
        ),
        (
            "auditor",
            ["comment.added", "dissent.recorded", "audit.closed", "training.attested", "handover.recorded"],
            ["review.submitted", "decision.accepted", "run.started", "key.revoked"],
        ),
    ],
)
def test_defaults(role, may, may_not):
    """Each default role may record what its holder does, and not what another must do."""
    patterns = DEFAULT_ROLES[role].may

    assert [name for name in may if not may_record(patterns, name)] == []
    assert [name for name in may_not if may_record(patterns, name)] == []


def test_four_eyes_by_default():
    """No default role but the owner's may both propose and accept, request and approve."""
    for role in DEFAULT_ROLES.values():
        if role.name != "owner":
            assert not (
                may_record(role.may, "decision.proposed") and may_record(role.may, "decision.accepted")
            )
            assert not (may_record(role.may, "review.requested") and may_record(role.may, "review.submitted"))
            assert not (
                may_record(role.may, "promotion.requested") and may_record(role.may, "promotion.approved")
            )


def test_defaults_stay():
    """The default roles are named by their keys and cannot be changed by a caller."""
    assert all(role.name == name for name, role in DEFAULT_ROLES.items())
    with pytest.raises(TypeError):
        DEFAULT_ROLES["owner"] = DEFAULT_ROLES["machine"]
