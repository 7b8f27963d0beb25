"""Sends bytes to a server and takes an answer, both bounded."""

import http.client
import time
from typing import NamedTuple
from urllib.parse import urlsplit

from mledger._version import __version__
from mledger.errors import InputError, UnreachableError

SECONDS = 20.0
MAX_ANSWER = 1 << 20
_PIECE = 16 * 1024


class Reply(NamedTuple):
    """A server's status, what type it says its answer is of, and the answer."""

    status: int
    type: str
    body: bytes


def post(url: str, data: bytes, type: str, *, seconds: float = SECONDS) -> Reply:
    """What a server answers to `data`; no redirect is followed, no proxy asked.

    Errors: InputError if the address is none, UnreachableError if no whole answer comes in time.
    """
    until = time.monotonic() + seconds
    door, path = _door(url, seconds)
    try:
        headers = {"Content-Type": type, "User-Agent": f"mledger/{__version__}", "Connection": "close"}
        door.request("POST", path, data, headers)
        answer = door.getresponse()
        body = b""
        while piece := answer.read1(_PIECE):
            body += piece
            if len(body) > MAX_ANSWER or time.monotonic() > until:
                raise UnreachableError(f"{url} answers without end", fix="try again, or ask another")
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or _name(error)
        raise UnreachableError(
            f"{url} cannot be reached: {reason}", fix="try again, or ask another"
        ) from None
    finally:
        door.close()
    return Reply(answer.status, answer.headers.get_content_type(), body)


def _door(url: str, seconds: float) -> tuple[http.client.HTTPConnection, str]:
    """The connection to make, and the path to ask for."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
        kind = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}[parts.scheme]
    except (ValueError, KeyError):
        host = None
    if (
        not host
        or parts.fragment
        or parts.username
        or not (url.isascii() and url.isprintable() and " " not in url)
    ):
        raise InputError(f"{url[:80]!r} is no address of a server", fix="name one like https://host/path")
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    return kind(host, port, timeout=seconds), path


def _name(error: Exception) -> str:
    return error.__class__.__name__
