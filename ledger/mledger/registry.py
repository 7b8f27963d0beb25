"""Named things of one kind, with an error that helps."""

from collections.abc import Iterator
from typing import Generic, TypeVar

from mledger.errors import NotFoundError

T = TypeVar("T")


class Registry(Generic[T]):
    """The things of one kind by name: a dictionary that knows what it holds."""

    def __init__(self, kind: str, *, fix: str | None = None) -> None:
        """Name the kind for messages; `fix` is the command that lists it."""
        self.kind = kind
        self.fix = fix
        self._items: dict[str, T] = {}

    def add(self, name: str, item: T) -> T:
        """Register `item` and return it; a name taken by another thing is a bug of the caller."""
        held = self._items.setdefault(name, item)
        if held is not item:
            raise AssertionError(f"bug: {self.kind} {name!r} is registered twice")
        return item

    def get(self, name: str) -> T:
        """The thing called `name`; NotFoundError names the nearest ones."""
        try:
            return self._items[name]
        except KeyError:
            raise NotFoundError(unknown(self.kind, name, self._items), fix=self.fix) from None

    def __contains__(self, name: object) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._items))


def unknown(kind: str, name: str, known: object) -> str:
    """One line for a name that nobody knows, with the nearest that somebody does."""
    import difflib  # late: only who errs needs it

    near = difflib.get_close_matches(name, list(known), n=3)  # type: ignore[call-overload]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return f"no {kind} is called {name!r}{hint}"
