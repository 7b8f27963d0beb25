"""Type and stream of an event, put right while it costs nothing."""

import re

from mledger.errors import InputError, MledgerError, NotFoundError

EDIT = "--edit"


def check(type: str | None, stream: str | None) -> tuple[str, str]:
    """The type and the stream, which fit each other. Errors: InputError, NotFoundError with the way out."""
    from mledger.core.names import check_stream
    from mledger.events.base import find

    if type is None:
        raise InputError("TYPE and STREAM are missing: what happened, to what", fix="mledger types")
    if stream is not None and _is_stream(type) and not _is_stream(stream):
        raise InputError("TYPE comes before STREAM", fix=f"mledger append {stream} {type} {EDIT}")
    kinds = find(_known(type)).kinds
    kind = "model" if "*" in kinds else kinds[0]
    if stream is None:
        example = kind if kind == "ledger" else f"{kind}/NAME"
        raise InputError("STREAM is missing: what it is about", fix=f"mledger append {type} {example} {EDIT}")
    if "/" not in stream and stream != "ledger" and _is_stream(f"{kind}/{stream}"):
        right = "ledger" if kind == "ledger" else f"{kind}/{stream}"
        raise InputError(
            f"STREAM: {stream!r} lacks its kind, as in {right}", fix=f"mledger append {type} {right} {EDIT}"
        )
    try:
        check_stream(stream, error=InputError)
    except InputError as error:
        near = "/".join(part for part in re.sub(r"[^A-Za-z0-9._/-]+|\.\.+", "-", stream).split("/") if part)
        near = near.lower() if _is_stream(near.lower()) else f"{kind}/NAME"
        raise InputError(f"STREAM: {error.message}", fix=f"mledger append {type} {near} {EDIT}") from None
    found, _, name = stream.partition("/")
    if "*" not in kinds and found not in kinds:
        right = "ledger" if kind == "ledger" else f"{kind}/{name or 'NAME'}"
        raise InputError(
            f"{type} belongs on {right}, not on {stream}", fix=f"mledger append {type} {right} {EDIT}"
        )
    return type, stream


def _is_stream(text: str) -> bool:
    from mledger.core.names import check_stream

    try:
        check_stream(text)
    except MledgerError:
        return False
    return True


def _known(type: str) -> str:
    """The type itself. Errors: NotFoundError with the nearest types."""
    from mledger.core.names import check_type
    from mledger.events.base import names

    try:
        return check_type(type)
    except MledgerError:
        family = [name for name in names() if name.startswith(f"{type}.")]
        hint = f"; did you mean {' or '.join(family)}?" if family else ", such as decision.accepted"
        raise NotFoundError(f"TYPE: {type[:60]!r} is no event type{hint}", fix="mledger types") from None
