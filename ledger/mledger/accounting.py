"""What a pass leaves to be asked: missing bodies, disputed keys."""

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING

from mledger.chain.audit import Audit
from mledger.chain.findings import Finding
from mledger.chain.statement import open_payload
from mledger.errors import FormatError, IntegrityError

if TYPE_CHECKING:
    from mledger.reader import Reader


def missing_bodies(reader: "Reader", audit: Audit) -> Iterator[Finding]:
    """Where a body is gone though no redaction names its event, or there though one does."""
    named = audit.keyring.redacted
    for number in audit.absent:
        if number not in named:
            yield Finding("body.missing", number, "the body is gone and no redaction names it")
    for number in named:
        with suppress(IntegrityError):  # a body that is not the one that was signed was found already
            if reader.fact(number).body is not None:
                yield Finding("body.kept", number, "a redaction names this event; its body is still there")


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
