"""mledger witness ask: have the newest checkpoint cosigned."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger_cli import failures, opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import KEY
from mledger_cli.tables import Column, day
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.core.note import NoteKey
    from mledger.cosigning import Cosigned
    from mledger.errors import MledgerError
    from mledger.ledger import Ledger

# Another history says more than wrong use, and that more than a server which sleeps.
GRAVEST = (3, 2, 4)


class Asked(NamedTuple):
    """What was cosigned, and what went wrong, the gravest first."""

    done: "list[Cosigned]"
    failed: "list[MledgerError]"


@click.command("ask", cls=Command)
@click.argument("urls", metavar="URL…", nargs=-1, required=True)
@click.option(
    "--witness",
    "vkeys",
    metavar="VKEY",
    multiple=True,
    help="Believe this witness too, beside those of the policy.",
)
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign the checkpoint with this key; it must be the first."
)
@pass_settings
def ask(settings: Settings, urls: tuple[str, ...], vkeys: tuple[str, ...], key: str | None) -> None:
    """Have the newest checkpoint cosigned by witnesses.

    Makes a checkpoint if there are new entries, sends it to each URL with the proof that it extends
    what that witness has cosigned, checks each cosignature, and keeps them in the ledger. Exit code 3
    if a witness knows another history or a longer one, 4 if it cannot be reached.
    """
    from mledger.anchoring import newest_note
    from mledger.cosigning import witness_keys

    with opening.for_checkpoints(settings, key) as ledger:
        keys = witness_keys(ledger, vkeys)
        if not keys:
            _nobody()
        asked = _ask_all(ledger, newest_note(ledger), urls, keys)
    if asked.done:
        settings.out.table(asked.done, _columns(settings))
    for error in asked.failed[1:]:
        failures.tell(error, as_json=settings.json)
    if asked.failed:
        raise asked.failed[0]


def _nobody() -> None:
    from mledger.errors import InputError

    raise InputError(
        "the policy names no witness, so that nobody's cosignature would be believed",
        fix="name the key of one, from somebody you trust: --witness VKEY",
    )


def _ask_all(ledger: "Ledger", note: bytes, urls: tuple[str, ...], keys: "list[NoteKey]") -> "Asked":
    """What each witness has cosigned, kept in the ledger, and why others have not."""
    from mledger.cosigning import ask as ask_one
    from mledger.cosigning import keep
    from mledger.errors import MledgerError

    done, failed = [], []
    for url in dict.fromkeys(urls):
        try:
            done += ask_one(ledger, note, url, keys)
        except MledgerError as error:
            failed.append(error)
    if done:
        keep(ledger, note, done)
    return Asked(done, sorted(failed, key=lambda error: GRAVEST.index(error.exit_code)))


def _columns(settings: Settings) -> "list[Column[Cosigned]]":
    return [
        Column("witness", lambda one: one.witness, flexible=True),
        Column("cosigned", lambda one: counted(one.size, "entry", "entries"), right=True),
        Column("at", lambda one: settings.out.moment(one.time), short=day),
    ]
