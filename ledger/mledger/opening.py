"""How a ledger begins, and with which key it is opened."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mledger.chain.draft import Draft, new_ids
from mledger.chain.keyring import Keyring
from mledger.chain.statement import Author, check_author
from mledger.core.merkle import Frontier
from mledger.core.note import NoteKey
from mledger.errors import DeniedError, InputError, KeyFileError, NotFoundError, StoreError
from mledger.events.ledger import LedgerOpened
from mledger.events.policy import Policy, RoleRule
from mledger.folders import put
from mledger.keys.roles import DEFAULT_ROLES
from mledger.keys.signer import Beside, Signer
from mledger.keystore import KeyRecord, Keystore
from mledger.reader import Clock, Reader
from mledger.stores import open_store
from mledger.writing import Writer

Random = Callable[[int], bytes]
Passphrase = Callable[[], str]


def default_policy() -> Policy:
    """The rules of a new ledger: the built-in roles, four eyes on what lets a model go live."""
    return Policy(
        name="default",
        roles={name: RoleRule(may=role.may, title=role.title) for name, role in DEFAULT_ROLES.items()},
        four_eyes=("decision.accepted", "promotion.approved", "review.submitted"),
    )


def create(path: Path, signer: Signer, opening: LedgerOpened, clock: Clock) -> None:
    """Write a ledger whose entry 0 opens it, all or nothing: the file appears under its name complete.

    Errors: InputError if the file is there already; StoreError.
    """
    if os.path.lexists(path):
        raise InputError(f"{path} is there already", fix="choose another place with --ledger PATH")
    unborn = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        store = open_store(unborn, create=True)
        try:
            begin(Reader(store, clock=clock), signer, opening)
        finally:
            store.close()
        _check_whole(unborn, path)
        _name(unborn, path)
    finally:
        for leftover in (unborn, Path(f"{unborn}-wal"), Path(f"{unborn}-shm")):
            with suppress(OSError):  # the ledger is there under its name, or the error says that it is not
                leftover.unlink()


def begin(reader: Reader, signer: Signer, opening: LedgerOpened, random: Random = os.urandom) -> None:
    """Append entry 0 to an empty store. Errors: DeniedError or InputError if the rules forbid it."""
    store, first = reader.store, opening.key
    writer = Writer(reader, signer, store.head(), Frontier(), Keyring(opening.origin), None)
    (name,) = new_ids(int(reader.clock().timestamp() * 1000), random(10), 1)
    draft = Draft(opening.type, opening.schema_version, "ledger", opening.to_bytes(), name)
    author = Author(first.id, first.name, "machine" if first.kind == "machine" else "authorship")
    check_author(author)
    sealed = writer.seal([draft], author, random(16), None)
    store.append(sealed.entries, sealed.nodes, after=writer.head)


def _check_whole(unborn: Path, path: Path) -> None:
    """Nothing, if all is in the file: its log is not named with it.

    SQLite brings the log into the file when it is closed. Where that fails it says nothing, and keeps
    the log.
    """
    if os.path.lexists(f"{unborn}-wal"):
        raise StoreError(f"{path} cannot be written to its end", fix="make room on the disk, and try again")


def _name(unborn: Path, path: Path) -> None:
    """Give the file its name, never over another's, and make the name durable."""
    try:
        put(unborn, path, strict=hasattr(os, "O_DIRECTORY"))
    except FileExistsError:
        raise InputError(f"{path} is there already", fix="choose another place with --ledger PATH") from None
    except OSError as error:
        fix = "choose another place with --ledger PATH"
        raise StoreError(f"{path} cannot be written: {error.strerror}", fix=fix) from None


def find_signer(
    reader: Reader, key: Signer | str | None, passphrase: Passphrase | None, keys: Keystore | None = None
) -> Signer:
    """The signer that `key` names in the keystore, or the only one there that is enrolled here.

    Errors: NotFoundError, DeniedError if it was revoked, InputError if several would do, KeyFileError.
    """
    if key is not None and not isinstance(key, str):
        return key
    keys = keys or Keystore()
    return keys.unlock(find_record(reader, key, keys), passphrase or _passphrase_given)


def find_record(reader: Reader, key: str | None, keys: Keystore) -> KeyRecord:
    """The key that `key` names in the keystore, or the only one there that is enrolled here.

    Errors: as `find_signer`.
    """
    return keys.find(key) if key is not None else _only_one(reader, keys.list())


def find_beside(key: NoteKey | None, held: Beside | None, passphrase: Passphrase | None) -> Beside | None:
    """The signer of the ML-DSA-44 key that a ledger signs with as well: the one held, or from the keystore.

    None if it signs with none. Errors: NotFoundError, KeyFileError.
    """
    if key is None or (held is not None and held.public == key.public):
        return held if key is not None else None
    return Keystore().beside(key.public, passphrase or _passphrase_given)


def _only_one(reader: Reader, records: list[KeyRecord]) -> KeyRecord:
    members = reader.keyring().members
    held = [record for record in records if record.key_id in members]
    own = [record for record in held if members[record.key_id].revoked is None]
    if len(own) == 1:
        return own[0]
    if own:
        names = ", ".join(record.name for record in own)
        raise InputError(f"several of your keys may sign here: {names}", fix="choose one with --as KEY")
    if held:
        raise DeniedError(
            f"your key {held[-1].name} was revoked by entry {members[held[-1].key_id].revoked}",
            fix="mledger key new --name NAME, and let somebody enrol it",
            rule="key.revoked",
        )
    raise NotFoundError(
        f"none of your keys is enrolled in {reader.origin}",
        fix="mledger key new, and let somebody enrol it: mledger key enroll FILE.pub --role ROLE",
    )


def _passphrase_given() -> str:
    """The passphrase in the environment, for scripts that nobody sits in front of."""
    if given := os.environ.get("MLEDGER_PASSPHRASE"):
        return given
    raise KeyFileError("the key is encrypted and no passphrase is given", fix="set MLEDGER_PASSPHRASE")
