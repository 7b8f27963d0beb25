"""mledger spool: events that wait to be signed."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening
from mledger_cli.context import Settings, pass_settings
from mledger_cli.failures import Exit
from mledger_cli.groups import Group
from mledger_cli.params import KEY
from mledger_cli.tables import Column, day, unprefixed
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.recording.pushing import Pushed
    from mledger.recording.spool import Spool, Waiting


@click.group("spool", cls=Group)
def command() -> None:
    """List events that wait to be signed, push them, or drop them.

    A training script whose ledger is locked, gone or full goes on, and its events wait here.
    """


@command.command("list")
@pass_settings
def list_(settings: Settings) -> None:
    """List what waits, in the order in which it happened, and why."""
    waiting = _spool().waiting()
    here = _absolute(settings.path)
    elsewhere = any(_absolute(one.ledger) != here for one in waiting)
    settings.out.table(waiting, _columns(settings, elsewhere=elsewhere), none="nothing waits")


@command.command("push")
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key; else $MLEDGER_KEY, or your only one."
)
@click.option("--meant-for", metavar="PATH", help="Push what was meant for the ledger at PATH.")
@pass_settings
def push(settings: Settings, key: str | None, meant_for: str | None) -> None:
    """Sign what waits for this ledger, and record it.

    What is recorded already is recognised. What the ledger refuses stays in the spool: exit code 1.
    """
    spool = _spool()
    everything = spool.waiting()
    wanted = _absolute(meant_for or settings.path)
    meant = [one for one in everything if one.damage or _absolute(one.ledger) == wanted]
    if not meant:
        elsewhere = sorted({one.ledger for one in everything})
        settings.out.note(f"nothing waits for {wanted}")
        for place in elsewhere:
            settings.out.note(f"events wait for {place}: mledger --ledger {place} spool push")
        if settings.json:
            settings.out.json([])
        return
    from mledger.recording.pushing import push as pushing

    with opening.ledger(settings, key) as ledger:
        done = []
        for one in pushing(ledger, spool, meant):
            done.append(one)
            if not settings.json:
                _tell(settings, one)
    if settings.json:
        settings.out.json(done)
    if any(one.why for one in done):
        raise click.exceptions.Exit(Exit.FINDINGS)


@command.command("drop")
@click.argument("ids", metavar="ID...", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that waits, for whichever ledger.")
@pass_settings
def drop(settings: Settings, ids: tuple[str, ...], *, everything: bool) -> None:
    """Throw events away that will never be signed.

    ID is that of the list, of which the last eight digits will do.
    """
    if not ids and not everything:
        raise click.UsageError("name the events to throw away, or say --all")
    from mledger.errors import InputError, NotFoundError

    spool = _spool()
    waiting = spool.waiting()
    gone = list(waiting) if everything else []
    for text in ids:
        found = [one for one in waiting if _short(one) == text or one.said.get("id") == text]
        if not found:
            raise NotFoundError(f"no event {text!r} waits", fix="mledger spool list")
        if len(found) > 1:
            raise InputError(f"{len(found)} events end with {text}", fix="give the whole id: --json has it")
        gone += found
    spool.remove(gone)
    left = {(one.file, one.place) for one in spool.waiting()}
    kept = [one for one in gone if (one.file, one.place) in left]
    if settings.json:
        settings.out.json({"dropped": len(gone) - len(kept), "kept": len(kept)})
    else:
        settings.out.line(f"dropped  {counted(len(gone) - len(kept), 'event')}")
    if kept:
        settings.out.note(f"{counted(len(kept), 'event')} stay: the process that writes them still runs")


def _spool() -> "Spool":
    from mledger.recording.spool import Spool

    return Spool()


def _absolute(path: object) -> str:
    import os

    return os.path.realpath(os.path.expanduser(str(path)))  # noqa: PTH111  links are followed, too


def _short(one: "Waiting") -> str:
    return str(one.said.get("id", ""))[-8:] or f"{one.file.name}:{one.place + 1}"


def _tell(settings: Settings, one: "Pushed") -> None:
    said = one.waiting.said
    about = f"{said.get('type')} on {said.get('stream')}" if said else f"a line of {one.waiting.file.name}"
    happened = settings.out.moment(said.get("at"))
    if one.number is None:
        settings.out.parts(f"refused  {_short(one.waiting)}", about, happened)
        settings.out.prose(f"  {one.why}" + (f"; fix: {one.fix}" if one.fix else ""), hang=2)
        return
    how = () if one.fresh else ("recorded before",)
    settings.out.parts(f"event {one.number}", about, f"occurred {happened}", *how)


def _columns(settings: Settings, *, elsewhere: bool) -> "list[Column[Waiting]]":
    """What is listed of an event; the ledger only if some are meant for another one."""
    found: list[Column[Waiting]] = [
        Column("id", _short),
        Column("occurred", lambda one: settings.out.moment(one.said.get("at")), short=day),
        Column("type", lambda one: one.said.get("type", "damaged")),
        Column("stream", lambda one: one.said.get("stream", ""), flexible=True, short=unprefixed),
        Column("why", lambda one: one.damage or one.said.get("why", ""), lines=2),
    ]
    if elsewhere:
        found.insert(4, Column("for", lambda one: one.ledger, flexible=True))
    return found
