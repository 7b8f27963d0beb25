"""Attacks on the key that signs checkpoints, and with it."""

from contextlib import closing

from mledger.chain.succession import LogKeys, sign_checkpoint, sign_succession
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.simulator import key_fields, signer_of
from mledger.testing.tamper.attack import ALL_KEYS, AUTHORITY, attack
from mledger.testing.tamper.tools import Hand, force
from mledger.testing.tamper.world import ALICE, BOB, CAROL, OLDER, ORIGIN, World

NEW, MALLORY = "Alice Example, 2027", "Mallory Example"


def _succession(world: World, new: str, old: str | None = ALICE) -> str:
    """A note that appoints a key in the place of the one that signs now."""
    with closing(open_store(world.path, read_only=True)) as store:
        now = LogKeys(Reader(store).keyring().signs).now
    return sign_succession(now, signer_of(new), signer_of(old) if old else None).decode()


def _appoint(world: World, new: str, note: str, by: str = ALICE) -> None:
    fields = {"key": signer_of(new).key_id, "note": note, "reason": "Yearly rotation."}
    with closing(open_store(world.path)) as store:
        force(store, Hand(by), "key.appointed", "ledger", fields)


def _enrol(world: World, name: str) -> None:
    with closing(open_store(world.path)) as store:
        force(store, Hand(ALICE), "key.enrolled", "ledger", {"key": key_fields(name, "owner")})


def _hand_over(world: World) -> None:
    """Alice appoints her new key, rightly."""
    _enrol(world, NEW)
    _appoint(world, NEW, _succession(world, NEW))


def _sign(world: World, name: str, size: int | None = None) -> None:
    """Put a checkpoint of the ledger's own history into it, signed with somebody's key."""
    with closing(open_store(world.path)) as store:
        size = size or store.head().size
        checkpoint = Checkpoint(ORIGIN, size, merkle.root(store, size))
        store.keep_checkpoint(size, sign_checkpoint(checkpoint, [signer_of(name)]))


@attack(ALL_KEYS, "checkpoint.bad")
def old_key_goes_on_signing(world: World) -> None:
    """A thief signs a checkpoint with the key that Alice has handed over since."""
    _hand_over(world)
    _sign(world, ALICE)


@attack(ALL_KEYS, "checkpoint.bad")
def new_key_signs_the_past(world: World) -> None:
    """Whoever has the new key signs a checkpoint of a size that the old one signed."""
    size = OLDER
    _hand_over(world)
    _sign(world, NEW, size)


@attack(AUTHORITY, "governance")
def appointed_without_the_key_before(world: World) -> None:
    """Bob, made an owner, appoints his own key without that of Alice, which is not revoked."""
    with closing(open_store(world.path)) as store:
        grant = {"key": signer_of(BOB).key_id, "role": "owner", "reason": "Deputy."}
        force(store, Hand(ALICE), "role.granted", "ledger", grant)
    _appoint(world, BOB, _succession(world, BOB, old=None), by=BOB)


@attack(AUTHORITY, "governance")
def appointed_twice(world: World) -> None:
    """A thief with the old key appoints a second successor, after Alice has appointed the first."""
    _enrol(world, MALLORY)
    second = _succession(world, MALLORY)
    _hand_over(world)
    _appoint(world, MALLORY, second)


@attack(AUTHORITY, "role.forbidden", exit_code=1)
def appointed_by_somebody_who_may_not(world: World) -> None:
    """Carol, an engineer, records a succession to her own key that Alice has signed in good faith."""
    _appoint(world, CAROL, _succession(world, CAROL), by=CAROL)
