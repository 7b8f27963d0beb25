"""Follows a mirror: what it shows must extend what it has shown."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.digest import short
from mledger.core.evidence import Evidence
from mledger.core.merkle import check_consistency
from mledger.core.moment import Moment, format_moment
from mledger.core.note import ML_DSA_44, format_vkey, parse_note, parse_vkey
from mledger.core.succession import open_succession
from mledger.core.tiles import CHECKPOINT
from mledger.core.trust import Pinned
from mledger.errors import DivergedError, IntegrityError, NotFoundError, ProofError
from mledger.exchange.mirror import End, Mirror
from mledger.exchange.mirrors import Mirrors, Seen
from mledger.exchange.places import Place
from mledger.exchange.publish import succession_path
from mledger.heads import Heads
from mledger.keys.algorithms import verify
from mledger.receipt import check_both, checked_lines

# Successions of one log that are read: more are none that anybody made on purpose.
_MOST = 1_000


class Followed(NamedTuple):
    """What a mirror shows now, all of it checked: `before` are the entries that were seen earlier."""

    checkpoint: Checkpoint
    before: int
    since: Moment | None
    end: End
    compared: tuple[str, ...]
    level: int
    """0 consistent in itself, 1 and it begins as is known, 2 and it extends a head that is known."""
    lines: tuple[str, ...] = ("Ed25519",)
    """The algorithms of the lines that were checked under the checkpoint."""

    def to_json(self) -> dict[str, object]:
        """The outcome as `--json` prints it."""
        return {
            "origin": self.checkpoint.origin,
            "entries": self.checkpoint.size,
            "new": self.checkpoint.size - self.before,
            "root": self.checkpoint.root.hex(),
            "head": self.end.leaf.hex(),
            "time": self.end.time,
            "compared": list(self.compared),
            "level": self.level,
            "lines": list(self.lines),
        }


class Follower(NamedTuple):
    """Who follows: the memory of mirrors, that of heads if there is one, the clock."""

    mirrors: Mirrors
    heads: Heads | None = None
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def follow(self, place: Place, address: str, vkey: str, pinned: Pinned | None = None) -> Followed:
        """What the mirror at a place shows, compared with what it showed before, and remembered.

        Errors: DivergedError if it shows less, or another history, with the file of evidence if two signed
        checkpoints do not fit; IntegrityError if its files do not; ProofError for a checkpoint that the key
        did not sign; NotFoundError; RetryError.
        """
        note = place.read(CHECKPOINT)
        if note is None:
            raise NotFoundError(f"no log is published at {address}", fix="mledger publish PLACE makes one")
        seen = self.mirrors.recall(vkey)
        known_key = seen.vkey if seen is not None else vkey
        steps, beside = _led(note, known_key, list(_successions(place, known_key)))
        vkey = steps[-1].after if steps else known_key
        kept = [one for one in (seen, self.mirrors.recall(vkey)) if one is not None]
        seen = max(kept, key=lambda one: one.checkpoint.size, default=None)
        also = _beside(note, seen, pinned) or beside
        checkpoint = _checked(note, vkey, also)
        mirror = Mirror(place, checkpoint)
        old = seen.checkpoint.size if seen else 0
        if seen is not None:
            self._compare(mirror, note, seen)
        end = mirror.check(old, End(seen.leaf, seen.time) if seen else End())
        genesis = seen.genesis if seen else mirror.hashes(0, 0, 1)[0]
        known = [_Known(f"what was seen of it on {seen.seen[:10]}, {old:,} entries", old)] if seen else []
        known += self._compare_known(mirror, genesis, pinned)
        compared = [one.words for one in known]
        level = 2 if any(one.size > 1 for one in known) else min(1, len(known))
        now = format_moment(self.clock())
        self.mirrors.keep(Seen(vkey, note, genesis, end.leaf, end.time, now, address, also))
        left = {step.before: step.note for step in steps if step.before != vkey}
        for before, succession in left.items():
            self.mirrors.succeed(before, succession)
            compared.append("the key that it was known by, which was handed over")
        last = seen.seen if seen else None
        return Followed(checkpoint, old, last, end, tuple(compared), level, checked_lines(also))

    def _compare(self, mirror: Mirror, note: bytes, seen: Seen) -> None:
        """The checkpoint now extends the one seen before. Errors: DivergedError."""
        old, new = seen.checkpoint, mirror.checkpoint
        if new.size < old.size:
            raise DivergedError(
                f"the mirror showed {old.size:,} entries on {seen.seen[:10]}, and shows {new.size:,} now",
                fix="ask whoever publishes it; it is refused until it has them again",
            )
        root = new.root if new.size == old.size else mirror.root(old.size)
        if root == old.root:
            return
        evidence = Evidence(seen.note, note)
        if new.size > old.size:
            proof = tuple(merkle.consistency_proof(mirror, old.size, new.size))
            # Only if the hashes are those of the new checkpoint do they say anything of its signer.
            mirror_is_whole = mirror.root(new.size) == new.root
            if not mirror_is_whole:
                raise IntegrityError(
                    "the hashes of the mirror are not those of its checkpoint", fix="try again"
                )
            check_consistency(old.size, root, new.size, new.root, proof)
            evidence = Evidence(seen.note, note, root, proof)
        path = self.mirrors.keep_evidence(evidence)
        raise DivergedError(
            f"two histories of {new.origin} are signed: one of {old.size:,} entries was seen on"
            f" {seen.seen[:10]}, and this is another; the evidence is in {path}",
            fix=f"show it to others: mledger check-proof {path} --vkey VKEY",
            evidence=str(path),
        )

    def _compare_known(self, mirror: Mirror, genesis: bytes, pinned: Pinned | None) -> "list[_Known]":
        """What else is known of the ledger fits. Errors: DivergedError."""
        known = []
        if pinned is not None:
            if genesis != pinned.genesis:
                raise DivergedError(
                    f"the log begins with {short(genesis.hex())}, and not with {short(pinned.genesis.hex())}",
                    fix="make sure which ledger is meant: this is another of that name",
                )
            _extends(mirror, pinned.size, pinned.root, "the trust file knows", need=True)
            known.append(_Known(f"the trust file, which knows {pinned.size:,} entries", pinned.size))
        memory = self.heads.recall(genesis) if self.heads is not None else None
        if memory is not None and _extends(mirror, memory.size, memory.root, "this machine has seen"):
            words = f"the ledger as this machine has seen it, {memory.size:,} entries"
            known.append(_Known(words, memory.size))
        return known


class _Known(NamedTuple):
    """What a mirror was compared with, in words, and how many entries it covers."""

    words: str
    size: int


class _Step(NamedTuple):
    """A succession: the verifier keys before and after, the one beside, the note, and who signed it."""

    before: str
    after: str
    also: str | None
    note: bytes
    handed_over: bool
    """Whether the key before has signed it as well."""

    @property
    def keys(self) -> set[tuple[str, bytes]]:
        """The names and hashes of the keys that sign from it on."""
        return {parse_vkey(key)[:2] for key in (self.after, self.also) if key is not None}


def _successions(place: Place, vkey: str) -> Iterator[_Step]:
    """What a mirror shows of how this key was appointed, and of those that took over from it, in order.

    Errors: ProofError, FormatError.
    """
    for number in range(1, _MOST):
        note = place.read(succession_path(number))
        if note is None:
            return
        opened = open_succession(note, verify)
        found = opened.succession
        before, after = (format_vkey(key.name, key.public) for key in (found.old, found.new))
        if vkey in (before, after):
            also = format_vkey(found.also.name, found.also.public, ML_DSA_44) if found.also else None
            yield _Step(before, after, also, note, opened.handed_over)
            vkey = after


def _led(note: bytes, vkey: str, steps: list[_Step]) -> tuple[list[_Step], str | None]:
    """The steps from a key on to the newest whose keys have signed, and the one that signs beside the last.

    A succession is published before the first checkpoint of its key: between the two, also if the publisher
    died there, the key before still speaks. Errors: ProofError if it takes a step that was not handed over.
    """
    lines = {line[:2] for line in parse_note(note).signatures}
    while steps and not steps[-1].keys <= lines:
        steps = steps[:-1]
    also = steps[-1].also if steps else None
    if steps and steps[0].before != vkey:
        steps = steps[1:]  # by which this key was appointed: whoever knows it need not believe the one before
    for step in steps:
        if not step.handed_over:
            raise ProofError(
                f"the key of {parse_vkey(step.before).name} was replaced, and the key that is known has not"
                " signed that",
                fix=f"make sure with whoever answers for it, then: --vkey {step.after}",
            )
    return steps, also


def _checked(note: bytes, vkey: str, also: str | None) -> Checkpoint:
    """The checkpoint, signed as it must be. Errors: ProofError, which says whom to ask."""
    try:
        return check_both(note, vkey, also)
    except ProofError as error:
        fix = "ask whoever answers for the ledger which key signs it now: mledger checkpoint --vkey"
        raise ProofError(error.message, fix=fix) from None


def _beside(note: bytes, seen: Seen | None, pinned: Pinned | None) -> str | None:
    """The key of ML-DSA-44 that is known to sign beside: as was seen, or as a trust file of later says.

    It is not dropped for a succession, which Ed25519 alone has signed. Errors: ProofError.
    """
    if seen is None or (pinned is not None and pinned.size >= seen.checkpoint.size):
        return pinned.also if pinned is not None else None
    if seen.also is not None and parse_vkey(seen.also)[:2] not in {
        line[:2] for line in parse_note(note).signatures
    }:
        raise ProofError(
            "the checkpoint lacks the line of the ML-DSA-44 key that signed beside until now",
            fix="make sure with whoever answers for the ledger, then with a trust file of now: --trust FILE",
        )
    return seen.also


def _extends(mirror: Mirror, size: int, root: bytes, who: str, *, need: bool = False) -> bool:
    """Whether the log is so long; DivergedError if its beginning is another, or if it need be so long."""
    if size > mirror.checkpoint.size:
        if need:
            raise DivergedError(
                f"{who} {size:,} entries, and the mirror shows {mirror.checkpoint.size:,}",
                fix="ask whoever publishes it for the newest",
            )
        return False
    if mirror.root(size) != root:
        raise DivergedError(
            f"another history: {who} {size:,} other entries", fix="keep what the mirror shows, and ask"
        )
    return True
