"""Until when a retirement says that records are kept."""

from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.chain.draft import format_id
from mledger.core.moment import Moment
from mledger.errors import DeniedError
from mledger.projections.corrections import CORRECTED, amendments

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.chain.keyring import Keyring
    from mledger.reader import Reader

PROMISES = frozenset({"model.retired", "dataset.deprecated", "artifact.retired"})


class Promise(NamedTuple):
    """The day through which what stands on a stream is kept, and the event that says so."""

    day: str
    number: str
    data: Any

    def covers(self, fact: "Fact") -> bool:
        """Whether it is about an event of its stream: all of them, or those of one version or file."""
        file, version = getattr(self.data, "artifact", None), getattr(self.data, "version", None)
        if file is not None:
            return file in (fact.number, format_id(fact.id))
        return version is None or getattr(fact.data, "version", None) == version


def promises(reader: "Reader", stream: str) -> list[Promise]:
    """What the retirements on a stream promise, as they are corrected by now."""
    facts = list(reader.judged(reader.facts(stream), PROMISES | {CORRECTED}))
    amended = amendments(facts)
    found = []
    for fact in facts:
        if fact.type not in PROMISES or fact.refused is not None:
            continue
        held = amended.get(fact.number)
        data: Any = held.body if held is not None and held.body is not None else fact.data
        if data is not None and data.retention_until is not None:
            found.append(Promise(data.retention_until, fact.number, data))
    return found


def kept_longest(found: list[Promise], fact: "Fact", now: Moment) -> Promise | None:
    """The promise that keeps an event longest, if one does still."""
    return max((one for one in found if one.day >= now[:10] and one.covers(fact)), default=None)


def check_disposal(reader: "Reader", fact: "Fact", keyring: "Keyring", legal_basis: str) -> None:
    """Nothing, unless a retirement keeps an event longer. Errors: DeniedError.

    A legal basis to which the policy's own period gives way goes before the promise.
    """
    policy = keyring.policy
    for rule in policy.retention if policy is not None else ():
        if rule.covers(fact.type, fact.stream.partition("/")[0]) and rule.yields(legal_basis):
            return
    held = kept_longest(promises(reader, fact.stream), fact, Moment(reader.now()))
    if held is not None:
        raise DeniedError(
            f"event {fact.number} is kept through {held.day}: so says event {held.number}",
            fix=f"if the day is wrong: mledger correct {held.number} --set retention_until=DAY --reason TEXT",
            rule="retention.early",
        )
