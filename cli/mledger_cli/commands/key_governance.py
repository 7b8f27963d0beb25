"""mledger key enroll, grant, revoke: which keys may sign."""

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError
from mledger_cli import files, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import EVENT_NUMBER, KEY, MEMBER, ROLE
from mledger_cli.recording import REQUEST, body, record

if TYPE_CHECKING:
    from mledger.chain.keyring import Member
    from mledger.reader import Reader

AS = click.option("--as", "key", type=KEY, metavar="KEY", help="Sign with this key of yours.")
ROLE_OPTION = click.option(
    "--role",
    "roles",
    type=ROLE,
    metavar="ROLE",
    multiple=True,
    required=True,
    help="A role like engineer, reviewer, machine, auditor, admin; may be said again.",
)


@click.command("enroll", cls=Command)
@click.argument("public", type=KEY, metavar="FILE.pub")
@ROLE_OPTION
@click.option("--name", metavar="NAME", help="The printed name, if not the one in the file.")
@click.option("--email", metavar="ADDRESS", help="The e-mail address, if not the one in the file.")
@click.option("--machine", is_flag=True, help="A job or a service signs with it, not a person.")
@REQUEST
@AS
@pass_settings
def enroll(
    settings: Settings,
    public: str,
    roles: tuple[str, ...],
    name: str | None,
    email: str | None,
    request: str | None,
    key: str | None,
    *,
    machine: bool,
) -> None:
    """Let a key sign in this ledger, with roles.

    FILE.pub is an OpenSSH public key, or the name of one of your keys. Compare the fingerprint with
    its owner over another channel first: whoever enrols a key vouches for the name on it.
    """
    from mledger.keys.ed25519 import fingerprint

    new = public_of(public)
    owner = name or new.name
    if not owner:
        raise InputError(f"{public} does not say whose key it is", fix="say it with --name 'Alice Example'")
    fields = new.fields(owner, email or new.email, "machine" if machine else "person", list(roles))
    record(settings, body("key.enrolled", {"key": fields}), "ledger", key, request)
    if request is not None:
        return
    settings.out.note(f"{owner} may sign from now on, as {' and '.join(roles)}, with the key")
    settings.out.note(f"  {fingerprint(new.raw)}")


@click.command("grant", cls=Command)
@click.argument("member", type=MEMBER)
@click.argument("role", type=ROLE)
@click.option("--reason", metavar="TEXT", required=True, help="Why.")
@click.option("--take", is_flag=True, help="Take the role away instead.")
@REQUEST
@AS
@pass_settings
def grant(
    settings: Settings,
    member: str,
    role: str,
    reason: str,
    request: str | None,
    key: str | None,
    *,
    take: bool,
) -> None:
    """Give a role to a key of the ledger, or take it away.

    MEMBER is a name, an e-mail address, or the first eight digits of a key id. The ROLEs are those of
    the policy in force: engineer, reviewer, machine, auditor, admin, owner, unless it was changed.
    """
    with opening.reader(settings) as reader:
        fields = {"key": find_member(reader, member).id, "role": role, "reason": reason}
    record(settings, body("role.revoked" if take else "role.granted", fields), "ledger", key, request)


@click.command("revoke", cls=Command)
@click.argument("member", type=MEMBER)
@click.option("--reason", metavar="TEXT", required=True, help="What happened, and how it became known.")
@click.option(
    "--since", type=EVENT_NUMBER, metavar="EVENT", help="The first event that somebody else may have signed."
)
@REQUEST
@AS
@pass_settings
def revoke(
    settings: Settings, member: str, reason: str, since: str | None, request: str | None, key: str | None
) -> None:
    """Let a key sign no longer; what it signed before stays.

    MEMBER is a name, an e-mail address, or the first eight digits of a key id.
    """
    with opening.reader(settings) as reader:
        revoked = find_member(reader, member).id
        signs = reader.log_keys.now.member == revoked
    fields = {"key": revoked, "reason": reason, "compromised_since": since}
    record(settings, body("key.revoked", fields), "ledger", key, request)
    if signs and request is None:
        settings.out.note("nobody signs checkpoints now: mledger key appoint MEMBER --reason TEXT")


class Public(NamedTuple):
    """A public key, and whose it says it is."""

    raw: bytes
    name: str | None
    email: str | None

    def fields(self, name: str, email: str | None, kind: str, roles: list[str]) -> dict[str, object]:
        """What is recorded of it."""
        import base64

        from mledger.keys.ed25519 import key_id

        row = {"id": key_id(self.raw), "public": base64.b64encode(self.raw).decode(), "name": name}
        return row | ({"email": email} if email else {}) | {"kind": kind, "roles": roles}


def public_of(public: str) -> Public:
    """The public key in a file, or of a key in the keystore. Errors: KeyFileError, NotFoundError."""
    from mledger.keys.ed25519 import load_public
    from mledger.keystore import Keystore, read_comment

    path = Path(public)
    if not path.is_file():
        record = Keystore().find(public)
        return Public(record.public, record.owner, record.email)
    text = files.read(path).decode(errors="replace")
    return Public(load_public(text, what=public), *read_comment(text))


def find_member(reader: "Reader", text: str) -> "Member":
    """The one active key of the ledger that the text names. Errors: NotFoundError, InputError."""
    from mledger.errors import MledgerError, NotFoundError
    from mledger.keystore import Keystore

    members = [member for member in reader.keyring().members.values() if member.revoked is None]
    found = [member for member in members if _is_meant(member, text)]
    if not found:
        with suppress(MledgerError):  # perhaps it is what one's own keystore calls it
            own = Keystore().find(text).key_id
            found = [member for member in members if member.id == own]
    if not found:
        from difflib import get_close_matches

        near = get_close_matches(text, [member.name for member in members], n=2)
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        raise NotFoundError(
            f"no active key of this ledger belongs to {text!r}{hint}", fix="mledger key list --enrolled"
        )
    if len(found) > 1:
        ids = ", ".join(member.id[:12] for member in found)
        raise InputError(f"{text!r} has several keys: {ids}", fix="name one by its first digits")
    return found[0]


def _is_meant(member: "Member", text: str) -> bool:
    wanted = text.casefold()
    names = {member.name.casefold(), (member.email or member.name).casefold()}
    return wanted in names or (len(wanted) >= 8 and member.id.startswith(wanted))
