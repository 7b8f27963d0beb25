"""Appends to a ledger: the only door through which anything is recorded."""

import base64
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, cast

from mledger.attachment import Attachment, check_named
from mledger.batch import Ticket, What, apart, attached, relying, undisturbed
from mledger.chain.draft import Draft, format_id, new_ids, read_id
from mledger.chain.history import Fact
from mledger.chain.keyring import REFUSED
from mledger.chain.seal import open_entry
from mledger.chain.statement import Author, check_author
from mledger.chain.succession import check_signs, sign_checkpoint
from mledger.core import merkle
from mledger.core.checkpoint import Checkpoint
from mledger.core.digest import KEPT
from mledger.core.merkle import Frontier
from mledger.core.moment import read_moment
from mledger.core.names import check_origin, check_stream
from mledger.errors import ConflictError, DeniedError, InputError, IntegrityError, MledgerError
from mledger.events import base as events
from mledger.events.base import EventBody
from mledger.events.policy import Policy, TypeRule
from mledger.heads import Fingerprint, Heads, fingerprint
from mledger.keys.signer import Beside, Signer
from mledger.opening import create, default_policy, find_beside, find_signer
from mledger.reader import Clock, Reader, utc_now
from mledger.stores import LedgerStore, open_store
from mledger.together import Together
from mledger.writing import Receipt, Sealed, Writer, receipt_of, receipts

if TYPE_CHECKING:
    from mledger.events.ledger import LedgerOpened

# Before the last try, the store is held: whoever is slow must not lose to the quick ones for ever.
_TRIES = 5
_KEEP_SECONDS = 1.0

Random = Callable[[int], bytes]


class Ledger(Reader):
    """A ledger opened for appending with one signer.

    Threads may share it: appends that wait at the same time are written together, each signed by
    itself, with one sync of the disk. What `append` returned is on the disk.
    """

    def __init__(
        self,
        store: LedgerStore,
        signer: Signer,
        *,
        heads: Heads | None = None,
        clock: Clock = utc_now,
        path: Path | None = None,
        random: Random = os.urandom,
        before: Fingerprint | None = None,
    ) -> None:
        """Append to `store` as `signer`. Errors: DeniedError, IntegrityError, DivergedError.

        `before` is the fingerprint of the file before it was opened: if that is the one remembered,
        a later verification need not read again what was verified.
        """
        super().__init__(store, heads=heads, clock=clock, path=path)
        self.signer = signer
        self.also: Beside | None = None
        """What signs checkpoints with ML-DSA-44, where the ledger does; looked for in the keystore."""
        self._passphrase: Callable[[], str] | None = None
        self._random = random
        self._together = Together(self._write)
        self._turn = threading.Lock()
        self._kept = time.monotonic()
        memory = self.check_memory()
        self._vouched = (
            memory.verified if memory and memory.fingerprint and memory.fingerprint == before else None
        )
        self._writer = Writer.at_the_end(self, signer)

    @classmethod
    def open(
        cls,
        path: str | os.PathLike[str],
        *,
        heads: Heads | None = None,
        clock: Clock = utc_now,
        key: Signer | str | None = None,
        passphrase: Callable[[], str] | None = None,
    ) -> Self:
        """The ledger at `path`, to append with a key: a signer, or how the keystore calls it.

        Without `key` it is the one key of the keystore that is enrolled here. `passphrase` is asked
        if the key is encrypted; without it, that of MLEDGER_PASSPHRASE is taken. Errors: NotFoundError,
        FormatError, KeyFileError, DeniedError, DivergedError, StoreError.
        """
        before = fingerprint(Path(path))
        store = open_store(path)
        try:
            signer = find_signer(Reader(store), key, passphrase)
            opened = cls(store, signer, heads=heads or Heads(), clock=clock, path=Path(path), before=before)
        except BaseException:
            store.close()
            raise
        opened._passphrase = passphrase
        return opened

    @classmethod
    def create(
        cls,
        path: str | os.PathLike[str],
        *,
        origin: str,
        signer: Signer,
        name: str,
        email: str | None = None,
        policy: Policy | None = None,
        heads: Heads | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """A new ledger at `path`, opened by entry 0: its origin, the first person's key, the rules.

        The first key is the owner's and signs the ledger's checkpoints. Errors: InputError, StoreError.
        """
        key = {
            "id": signer.key_id,
            "public": base64.b64encode(signer.public).decode(),
            "name": name,
            "email": email,
            "roles": ["owner"],
        }
        check_origin(origin, error=InputError)
        opening = events.build(
            "ledger.opened", {"origin": origin, "key": key, "policy": policy or default_policy()}
        )
        create(Path(path), signer, cast("LedgerOpened", opening), clock)
        with Reader.open(path, heads=heads, clock=clock) as reader:
            # Whatever stood under this name before, this is the ledger now.
            reader.keep_head(reader.head, merkle.root(reader.store, 1), signer.key_id)
        return cls.open(path, heads=heads, clock=clock, key=signer)

    # --- appending

    def append(
        self,
        event: str | EventBody,
        stream: str,
        fields: Mapping[str, object] | None = None,
        *,
        at: str | None = None,
        id: str | None = None,
        meaning: str | None = None,
        attach: Sequence[Attachment] = (),
    ) -> Receipt:
        """The receipt of one event, once it is on the disk, with the files that it names and `attach` holds.

        `event` is a body, or a type with its `fields`; `at` is when it occurred, ISO 8601 with a
        zone. An `id` (UUIDv7) that was recorded before with the same content gives the first
        receipt again; with other content it is an InputError. Errors: InputError, DeniedError,
        ConflictError, LockedError, StoreError, and DivergedError if the file was exchanged.
        """
        body = self._build(event, fields or {}) if isinstance(event, str) else event
        moment = read_moment(at) if at is not None else None
        item = What(body, stream, moment, read_id(id) if id is not None else None, attach)
        return self.append_all([item], meaning=meaning)[0]

    def _build(self, event: str, fields: Mapping[str, object]) -> EventBody:
        from mledger.events.declaring import declaring  # late: who has a body needs none of it

        with declaring(self.declared):
            return events.build(event, fields)

    def declared(self) -> Mapping[str, TypeRule]:
        """The event types that the policy declares, as this writer knows it."""
        policy = self._writer.keyring.policy
        return policy.types if policy else {}

    def append_all(self, items: Sequence[What], *, meaning: str | None = None) -> list[Receipt]:
        """The receipts of events recorded all or none, in as few entries as the format allows."""
        if not items:
            return []
        ticket = Ticket(items, meaning)
        with undisturbed(len(items)):
            self._together.bring(ticket)
        if ticket.error is not None:
            if isinstance(ticket.error, DeniedError):
                self._tell_refusal(items[0], ticket.error)
            raise ticket.error
        return ticket.written()

    def _tell_refusal(self, item: What, error: DeniedError) -> None:
        """Record that somebody was refused, where the policy wants it; what fails here changes nothing."""
        policy = self._writer.keyring.policy
        if policy is not None and policy.record_refusals and item.body.type != REFUSED:
            from mledger.refusing import record  # late: it is seldom needed

            record(self, self.signer.key_id, (item.body, item.stream), error, self.append)

    def _write(self, tickets: list[Ticket]) -> None:
        """Write what everybody waits for."""
        try:
            with self._turn:
                self._commit(tickets)
        except BaseException as error:
            for ticket in tickets:
                if not ticket.done:
                    ticket.error = ticket.error or error
            if not isinstance(error, Exception):
                raise

    def _commit(self, tickets: list[Ticket]) -> None:
        """Seal and store until it succeeds; tickets that reuse an id of this very batch come after it."""
        first, rest = apart(tickets)
        for attempt in range(_TRIES):
            last = attempt == _TRIES - 1
            try:
                with self.store.hold() if last else nullcontext():
                    if attempt:
                        self._behind()
                    self._try(first, held=last)
                break
            except ConflictError:
                if last:
                    raise
                time.sleep(0.0005 * attempt * self._random(1)[0] / 255)
        for ticket in first:
            ticket.done = True  # whatever happens to the rest, these are on the disk
        if rest:
            self._commit(rest)

    def _try(self, tickets: list[Ticket], *, held: bool) -> None:
        """Seal what follows the head as it is known, and store it. Errors: ConflictError if it has moved."""
        sealed = self._seal(tickets)
        if any(ticket.error for ticket in tickets) and self._behind():
            sealed = self._seal(tickets)
        if sealed is not None and sealed.entries:
            kept = attached(tickets)
            with relying(self.store, sealed.entries, kept, held=held):
                self.store.append(sealed.entries, sealed.nodes, after=self._writer.head, attachments=kept)
            self._writer.advance(sealed)
            self._keep_now_and_then()

    def _behind(self) -> bool:
        """Whether others have appended since; the writer then stands at the true end again.

        What was sealed before is not stored: the store compares heads, so that a key which was revoked
        a moment ago is not heard. What was refused may be allowed now.
        """
        if self.store.head() == self._writer.head:
            return False
        self._writer.catch_up()
        return True

    def _seal(self, tickets: list[Ticket]) -> Sealed | None:
        """The entries of all tickets that break no rule, one after the other."""
        sealed = None
        for ticket in tickets:
            ticket.error = None
            try:
                sealed = self._seal_one(ticket, sealed)
            except MledgerError as error:  # it is the caller's: the others' events must not wait for it
                ticket.error = error
        return sealed

    def _seal_one(self, ticket: Ticket, after: Sealed | None) -> Sealed | None:
        drafts, found = self._drafts(ticket.items)
        fresh = [draft for draft, held in zip(drafts, found, strict=True) if held is None]
        sealed = after
        made: Iterator[Receipt] = iter(())
        if fresh:
            author, before = self._author(ticket), len(after.entries) if after else 0
            self._writer.check_references(ticket.items, found)
            sealed = self._writer.seal(fresh, author, self._random(16 * len(fresh)), after)
            made = receipts(sealed.entries[before:], fresh, author, sealed.time)
        ticket.receipts = [next(made) if f is None else receipt_of(f, self.entry(f.seq).leaf) for f in found]
        return sealed

    def _author(self, ticket: Ticket) -> Author:
        member = self._writer.member()
        meanings = {item.body.meaning for item in ticket.items}
        own = meanings.pop() if len(meanings) == 1 else "authorship"
        meaning = ticket.meaning or ("machine" if member.kind == "machine" else own)
        author = Author(member.id, member.name, meaning)
        check_author(author)
        return author

    def _drafts(self, items: Sequence[What]) -> tuple[list[Draft], list[Fact | None]]:
        """The drafts of the items, and for each the fact that its id stands for already."""
        own = [item.id for item in items if item.id is not None]
        if len(set(own)) < len(own):
            raise InputError("two of the events have the same id", fix="give each an id of its own, or none")
        ids = new_ids(int(self.clock().timestamp() * 1000), self._random(10 * len(items)), len(items))
        drafts, good = [], set[str]()
        for (body, stream, at, chosen, attach), new in zip(items, ids, strict=True):
            if type(stream) is not str or stream not in good:  # or else unhashable
                good.add(check_stream(stream, error=InputError))
            data = body.to_bytes()
            if attach or KEPT in data:
                check_named(attach, data, body.type, self.store.attachments)
            drafts.append(Draft(body.type, body.schema_version, stream, data, chosen or new, at))
        if not own:
            return drafts, [None] * len(drafts)
        return drafts, [self._held(d) if item.id else None for d, item in zip(drafts, items, strict=True)]

    def _held(self, draft: Draft) -> Fact | None:
        """The event recorded under this id; InputError if it says something else."""
        if self.store.find(draft.id) is None:
            return None
        fact, wanted = self.fact(format_id(draft.id)), (draft.type, draft.version, draft.stream, draft.body)
        same = (fact.type, fact.version, fact.stream, fact.body) == wanted
        if not same or (draft.at is not None and draft.at != fact.occurred):
            raise InputError(
                f"id {format_id(draft.id)} is event {fact.number} already, with other content",
                fix=f"compare with: mledger show {fact.number}; or leave the id out",
            )
        return fact

    def redact(
        self,
        reference: str,
        *,
        legal_basis: str,
        authority: str,
        reason: str | None = None,
        rest: Mapping[str, object] | None = None,
    ) -> Receipt:
        """The receipt of a redaction, once the content of the event is nowhere in the ledger's files.

        Body, salt, and attachments that no other event names are overwritten, caches deleted; every
        proof still holds. `rest` are the fields of the event that may stay: they are recorded again,
        as a correction of it. Doing it again finishes what was interrupted, and records nothing.
        Errors: NotFoundError, InputError for what governs the ledger, DeniedError, and LockedError if
        somebody reads: the redaction then stands, and is to be finished.
        """
        from mledger.redacting import redact

        return redact(self, reference, legal_basis=legal_basis, authority=authority, reason=reason, rest=rest)

    # --- checkpoints

    def checkpoint(self, *, beside: Sequence[Signer] = ()) -> bytes:
        """A signed note of the tree's root now, kept in the ledger; the newest again if nothing is new.

        The entries since the last one are read again from the disk and hashed again before it is
        signed, and it is durable before it is returned (C2SP tlog-checkpoint). Keys that sign `beside`
        are for those who know them alone. Errors: DeniedError unless the ledger signs with the key that
        is appointed to, IntegrityError if the disk says something else.
        """
        with self._turn:
            self._writer.catch_up()
            keyring = self._writer.keyring
            check_signs(keyring, self.signer.key_id)
            kept = self.newest_checkpoint()
            size, frontier = self._writer.head.size, self._reread(kept[0] if kept else None)
            if kept and kept[0].size == size:
                return kept[1]
            checkpoint = Checkpoint(self.origin, size, frontier.root())
            self.also = find_beside(keyring.signs[-1].also, self.also, self._passphrase)
            note = sign_checkpoint(checkpoint, [self.signer, *beside], self.also)
            self.store.keep_checkpoint(size, note)
            return note

    def _reread(self, last: Checkpoint | None) -> Frontier:
        """The tree as the disk has it now, hashed again since the last checkpoint."""
        frontier = merkle.frontier(self.store, last.size) if last else Frontier()
        if last and frontier.root() != last.root:
            message = f"the first {last.size} entries are not those of the last checkpoint"
            raise IntegrityError(message, fix="mledger verify --full")
        for entry in self.store.entries(frontier.size, self._writer.head.size):
            open_entry(entry)
            frontier.append(entry.leaf)
        if frontier.root() != self._writer.frontier.root():
            raise IntegrityError("the disk does not hold what was appended", fix="mledger verify --full")
        return frontier

    # --- leaving

    def close(self) -> None:
        """Let go of the file and remember its head on this machine."""
        vouched = None if self.store.touched() else self._vouched
        writer = self._writer
        super().close()
        print_after = fingerprint(self.path) if self.path and vouched else None
        self.keep_head(writer.head, writer.frontier.root(), writer.keyring.first, vouched, print_after)

    def _keep_now_and_then(self) -> None:
        """A process that is killed remembers a head that is at most a second old."""
        if (now := time.monotonic()) - self._kept > _KEEP_SECONDS:
            self._kept = now
            with suppress(MledgerError):  # what was appended is on the disk: closing will tell the rest
                self.keep_head(self._writer.head, self._writer.frontier.root(), self._writer.keyring.first)


__all__ = ["Ledger", "What"]
