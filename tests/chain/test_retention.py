"""What must be kept is not erased before its time, by writer and auditor alike."""

from typing import Any

import pytest

from mledger.errors import DeniedError, InputError
from mledger.events import base as events
from mledger.ledger import Ledger
from mledger.opening import default_policy
from mledger.testing.simulator import Simulator
from tests.chain.test_authority import force, rules

ALICE = "Alice Example"
STREAM = "model/m"
BASIS = {"legal_basis": "Order of the court", "authority": "Dora Example"}
GDPR = BASIS | {"legal_basis": "GDPR Art. 17(1)(b)"}
TEN_YEARS = {"types": ["*"], "keep": "P10Y", "basis": "AI Act, Article 18(1)", "unless": ["GDPR Art. 17"]}


def company(*retention: dict[str, Any]) -> Simulator:
    """A ledger whose policy keeps for a while; event 2 is a comment."""
    sim = Simulator()
    policy = default_policy().model_dump(by_alias=True, exclude_none=True) | {"retention": list(retention)}
    sim.append("policy.adopted", "ledger", {"policy": policy, "reason": "A new regulation."})
    sim.append("comment.added", STREAM, {"on": "0", "text": "Call Zebulon."})
    return sim


def redact(sim: Simulator, event: str = "2", **fields: str) -> None:
    """Erase an event as Alice."""
    sim.clock.forward(seconds=1)
    sim.ledger().redact(event, **BASIS | fields)


def test_disposal_before_its_time_is_refused() -> None:
    """The refusal says until when, by which rule, and the way out; afterwards it is done."""
    sim = company(TEN_YEARS)
    with pytest.raises(DeniedError, match=r"keeps it until 2036-01-05 \(AI Act, Article 18\(1\)\)") as caught:
        redact(sim)
    assert caught.value.fix == "wait until then; before that it may go on the basis of GDPR Art. 17"
    assert sim.reader().fact("2").body is not None
    sim.clock.forward(days=3653)
    redact(sim)
    assert sim.reader().fact("2").body is None
    sim.check()


def test_a_legal_basis_to_which_the_rule_gives_way() -> None:
    """An erasure request is granted before the time; a basis that only begins alike is not."""
    sim = company(TEN_YEARS)
    with pytest.raises(DeniedError):
        redact(sim, legal_basis="GDPR Art. 170")
    redact(sim, **GDPR)
    sim.check()


def test_the_longest_rule_counts() -> None:
    """Of several rules about an event the longest keeps it, unless that one gives way."""
    sim = company(TEN_YEARS, {"types": ["comment.*"], "on": ["model"], "keep": 90})
    with pytest.raises(DeniedError, match="until 2036-01-05"):
        redact(sim)
    with pytest.raises(DeniedError, match="until 2026-04-05"):
        redact(sim, **GDPR)
    sim.clock.forward(days=90)
    redact(sim, **GDPR)
    sim.check()


@pytest.mark.parametrize(
    "rule",
    [
        {"types": ["*", "!comment.*"], "keep": "P10Y"},
        {"types": ["*"], "on": ["dataset"], "keep": "P10Y"},
        {"types": ["decision.*"], "keep": "P10Y"},
    ],
)
def test_a_rule_is_about_its_types_and_streams(rule: dict[str, Any]) -> None:
    """What no rule is about may be erased at any time."""
    sim = company(rule)
    redact(sim)
    sim.check()


def test_what_is_erased_past_the_writer_is_found() -> None:
    """A redaction before the time has no effect, so the body that is gone is missing."""
    sim = company(TEN_YEARS)
    force(sim, "record.redacted", STREAM, {"event": "2"} | BASIS, ALICE, meaning="responsibility")
    sim.store.erase([(2, 0)], [])
    assert sorted(rules(sim)) == ["body.missing", "retention.early"]


def test_the_rule_of_the_time_of_the_redaction_counts() -> None:
    """A policy that keeps longer does not reach back to what was erased before it."""
    sim = company({"types": ["*"], "keep": 1})
    sim.clock.forward(days=2)
    redact(sim)
    policy = default_policy().model_dump(by_alias=True, exclude_none=True) | {"retention": [TEN_YEARS]}
    sim.append("policy.adopted", "ledger", {"policy": policy, "reason": "Another one."})
    sim.check()


def test_a_hold_keeps_until_it_is_lifted() -> None:
    """Under a hold nothing on the stream is erased on any basis; each hold ends by itself."""
    sim = company()
    matter = {"matter": "Inquiry 117", "authority": "General counsel"}
    first = sim.append("hold.placed", STREAM, matter).number
    second = sim.append("hold.placed", STREAM, matter).number
    sim.append("comment.added", "model/other", {"on": "0", "text": "Elsewhere."})
    redact(sim, "5")
    for number in (first, second):
        with pytest.raises(DeniedError, match=f"under the hold of event {number}"):
            redact(sim, **GDPR)
        with pytest.raises(InputError, match="no hold on model/other that is in force"):
            sim.append("hold.lifted", "model/other", {"hold": number, "reason": "Over."})
        sim.append("hold.lifted", STREAM, {"hold": number, "reason": "Closed."})
        with pytest.raises(InputError, match="no hold on model/m that is in force"):
            sim.append("hold.lifted", STREAM, {"hold": number, "reason": "Closed."})
    with pytest.raises(InputError, match="nobody could judge"):
        redact(sim, first)
    redact(sim, **GDPR)
    sim.check()


@pytest.mark.parametrize("keep", ["10 years", "P", "PT1H", 0, -1, True, 1.5])
def test_a_period_that_is_none_is_refused(keep: object) -> None:
    """The policy says where."""
    rule = {"types": ["*"], "keep": keep}
    policy = default_policy().model_dump(by_alias=True, exclude_none=True) | {"retention": [rule]}
    with pytest.raises(InputError, match=r"retention\[0\]\.keep"):
        events.build("policy.adopted", {"policy": policy, "reason": "None."})


def test_a_writer_that_was_open_judges_alike() -> None:
    """Whoever opened the ledger before the policy came is refused as well."""
    sim = company(TEN_YEARS)
    other = Ledger(sim.store, sim.ledger().signer, clock=sim.clock)
    with pytest.raises(DeniedError):
        other.append("record.redacted", STREAM, {"event": "2"} | BASIS)
