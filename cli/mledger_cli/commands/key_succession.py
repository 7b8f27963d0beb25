"""mledger key rotate, appoint: another key in the place of one."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError, KeyFileError
from mledger_cli import files, opening, passphrase
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
    from mledger.reader import Reader


class _Why(NamedTuple):
    """Why another key signs, why others should agree if they are asked to, and whether with ML-DSA."""

    reason: str
    request: str | None
    post_quantum: bool | None = None
    succession: bytes | None = None


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
    If it is interrupted before that, mledger key appoint goes on.
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
        short = str(fields["id"])[:12]
        settings.out.note("nobody signs checkpoints now: sign them over where the old key is, and go on")
        settings.out.note(f"where the new one is: mledger key hand-over {short} -o FILE --as KEY, then")
        settings.out.note(f"mledger key appoint {short} --succession FILE --reason TEXT")


@click.command("appoint", cls=Command)
@click.argument("member", type=MEMBER)
@click.option("--reason", metavar="TEXT", required=True, help="Why another key signs them.")
@click.option(
    "--succession",
    type=files.EXISTING,
    metavar="FILE",
    help="What the key until now has signed elsewhere, with mledger key hand-over.",
)
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
    succession: Path | None,
    request: str | None,
    key: str | None,
    *,
    post_quantum: bool | None,
) -> None:
    """Let another key of the ledger sign its checkpoints.

    The first key signs them until then. `mledger key rotate` does this by itself for the key that
    signs them; this is for another person who takes over, or after that key was lost or stolen and
    revoked. MEMBER is a name, an e-mail address, or the first eight digits of a key id.

    Both keys must be at hand, the one until now and the new one, unless the one until now is revoked, or
    has signed a succession where it is: mledger key hand-over.

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
    why = _Why(reason, request, post_quantum, files.read(succession) if succession else None)
    take_over(settings, signer, before, why, key)


@click.command("hand-over", cls=Command)
@click.argument("member", type=MEMBER)
@click.option("-o", "--output", type=files.NEW, metavar="FILE", required=True, help="Write it to a new file.")
@AS
@pass_settings
def hand_over(settings: Settings, member: str, output: Path, key: str | None) -> None:
    """Sign that another key takes the checkpoints over.

    For a key that lies elsewhere: send FILE to its holder, who goes on with mledger key appoint MEMBER
    --succession FILE. Nothing is recorded, and nothing changes until then. It is signed with the key that
    signs checkpoints now, or with --as by the one that did, if it was rotated meanwhile.
    """
    from mledger.appointing import handed_over

    files.check_new(output)
    with opening.reader(settings) as reader:
        new, now = find_member(reader, member), reader.keyring().signs[-1].member
        signer = _held(key) if key else at_hand(now)
        if signer is None:
            raise KeyFileError(
                f"the key {now[:12]} that signs checkpoints is not at hand", fix="do it where that key is"
            )
        note = handed_over(reader, new.public, signer)
    what = f"succession to the key {new.id[:12]} of {new.name}"
    files.deliver(settings, output, note, what, {"key": new.id, "note": note.decode()})


def take_over(
    settings: Settings,
    new: "Signer",
    before: "Member",
    why: _Why,
    key: str | None,
    first: "Sequence[EventBody]" = (),
) -> None:
    """Record that a key signs checkpoints from now on, and sign one with it, and with the key before it."""
    from mledger.appointing import appointed, signed_by, taken_over
    from mledger.batch import What
    from mledger.ledger import Ledger

    old = at_hand(before.id)
    author = key or opening.chosen_key()
    if author is None and old is not None and before.revoked is None:
        author = before.id
    author = author or (None if first else new.key_id)
    with opening.reader(settings) as reader:
        beside = _beside(reader, new.key_id, wanted=why.post_quantum)
        if why.succession is not None:
            acts = [*first, taken_over(why.succession, new, why.reason)]
        else:
            acts = [*first, appointed(reader, new, why.reason, old=old, also=beside)]
    if why.request is not None:
        ask(settings, acts, "ledger", why.request, author)
        return
    with opening.ledger(settings, author) as ledger:
        own = signed_by(ledger.signer.key_id, acts)  # the new key says the rest
        receipts = ledger.append_all([What(act, "ledger") for act in acts[:own]])
    asked = passphrase.asking("the key of ML-DSA-44")
    with Ledger.open(settings.path, key=new, passphrase=asked) as ledger:
        receipts += [ledger.append(act, "ledger") for act in acts[own:]]
        ledger.checkpoint(beside=[old] if old is not None else [])
        size, vkey = counted(ledger.head.size, "entry", "entries"), ledger.vkey_text
    if settings.json:
        settings.out.json(receipts[0].to_json() | {"vkey": vkey})
        return
    for receipt in receipts:
        tell(settings, receipt)
    by = " by both keys" if old is not None and old.key_id != new.key_id else ""
    more = ", with ML-DSA-44 as well" if beside is not None else ""
    settings.out.note(f"a checkpoint of {size} is signed{by}{more}; verifier key:")
    settings.out.note(f"  {vkey}")


def _beside(reader: "Reader", key_id: str, *, wanted: bool | None) -> bytes | None:
    """The public key of ML-DSA-44 that is to sign beside: the one that does, a new one if wanted, or none."""
    also = reader.log_keys.now.also
    if also is not None and wanted is not False:
        return also.public
    return _made_beside(key_id) if wanted else None


def _made_beside(key_id: str) -> bytes:
    """The public key of a new key of ML-DSA-44 beside another, or of the one that is there."""
    from mledger.keystore import Keystore

    keys = Keystore()
    record = next(one for one in keys.list() if one.key_id == key_id)
    asked = passphrase.asking("the key of ML-DSA-44")
    if (public := keys.public_beside(record, asked)) is not None:
        return public
    secret = passphrase.choose(f"the key of ML-DSA-44 beside {record.name}") if record.encrypted else None
    return keys.add_beside(record, secret).public


def _held(text: str) -> "Signer":
    """The signer of one's own key that is meant. Errors: NotFoundError, KeyFileError."""
    from mledger.keystore import Keystore

    keys = Keystore()
    record = keys.find(text)
    return keys.unlock(record, passphrase.asking(f"the key {record.name}"))


def at_hand(key_id: str) -> "Signer | None":
    """The signer of a key, if it lies in the keystore. Errors: KeyFileError."""
    from mledger.keystore import Keystore

    keys = Keystore()
    record = next((one for one in keys.list() if one.key_id == key_id), None)
    return keys.unlock(record, passphrase.asking(f"the key {record.name}")) if record is not None else None
