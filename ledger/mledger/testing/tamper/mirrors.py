"""Attacks on mirrors, and what a witness must not sign.

By whoever serves a log, or signs for it:

    for attack in MIRROR_ATTACKS:
        attack.run(world, folder)          a folder into which the world's ledger was published
        with pytest.raises(attack.error): follower.follow(…)

What a follower must have to see it stands in `needs`: nothing but the mirror and the ledger's key, its own
memory of the mirror, or a trust file. A witness answers `status`.
"""

import shutil
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Literal, NamedTuple

from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint, format_checkpoint
from mledger.core.note import ED25519, Note, NoteSignature, format_note, key_hash
from mledger.core.submission import Submission, format_submission
from mledger.core.tiles import CHECKPOINT as NOTE
from mledger.errors import DivergedError, IntegrityError, MledgerError, ProofError
from mledger.exchange.places import open_place
from mledger.exchange.publish import publish
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing.simulator import signer_of
from mledger.testing.tamper.world import ALICE, CHECKPOINT, FIRST_CHECKPOINT, ORIGIN, World

Needs = Literal["the mirror", "memory", "the trust file"]
Deed = Callable[[World, Path], None]


class MirrorAttack(NamedTuple):
    """One attack: who does what, what it takes to see it, the error that it must lead to."""

    name: str
    deed: str
    needs: Needs
    error: type[MledgerError]
    run: Deed


MIRROR_ATTACKS: list[MirrorAttack] = []


def publish_to(path: Path, size: int, folder: Path) -> None:
    """Publish a ledger up to one of its checkpoints."""
    with closing(open_store(path, read_only=True)) as store:
        publish(Reader(store), dict(store.checkpoints())[size], open_place(str(folder)))


def _instead(path: Path, folder: Path, size: int = CHECKPOINT) -> None:
    """Publish another ledger in the place of what is there."""
    shutil.rmtree(folder)
    publish_to(path, size, folder)


def _attack(needs: Needs, error: type[MledgerError]) -> Callable[[Deed], Deed]:
    def enter(run: Deed) -> Deed:
        deed = (run.__doc__ or "").partition("\n")[0]
        MIRROR_ATTACKS.append(MirrorAttack(run.__name__.replace("_", "-"), deed, needs, error, run))
        return run

    return enter


def _flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(data[:9] + bytes([data[9] ^ 1]) + data[10:])


def _of_nothing(size: int) -> bytes:
    """A checkpoint that the ledger's key has signed, and that is of no tree."""
    signer = signer_of(ALICE)
    text = format_checkpoint(Checkpoint(ORIGIN, size, bytes(32)))
    line = NoteSignature(ORIGIN, key_hash(ORIGIN, ED25519, signer.public), signer.sign(text.encode()))
    return format_note(Note(text, (line,)))


@_attack("the mirror", IntegrityError)
def entry_changed(_: World, folder: Path) -> None:
    """Whoever serves the log changes a byte of an entry."""
    _flip(folder / "tile/entries/000")


@_attack("the mirror", IntegrityError)
def hash_changed(_: World, folder: Path) -> None:
    """Whoever serves the log changes a hash."""
    _flip(folder / "tile/0/000")


@_attack("the mirror", IntegrityError)
def file_gone(_: World, folder: Path) -> None:
    """Whoever serves the log takes a file away."""
    (folder / "tile/0/000").unlink()


@_attack("the mirror", ProofError)
def signed_by_another(world: World, folder: Path) -> None:
    """A whole other ledger of the same name is served, whose checkpoints another key signs."""
    _instead(world.stranger, folder)


@_attack("the mirror", IntegrityError)
def checkpoint_of_nothing(_: World, folder: Path) -> None:
    """The holder of the key signs a checkpoint, and serves the files of another tree under it."""
    (folder / NOTE).write_bytes(_of_nothing(CHECKPOINT))


@_attack("memory", DivergedError)
def rolled_back(world: World, folder: Path) -> None:
    """The mirror shows fewer entries than it has shown before."""
    _instead(world.path, folder, FIRST_CHECKPOINT)


@_attack("memory", DivergedError)
def forked(world: World, folder: Path) -> None:
    """The holder of the key shows another history of the same length."""
    _instead(world.fork, folder)


@_attack("the trust file", DivergedError)
def shorter_than_known(world: World, folder: Path) -> None:
    """Somebody who never saw the mirror is shown fewer entries than there were."""
    _instead(world.path, folder, FIRST_CHECKPOINT)


@_attack("the trust file", DivergedError)
def another_of_that_name(world: World, folder: Path) -> None:
    """Somebody who never saw the mirror is shown another ledger, under the same name and key."""
    _instead(world.twin, folder)


class WitnessAttack(NamedTuple):
    """One request to a witness that has cosigned the first checkpoint, and the status of its answer."""

    deed: str
    status: int
    make: Callable[[World], bytes]


def _submission(path: Path, old: int, size: int) -> bytes:
    """What the owner of a ledger would send."""
    with closing(open_store(path, read_only=True)) as store:
        hashes = merkle.consistency_proof(store, old, size) if 0 < old <= size else ()
        return format_submission(Submission(old, tuple(hashes), dict(store.checkpoints())[size]))


def _shortened(request: bytes) -> bytes:
    """The request without the first hash of its proof."""
    old, _, rest = request.split(b"\n", 2)
    return old + b"\n" + rest


WITNESS_ATTACKS = (
    WitnessAttack(
        "The holder of the key asks for a cosignature of another history.",
        422,
        lambda world: _submission(world.twin, FIRST_CHECKPOINT, CHECKPOINT),
    ),
    WitnessAttack(
        "The holder of the key asks for one of another history of the same length.",
        409,
        lambda _: format_submission(Submission(FIRST_CHECKPOINT, (), _of_nothing(FIRST_CHECKPOINT))),
    ),
    WitnessAttack(
        "Somebody who forgot what was cosigned begins again.",
        409,
        lambda world: _submission(world.path, 0, CHECKPOINT),
    ),
    WitnessAttack(
        "Somebody goes back to a shorter log.",
        400,
        lambda world: _submission(world.path, CHECKPOINT, FIRST_CHECKPOINT),
    ),
    WitnessAttack(
        "Somebody leaves hashes of the proof out.",
        422,
        lambda world: _shortened(_submission(world.path, FIRST_CHECKPOINT, CHECKPOINT)),
    ),
    WitnessAttack(
        "Another key signs under the ledger's name.",
        403,
        lambda world: _submission(world.stranger, FIRST_CHECKPOINT, CHECKPOINT),
    ),
    WitnessAttack(
        "Somebody asks about a log that the witness does not know.",
        404,
        lambda world: _submission(world.path, FIRST_CHECKPOINT, CHECKPOINT).replace(b"acme", b"acne"),
    ),
    WitnessAttack("Somebody sends what is no request.", 400, lambda _: b"nonsense"),
)
