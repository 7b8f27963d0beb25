"""How commands open the ledger: to read, or to append."""

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mledger.errors import DivergedError, FormatError, MledgerError, NotFoundError, StoreError
from mledger_cli import passphrase, screen, text
from mledger_cli.context import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mledger.events.policy import TypeRule
    from mledger.ledger import Ledger
    from mledger.reader import Reader

KEY_VARIABLE = "MLEDGER_KEY"


def reader(settings: Settings, *, warn: bool = True) -> "Reader":
    """The ledger, read-only; with a warning if this machine knows a longer history of it, or another."""
    from mledger.reader import Reader

    try:
        opened = Reader.open(settings.path)
    except (NotFoundError, FormatError) as error:
        raise _explained(error, settings) from None
    opened.processes = _cores()
    try:
        if warn and opened.head.size:
            opened.check_memory()
    except (DivergedError, FormatError, StoreError) as error:
        _warn(settings, error)
    except BaseException:
        opened.close()
        raise
    return opened


def ledger(settings: Settings, key: str | None) -> "Ledger":
    """The ledger, to append with `key`, or $MLEDGER_KEY, or the only key that is enrolled."""
    from mledger.ledger import Ledger

    name = key or chosen_key()
    try:
        return Ledger.open(settings.path, key=name, passphrase=passphrase.asking(name or "your key"))
    except (NotFoundError, FormatError) as error:
        raise _explained(error, settings) from None


def for_checkpoints(settings: Settings, key: str | None) -> "Ledger":
    """The ledger, to append with the key that signs its checkpoints if nobody named another.

    Errors: NotFoundError if that key is none of one's own, for no other can, DeniedError if it was
    revoked; and as `ledger`.
    """
    name = key or chosen_key()
    if name is None:
        from mledger.chain.succession import check_signs
        from mledger.keystore import Keystore

        with reader(settings, warn=False) as opened:  # who signs will hear of it
            wanted, keyring = opened.log_keys.now.member, opened.keyring()
        check_signs(keyring, wanted)  # or nobody does, until another is appointed
        holder = keyring.members[wanted].name
        name = next((record.name for record in Keystore().list() if record.key_id == wanted), None)
        if name is None:
            raise NotFoundError(
                f"none of your keys signs the checkpoints of this ledger: that of {holder} does",
                fix="let its holder sign one: mledger checkpoint; if it is yours, name it with --as KEY",
            )
    return ledger(settings, name)


def chosen_key() -> str | None:
    """The key that the environment names, if it names one."""
    return os.environ.get(KEY_VARIABLE) or None


@contextmanager
def declaring(settings: Settings) -> "Iterator[None]":
    """Within, the types that the ledger's policy declares are known; it is read when one is asked for."""
    from functools import cache

    from mledger.events.declaring import declaring as within

    @cache
    def rules() -> "Mapping[str, TypeRule]":
        from mledger.reader import Reader

        try:
            with Reader.open(settings.path) as opened:
                return opened.declared()
        except MledgerError:  # whoever opens it to work with it says what is wrong
            return {}

    with within(rules):
        yield


def stream(opened: "Reader", name: str | None) -> str | None:
    """The stream that a person means: whole, or without its kind if that is unambiguous.

    Errors: NotFoundError with the nearest streams, InputError if several would do.
    """
    from mledger.errors import InputError

    if name is None or name == "ledger":
        return name
    if not name:
        raise InputError("the name is empty", fix="mledger replay")
    names = opened.stream_names()
    meant = [name] if name in names else [known for known in names if known.partition("/")[2] == name]
    if f"model/{name}" in meant:
        return f"model/{name}"
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise InputError(f"{name!r} may be {' or '.join(meant)}", fix="name one of them whole")
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=2) or [known for known in names if name.casefold() in known][:2]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    raise NotFoundError(f"nothing is recorded on {name}{hint}", fix="mledger log")


def stream_of(opened: "Reader", name: str | None) -> str:
    """The model or dataset that a person means; without a name it is the only model.

    Errors: NotFoundError, InputError if there are several.
    """
    from mledger.errors import InputError

    if name is not None:
        return stream(opened, name) or name
    models = [known for known in opened.stream_names() if known.startswith("model/")]
    if len(models) == 1:
        return models[0]
    if not models:
        raise NotFoundError(
            "no model is registered here", fix="mledger append model.registered model/NAME --edit"
        )
    raise InputError(f"MODEL is missing: there are {', '.join(sorted(models)[:5])}", fix="name one of them")


def model(opened: "Reader", name: str) -> str:
    """The stream of the model that a person means; errors as `stream`, InputError if it is no model."""
    from mledger.errors import InputError

    found = stream(opened, name) or name
    if not found.startswith("model/"):
        raise InputError(f"{found} is no model", fix="mledger replay")
    return found


def _explained(error: MledgerError, settings: Settings) -> MledgerError:
    """Why there is no ledger; DivergedError if this machine remembers that there was one."""
    path = settings.path
    missing = isinstance(error, NotFoundError) and not os.path.lexists(path)
    if not missing and (isinstance(error, NotFoundError) or "layout" in error.details):
        return error
    from mledger.heads import Heads

    try:
        memory = Heads().recall_path(path)
    except MledgerError as damaged:
        return damaged
    if memory is not None:
        return DivergedError(
            f"{path} held {text.counted(memory.size, 'entry', 'entries')} of {memory.origin} on"
            f" {memory.seen[:10]}, and now {'is gone' if missing else 'is no ledger'}",
            fix=f"put the newest copy back; if it is lost: mledger heads forget {memory.genesis.hex()[:12]}",
        )
    if missing and path.suffix == ".zip":
        error.fix = "name the bundle that you were given with --ledger FILE.zip"
    elif missing:
        error.fix = f"{_init(settings)}, or name another with --ledger PATH"
    return error


def _init(settings: Settings) -> str:
    """The command that makes the ledger that was asked for."""
    from shlex import quote

    return f"mledger init --ledger {quote(str(settings.ledger))}" if settings.ledger else "mledger init"


def _cores() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _warn(settings: Settings, error: MledgerError) -> None:
    """Say beside the output that what is shown is not what is known."""
    if settings.json:
        from mledger_cli.output import dumps

        screen.warn(dumps({"warning": error.code, "message": error.message, "fix": error.fix}))
    else:
        screen.warn(
            f"mledger: warning: {text.one_line(error.message)}\n  fix: {text.one_line(error.fix or '')}"
        )
