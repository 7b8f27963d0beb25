"""What events name: other events, commits, digests, files, addresses."""

import re
from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from typing import Any, Literal, NamedTuple, cast

from mledger.checks.words import correcting, waiving
from mledger.checks.world import World
from mledger.events.words import part_of, type_of, type_text
from mledger.projections.corrections import stands
from mledger.projections.dossier import Dossier, Record

Kind = Literal["event", "digest", "commit", "uri", "file"]
State = Literal["ok", "missing", "changed", "malformed", "unknown", "not looked at"]
BROKEN: frozenset[State] = frozenset({"missing", "changed", "malformed"})

_LIST = "a list, each "
_KINDS: dict[str, Kind] = {
    "an event number like 41 or 41.3, or the event's UUID": "event",
    "a SHA-256 of 64 lower-case hex digits": "digest",
    "a commit of 40 or 64 lower-case hex digits": "commit",
    "a URI like https://... or s3://...": "uri",
}
_HASH = re.compile(rb'"([0-9a-f]{64}|[0-9a-f]{40})"')
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(?://([^/?#]*))?([^?#]*)(?:\?[^#]*)?(?:#.*)?")
_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^\[\]:@]*)(?::([0-9]{1,5}))?")
# Schemes whose addresses need a host, or a bucket.
_HOSTED = frozenset({"http", "https", "s3", "gs", "ftp", "ssh"})


class Link(NamedTuple):
    """That an event names something: which event, in which field, as what, its kind, the name itself.

    Of a file the name is its digest, and `file` what it is called.
    """

    number: str
    stream: str
    path: str
    rel: str
    kind: Kind
    target: str
    file: str | None = None


class Resolved(NamedTuple):
    """A link, and where it leads."""

    link: Link
    state: State
    detail: str = ""

    @property
    def broken(self) -> bool:
        """Whether it leads nowhere, or to something else."""
        return self.state in BROKEN

    def to_json(self) -> dict[str, object]:
        """The link as `--json` prints it."""
        return self.link._asdict() | {"state": self.state, "detail": self.detail}


def links_of(records: Iterable[Record]) -> Iterator[Link]:
    """All that events name, in order."""
    for record in records:
        for path, rel, kind, target, file in _named(record.body, ""):
            yield Link(record.number, record.event.stream, path, rel, kind, target, file)


def _named(part: Any, at: str) -> Iterator[tuple[str, str, Kind, str, str | None]]:
    """What a body, or a part of one, names: the path, what it is to the event, its kind, the name."""
    rel = getattr(part, "rel", None)
    for name, kind, many, below in _fields(cast(Hashable, type(part))):
        held = getattr(part, name)
        if held is None:
            continue
        for n, item in enumerate(held if many else (held,)):
            path = f"{at}{name}[{n}]" if many else f"{at}{name}"
            if below:
                yield from _named(item, f"{path}.")
            elif kind is not None:
                yield path, str(rel or name), kind, item, part.name if kind == "file" else None


@cache
def _fields(cls: Any) -> tuple[tuple[str, Kind | None, bool, bool], ...]:
    """The fields of a class that name something, or hold parts that do.

    The SHA-256 beside a name is a file's. Another digest is a link if it is called just that:
    others say what something is, and name nothing.
    """
    found: list[tuple[str, Kind | None, bool, bool]] = []
    for name, info in cls.model_fields.items():
        typed = type_of(info)
        words = type_text(typed)
        many = words.startswith(_LIST)
        kind = _KINDS.get(words.removeprefix(_LIST))
        if kind == "digest" and name != "digest":
            kind = "file" if name == "sha256" and "name" in cls.model_fields else None
        part, mark = part_of(typed)
        if part is not None and mark != ".*" and _fields(cast(Hashable, part)):
            found.append((name, None, mark == "[]", True))
        elif kind is not None:
            found.append((name, kind, many, False))
    return tuple(found)


# --- where they lead


def resolved(links: Iterable[Link], dossier: Dossier, world: World) -> Iterator[Resolved]:
    """Where each link leads, as far as the world was looked at."""
    held = mentions(dossier)
    for link in links:
        match link.kind:
            case "event":
                number = dossier.resolve(link.target) or (world.events or {}).get(link.target)
                yield Resolved(link, "ok" if number else "missing", number or "")
            case "commit":
                yield Resolved(link, *_commit(link, world))
            case "uri":
                yield Resolved(link, "ok" if is_address(link.target) else "malformed")
            case "file":
                yield Resolved(link, *_file(link, world))
            case "digest":
                times = held.get(link.target, 0) + (link.target in (world.digests or ()))
                yield Resolved(link, "ok" if times > 1 else "unknown")


def _commit(link: Link, world: World) -> tuple[State, str]:
    if world.commits is None:
        return "not looked at", world.absent.get("commits", "")
    return ("ok" if world.commits.get(link.target) else "missing"), ""


def _file(link: Link, world: World) -> tuple[State, str]:
    now = (world.hashes or {}).get(link.file or "")
    if now is None:
        return "not looked at", "not in the working tree"
    return ("ok", "") if now == link.target else ("changed", f"is {now[:12]} here")


def is_address(uri: str) -> bool:
    """Whether a URI can be one (RFC 3986): with a host where its scheme needs one, and a port that is one."""
    match = _ADDRESS.fullmatch(uri)
    if match is None:
        return False
    scheme, authority, path = match.groups()
    if authority is None:
        return scheme.lower() not in _HOSTED and bool(path)
    place = _AUTHORITY.fullmatch(authority)
    if place is None:
        return False
    host, port = place.groups()
    good = port is None or 0 < int(port) < 65_536
    return good and (bool(host) or (scheme.lower() not in _HOSTED and bool(path)))


def commits_of(dossier: Dossier) -> dict[str, list[str]]:
    """The commits that the model's events name, each with the numbers of those events."""
    found: dict[str, list[str]] = {}
    for record in dossier.records:
        for commit in dict.fromkeys(_commits(record.body)):
            found.setdefault(commit, []).append(record.number)
    return found


def _commits(body: Any) -> Iterator[str]:
    """The commits in a body: of its code, and of its links."""
    for part in (getattr(body, "git", None), getattr(body, "code", None), *getattr(body, "refs", ())):
        if isinstance(commit := getattr(part, "commit", None), str):
            yield commit


def mentions(dossier: Dossier) -> dict[str, int]:
    """Every commit and digest that events of the model or of its datasets name, with how many do."""
    found: dict[str, int] = {}
    for record in (*dossier.records, *dossier.beside):
        for name in set(_HASH.findall(record.body.to_bytes())):
            found[name.decode()] = found.get(name.decode(), 0) + 1
    return found


def mending(dossier: Dossier, link: Link, rule: str, value: str) -> str:
    """The command that puts a link right; what stands as it was signed is let pass."""
    found = next((one.event.type for one in dossier.records if one.event.number == link.number), "")
    if stands(found):
        return waiving(rule, link.stream, link.number)
    return correcting(link.number, link.path, value)
