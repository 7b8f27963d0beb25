"""Which checkpoints enough of the required witnesses have cosigned. Pure."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mledger.core.checkpoint import Checkpoint
from mledger.core.cosignature import cosigned as message
from mledger.core.cosignature import parse_cosignature
from mledger.core.moment import Moment, of_seconds
from mledger.core.note import NoteKey, NoteSignature, parse_note
from mledger.errors import MledgerError
from mledger.keys.ed25519 import verify


class Cosigned(NamedTuple):
    """A checkpoint with those who cosigned it, by name, each with the time of the newest cosignature."""

    checkpoint: Checkpoint
    witnesses: dict[str, Moment]

    def since(self, needed: int) -> Moment:
        """The time at which the last of so many witnesses had cosigned, of those who did it last."""
        return sorted(self.witnesses.values(), reverse=True)[needed - 1]


def newest(
    notes: Iterable[tuple[Checkpoint, bytes]], keys: Sequence[NoteKey], needed: int, latest: Moment
) -> tuple[Cosigned | None, list[str]]:
    """The largest checkpoint that enough witnesses have cosigned by `latest`, and whose line does not hold.

    The notes are of this ledger's own history, and signed by its key.
    """
    known = {(key.name, key.hash): key for key in keys}
    best: Cosigned | None = None
    found: dict[Checkpoint, dict[str, Moment]] = {}
    bad: list[str] = []
    for checkpoint, note in notes:
        parsed = parse_note(note)
        for line in parsed.signatures:
            key = known.get((line.name, line.hash))
            if key is None:
                continue
            time = _time(key, parsed.text, line)
            if time is None:
                bad.append(f"{line.name} under the checkpoint of {checkpoint.size} entries")
            elif time <= latest:
                held = found.setdefault(checkpoint, {})
                held[key.name] = max(time, held.get(key.name, time))
    for checkpoint, witnesses in found.items():
        if len(witnesses) >= needed and (best is None or checkpoint.size > best.checkpoint.size):
            best = Cosigned(checkpoint, witnesses)
    return best, list(dict.fromkeys(bad))


def _time(key: NoteKey, text: str, line: NoteSignature) -> Moment | None:
    """When a witness signed a text; None if it did not."""
    try:
        time, signature = parse_cosignature(line.signature)
        return of_seconds(time) if verify(key.public, message(text, time), signature) else None
    except MledgerError:
        return None
