"""Redactions: content is erased, and what says so stays.

First the redaction is recorded, and what of the event may stay. Then the event's body, its salt, and
the attachments that no other event names are overwritten, and the caches that may hold words of it
are deleted. If the machine stops in between, doing it again does the rest.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mledger.caches.caching import remove_cache
from mledger.caches.search import words_file
from mledger.caches.snapshots import snapshots_file
from mledger.chain.history import Fact
from mledger.chain.rulebook import REDACTION
from mledger.chain.seal import open_entry
from mledger.desk.promises import check_disposal
from mledger.errors import InputError
from mledger.events import base as events
from mledger.events.base import EventBody
from mledger.events.record import RecordRedacted
from mledger.writing import Receipt, receipt_of

if TYPE_CHECKING:
    from mledger.ledger import Ledger
    from mledger.reader import Reader

CORRECTION = "record.corrected"


def redact(
    ledger: "Ledger",
    reference: str,
    *,
    legal_basis: str,
    authority: str,
    reason: str | None = None,
    rest: Mapping[str, object] | None = None,
) -> Receipt:
    """The receipt of the redaction, once the content is gone; see `Ledger.redact`."""
    fact = ledger.fact(reference)
    if events.is_governance(fact.type):
        raise InputError(
            f"event {fact.number} is a {fact.type}: without it nobody could judge the rest",
            fix=f"mledger show {fact.number}",
        )
    said = {"event": fact.number, "legal_basis": legal_basis, "authority": authority, "reason": reason}
    body = events.build(REDACTION, {name: value for name, value in said.items() if value is not None})
    if rest is not None:
        events.build(fact.type, rest)  # or else nobody could read what is kept of it
    earlier = redaction_of(ledger, fact)
    if earlier is not None:
        receipt = receipt_of(earlier, ledger.entry(earlier.seq).leaf)
    else:
        check_disposal(ledger, fact, ledger.keyring(), legal_basis)
        receipt = ledger.append(body, fact.stream)
    if fact.body is not None:
        if rest is not None:
            reason = f"Recorded again without what is redacted ({legal_basis})."
            fields = {"event": fact.number, "fields": dict(rest), "reason": reason}
            correction = events.build(CORRECTION, fields)
            if earlier is None or not _is_recorded(ledger, correction, earlier):
                ledger.append(correction, fact.stream)
        _erase(ledger, fact, fact.body)
    else:
        ledger.store.erase([], [])  # who read the ledger the last time kept the words in its log
    if ledger.path is not None:
        for file in (words_file(ledger.genesis.leaf), snapshots_file(ledger.genesis.leaf)):
            remove_cache(file)
    return receipt


def redaction_of(reader: "Reader", fact: Fact) -> Fact | None:
    """The redaction that names an event and has an effect; None without."""
    seq = reader.keyring().redacted.get(fact.number)
    if seq is None:
        return None
    found = open_entry(reader.entry(seq))[1]
    return next((one for one in found if one.type == REDACTION and _means(reader, one, fact)), None)


def _means(reader: "Reader", redaction: Fact, fact: Fact) -> bool:
    body = redaction.data
    answered = reader.answered(body.event) if isinstance(body, RecordRedacted) else None
    return answered is not None and answered.number == fact.number


def _is_recorded(ledger: "Ledger", correction: EventBody, redaction: Fact) -> bool:
    """Whether the correction was recorded already, by a call that was interrupted after it."""
    said = correction.to_bytes()
    later = ledger.facts(redaction.stream, redaction.seq + 1)
    return any(fact.type == CORRECTION and fact.body == said for fact in later)


def _erase(ledger: "Ledger", fact: Fact, body: bytes) -> None:
    """Erase the event's content, and the attachments that it names and no other event."""
    files = {name for name, _ in ledger.store.attachments() if name.hex().encode() in body}
    read = ledger.head.size
    others = _naming(ledger, fact, files, 0, read)
    # Or else somebody names one of them, or erases what does, between the last look and the erasure.
    with ledger.store.hold():
        others += _naming(ledger, fact, files, read, None)
        still = [held for number, held in others if ledger.fact(number).body is not None]
        ledger.store.erase([(fact.seq, fact.place)], sorted(files.difference(*still)))


def _naming(
    ledger: "Ledger", but: Fact, files: set[bytes], start: int, stop: int | None
) -> list[tuple[str, set[bytes]]]:
    """The other events of the entries start..stop that name files, and which; without files none is read."""
    found = []
    for fact in ledger.facts(None, start, stop) if files else ():
        if fact.body is not None and fact.number != but.number:
            held = {name for name in files if name.hex().encode() in fact.body}
            found += [(fact.number, held)] if held else []
    return found
