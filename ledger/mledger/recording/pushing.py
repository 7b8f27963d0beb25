"""From the spool into the ledger."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from mledger.core import canonical
from mledger.errors import MledgerError, NotFoundError, RetryError
from mledger.events import base as events
from mledger.recording.spool import Spool, Waiting

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.ledger import Ledger


class Pushed(NamedTuple):
    """What became of one event: its number, or why the ledger does not take it; then it stays."""

    waiting: Waiting
    number: str | None
    fresh: bool
    why: str | None = None
    fix: str | None = None

    def to_json(self) -> dict[str, object]:
        """The outcome as `--json` prints it."""
        said = {name: self.waiting.said.get(name) for name in ("id", "at", "type", "stream")}
        return said | {"number": self.number, "recorded": self.fresh, "refused": self.why, "fix": self.fix}


def push(ledger: "Ledger", spool: Spool, waiting: Iterable[Waiting]) -> Iterator[Pushed]:
    """Record events in their order; each that is in the ledger leaves the spool at the end.

    An event that was recorded before is recognised by its id. After one that the ledger refuses, the
    later ones of its run wait too. Errors: RetryError, with all that was recorded out of the spool.
    """
    done: list[Waiting] = []
    stuck: dict[tuple[str, str], str] = {}
    try:
        for one in waiting:
            before = stuck.get(one.run) if one.run[1] else None
            made = Pushed(one, None, False, before) if before else _push(ledger, spool, one)
            if made.number is not None:
                done.append(one)
            elif one.run[1]:
                stuck.setdefault(one.run, "an earlier event of this run was refused")
            yield made
    finally:
        spool.remove(done)


def _push(ledger: "Ledger", spool: Spool, one: Waiting) -> Pushed:
    if one.damage is not None:
        return Pushed(
            one, None, False, one.damage, "mledger spool drop, once you have seen that it is of no use"
        )
    said = one.said
    try:
        body = events.decode(said["type"], said["v"], canonical.encode(said["data"]))
        if (held := _held(ledger, said["id"])) is not None and (held.type, held.stream, held.body) == (
            body.type, said["stream"], body.to_bytes()
        ):  # fmt: skip
            return Pushed(one, held.number, False)
        receipt = ledger.append(
            body, said["stream"], at=said["at"], id=said["id"], attach=spool.attachments(one)
        )
    except RetryError:
        raise
    except MledgerError as error:
        return Pushed(one, None, False, error.message, error.fix)
    except (LookupError, TypeError, ValueError) as error:
        return Pushed(one, None, False, f"the line is not what a spool writes: {error!r}")
    return Pushed(one, receipt.number, receipt.recorded)


def _held(ledger: "Ledger", id_: str) -> "Fact | None":
    """The event that is recorded under this id."""
    try:
        return ledger.fact(id_)
    except NotFoundError:
        return None
