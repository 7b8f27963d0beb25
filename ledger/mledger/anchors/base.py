"""What an anchor is; each kind is in its own file.

    @anchor("rfc3161")
    class TimeStamp:
        def make(self, note, where): …      asks somebody outside for a token
        def check(self, note, token, roots): …     needs nobody

A file of this folder is named as its kind, and imported when that is asked for.
"""

import importlib
import re
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple, Protocol, TypeVar

from mledger.core.moment import Moment
from mledger.errors import NotFoundError
from mledger.registry import Registry, unknown

_KIND = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Stamp(NamedTuple):
    """A token that somebody gave for a checkpoint, and where they are or where the copy is kept."""

    token: bytes
    where: str


class Proved(NamedTuple):
    """What a token proves: a time, give or take some seconds, or none; and in whose name."""

    time: Moment | None
    slack: float
    by: str


class Anchor(Protocol):
    """One kind of anchor."""

    def make(self, note: bytes, where: str | None) -> Stamp:
        """A token for the bytes of a checkpoint. May ask the network or run a program; must not hang.

        Errors: UnreachableError, InputError, NotFoundError.
        """
        ...

    def check(self, note: bytes, token: bytes, roots: Sequence[str]) -> Proved:
        """What a token proves of a checkpoint, believing these root certificates in PEM.

        Must need nothing but its arguments. Errors: ProofError if it does not hold, UsageError if a
        package is missing that it takes to check it.
        """
        ...


A = TypeVar("A", bound=type[Anchor])
_kinds: Registry[Anchor] = Registry("kind of anchor", fix="mledger anchor --help")


def anchor(kind: str) -> Callable[[A], A]:
    """A decorator that registers a class as a kind of anchor."""

    def register(cls: A) -> A:
        _kinds.add(kind, cls())
        return cls

    return register


def find(kind: str) -> Anchor:
    """The kind of anchor of that name. Errors: NotFoundError."""
    module = f"{__package__}.{kind}"
    if kind not in _kinds and _KIND.fullmatch(kind) and kind != "base" and find_spec(module):
        importlib.import_module(module)
    if kind not in _kinds:
        raise NotFoundError(unknown("kind of anchor", kind, names()), fix="mledger anchor --help")
    return _kinds.get(kind)


def names() -> list[str]:
    """The kinds there are."""
    files = (file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))
    return sorted({*(name for name in files if name != "base"), *_kinds})
