"""Attacks by people with keys and programs of their own."""

from contextlib import closing
from typing import Any

from mledger.core.moment import later
from mledger.opening import default_policy
from mledger.stores import open_store
from mledger.testing.simulator import key_fields, signer_of
from mledger.testing.tamper.attack import AUTHORITY, TIME, attack
from mledger.testing.tamper.tools import Hand, force, force_all
from mledger.testing.tamper.world import ALICE, BOB, CAROL, DATA, DAVE, JOB, MODEL, World

MALLORY = "Mallory Example"
_REMARK = {"on": "5", "text": "Looks good to me."}
_REQUEST = {"version": "2.0", "from_stage": "staging", "to_stage": "production", "reason": "Better AUC."}
_DAY = 86_400


def _append(world: World, hand: Hand, event: str, stream: str, fields: dict[str, Any] | bytes) -> int:
    with closing(open_store(world.path)) as store:
        return force(store, hand, event, stream, fields)


def _remark(world: World, hand: Hand) -> None:
    _append(world, hand, "comment.added", MODEL, _REMARK)


# --- time


@attack(TIME, "chain.time")
def back_dated(world: World) -> None:
    """Carol records something with yesterday's date, after what was recorded today."""
    _remark(world, Hand(CAROL, late=-_DAY))


@attack(TIME, "time.future")
def post_dated(world: World) -> None:
    """Carol records something with tomorrow's date."""
    _remark(world, Hand(CAROL, late=_DAY))


@attack(TIME, "time.future")
def said_to_have_happened_later(world: World) -> None:
    """Carol records something that is to have happened after she recorded it."""
    with closing(world.reader()) as reader:
        last = reader.statement(reader.head.size - 1)
    _remark(world, Hand(CAROL, at=later(last.time, _DAY)))


# --- keys


@attack(AUTHORITY, "key.unknown")
def unknown_key(world: World) -> None:
    """Somebody whose key nobody enrolled records something."""
    _remark(world, Hand(MALLORY))


@attack(AUTHORITY, "key.unknown")
def unknown_key_in_a_known_name(world: World) -> None:
    """Somebody whose key nobody enrolled records something under Bob's printed name."""
    _remark(world, Hand(MALLORY, signer=BOB))


@attack(AUTHORITY, "key.unknown")
def key_that_enrols_itself(world: World) -> None:
    """Somebody enrols their own key, signed with that key, and goes on with it."""
    mine = {"key": key_fields(MALLORY, "owner")}
    _append(world, Hand(MALLORY), "key.enrolled", "ledger", mine)
    _remark(world, Hand(MALLORY))


@attack(AUTHORITY, "key.revoked")
def revoked_key(world: World) -> None:
    """Dave, whose key was revoked, records something."""
    _remark(world, Hand(DAVE))


@attack(AUTHORITY, "key.name")
def signed_in_another_name(world: World) -> None:
    """Carol records something with her key and Bob's printed name."""
    _remark(world, Hand(CAROL, signer=BOB))


@attack(AUTHORITY, "key.meaning", exit_code=1)
def machine_speaks_for_a_person(world: World) -> None:
    """The training job records something with the meaning of an authorship."""
    _append(world, Hand(JOB), "run.started", MODEL, _run("run-x"))


@attack(AUTHORITY, "key.meaning", exit_code=1)
def person_passes_for_a_machine(world: World) -> None:
    """Carol records a run as if a machine had signed it."""
    _append(world, Hand(CAROL, meaning="machine"), "run.started", MODEL, _run("run-x"))


def _run(name: str) -> dict[str, Any]:
    criterion = {"metric": "auc", "operator": ">=", "value": 0.8}
    return {"run": name, "hypothesis": "It works.", "criteria": [criterion]}


# --- roles


@attack(AUTHORITY, "role.forbidden", exit_code=1)
def role_not_allowed(world: World) -> None:
    """Bob, a reviewer, registers a model."""
    model = {"title": "Fraud", "purpose": "Find it.", "owner": BOB}
    _append(world, Hand(BOB), "model.registered", "model/fraud", model)


@attack(AUTHORITY, "role.forbidden", exit_code=1)
def machine_approves(world: World) -> None:
    """The training job approves a promotion."""
    number = _append(world, Hand(CAROL), "promotion.requested", MODEL, _REQUEST)
    answer = {"request": str(number), "reason": "Tests are green."}
    _append(world, Hand(JOB, meaning="machine"), "promotion.approved", MODEL, answer)


@attack(AUTHORITY, "key.unknown")
def role_given_to_oneself(world: World) -> None:
    """Carol grants herself the role of an owner and enrols Mallory, who begins to record things."""
    grant = {"key": signer_of(CAROL).key_id, "role": "owner", "reason": "Because I can."}
    _append(world, Hand(CAROL), "role.granted", "ledger", grant)
    _append(world, Hand(CAROL), "key.enrolled", "ledger", {"key": key_fields(MALLORY, "owner")})
    _remark(world, Hand(MALLORY))


@attack(AUTHORITY, "four-eyes", exit_code=1)
def rules_changed_by_somebody_else(world: World) -> None:
    """Carol, who may not, adopts a policy without four eyes, for Alice to approve what Alice asked for."""
    policy = {"name": "mine", "roles": {"owner": {"may": ["*"]}, "engineer": {"may": ["*"]}}}
    _append(world, Hand(CAROL), "policy.adopted", "ledger", {"policy": policy, "reason": "Simpler."})
    own_request_approved(world)


@attack(TIME, "time.future")
def clock_set_by_somebody_else(world: World) -> None:
    """Carol, who may not, adopts a policy by which clocks may differ by a day, and dates something so."""
    policy = default_policy().model_copy(update={"skew_seconds": _DAY})
    _append(world, Hand(CAROL), "policy.adopted", "ledger", {"policy": policy, "reason": "Slow clocks."})
    with closing(world.reader()) as reader:
        last = reader.statement(reader.head.size - 1)
    _remark(world, Hand(CAROL, at=later(last.time, 3600)))


@attack(AUTHORITY, "governance")
def rules_changed_within_the_entry(world: World) -> None:
    """Alice abolishes four eyes and approves what she asked for herself, in one entry."""
    number = _append(world, Hand(ALICE), "promotion.requested", MODEL, _REQUEST)
    policy = default_policy().model_copy(update={"four_eyes": ()})
    answer = {"request": str(number), "reason": "I asked for it."}
    said: list[tuple[str, str, dict[str, Any] | bytes]] = [
        ("policy.adopted", "ledger", {"policy": policy, "reason": "Simpler."}),
        ("promotion.approved", MODEL, answer),
    ]
    with closing(open_store(world.path)) as store:
        force_all(store, Hand(ALICE), said)


@attack(AUTHORITY, "governance")
def unknown_key_revoked(world: World) -> None:
    """Alice revokes a key that is not there."""
    revoked = {"key": signer_of(MALLORY).key_id, "reason": "To be sure."}
    _append(world, Hand(ALICE), "key.revoked", "ledger", revoked)


@attack(AUTHORITY, "governance")
def last_governor_revoked(world: World) -> None:
    """Alice revokes her own key, the last that may govern."""
    revoked = {"key": signer_of(ALICE).key_id, "reason": "Goodbye."}
    _append(world, Hand(ALICE), "key.revoked", "ledger", revoked)


# --- answers


@attack(AUTHORITY, "four-eyes", exit_code=1)
def own_request_approved(world: World) -> None:
    """Alice asks for a promotion and approves it herself."""
    number = _append(world, Hand(ALICE), "promotion.requested", MODEL, _REQUEST)
    answer = {"request": str(number), "reason": "I asked for it."}
    _append(world, Hand(ALICE, meaning="approval"), "promotion.approved", MODEL, answer)


@attack(AUTHORITY, "reference", exit_code=1)
def approved_what_nobody_asked(world: World) -> None:
    """Bob approves a promotion that was never requested."""
    answer = {"request": "5", "reason": "Whatever."}
    _append(world, Hand(BOB, meaning="approval"), "promotion.approved", MODEL, answer)


@attack(AUTHORITY, "reference", exit_code=1)
def approved_in_advance(world: World) -> None:
    """Bob approves an event that will only be recorded later."""
    answer = {"request": "301", "reason": "Whatever it will be."}
    _append(world, Hand(BOB, meaning="approval"), "promotion.approved", MODEL, answer)
    _append(world, Hand(CAROL), "promotion.requested", MODEL, _REQUEST)


# --- approvals


def _asked(world: World, **needs: int) -> str:
    """Alice adopts a policy that asks for approvals of 2.0 by people who had no part in it; Carol asks."""
    rule = {"stages": ["production"], "needs": needs or {"reviewer": 1}, "independent": True}
    _adopt(world, approvals=[rule])
    return str(_append(world, Hand(CAROL), "promotion.requested", MODEL, _REQUEST))


def _adopt(world: World, **more: object) -> None:
    policy = default_policy().model_dump(by_alias=True, exclude_none=True) | more
    _append(world, Hand(ALICE), "policy.adopted", "ledger", {"policy": policy, "reason": "An audit."})


def _approve(world: World, request: str, name: str = BOB) -> int:
    answer = {"request": request, "reason": "Objectives met."}
    return _append(world, Hand(name, meaning="approval"), "promotion.approved", MODEL, answer)


def _execute(world: World, request: str, version: str = "2.0") -> None:
    moved = {"request": request, "version": version, "to_stage": "production"}
    _append(world, Hand(CAROL, meaning="responsibility"), "promotion.executed", MODEL, moved)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def executed_without_approval(world: World) -> None:
    """Carol moves a version to production that nobody has approved."""
    _execute(world, _asked(world))


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def approved_twice_by_one(world: World) -> None:
    """Bob approves twice where two reviewers are asked for, and Carol moves the version."""
    request = _asked(world, reviewer=2)
    _approve(world, request)
    _approve(world, request)
    _execute(world, request)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def approved_in_another_role(world: World) -> None:
    """Alice, who is no reviewer, approves what a reviewer must, and Carol moves the version."""
    request = _asked(world)
    _approve(world, request, ALICE)
    _execute(world, request)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def executed_after_a_rejection(world: World) -> None:
    """Bob approves, Alice rejects, and Carol moves the version all the same."""
    request = _asked(world)
    _approve(world, request)
    answer = {"request": request, "reason": "Latency was never measured."}
    _append(world, Hand(ALICE, meaning="rejection"), "promotion.rejected", MODEL, answer)
    _execute(world, request)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def approval_of_another_version_used(world: World) -> None:
    """Carol moves a version on the ground of the approval of another one."""
    request = _asked(world)
    _approve(world, request)
    _execute(world, request, "2.1")


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def approved_under_a_stolen_key(world: World) -> None:
    """Carol moves a version that was approved with a key which was reported as stolen before that."""
    request = _asked(world)
    approval = _approve(world, request)
    lost = {"key": signer_of(BOB).key_id, "reason": "Stolen.", "compromised_since": str(approval)}
    _append(world, Hand(ALICE), "key.revoked", "ledger", lost)
    _execute(world, request)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def approved_under_a_key_stolen_before_its_rotation(world: World) -> None:
    """Carol moves a version that was approved with a key which was rotated, and found stolen afterwards."""
    request = _asked(world)
    approval = _approve(world, request)
    new = key_fields("Bob's new key", "reviewer") | {"name": BOB}
    old = signer_of(BOB).key_id
    _append(world, Hand(ALICE), "key.rotated", "ledger", {"old": old, "key": new, "reason": "Yearly."})
    lost = {"key": old, "reason": "The old laptop is gone.", "compromised_since": str(approval)}
    _append(world, Hand(ALICE), "key.revoked", "ledger", lost)
    _execute(world, request)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def deployed_without_a_request(world: World) -> None:
    """Carol puts a version to use that never asked for its stage, which she writes in capitals."""
    _asked(world)
    serves = {"version": "2.0", "environment": "eu-west", "stage": "PRODUCTION"}
    _append(world, Hand(CAROL), "deployment.recorded", MODEL, serves)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def put_back_without_a_request(world: World) -> None:
    """Carol calls it a rollback to bring a version into production that never was there."""
    _asked(world)
    back = {"from_version": "1.0", "to_version": "2.0", "stage": "production", "reason": "Faster so."}
    _append(world, Hand(CAROL), "rollback.executed", MODEL, back)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def executed_again_after_a_rollback(world: World) -> None:
    """Carol moves a version again, on approvals from before it was rolled back."""
    request = _asked(world)
    _approve(world, request)
    _execute(world, request)
    back = {"from_version": "2.0", "to_version": "1.0", "stage": "production", "request": "11"}
    _append(world, Hand(CAROL), "rollback.executed", MODEL, back | {"reason": "It fails."})
    _execute(world, request)


@attack(AUTHORITY, "four-eyes", exit_code=1)
def own_version_approved(world: World) -> None:
    """Alice approves a version that she released herself, where the policy wants others to."""
    files = [{"name": "model.pkl", "sha256": "c07d" * 16}]
    released = {"version": "2.0", "artifacts": files, "notes": "More depth."}
    _append(world, Hand(ALICE), "version.released", MODEL, released)
    _approve(world, _asked(world), ALICE)


@attack(AUTHORITY, "governance")
def approval_redacted(world: World) -> None:
    """Alice redacts a rejection, so that the approvals before it seem to count."""
    request = _asked(world)
    _approve(world, request)
    answer = {"request": request, "reason": "Latency was never measured."}
    seq = _append(world, Hand(ALICE, meaning="rejection"), "promotion.rejected", MODEL, answer)
    erased = {"event": str(seq), "legal_basis": "None.", "authority": "Alice", "reason": "Embarrassing."}
    _append(world, Hand(ALICE), "record.redacted", MODEL, erased)


# --- the ledger and its events


@attack(AUTHORITY, "chain.genesis")
def opened_again(world: World) -> None:
    """Alice opens the ledger a second time, with Mallory's key as the first."""
    policy = {"name": "mine", "roles": {"owner": {"may": ["*"]}}}
    opening = {"origin": "acme.example/credit-risk", "key": key_fields(MALLORY, "owner"), "policy": policy}
    _append(world, Hand(ALICE), "ledger.opened", "ledger", opening)
    _remark(world, Hand(MALLORY))


@attack(AUTHORITY, "event.stream", exit_code=1)
def event_on_a_stream_of_another_kind(world: World) -> None:
    """Carol registers a model on the stream of a dataset."""
    model = {"title": "Loans", "purpose": "None.", "owner": CAROL}
    _append(world, Hand(CAROL), "model.registered", DATA, model)


@attack(AUTHORITY, "body.schema", exit_code=1)
def body_of_another_shape(world: World) -> None:
    """Bob signs an approval whose body is not what an approval says."""
    body = b'{"request":"11","verdict":"fine"}'
    _append(world, Hand(BOB, meaning="approval"), "promotion.approved", MODEL, body)


@attack(AUTHORITY, "policy.body", exit_code=1)
def body_without_what_the_policy_asks(world: World) -> None:
    """Alice adopts a policy that asks promotions for their stage, and Carol signs one without."""
    _adopt(world, required={"promotion.requested": ["from_stage"]})
    request = {name: value for name, value in _REQUEST.items() if name != "from_stage"}
    _append(world, Hand(CAROL), "promotion.requested", MODEL, request)


@attack(AUTHORITY, "body.format")
def body_that_readers_differ_on(world: World) -> None:
    """Carol signs a body that says the same key twice, with two values."""
    body = b'{"on":"5","text":"It is safe.","text":"It is not."}'
    _append(world, Hand(CAROL), "comment.added", MODEL, body)
