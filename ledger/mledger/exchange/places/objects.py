"""A log on object storage: S3 and its like, Google's, Azure's."""

import os
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from mledger.errors import InputError, StoreError
from mledger.exchange.places.base import MAX_READ, check_same, overtaken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from obstore.store import ClientConfig

SECONDS = 30
_TRIES = 3
_PREFIXES = {"s3": "AWS_", "gs": "GOOGLE_", "az": "AZURE_"}
_CREDENTIAL = re.compile("KEY|TOKEN|CREDENTIAL|SECRET|SERVICE_ACCOUNT|CLIENT_ID")


class Objects:
    """A place in a bucket; see `Place`. Settings and credentials come from the environment, AWS_… for S3."""

    def __init__(self, address: str, library: Any, store: Any) -> None:
        """Use a store of the library `obstore`."""
        self.address = address
        self._library, self._store = library, store
        self._tags: dict[str, tuple[bytes, Any]] = {}

    def read(self, path: str) -> bytes | None:
        """The bytes of an object; see `Place.read`."""
        with self._translated(path):
            try:
                found = self._library.get(self._store, path)
            except FileNotFoundError:
                return None
            if found.meta["size"] > MAX_READ:
                return None
            data = bytes(found.bytes())
            tags = {name: found.meta[name] for name in ("e_tag", "version")}
            self._tags[path] = data, {name: tag for name, tag in tags.items() if tag is not None}
            return data

    def create(self, path: str, data: bytes) -> bool:
        """Make an object; see `Place.create`."""
        with self._translated(path):
            try:
                self._put(path, data, "create")
            except self._library.exceptions.AlreadyExistsError:
                return check_same(self.address, path, self.read(path), data)
        return True

    def replace(self, path: str, data: bytes, held: bytes | None) -> None:
        """Put an object in the place of another; see `Place.replace`."""
        errors = self._library.exceptions
        known = self._tags.get(path)
        if held is not None and (known is None or known[0] != held):
            raise overtaken(self.address, path)
        with self._translated(path):
            try:
                self._put(path, data, known[1] if held is not None and known else "create")
            except (errors.AlreadyExistsError, errors.PreconditionError):
                raise overtaken(self.address, path) from None

    def _put(self, path: str, data: bytes, mode: "Literal['create'] | dict[str, Any]") -> None:
        kind = "text/plain; charset=utf-8" if path == "checkpoint" else "application/octet-stream"
        self._library.put(self._store, path, data, mode=mode, attributes={"Content-Type": kind})

    @contextmanager
    def _translated(self, path: str) -> "Iterator[None]":
        try:
            yield
        except (self._library.exceptions.BaseError, OSError) as error:
            why = str(error).partition("\n")[0].partition(" - ")
            raise StoreError(
                f"{self.address}/{path}: {why[0][:200]}",
                fix="see whether the bucket is there and the environment gives access to it, then try again",
            ) from None


def open_place(address: str) -> Objects:
    """The place at a URL like s3://bucket/path. Errors: InputError if `obstore` is missing, or it is none."""
    try:
        import obstore
        from obstore.store import from_url
    except ImportError:
        raise InputError(
            "object storage needs a library that is not installed", fix="pip install 'mledger[mirror]'"
        ) from None
    # A plain http endpoint is for tests and one's own machines: the environment must name it.
    options: ClientConfig = {"timeout": f"{SECONDS}s"}
    if os.environ.get("AWS_ENDPOINT_URL", "").startswith("http://"):
        options["allow_http"] = True
    try:
        store = from_url(
            address,
            client_options=options,
            retry_config={"max_retries": _TRIES},
            **_anonymous(address),
        )
    except (obstore.exceptions.BaseError, ValueError) as error:
        why = str(error).partition("\n")[0][:200]
        raise InputError(f"{address}: {why}", fix="name one like s3://bucket/path") from None
    return Objects(address, obstore, store)


def _anonymous(address: str) -> dict[str, Any]:
    """What makes requests go unsigned where the environment names no credentials.

    Without it the library would look for some elsewhere, at addresses that nobody named.
    """
    prefix = _PREFIXES[address.partition(":")[0]]
    named = any(name.startswith(prefix) and _CREDENTIAL.search(name) for name in os.environ)
    return {} if named else {"skip_signature": True}
