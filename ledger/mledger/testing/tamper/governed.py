"""Attacks on what the policy keeps and what it calls grave."""

from contextlib import closing
from typing import Any

from mledger.opening import default_policy
from mledger.stores import open_store
from mledger.testing.tamper.attack import AUTHORITY, REDACTION, attack
from mledger.testing.tamper.tools import Hand, force, hands_on
from mledger.testing.tamper.world import ALICE, CAROLS, MODEL, World

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
