"""A log on a web server, to be read only."""

import http.client
import time
from typing import NoReturn
from urllib.parse import urlsplit

from mledger._version import __version__
from mledger.errors import InputError, StoreError
from mledger.exchange.places.base import MAX_READ

SECONDS = 30.0
_PIECE = 1 << 16
_OK, _NOT_FOUND, _GONE = 200, 404, 410


class Web:
    """A place behind http or https; no redirect is followed, no proxy asked; see `Place`."""

    def __init__(self, address: str) -> None:
        """Read below the address. Errors: InputError if it is none."""
        self.address = address.rstrip("/")
        try:
            parts = urlsplit(self.address)
            self._host, self._port = parts.hostname, parts.port
        except ValueError:
            self._host = None
        if not self._host or parts.query or parts.fragment or parts.username or not self.address.isascii():
            raise InputError(
                f"{address[:80]!r} is no address of a log", fix="name one like https://host/path"
            )
        self._base = parts.path
        kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
        self._kind = kinds[parts.scheme]

    def read(self, path: str) -> bytes | None:
        """The bytes of a file; see `Place.read`."""
        until = time.monotonic() + SECONDS
        door = self._kind(self._host or "", self._port, timeout=SECONDS)
        try:
            door.request("GET", f"{self._base}/{path}", headers={"User-Agent": f"mledger/{__version__}"})
            answer = door.getresponse()
            if answer.status in {_NOT_FOUND, _GONE}:
                return None
            if answer.status != _OK:
                self._fail(f"{path} answers {answer.status} {answer.reason}")
            data = b""
            while piece := answer.read1(_PIECE):
                data += piece
                if len(data) > MAX_READ or time.monotonic() > until:
                    self._fail(f"{path} has no end")
            if answer.length:
                self._fail(f"{path} breaks off")
        except (OSError, http.client.HTTPException) as error:
            self._fail(getattr(error, "strerror", None) or str(error) or type(error).__name__)
        finally:
            door.close()
        return data

    def create(self, path: str, data: bytes) -> NoReturn:  # noqa: ARG002
        """Refuse: nobody publishes to a web server so."""
        self._refuse()

    def replace(self, path: str, data: bytes, held: bytes | None) -> NoReturn:  # noqa: ARG002
        """Refuse: nobody publishes to a web server so."""
        self._refuse()

    def _fail(self, why: str) -> NoReturn:
        raise StoreError(f"{self.address} cannot be read: {why}", fix="try again later")

    def _refuse(self) -> NoReturn:
        raise InputError(
            f"{self.address} can only be read", fix="publish to the folder, or the bucket, that it hands out"
        )


def open_place(address: str) -> Web:
    """The place at a URL. Errors: InputError if it is none."""
    return Web(address)
