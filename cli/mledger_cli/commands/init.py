"""mledger init: begin a ledger."""

import os
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError, NotFoundError, StoreError
from mledger_cli import passphrase
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY

if TYPE_CHECKING:
    from mledger.chain.history import Fact
    from mledger.keys.signer import Signer
    from mledger.keystore import KeyRecord, Keystore

EXAMPLE = "mledger init --origin acme.example/credit-risk --name 'Alice Example'"


@click.command("init", cls=Command)
@click.option("--origin", metavar="NAME", help="The ledger's name for ever, like acme.example/credit-risk.")
@click.option("--name", metavar="NAME", help="Your name, as signatures shall print it.")
@click.option("--email", metavar="ADDRESS", help="Your e-mail address; it tells people apart.")
@click.option("--key", type=KEY, metavar="KEY", help="Sign with this key of yours, or the one in this file.")
@click.option("--no-passphrase", is_flag=True, help="Leave a new key open to whoever can read its file.")
@pass_settings
def command(
    settings: Settings,
    origin: str | None,
    name: str | None,
    email: str | None,
    key: str | None,
    *,
    no_passphrase: bool,
) -> None:
    """Begin a ledger.

    Makes mledger.db here, or the file of --ledger, and signs the entry that opens it. Unless you
    have a key already, one is made for you, under a passphrase ($MLEDGER_PASSPHRASE, or asked for).
    What is not said with an option is asked.
    """
    from mledger.keystore import Keystore

    _check_place(settings.path)
    keys = Keystore()
    record = _own(keys, key, name)
    _check_said(origin, name, alone=record is not None)
    origin = _checked(_ask("Name of the ledger, for ever") if origin is None else origin)
    name = name or (record.owner if record else _ask("Your name, as signatures print it"))
    secret = passphrase.Once()
    used = record or _make(keys, name, email, None if no_passphrase else secret)
    signer = keys.unlock(used, secret.of(f"the key {used.name}"))
    _begin(settings, origin, Person(signer, name, email or used.email), used, made=record is None)


class Person(NamedTuple):
    """Who opens the ledger."""

    signer: "Signer"
    name: str
    email: str | None


def _begin(settings: Settings, origin: str, person: Person, record: "KeyRecord", *, made: bool) -> None:
    """Make the ledger, and tell of it."""
    from mledger.ledger import Ledger

    with Ledger.create(settings.path, origin=origin, **person._asdict()) as ledger:
        opening = ledger.fact("0"), ledger.head.leaf
    _tell(settings, origin, *opening, record, made=made)


def _checked(origin: str) -> str:
    """The origin itself. Errors: InputError."""
    from mledger.core.names import check_origin

    try:
        return check_origin(origin, error=InputError)
    except InputError as error:
        raise InputError(f"--origin: {error.message}", fix=EXAMPLE) from None


def _check_place(path: Path) -> None:
    """Refuse a place where no ledger can be made, before anything else is. Errors as for creating it."""
    folder = path.absolute().parent
    if os.path.lexists(path):
        raise InputError(f"{path} is there already", fix="mledger init --ledger another.db")
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {folder}", fix=f"mkdir -p {quote(str(folder))}")
    if not os.access(folder, os.W_OK):
        raise StoreError(f"{folder} is read-only", fix="choose another place with --ledger PATH")


def _own(keys: "Keystore", key: str | None, name: str | None) -> "KeyRecord | None":
    """The key that the person has already: the one named, the one of that name, or the only one."""
    if key and Path(key).is_file():
        return _adopted(keys, Path(key), name)
    if key:
        return keys.find(key)
    own = [record for record in keys.list() if name is None or record.owner == name]
    if len(own) > 1:
        names = ", ".join(record.name for record in own)
        raise InputError(f"you have several keys: {names}", fix=f"mledger init --key {own[0].name}")
    return own[0] if own else None


def _adopted(keys: "Keystore", file: Path, name: str | None) -> "KeyRecord":
    """The key in a file, known to the keystore from now on. Errors: InputError, KeyFileError."""
    for record in keys.list():
        if record.path.samefile(file):
            return record
    _check_said("", name, alone=False)
    owner = name or _ask("Your name, as signatures print it")
    return keys.adopt(file, owner=owner, passphrase=passphrase.Once().of(str(file)))


def _make(keys: "Keystore", name: str, email: str | None, secret: "passphrase.Once | None") -> "KeyRecord":
    from mledger.keys.ed25519 import Ed25519Signer

    file = keys.free_name(name, email, None)
    word = secret.choose(f"the key {file}") if secret else None
    return keys.add(Ed25519Signer.generate(), owner=name, email=email, passphrase=word, name=file)


def _check_said(origin: str | None, name: str | None, *, alone: bool) -> None:
    """Refuse to go on if there is nobody to ask for what is missing."""
    missing = [
        option for option, said in (("--origin", origin is not None), ("--name", name or alone)) if not said
    ]
    if missing and not (sys.stdin and sys.stdin.isatty()):
        raise InputError(f"{' and '.join(missing)} must be said: there is no terminal to ask at", fix=EXAMPLE)


def _ask(question: str) -> str:
    return str(click.prompt(question, err=True))


def _tell(
    settings: Settings, origin: str, opening: "Fact", leaf: bytes, record: "KeyRecord", *, made: bool
) -> None:
    """Print what there is now, and what comes next."""
    lock = "locked by a passphrase" if record.encrypted else "without passphrase"
    facts = {
        "ledger": settings.path,
        "origin": origin,
        "opened": f"event {opening.number}, {leaf.hex()[:12]}, signed {opening.signer}",
        "key": f"{record.name}, {'new, ' if made else ''}{lock}",
        "fingerprint": record.fingerprint,
    }
    row = {
        "ledger": settings.path,
        "origin": origin,
        "leaf": leaf,
        "opening": opening,
        "key": record,
        "new_key": made,
    }
    settings.out.facts(facts, row)
    settings.out.note("next: mledger append model.registered model/NAME --edit")
