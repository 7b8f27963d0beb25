"""What a pass leaves to be asked: missing bodies, changed files, disputes."""

import hashlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from mledger.chain.audit import Audit
from mledger.chain.findings import Finding
from mledger.chain.statement import open_payload
from mledger.core.digest import objects_in
from mledger.errors import FormatError, IntegrityError

if TYPE_CHECKING:
    from mledger.reader import Reader


def account(reader: "Reader", audit: Audit, *, whole: bool) -> Iterator[Finding]:
    """What is wrong with what stands beside the chain; the files after a `whole` pass alone."""
    if whole:
        yield from changed_files(reader)
        yield from unnamed_files(reader, audit)
    yield from missing_files(reader, audit)
    yield from missing_bodies(reader, audit)
    yield from disputed(reader, audit)


def missing_bodies(reader: "Reader", audit: Audit) -> Iterator[Finding]:
    """Where a body is gone though no redaction names its event, or there though one does."""
    named = audit.keyring.redacted
    unnamed = [number for number in audit.absent if number not in named]
    meanwhile = _redacted_meanwhile(reader, audit) if unnamed else ()
    for number in unnamed:
        if number not in meanwhile:
            yield Finding("body.missing", number, "the body is gone and no redaction names it")
    for number in named:
        with suppress(IntegrityError):  # a body that is not the one that was signed was found already
            if reader.fact(number).body is not None:
                yield Finding("body.kept", number, "a redaction names this event; its body is still there")


def _redacted_meanwhile(reader: "Reader", audit: Audit) -> Collection[str]:
    """The events that are redacted by now, if somebody has appended since the verification began."""
    if reader.head.size > audit.head.size:
        with suppress(IntegrityError):  # the next verification tells what is wrong with what is new
            return reader.keyring().redacted
    return ()


def changed_files(reader: "Reader") -> Iterator[Finding]:
    """The files that are kept and are not the ones that events name so, each by its name there."""
    store = reader.store
    for name, _ in store.attachments():
        data = store.attachment(name)
        if data is None and name not in dict(store.attachments()):
            continue  # redacted meanwhile
        if data is None or hashlib.sha256(data).digest() != name:
            called = _name_of(reader, name.hex())
            message = f"the file that is kept is not the one that events name so{called}"
            yield Finding("attachment.digest", f"attachment {name.hex()[:12]}", message)


def missing_files(reader: "Reader", audit: Audit) -> Iterator[Finding]:
    """The files that events say are kept, and that are not there; a bundle keeps those that were chosen."""
    if not audit.gone or reader.store.edition():
        return
    meanwhile = _redacted_meanwhile(reader, audit)
    for number, name in audit.gone:
        if number not in meanwhile:
            yield Finding("attachment.missing", number, f"{name} is said to be kept, and is gone")


def unnamed_files(reader: "Reader", audit: Audit) -> Iterator[Finding]:
    """The files that no event names, nor any that was recorded meanwhile, and that are still kept."""
    if audit.unnamed:
        kept = {name.hex() for name, _ in reader.store.attachments()} & audit.unnamed
        for entry in reader.store.entries(audit.head.size):
            bodies = (slot.body for slot in entry.slots if slot.body is not None)
            kept = {name for name in kept if not any(name.encode() in body for body in bodies)}
        for name in sorted(kept):
            yield Finding("store.stray", f"attachment {name[:12]}", "no event names the file that is kept")


def _name_of(reader: "Reader", digest: str) -> str:
    """What the first event that names a file calls it."""
    with suppress(IntegrityError):
        for fact in reader.facts():
            if fact.body is not None and digest.encode() in fact.body:
                for row in objects_in(fact.said):
                    if digest == row.get("sha256") and "name" in row:
                        return f": {row['name']} of event {fact.number}"
    return ""


def disputed(reader: "Reader", audit: Audit) -> Iterator[Finding]:
    """The entries that were signed while a key may have been in other hands."""
    for member in audit.keyring.members.values():
        if member.compromised_since is None or member.revoked is None:
            continue
        message = f"the key of {member.name} may have been in other hands when it signed this"
        for entry in reader.store.entries(member.compromised_since, member.revoked + 1):
            with suppress(FormatError):  # what cannot be read was found already
                if open_payload(entry.payload).key == member.id:
                    yield Finding("key.disputed", f"entry {entry.seq}", message)
