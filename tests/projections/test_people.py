"""Who may sign: keys, holders, roles, policy."""

import pytest

from mledger.projections.people import PeopleState, people
from mledger.testing.simulator import Simulator, key_fields, signer_of


def state_of(sim: Simulator) -> PeopleState:
    """The state of a simulated ledger's people."""
    return people.fold(sim.reader().history().of("ledger").facts())


@pytest.fixture
def sim() -> Simulator:
    """A ledger with Alice as its owner and Bob as a reviewer, enrolled by entry 1."""
    sim = Simulator()
    sim.enrol("Bob Example", "reviewer")
    return sim


def test_the_opening_names_origin_policy_and_first_key(sim: Simulator) -> None:
    """Entry 0 is the event behind the origin, the policy and the owner."""
    state = state_of(sim)
    assert state.origin is not None
    assert state.policy is not None
    assert (state.origin.value, state.policy.value, state.policy.numbers) == (
        "sim.example/ledger",
        "default",
        ("0",),
    )
    assert {key.holder: sorted(key.roles) for key in state.keys.values()} == {
        "Alice Example": ["owner"],
        "Bob Example": ["reviewer"],
    }


def test_roles_come_and_go_with_their_events(sim: Simulator) -> None:
    """A role granted cites its grant; a role taken is gone."""
    bob = signer_of("Bob Example").key_id
    number = sim.append("role.granted", "ledger", {"key": bob, "role": "auditor"}).number
    sim.append("role.revoked", "ledger", {"key": bob, "role": "reviewer"})
    key = state_of(sim).keys[bob]
    assert {role: citation.number for role, citation in key.roles.items()} == {"auditor": number}


def test_a_revoked_key_says_why_and_since_when(sim: Simulator) -> None:
    """The reason and the point of compromise stand beside the key, which stays in the list."""
    bob = signer_of("Bob Example").key_id
    body = {"key": bob, "reason": "Laptop stolen.", "compromised_since": "1"}
    number = sim.append("key.revoked", "ledger", body).number
    key = state_of(sim).keys[bob]
    assert key.ended is not None
    assert (key.ended.value, key.ended.numbers) == ("revoked: Laptop stolen.", (number,))
    assert key.compromised_since == "1"


def test_a_rotated_key_makes_way_for_the_next(sim: Simulator) -> None:
    """The old key ends, the new one speaks for the same holder."""
    old = signer_of("Bob Example").key_id
    new = key_fields("Bob Example 2", "reviewer") | {"name": "Bob Example"}
    sim.append("key.rotated", "ledger", {"old": old, "key": new, "reason": "Yearly."})
    keys = state_of(sim).keys
    assert keys[old].ended is not None
    assert (keys[str(new["id"])].holder, keys[str(new["id"])].ended) == ("Bob Example", None)


def test_an_event_about_a_key_that_is_not_there_is_a_remark(sim: Simulator) -> None:
    """Facts without the enrolment that came before them are named, and change nothing."""
    bob = signer_of("Bob Example").key_id
    number = sim.append("role.granted", "ledger", {"key": bob, "role": "auditor"}).number
    facts = [fact for fact in sim.reader().history().facts() if fact.number == number]
    state = people.fold(facts)
    assert state.keys == {}
    assert [remark.source.number for remark in state.trail.remarks] == [number]
