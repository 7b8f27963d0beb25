"""Where a published log lies: a folder, object storage, a web server."""

from importlib import import_module

from mledger.errors import InputError
from mledger.exchange.places.base import Place

_KINDS = {"": "folder", "http": "web", "https": "web", "s3": "objects", "gs": "objects", "az": "objects"}
"""The module that knows the places of a scheme; each has a function `open_place(address)`."""


def open_place(address: str) -> Place:
    """The place at an address: a folder's path, or a URL. Errors: InputError, and those of the kind."""
    scheme, mark, _ = address.partition("://")
    kind = _KINDS.get(scheme if mark else "")
    if kind is None:
        raise InputError(
            f"{address[:80]!r} is no place for a log: it is a folder, or begins with {', '.join(_SCHEMES)}",
            fix="name a folder",
        )
    place: Place = import_module(f"{__name__}.{kind}").open_place(address)
    return place


_SCHEMES = [f"{scheme}://" for scheme in _KINDS if scheme]

__all__ = ["Place", "open_place"]
