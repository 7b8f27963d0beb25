"""mledger key enroll, grant, revoke, rotate: which keys may sign in the ledger."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger_cli import opening
from mledger_cli.commands.append import tell
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY

if TYPE_CHECKING:
    from mledger.chain.keyring import Member
    from mledger.reader import Reader

AS = click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key of yours.")
ROLE = click.option(
    "--role", "roles", metavar="ROLE", multiple=True, required=True, help="May be said again."
)


@click.command("enroll", cls=Command)
@click.argument("public", metavar="FILE.pub")
@ROLE
@click.option("--name", metavar="NAME", help="The printed name, if not the one in the file.")
@click.option("--email", metavar="ADDRESS", help="The e-mail address, if not the one in the file.")
@click.option("--machine", is_flag=True, help="A job or a service signs with it, not a person.")
@AS
@pass_settings
def enroll(
    settings: Settings,
    public: str,
    roles: tuple[str, ...],
    name: str | None,
    email: str | None,
    key: str | None,
    *,
    machine: bool,
) -> None:
    """Let a key sign in this ledger, with roles.

    FILE.pub is an OpenSSH public key, or the name of one of your keys. Compare the fingerprint with
    its owner over another channel first: whoever enrols a key vouches for the name on it.
    """
    fields = _key_fields(public, name, email, machine=machine)
    with opening.ledger(settings, key) as ledger:
        receipt = ledger.append("key.enrolled", "ledger", {"key": fields | {"roles": list(roles)}})
    tell(settings, receipt)


@click.command("grant", cls=Command)
@click.argument("member")
@click.argument("role")
@click.option("--reason", metavar="TEXT", required=True, help="Why.")
@click.option("--take", is_flag=True, help="Take the role away instead.")
@AS
@pass_settings
def grant(settings: Settings, member: str, role: str, reason: str, key: str | None, *, take: bool) -> None:
    """Give a role to a key that is enrolled, or take it away.

    MEMBER is a name, an e-mail address, or the first eight digits of a key id.
    """
    with opening.ledger(settings, key) as ledger:
        fields = {"key": find_member(ledger, member).id, "role": role, "reason": reason}
        tell(settings, ledger.append("role.revoked" if take else "role.granted", "ledger", fields))


@click.command("revoke", cls=Command)
@click.argument("member")
@click.option("--reason", metavar="TEXT", required=True, help="What happened, and how it became known.")
@click.option(
    "--since", type=EVENT_NUMBER, metavar="EVENT", help="The first event that somebody else may have signed."
)
@AS
@pass_settings
def revoke(settings: Settings, member: str, reason: str, since: str | None, key: str | None) -> None:
    """Let a key sign no longer; what it signed before stays.

    MEMBER is a name, an e-mail address, or the first eight digits of a key id.
    """
    with opening.ledger(settings, key) as ledger:
        fields = {"key": find_member(ledger, member).id, "reason": reason, "compromised_since": since}
        tell(settings, ledger.append("key.revoked", "ledger", fields))


@click.command("rotate", cls=Command)
@click.argument("member")
@click.argument("public", metavar="FILE.pub")
@click.option("--reason", metavar="TEXT", required=True, help="Why.")
@AS
@pass_settings
def rotate(settings: Settings, member: str, public: str, reason: str, key: str | None) -> None:
    """Let the same person or machine sign with a new key from now on, and not with the old one.

    MEMBER is a name, an e-mail address, or the first eight digits of the old key's id.
    """
    with opening.ledger(settings, key) as ledger:
        old = find_member(ledger, member)
        fields = _key_fields(public, old.name, old.email, machine=old.kind == "machine")
        new = {name: value for name, value in fields.items() if value is not None} | {
            "roles": sorted(old.roles)
        }
        tell(settings, ledger.append("key.rotated", "ledger", {"old": old.id, "key": new, "reason": reason}))


def _key_fields(public: str, name: str | None, email: str | None, *, machine: bool) -> dict[str, object]:
    """What is recorded of a public key, from its file or from the keystore."""
    import base64

    from mledger.errors import InputError
    from mledger.keys.ed25519 import key_id, load_public
    from mledger.keystore import Keystore, read_comment

    path = Path(public)
    if path.is_file():
        text = path.read_text(errors="replace")
        raw, (own_name, own_email) = load_public(text, what=public), read_comment(text)
    else:
        record = Keystore().find(public)
        raw, own_name, own_email = record.public, record.owner, record.email
    if not (name or own_name):
        raise InputError(f"{public} does not say whose key it is", fix="say --name 'Alice Example'")
    return {
        "id": key_id(raw),
        "public": base64.b64encode(raw).decode(),
        "name": name or own_name,
        "email": email or own_email,
        "kind": "machine" if machine else "person",
    }


def find_member(reader: "Reader", text: str) -> "Member":
    """The one active key of the ledger that the text names. Errors: NotFoundError, InputError."""
    from mledger.errors import InputError, NotFoundError

    wanted = text.casefold()
    found = [
        member
        for member in reader.keyring().members.values()
        if member.revoked is None
        and (
            wanted in {member.name.casefold(), (member.email or "").casefold()}
            or _is_prefix(wanted, member.id)
        )
    ]
    if not found:
        raise NotFoundError(
            f"no active key of this ledger belongs to {text!r}", fix="mledger key list --enrolled"
        )
    if len(found) > 1:
        ids = ", ".join(member.id[:12] for member in found)
        raise InputError(f"{text!r} has several keys: {ids}", fix="name one by its first digits")
    return found[0]


def _is_prefix(text: str, key: str) -> bool:
    return len(text) >= 8 and key.startswith(text)
