"""Attacks on what the policy keeps and what it calls grave."""

from contextlib import closing
from typing import Any

from mledger.opening import default_policy
from mledger.stores import open_store
from mledger.testing.simulator import signer_of
from mledger.testing.tamper.attack import AUTHORITY, REDACTION, attack
from mledger.testing.tamper.tools import Hand, force, force_all, hands_on
from mledger.testing.tamper.world import ALICE, BOB, CAROL, CAROLS, MODEL, World

_BASIS = {"legal_basis": "None.", "authority": ALICE}


def _adopt(world: World, **more: object) -> None:
    policy = default_policy().model_dump(by_alias=True, exclude_none=True) | more
    _append(world, "policy.adopted", "ledger", {"policy": policy, "reason": "A new regulation."})


def _append(world: World, event: str, stream: str, fields: dict[str, Any], by: str = ALICE) -> int:
    with closing(open_store(world.path)) as store:
        return force(store, Hand(by), event, stream, fields)


def _erase(world: World, seq: int) -> None:
    _append(world, "record.redacted", MODEL, {"event": str(seq)} | _BASIS)
    with hands_on(world) as db:
        db.execute("UPDATE event SET salt = NULL, body = NULL WHERE seq = ?", (seq,))


@attack(REDACTION, "retention.early")
def disposed_of_too_early(world: World) -> None:
    """Alice erases with a program of her own what the policy keeps for ten years."""
    _adopt(world, retention=[{"types": ["*"], "keep": "P10Y"}])
    _erase(world, CAROLS)


@attack(REDACTION, "governance")
def disposed_of_once_it_may_be(world: World) -> None:
    """Alice ends with one entry what the policy keeps for ten years: no retention, and the erasure."""
    _adopt(world, retention=[{"types": ["*"], "keep": "P10Y"}])
    said: list[tuple[str, str, dict[str, Any] | bytes]] = [
        ("policy.adopted", "ledger", {"policy": default_policy(), "reason": "Simpler."}),
        ("record.redacted", MODEL, {"event": str(CAROLS)} | _BASIS),
    ]
    with closing(open_store(world.path)) as store:
        force_all(store, Hand(ALICE), said)


@attack(REDACTION, "retention.early")
def disposed_of_under_a_hold(world: World) -> None:
    """Alice erases with a program of her own what is kept for an inquiry."""
    _append(world, "hold.placed", MODEL, {"matter": "Inquiry 117", "authority": "General counsel"})
    _erase(world, CAROLS)


@attack(AUTHORITY, "reference", exit_code=1)
def hold_lifted_from_elsewhere(world: World) -> None:
    """Alice lifts a hold on the stream of another model."""
    hold = _append(world, "hold.placed", MODEL, {"matter": "Inquiry 117", "authority": "General counsel"})
    _append(world, "hold.lifted", "model/other", {"hold": str(hold), "reason": "Over."})


# --- grave acts

_REVOKED = {"key": signer_of(CAROL).key_id, "reason": "In the way."}


def _grave(world: World, *types: str) -> None:
    """Alice adopts a policy under which a reviewer must agree to some acts."""
    _adopt(world, grave=[{"types": types or ["key.revoked"], "needs": {"reviewer": 1}}])


def _ask(world: World, by: str = ALICE) -> str:
    asked = {"act": "key.revoked", "fields": _REVOKED, "reason": "She has left."}
    return str(_append(world, "act.requested", "ledger", asked, by))


def _agree(world: World, request: str, by: str = BOB) -> None:
    _append(world, "act.approved", "ledger", {"request": request, "reason": "Seen."}, by)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def grave_act_without_agreement(world: World) -> None:
    """Alice revokes Carol's key alone, where the policy wants a reviewer to agree."""
    _grave(world)
    _append(world, "key.revoked", "ledger", _REVOKED)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def grave_act_agreed_to_by_oneself(world: World) -> None:
    """Alice asks, takes the role of a reviewer, and revokes the key on her own approval."""
    _grave(world)
    request = _ask(world)
    grant = {"key": signer_of(ALICE).key_id, "role": "reviewer", "reason": "Deputy."}
    _append(world, "role.granted", "ledger", grant)
    _agree(world, request, ALICE)
    _append(world, "key.revoked", "ledger", _REVOKED)


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def grave_act_other_than_agreed(world: World) -> None:
    """Alice has one revocation agreed to, and does another."""
    _grave(world)
    _agree(world, _ask(world))
    _append(world, "key.revoked", "ledger", _REVOKED | {"compromised_since": "1"})


@attack(AUTHORITY, "approvals.missing", exit_code=1)
def grave_rule_abolished(world: World) -> None:
    """Alice adopts a policy without the rule, alone, though adopting one is grave."""
    _grave(world, "policy.adopted", "key.revoked")
    _adopt(world)
    _append(world, "key.revoked", "ledger", _REVOKED)


@attack(REDACTION, "body.missing")
def grave_redaction_without_agreement(world: World) -> None:
    """Alice erases a comment by a redaction to which nobody has agreed."""
    _grave(world, "record.redacted")
    _erase(world, CAROLS)
