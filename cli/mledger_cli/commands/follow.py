"""mledger follow: what a mirror shows, and what it has shown."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import files
from mledger_cli.commands import verify as verifying
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.core.trust import Pinned
    from mledger.exchange.mirrors import Mirrors
    from mledger.following import Followed

NEEDS = "a trust file (--trust FILE), or that this machine has seen the ledger before"
UNCHECKED = "signatures and bodies of entries: a mirror holds no bodies, and so no keys"


@click.command("follow", cls=Command)
@click.argument("place")
@click.option("--vkey", metavar="VKEY", help="The ledger's verifier key, from somebody you trust.")
@files.TRUST
@verifying.REQUIRE
@pass_settings
@click.pass_context
def command(
    context: click.Context,
    settings: Settings,
    place: str,
    vkey: str | None,
    trust: Path | None,
    require: int | None,
) -> None:
    """Check a published log, and remember what it showed.

    PLACE is the address of the log: http(s)://, a bucket, or a folder. The first time say whom to trust,
    with --vkey or --trust; then it is remembered. Only what is new is read. A log that shows less than
    before, or another history, ends with exit code 3; of two signed checkpoints that do not fit a file is
    kept that convinces anybody. A mirror leads to level 2 at most: it holds no bodies, and so no anchors.
    """
    from mledger.exchange.mirrors import Mirrors
    from mledger.exchange.places import open_place
    from mledger.following import Follower
    from mledger.heads import Heads

    there, mirrors = open_place(place), Mirrors()
    pinned = files.read_trust(trust) if trust else None
    key = _key(mirrors, place, vkey, pinned)
    followed = Follower(mirrors, Heads()).follow(there, place, key, pinned)
    short = require is not None and followed.level < require
    row = followed.to_json() | {"place": place, "required": require, "exit_code": int(short)}
    settings.out.facts(_shown(settings, place, followed), row)
    if short and not settings.json:
        settings.out.prose(_missed(require, followed.level), style="bad")
    context.exit(int(short))


def _missed(required: int | None, reached: int) -> str:
    """That a level is required which was not reached, and what it needs."""
    need = NEEDS if required is not None and required <= 2 else "the ledger or a bundle of it"
    return f"LEVEL {required} IS REQUIRED, and {reached} was reached: it needs {need}"


def _key(mirrors: "Mirrors", place: str, vkey: str | None, pinned: "Pinned | None") -> str:
    """The verifier key to trust. Errors: InputError if nobody said, or two were said."""
    from mledger.core.note import parse_vkey

    said = {key for key in (vkey, pinned.vkey if pinned else None) if key is not None}
    if not said and (seen := mirrors.at(place)) is not None:
        said.add(seen.vkey)
    if not said:
        raise InputError(
            "this log was never followed: whom to trust?",
            fix="name the verifier key with --vkey, or a trust file with --trust",
        )
    if len(said) > 1:
        raise InputError("--vkey is not the key in the trust file", fix="name one of them")
    key = said.pop()
    parse_vkey(key)
    return key


def _shown(settings: Settings, place: str, followed: "Followed") -> dict[str, object]:
    from mledger.chain.verification import LEVELS

    size, before = followed.checkpoint.size, followed.before
    compared = [f"with {what}" for what in followed.compared] or ["with nothing: it is the first time"]
    return {
        "ledger": followed.checkpoint.origin,
        "place": place,
        "log": counted(size, "entry", "entries") + (f", {size - before:,} new" if before else ""),
        "compared": "\n".join(compared),
        "level": f"{followed.level}, {LEVELS[followed.level]}",
        **({"signed": " and ".join(followed.lines)} if len(followed.lines) > 1 else {}),
        "recorded": settings.out.moment(followed.end.time),
        "head": followed.end.leaf.hex(),
        "not checked": UNCHECKED,
    }
