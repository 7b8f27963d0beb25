"""What the policy calls grave has an effect once others agree, by writer and auditor alike."""

import json
from typing import Any

import pytest

from mledger.errors import DeniedError, InputError
from mledger.events import base as events
from mledger.ledger import What
from mledger.opening import default_policy
from mledger.testing.simulator import Simulator, key_fields, signer_of
from tests.chain.test_authority import force, rules

ALICE, BOB, CAROL, DORA = "Alice Example", "Bob Example", "Carol Example", "Dora Example"
ERIK, STREAM = "Erik Example", "model/m"
REASON = {"reason": "Seen."}
GRAVE = ["policy.adopted", "role.granted", "key.revoked", "record.redacted"]


def company(*grave: dict[str, Any]) -> Simulator:
    """Alice owns, Bob and Carol administer, Dora reviews, Erik builds; two admins agree to what is grave."""
    sim = Simulator()
    for name, role in ((BOB, "admin"), (CAROL, "admin"), (DORA, "reviewer"), (ERIK, "engineer")):
        sim.enrol(name, role)
    sim.append("policy.adopted", "ledger", policy(*grave or ({"types": GRAVE, "needs": {"admin": 2}},)))
    return sim


def policy(*grave: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The fields of a policy with these grave acts."""
    made = default_policy().model_dump(by_alias=True, exclude_none=True) | {"grave": list(grave)} | more
    return {"policy": made, "reason": "An audit."}


REVOKED = {"key": signer_of(ERIK).key_id, "reason": "Left."}


def ask(sim: Simulator, act: str = "key.revoked", fields: dict[str, Any] = REVOKED, *, by: str = ALICE,
        stream: str = "ledger") -> str:  # fmt: skip
    """Ask for an act; the number."""
    whole = json.loads(events.build(act, fields).to_bytes())
    return sim.append("act.requested", stream, {"act": act, "fields": whole} | REASON, by=by).number


def approve(
    sim: Simulator, request: str, by: str, event: str = "act.approved", stream: str = "ledger"
) -> None:
    """Approve or reject a request."""
    sim.append(event, stream, {"request": request} | REASON, by=by)


def act(
    sim: Simulator, event: str = "key.revoked", fields: dict[str, Any] = REVOKED, by: str = ALICE
) -> None:
    """Do it."""
    sim.append(event, "ledger", fields, by=by)


def is_revoked(sim: Simulator, name: str = ERIK) -> bool:
    """Whether somebody's key speaks no longer."""
    return sim.reader().keyring().members[signer_of(name).key_id].revoked is not None


def test_two_others_agree_and_it_is_done_once() -> None:
    """Nothing without a request, nothing with one approval, then exactly this, once."""
    sim = company()
    with pytest.raises(DeniedError, match="nobody has asked") as caught:
        act(sim)
    assert caught.value.fix == "ask them: the same command with --request REASON"
    request = ask(sim)
    with pytest.raises(DeniedError, match="lacks approvals, 2 by admin; no approval counts"):
        act(sim)
    approve(sim, request, BOB)
    with pytest.raises(DeniedError, match=r"1 by admin; approved by Bob Example \(7\)") as caught:
        act(sim)
    assert f"mledger approve {request}" in caught.value.fix
    approve(sim, request, CAROL)
    with pytest.raises(DeniedError, match="nobody has asked"):
        act(sim, fields=REVOKED | {"reason": "Something else."})
    act(sim)
    assert is_revoked(sim)
    sim.check()
    with pytest.raises(DeniedError, match="nobody has asked"):
        act(sim)


def test_who_does_not_count() -> None:
    """The one who asked, one person twice, another role, a machine: none brings it further."""
    sim = company()
    request = ask(sim, by=BOB)
    with pytest.raises(DeniedError, match="cannot approve it"):
        approve(sim, request, BOB)
    approve(sim, request, CAROL)
    approve(sim, request, CAROL)
    approve(sim, request, DORA)
    with pytest.raises(DeniedError, match="lacks approvals, 1 by admin"):
        act(sim)
    sim.check()


def test_a_rejection_takes_approvals_away() -> None:
    """Whoever disagrees has to be convinced anew."""
    sim = company({"types": GRAVE, "needs": {"admin": 1}})
    request = ask(sim)
    approve(sim, request, BOB)
    approve(sim, request, CAROL, "act.rejected")
    with pytest.raises(DeniedError, match="event 8 took away those before it"):
        act(sim)
    approve(sim, request, BOB)
    act(sim)
    sim.check()


def test_a_stolen_key_agrees_to_nothing() -> None:
    """An approval of a key that was compromised by then is discounted once that is known."""
    sim = company({"types": ["role.granted"], "needs": {"admin": 1}})
    grant = {"key": signer_of(ERIK).key_id, "role": "owner", "reason": "Mine now."}
    request = ask(sim, "role.granted", grant)
    approve(sim, request, BOB)
    sim.append("key.revoked", "ledger", {"key": signer_of(BOB).key_id, "compromised_since": "7"} | REASON)
    with pytest.raises(DeniedError, match="no approval counts"):
        act(sim, "role.granted", grant)


def test_without_agreement_nothing_takes_effect() -> None:
    """Past the writer it is found, has no effect, and what rests on it is found as well."""
    sim = company()
    force(sim, "key.revoked", "ledger", REVOKED, ALICE)
    assert rules(sim) == ["approvals.missing"]
    assert not is_revoked(sim)
    force(sim, "policy.adopted", "ledger", policy(), ALICE)
    assert rules(sim) == ["approvals.missing"] * 2
    assert sim.reader().keyring().policy.grave


def test_a_redaction_that_nobody_agreed_to_erases_nothing() -> None:
    """The writer refuses before anything is erased; what is erased past it is missing."""
    sim = company()
    sim.append("comment.added", STREAM, {"on": "0", "text": "Call Zebulon."})
    basis = {"event": "6", "legal_basis": "GDPR Art. 17", "authority": "Dora Example"}
    sim.clock.forward(seconds=1)
    with pytest.raises(DeniedError, match="nobody has asked"):
        sim.ledger().redact("6", legal_basis=basis["legal_basis"], authority=basis["authority"])
    assert sim.reader().fact("6").body is not None
    request = ask(sim, "record.redacted", basis, stream=STREAM)
    for name in (BOB, CAROL):
        approve(sim, request, name, stream=STREAM)
    sim.clock.forward(seconds=1)
    sim.ledger().redact("6", legal_basis=basis["legal_basis"], authority=basis["authority"])
    assert sim.reader().fact("6").body is None
    sim.check()


def test_a_grave_redaction_past_the_writer_is_a_missing_body() -> None:
    """Nobody gains by a redaction that has no effect."""
    sim = company()
    sim.append("comment.added", STREAM, {"on": "0", "text": "Call Zebulon."})
    basis = {"event": "6", "legal_basis": "None.", "authority": "Alice"}
    force(sim, "record.redacted", STREAM, basis, ALICE, meaning="responsibility")
    sim.store.erase([(6, 0)], [])
    assert sorted(rules(sim)) == ["approvals.missing", "body.missing"]


def test_the_policy_in_force_counts() -> None:
    """A request of before counts under the policy that came since; another act is not asked for."""
    sim = company({"types": ["key.revoked"], "needs": {"admin": 1}})
    request = ask(sim)
    sim.append("policy.adopted", "ledger", policy({"types": ["key.revoked"], "needs": {"admin": 2}}))
    approve(sim, request, BOB)
    with pytest.raises(DeniedError, match="1 by admin"):
        act(sim)
    approve(sim, request, CAROL)
    act(sim)
    sim.check()


def test_several_acts_in_one_entry_need_a_request_each() -> None:
    """One request lets one act be done, also within an entry."""
    sim = company({"types": ["key.enrolled"], "needs": {"admin": 1}})
    bodies = [
        events.build("key.enrolled", {"key": key_fields(f"Job {n}", "machine", kind="machine")}) for n in "12"
    ]
    for body in bodies:
        request = ask(sim, "key.enrolled", json.loads(body.to_bytes()))
        approve(sim, request, BOB)
    sim.clock.forward(seconds=1)
    sim.ledger().append_all([What(body, "ledger") for body in bodies])
    sim.check()


@pytest.mark.parametrize(
    ("rule", "where"),
    [
        ({"types": ["model.registered"], "needs": {"admin": 1}}, r"grave\[0\]\.types"),
        ({"types": ["ledger.opened"], "needs": {"admin": 1}}, r"grave\[0\]\.types"),
        ({"types": ["act.approved"], "needs": {"admin": 1}}, r"grave\[0\]\.types"),
        ({"types": ["key.revoked"], "needs": {"nobody": 1}}, r"grave\[0\]\.needs\.nobody"),
        ({"types": ["key.revoked"], "needs": {"engineer": 1}}, "may record act.approved"),
        ({"types": ["key.revoked"], "needs": {}}, r"grave\[0\]\.needs"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused(rule: dict[str, Any], where: str) -> None:
    """When the policy is made, and it says where."""
    with pytest.raises(InputError, match=where):
        events.build("policy.adopted", policy(rule))


def test_nobody_locks_themselves_out() -> None:
    """A policy that too few people could meet is refused, and so is losing one of them."""
    sim = company()
    with pytest.raises(InputError, match="act"):
        sim.append("act.requested", "ledger", {"act": "comment.added", "fields": {}} | REASON)
    other = Simulator()
    other.enrol(BOB, "admin")
    with pytest.raises(DeniedError, match=r"nobody could agree to policy\.adopted: .* takes 1 by admin more"):
        other.append("policy.adopted", "ledger", policy({"types": ["policy.adopted"], "needs": {"admin": 2}}))
    few = company({"types": ["policy.adopted"], "needs": {"admin": 2}})
    with pytest.raises(DeniedError, match="nobody could agree"):
        few.append("key.revoked", "ledger", {"key": signer_of(CAROL).key_id, "reason": "Left."})
    few.enrol("Frida Example", "admin")
    few.append("key.revoked", "ledger", {"key": signer_of(CAROL).key_id, "reason": "Left."})
    few.check()


@pytest.mark.parametrize("event", ["act.approved", "act.rejected"])
def test_an_answer_needs_an_open_request(event: str) -> None:
    """Of another stream, of nothing, of one that was carried out: refused, and found past the writer."""
    sim = company({"types": ["key.revoked"], "needs": {"admin": 1}})
    request = ask(sim)
    with pytest.raises(InputError, match="of that stream"):
        approve(sim, request, BOB, event, "model/m")
    with pytest.raises(InputError):
        approve(sim, "0", BOB, event)
    approve(sim, request, BOB)
    act(sim)
    with pytest.raises(InputError, match="no open request"):
        approve(sim, request, CAROL, event)
    force(sim, event, "ledger", {"request": request} | REASON, CAROL)
    assert rules(sim) == ["reference"]


def test_a_rotation_leaves_somebody_who_governs() -> None:
    """The last owner's key cannot be rotated into one without roles."""
    sim = Simulator()
    key = key_fields("Alice at home") | {"name": ALICE}
    with pytest.raises(DeniedError, match="nobody would be left"):
        sim.append("key.rotated", "ledger", {"old": signer_of(ALICE).key_id, "key": key} | REASON)
    assert "Alice at home" not in sim.reader().keyring().members
