"""A refused attempt is recorded where the policy wants it, and never in the way."""

import threading

import pytest

from mledger.errors import DeniedError, InputError
from mledger.opening import default_policy
from mledger.refusing import MOST
from mledger.testing.simulator import Simulator, signer_of

ALICE, BOB = "Alice Example", "Bob Example"
STREAM = "model/m"
REQUEST = {"version": "1.0", "to_stage": "production", "reason": "Better."}


def company(**policy: object) -> Simulator:
    """Bob reviews; refused attempts are recorded, unless the policy says otherwise."""
    sim = Simulator()
    rules = default_policy().model_dump(by_alias=True, exclude_none=True) | {"record_refusals": True} | policy
    sim.append("policy.adopted", "ledger", {"policy": rules, "reason": "An audit."})
    sim.enrol(BOB, "reviewer")
    return sim


def refused(sim: Simulator, by: str, event: str, fields: dict[str, object]) -> DeniedError:
    """The error of an attempt that the rules refuse."""
    with pytest.raises(DeniedError) as caught:
        sim.append(event, STREAM, fields, by=by)
    return caught.value


def test_an_attempt_is_recorded_under_the_key_that_tried() -> None:
    """What was tried, the rule, the event that was to be answered; the error says the number."""
    sim = company()
    number = sim.append("promotion.requested", STREAM, REQUEST).number
    error = refused(sim, ALICE, "promotion.approved", {"request": number, "reason": "Mine."})
    (fact,) = [fact for fact in sim.reader().facts() if fact.type == "attempt.refused"]
    assert (fact.signer, fact.stream, fact.number) == (ALICE, STREAM, str(int(number) + 1))
    assert fact.data.model_dump(exclude_none=True) == {
        "event_type": "promotion.approved",
        "rule": "four-eyes",
        "why": f"Alice Example signed event {number} and cannot answer it with promotion.approved",
        "on": number,
    }
    assert error.message.endswith(f"(attempt recorded, event {fact.number})")
    assert error.to_json()["recorded"] == fact.number
    assert b"Mine" not in fact.body
    sim.check()


def test_whoever_has_no_role_for_it_is_recorded_all_the_same() -> None:
    """No role lists the type, and the owner of the key may sign that they were refused, no more."""
    sim = company()
    model = {"title": "M", "purpose": "P.", "owner": BOB}
    assert "may not record model.registered" in refused(sim, BOB, "model.registered", model).message
    newest = next(sim.reader().newest())
    assert (newest.type, newest.signer, newest.data.rule) == ("attempt.refused", BOB, "role.forbidden")
    sim.check()


def test_who_tries_again_and_again_adds_one_entry() -> None:
    """The same attempt after itself is not recorded twice; another one is."""
    sim = company()
    model = {"title": "M", "purpose": "P.", "owner": BOB}
    numbers = {refused(sim, BOB, "model.registered", model).details["recorded"] for _ in range(5)}
    assert len(numbers) == 1
    refused(sim, BOB, "run.abandoned", {"run": "r", "reason": "x"})
    assert sim.reader().head.size == int(numbers.pop()) + 2


def test_attempts_in_turns_are_told_once_a_day() -> None:
    """Whoever alternates adds nothing; the next day each is told again."""
    sim = company()
    turns: list[tuple[str, dict[str, object]]] = [
        ("model.retired", {"reason": "Old."}),
        ("run.abandoned", {"run": "r", "reason": "x"}),
    ]
    size = sim.reader().head.size
    for _ in range(3):
        for event, fields in turns:
            refused(sim, BOB, event, fields)
    assert sim.reader().head.size == size + 2
    sim.clock.forward(days=2)
    refused(sim, BOB, *turns[0])
    assert sim.reader().head.size == size + 3


def test_nobody_floods_a_ledger_with_attempts_or_hides_one_behind_others() -> None:
    """Beyond a number a day only what was tried against which rule for the first time is told."""
    sim = company()
    size = sim.reader().head.size
    for n in range(MOST + 5):
        error = refused(sim, BOB, "run.abandoned", {"run": f"r{n}", "reason": "x"})
        with pytest.raises(DeniedError):
            sim.append("run.abandoned", f"model/m{n}", {"run": "r", "reason": "x"}, by=BOB)
    assert sim.reader().head.size == size + MOST
    assert error.details["recorded"]
    grave = refused(sim, BOB, "model.retired", {"reason": "Old."})
    assert sim.reader().head.size == size + MOST + 1
    assert next(sim.reader().newest()).number == grave.details["recorded"]
    sim.check()


def test_nothing_is_recorded_unless_the_policy_wants_it() -> None:
    """Without the field nothing is, and then the type is as any other: somebody needs a role for it."""
    sim = company(record_refusals=False)
    size = sim.reader().head.size
    error = refused(sim, BOB, "model.retired", {"reason": "Old."})
    assert "recorded" not in error.details
    assert sim.reader().head.size == size
    attempt = {"event_type": "model.retired", "rule": "role.forbidden", "why": "x"}
    assert "may not record attempt.refused" in refused(sim, BOB, "attempt.refused", attempt).message


def test_wrong_input_and_strangers_leave_nothing() -> None:
    """A field that is wrong, an answer to nothing, a key that is revoked: no entry."""
    sim = company()
    ledger = sim.ledger(BOB)
    size = sim.reader().head.size
    with pytest.raises(InputError):
        sim.append("promotion.approved", STREAM, {"request": "4711", "reason": "x"}, by=BOB)
    assert sim.reader().head.size == size
    sim.append("key.revoked", "ledger", {"key": signer_of(BOB).key_id, "reason": "Left."})
    with pytest.raises(DeniedError, match="was revoked"):
        ledger.append("model.retired", STREAM, {"reason": "Old."})
    assert sim.reader().head.size == size + 1


def test_threads_that_are_refused_are_told_each() -> None:
    """Attempts at the same time: each thread gets its own error, and the ledger stays whole."""
    sim = company()
    ledger, errors = sim.ledger(BOB), []

    def attempt(n: int) -> None:
        try:
            ledger.append("model.registered", f"model/m{n}", {"title": "M", "purpose": "P.", "owner": BOB})
        except DeniedError as error:
            errors.append(error.details.get("recorded"))

    threads = [threading.Thread(target=attempt, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 8
    assert None not in errors
    sim.check()
