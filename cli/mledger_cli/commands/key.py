"""mledger key: the keys with which people and machines sign."""

from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import opening, passphrase
from mledger_cli.commands import key_governance, key_succession
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.params import KEY
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from mledger.chain.keyring import Member
    from mledger.keystore import KeyRecord


@click.group("key", cls=Group)
def command() -> None:
    """Make keys, list them, and say which may sign in the ledger."""


@command.command("new")
@click.option("--owner", metavar="NAME", help="Whose key it is, as printed.")
@click.option("--email", metavar="ADDRESS", help="Their e-mail address; it tells people apart.")
@click.option("--name", metavar="NAME", help="What to call the key file; else made of the owner's name.")
@click.option("--no-passphrase", is_flag=True, help="Leave the key open, for a machine that works alone.")
@pass_settings
def new(
    settings: Settings, owner: str | None, email: str | None, name: str | None, *, no_passphrase: bool
) -> None:
    """Make a key for a person or a machine.

    The private key is kept in OpenSSH's form in your own configuration folder, under a passphrase
    ($MLEDGER_PASSPHRASE, or asked for). It can sign in a ledger once somebody has enrolled it there.
    """
    from mledger.keys.ed25519 import Ed25519Signer
    from mledger.keystore import Keystore

    owner, keys = owner or _asked_owner("mledger key new"), Keystore()
    name = keys.free_name(owner, email, name)
    secret = None if no_passphrase else passphrase.choose(f"the key {name}")
    record = keys.add(Ed25519Signer.generate(), owner=owner, email=email, passphrase=secret, name=name)
    _introduce(settings, record)


@command.command("adopt")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--owner", metavar="NAME", help="Whose key it is, as printed.")
@click.option("--email", metavar="ADDRESS", help="Their e-mail address; it tells people apart.")
@click.option("--name", metavar="NAME", help="What to call the key; else made of the owner's name.")
@pass_settings
def adopt(settings: Settings, file: Path, owner: str | None, email: str | None, name: str | None) -> None:
    """Use an Ed25519 key that you have already.

    FILE is a private key of OpenSSH or in PKCS#8 form. It stays where it is.
    """
    from mledger.keystore import Keystore

    owner = owner or _asked_owner(f"mledger key adopt {quote(str(file))}")
    secret = passphrase.asking(str(file))
    record = Keystore().adopt(file, owner=owner, email=email, passphrase=secret, name=name)
    _introduce(settings, record)


def _asked_owner(command: str) -> str:
    """Whose key it is, as somebody at a terminal says. Errors: InputError without one."""
    from mledger_cli import asking

    if not asking.can_ask():
        raise InputError(
            "--owner must be said: there is no terminal to ask at", fix=f"{command} --owner 'Alice Example'"
        )
    return asking.ask("Name as it shall be printed")


@command.command("list")
@click.option("--enrolled", is_flag=True, help="List the keys that the ledger knows instead.")
@pass_settings
def list_(settings: Settings, *, enrolled: bool) -> None:
    """List your keys, or those that are enrolled in the ledger."""
    from mledger.keystore import Keystore

    if enrolled:
        with opening.reader(settings) as reader:
            settings.out.table(reader.keyring().members.values(), MEMBERS)
        return

    keys = Keystore()
    records = keys.list()
    columns = [column for column in LISTED if column.title != "email" or any(one.email for one in records)]
    settings.out.table(records, columns, none="you have no key; make one with: mledger key new")
    for problem in keys.problems():
        settings.out.note(f"not listed: {problem.message}")


@command.command("show")
@click.argument("key", type=KEY)
@pass_settings
def show(settings: Settings, key: str) -> None:
    """Show one of your keys: its fingerprint, its id, its public line.

    KEY is its name, its id or the first eight digits of it, its fingerprint, the owner, the e-mail
    address, or the path of a key file.
    """
    from mledger.keystore import Keystore

    _print(settings, Keystore().find(key))


for governing in (
    *(key_governance.enroll, key_governance.grant, key_governance.revoke),
    *(key_succession.rotate, key_succession.hand_over, key_succession.appoint),
):
    command.add_command(governing)


def _print(settings: Settings, record: "KeyRecord") -> None:
    more = {"id": record.key_id, "public": record.public_line}
    settings.out.facts(_facts(record) | more, record)


def _introduce(settings: Settings, record: "KeyRecord") -> None:
    """Say of a new key what its owner needs to know, and what comes next."""
    settings.out.facts(_facts(record), record)
    settings.out.note(f"next: let somebody enrol {record.path.with_suffix('.pub')}")


def _facts(record: "KeyRecord") -> dict[str, object]:
    return {
        "key": record.name,
        "owner": record.owner,
        "email": record.email,
        "fingerprint": record.fingerprint,
        "passphrase": record.encrypted,
        "file": record.path,
    }


def _until(member: "Member") -> str:
    """After which entry a key speaks, and until which."""
    return f"{member.enrolled} to {'now' if member.revoked is None else member.revoked}"


MEMBERS: list[Column["Member"]] = [
    Column("key", lambda member: member.id[:12]),
    Column("owner", lambda member: member.name, flexible=True),
    Column("email", lambda member: member.email or "", flexible=True),
    Column("kind", lambda member: member.kind),
    Column("signs entries", _until),
    Column("roles", lambda member: ", ".join(sorted(member.roles)), lines=3),
]
LISTED: list[Column["KeyRecord"]] = [
    Column("key", lambda record: record.name),
    Column("owner", lambda record: record.owner, flexible=True),
    Column("email", lambda record: record.email, flexible=True),
    Column("passphrase", lambda record: record.encrypted),
    Column("fingerprint", lambda record: record.fingerprint, lines=1),
]
