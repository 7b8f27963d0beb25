"""mledger key rotate, appoint: another key in the place of one."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError, KeyFileError
from mledger_cli import opening, passphrase
from mledger_cli.commands.key_governance import AS, find_member, public_of
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY, MEMBER
from mledger_cli.recording import REQUEST, ask, record, tell
from mledger_cli.text import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mledger.chain.keyring import Member
    from mledger.events.base import EventBody
    from mledger.keys.signer import Signer


class _Why(NamedTuple):
    """Why another key signs, why others should agree if they are asked to, and whether with ML-DSA."""

    reason: str
    request: str | None
    post_quantum: bool | None = None


@click.command("rotate", cls=Command)
@click.argument("member", type=MEMBER)
@click.argument("public", type=KEY, metavar="FILE.pub")
@click.option("--reason", metavar="TEXT", required=True, help="Why.")
@REQUEST
@AS
@pass_settings
def rotate(
    settings: Settings, member: str, public: str, reason: str, request: str | None, key: str | None
) -> None:
    """Replace a key of the ledger by a new one of the same holder.

    The new key signs from the next entry on, with the roles of the old one, which signs no longer.
    MEMBER is a name, an e-mail address, or the first eight digits of the old key's id. FILE.pub is an
    OpenSSH public key, or the name of one of your keys.

    Of the key that signs the ledger's checkpoints the new one takes that over as well, if both are
    at hand here; a checkpoint with both signatures then says so to those who know the old key alone.
    """
    from mledger.events.base import build

    new = public_of(public)
    with opening.reader(settings) as reader:
        old, signs = find_member(reader, member), reader.keyring().signs[-1].member
    if new.name not in (None, old.name):
        raise InputError(
            f"{public} is a key of {new.name}, and not of {old.name}",
            fix="a rotation keeps the person: mledger key enroll is for another",
        )
    fields = new.fields(old.name, old.email, old.kind, sorted(old.roles))
    body = build("key.rotated", {"old": old.id, "key": fields, "reason": reason})
    if old.id != signs:
        record(settings, body, "ledger", key, request)
    elif (signer := at_hand(str(fields["id"]))) is not None:
        take_over(settings, signer, old, _Why(reason, request), key, [body])
    elif request is not None:
        record(settings, body, "ledger", key, request)
    else:
        record(settings, body, "ledger", key)
        settings.out.note("nobody signs checkpoints now; where the new key is, its holder takes over:")
        settings.out.note(f"  mledger key appoint {str(fields['id'])[:12]} --reason TEXT")


@click.command("appoint", cls=Command)
@click.argument("member", type=MEMBER)
@click.option("--reason", metavar="TEXT", required=True, help="Why another key signs them.")
@click.option(
    "--ml-dsa/--no-ml-dsa",
    "post_quantum",
    default=None,
    help="Let a key of ML-DSA-44 sign beside it from now on, or none any longer.",
)
@REQUEST
@AS
@pass_settings
def appoint(
    settings: Settings,
    member: str,
    reason: str,
    request: str | None,
    key: str | None,
    *,
    post_quantum: bool | None,
) -> None:
    """Let another key of the ledger sign its checkpoints.

    The first key signs them until then. `mledger key rotate` does this by itself for the key that
    signs them; this is for another person who takes over, or after that key was lost or stolen and
    revoked. MEMBER is a name, an e-mail address, or the first eight digits of a key id.

    Both keys must be at hand, the one until now and the new one, unless the one until now is revoked.

    With --ml-dsa each checkpoint has a second signature, of ML-DSA-44 (FIPS 204), against the day on
    which Ed25519 can be forged. The key for it is made beside the other; MEMBER may be the key that
    signs already.
    """
    with opening.reader(settings) as reader:
        keyring = reader.keyring()
        new, before = find_member(reader, member), keyring.members[keyring.signs[-1].member]
    signer = at_hand(new.id)
    if signer is None:
        raise KeyFileError(
            f"the key {new.id[:12]} of {new.name} is not at hand, and must sign that it takes over",
            fix="do it where that key is, or add it here: mledger key adopt FILE",
        )
    take_over(settings, signer, before, _Why(reason, request, post_quantum), key)


def take_over(
    settings: Settings,
    new: "Signer",
    before: "Member",
    why: _Why,
    key: str | None,
    first: "Sequence[EventBody]" = (),
) -> None:
    """Record that a key signs checkpoints from now on, and sign one with it, and with the key before it."""
    from mledger.appointing import appointed
    from mledger.batch import What
    from mledger.ledger import Ledger

    old = at_hand(before.id)
    author = key or opening.chosen_key()
    if author is None and old is not None and before.revoked is None:
        author = before.id
    author = author or (None if first else new.key_id)
    with opening.reader(settings) as reader:
        also = reader.log_keys.now.also
        beside = also.public if also is not None and why.post_quantum is not False else None
        if beside is None and why.post_quantum:
            beside = _made_beside(new.key_id)
        acts = [*first, appointed(reader, new, why.reason, old=old, also=beside)]
    if why.request is not None:
        ask(settings, acts, "ledger", why.request, author)
        return
    with opening.ledger(settings, author) as ledger:
        receipts = ledger.append_all([What(act, "ledger") for act in acts])
    asked = passphrase.asking("the key of ML-DSA-44")
    with Ledger.open(settings.path, key=new, passphrase=asked) as ledger:
        ledger.checkpoint(beside=[old] if old is not None else [])
        size, vkey = counted(ledger.head.size, "entry", "entries"), ledger.vkey_text
    if settings.json:
        settings.out.json(receipts[0].to_json() | {"vkey": vkey})
        return
    for receipt in receipts:
        tell(settings, receipt)
    by = " by both keys" if old is not None and old.key_id != new.key_id else ""
    more = ", with ML-DSA-44 as well" if beside is not None else ""
    settings.out.note(f"a checkpoint of {size} is signed{by}{more}; the verifier key is now")
    settings.out.note(f"  {vkey}")


def _made_beside(key_id: str) -> bytes:
    """The public key of a new key of ML-DSA-44 beside another, or of the one that is there."""
    from mledger.keystore import Keystore

    keys = Keystore()
    record = next(one for one in keys.list() if one.key_id == key_id)
    if (public := keys.public_beside(record)) is not None:
        return public
    secret = passphrase.choose(f"the key of ML-DSA-44 beside {record.name}") if record.encrypted else None
    return keys.add_beside(record, secret).public


def at_hand(key_id: str) -> "Signer | None":
    """The signer of a key, if it lies in the keystore. Errors: KeyFileError."""
    from mledger.keystore import Keystore

    keys = Keystore()
    record = next((one for one in keys.list() if one.key_id == key_id), None)
    return keys.unlock(record, passphrase.asking(f"the key {record.name}")) if record is not None else None
