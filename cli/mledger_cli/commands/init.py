"""mledger init: begin a ledger."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import passphrase
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command

if TYPE_CHECKING:
    from mledger.keystore import KeyRecord, Keystore


@click.command("init", cls=Command)
@click.option("--origin", metavar="NAME", help="The ledger's name for ever, like acme.example/credit-risk.")
@click.option("--name", metavar="NAME", help="Your name, as signatures shall print it.")
@click.option("--email", metavar="ADDRESS", help="Your e-mail address; it tells people apart.")
@click.option("--key", metavar="KEY", help="Sign with this key of yours, or with the one in this file.")
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
    from mledger.core.names import check_origin
    from mledger.errors import InputError
    from mledger.keystore import Keystore
    from mledger.ledger import Ledger

    if settings.path.exists():
        raise InputError(f"{settings.path} is there already", fix="choose another place with --ledger PATH")
    keys = Keystore()
    record = _own(keys, key, name, email)
    origin = check_origin(
        origin or _ask("Name of the ledger, for ever", "--origin acme.example/credit-risk"), error=InputError
    )
    made = record is None
    if record is None:
        record = _make(
            keys,
            name or _ask("Your name, as printed", "--name 'Alice Example'"),
            email,
            secret=not no_passphrase,
        )
    signer = keys.unlock(record, passphrase.asking(f"the key {record.name}"))
    printed = name or record.owner
    with Ledger.create(
        settings.path, origin=origin, signer=signer, name=printed, email=email or record.email
    ) as ledger:
        _tell(settings, ledger.fact("0").to_json(), record, made=made, path=settings.path)


def _own(keys: "Keystore", key: str | None, name: str | None, email: str | None) -> "KeyRecord | None":
    """The key that the person has already: the one named, the one of that name, or the only one."""
    if key and Path(key).is_file():
        owner = name or _ask("Your name, as printed", "--name 'Alice Example'")
        return keys.adopt(Path(key), owner=owner, email=email, passphrase=passphrase.asking(key))
    if key:
        return keys.find(key)
    own = [record for record in keys.list() if name is None or record.owner == name]
    return own[0] if len(own) == 1 else None


def _make(keys: "Keystore", name: str, email: str | None, *, secret: bool) -> "KeyRecord":
    from mledger.keys.ed25519 import Ed25519Signer

    file = keys.free_name(name, email, None)
    word = passphrase.choose(f"the key {file}") if secret else None
    return keys.add(Ed25519Signer.generate(), owner=name, email=email, passphrase=word, name=file)


def _ask(question: str, option: str) -> str:
    """What the person answers; without a terminal, the option that is missing."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"missing option: {option}")
    return str(click.prompt(question, err=True))


def _tell(
    settings: Settings, opening: dict[str, object], record: "KeyRecord", *, made: bool, path: Path
) -> None:
    facts = {
        "ledger": path,
        "origin": opening["data"]["origin"],  # type: ignore[index]
        "opened": f"event 0, signed by {opening['signer']}",
        "key": f"{record.name}{' (new)' if made else ''}  {record.fingerprint}",
    }
    settings.out.facts(facts, opening)
    settings.out.note("next: mledger append model.registered model/NAME --edit")
