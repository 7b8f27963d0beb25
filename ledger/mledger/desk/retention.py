"""What may be erased by now: past its period, under no hold."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.retention import kept
from mledger.core.moment import Moment
from mledger.desk.promises import PROMISES, Promise, kept_longest, promises
from mledger.events.governing import APPROVAL_TYPES, is_governance

if TYPE_CHECKING:
    from mledger.reader import Reader


class Due(NamedTuple):
    """An event whose content need not be kept any longer: until when it had to be, and why."""

    number: str
    type: str
    stream: str
    signer: str
    recorded: Moment
    until: Moment
    basis: str | None

    def to_json(self) -> dict[str, object]:
        """The event as `--json` prints it."""
        return self._asdict()


def due(reader: "Reader", by: Moment) -> Iterator[Due]:
    """The events whose period under the policy in force ends by a moment, and whose content is there.

    Of what no rule is about nobody says when it may go, and some content may never: that by which the
    others are judged.
    """
    keyring = reader.keyring()
    if keyring.policy is None or not keyring.policy.retention:
        return
    held, promised = set(keyring.holds.values()), dict[str, list[Promise]]()
    for fact in reader.facts():
        if fact.type in PROMISES and fact.stream not in promised:
            promised[fact.stream] = promises(reader, fact.stream)
    for fact in reader.facts():
        never = is_governance(fact.type) or fact.type in APPROVAL_TYPES & keyring.governed
        if fact.body is None or never or fact.stream in held:
            continue
        found = kept(keyring.policy, fact.type, fact.stream, fact.time)
        longer = kept_longest(promised.get(fact.stream, []), fact, by)
        if found is not None and found.until <= by and longer is None:
            yield Due(
                fact.number, fact.type, fact.stream, fact.signer, fact.time, found.until, found.rule.basis
            )
