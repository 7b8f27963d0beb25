"""Has a checkpoint anchored by somebody outside, and records the token."""

from collections.abc import Sequence
from typing import NamedTuple

from mledger.anchors.base import Proved, find
from mledger.core.encoding import encode_base64
from mledger.core.moment import Moment, is_later
from mledger.errors import DeniedError, InputError
from mledger.ledger import Ledger
from mledger.writing import Receipt


class Recorded(NamedTuple):
    """The event that records an anchor, how many entries it covers, and what it proves."""

    receipt: Receipt
    size: int
    proved: Proved
    where: str

    def to_json(self) -> dict[str, object]:
        """The anchor as `--json` prints it."""
        proved = {"entries": self.size, "time": self.proved.time, "by": self.proved.by, "where": self.where}
        return self.receipt.to_json() | {"anchor": proved}


def anchor(ledger: Ledger, kind: str, where: str | None, roots: Sequence[str] = ()) -> Recorded:
    """The event of a new anchor over the newest checkpoint, which is made if there are new entries.

    `roots` are believed in the place of those of the policy. Nothing is recorded that does not hold.
    Errors: those of the kind of anchor, DeniedError, InputError if its clock and the ledger's disagree.
    """
    policy = ledger.keyring().policy
    believed = tuple(roots) or (policy.anchor_roots if policy else ())
    made = find(kind)
    if kind == "rfc3161" and not believed:
        raise InputError(
            "no root certificate of a time-stamping authority is believed: nobody could check what it says",
            fix="name the authority's root: --tsa-root FILE; or name it in the policy, as anchor_roots",
        )
    note = newest_note(ledger)
    checkpoint = ledger.read_checkpoint(note)
    stamp = made.make(note, where)
    proved = made.check(note, stamp.token, believed)
    if proved.time is not None:
        last = ledger.statement(checkpoint.size - 1).time
        skew = ledger.keyring().skew(ledger.head.size)
        _check_clock(ledger, stamp.where, proved.time, last, skew + proved.slack)
    fields = {
        "kind": kind,
        "size": checkpoint.size,
        "checkpoint": note.decode(),
        "token": encode_base64(stamp.token),
        "time": proved.time,
        "where": stamp.where,
    }
    receipt = ledger.append("anchor.recorded", "ledger", fields)
    return Recorded(receipt, checkpoint.size, proved, stamp.where)


def _check_clock(ledger: Ledger, where: str, time: Moment, last: Moment, slack: float) -> None:
    """Nothing, if the ledger's times can stand beside the one that is proved, before it and from now on."""
    if is_later(last, time, slack):
        said = f"the last entry was recorded at {last}"
    elif is_later(time, now := ledger.now(), slack):
        said = f"this clock says {now}"
    else:
        return
    raise InputError(
        f"{where} says that it is {time}, and {said}", fix="set the clock right, or ask another authority"
    )


def newest_note(ledger: Ledger) -> bytes:
    """A checkpoint of all there is; the newest there is, if this key can sign none.

    Errors: DeniedError if there is none yet.
    """
    kept = ledger.store.checkpoints()
    if kept and ledger.signer.key_id != ledger.keyring().signs[-1].member:
        return kept[-1][1]
    try:
        return ledger.checkpoint()
    except DeniedError as error:
        error.fix = "let the holder of the key that signs checkpoints do this once"
        raise
