"""Records a dataset: its first state, or the next one."""

import re
from collections.abc import Mapping, Sequence
from shlex import quote
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.attachment import MAX_ATTACHMENT, Attachment
from mledger.data.capture import Captured, capture
from mledger.data.hashing import Progress
from mledger.data.shift import Comparison, compare
from mledger.data.sources import Source, find_source
from mledger.datasets.comparing import profile_of
from mledger.datasets.conditions import naming
from mledger.datasets.places import location
from mledger.datasets.states import holding, read, resolve
from mledger.errors import ConflictError, InputError, NotFoundError
from mledger.events.base import build
from mledger.ledger import What
from mledger.projections.datasets import DatasetState, DatasetVersion

if TYPE_CHECKING:
    import os

    from mledger.data.profile import Wishes
    from mledger.events.base import EventBody
    from mledger.events.profile import ProfileRecorded
    from mledger.ledger import Ledger
    from mledger.projections.decisions import Decision
    from mledger.writing import Receipt

REQUIRED = ("origin", "collected_how", "by_whom", "licence")
"""What has to be said of a dataset when it is recorded first; its title is its name unless it is said."""
OF_EACH = frozenset({"preprocessing", "known_issues", "foreign_ids", "refs"})
"""What may be said of each state."""
STAGE = "as recorded"
"""The stage of the profile that is made when a state is recorded."""
_COUNTED = re.compile(r"(.*?)(\d+)")


class Added(NamedTuple):
    """What became of some data: the state that it is, and the events that say so.

    If it was recorded before there are no `receipts`, and `event` is the one that recorded it.
    """

    name: str
    version: str
    event: str
    captured: Captured
    previous: DatasetVersion | None = None
    comparison: Comparison | None = None
    receipts: "Sequence[Receipt]" = ()
    conditions: "Mapping[str, Decision]" = MappingProxyType({})
    """The decisions that name the dataset in a validity condition, by number, unless they have ended."""


def add(  # noqa: PLR0913  what may be said of data
    ledger: "Ledger",
    what: "str | os.PathLike[str]",
    name: str,
    *,
    why: str | None = None,
    about: Mapping[str, Any] | None = None,
    version: str | None = None,
    groups: Sequence[str] = (),
    time: str | None = None,
    like: str | None = None,
    progress: Progress | None = None,
) -> Added:
    """Record the data at a path or a URI as the next state of dataset `name`, unless it is there already.

    `why` is needed for every state but the first; `about` says of the first where it comes from, in
    the fields of dataset.registered (see REQUIRED). `groups` are columns, or comparisons like
    `age<25`, whose shares are recorded; `time` is the column that tells the period. `like` is a state
    of another dataset, NAME@VERSION, whose groups and bins a new one takes over, so that the two can be
    compared. Nothing is written if anything is wrong. Errors: InputError, FormatError, NotFoundError,
    RetryError, and those of appending.
    """
    state = read(ledger, name)
    said = _said(state, what, why, about or {})
    source = find_source(what)
    before = _before(ledger, state, like)
    current = state.current.digests if state.current else ()
    known = {digest.sha256 for digest in current}
    captured = capture(source, _wishes(groups, time, before), progress, known=known)
    _check_rows(source, captured)
    held = _held(state, captured)
    if held is not None and held is state.current:
        return Added(state.name, held.name, held.source.number, captured)
    if state.current is not None and why is None:
        is_ = "other data" if held is None else f"its version {held.name} (event {held.source.number})"
        raise InputError(
            f"{state.name} is at version {state.current.name} (event {state.current.source.number}), and"
            f" {source.name} is {is_}",
            fix=f"{_again(source.location, state)} --refresh --why 'WHY'",
        )
    next_ = _next(state) if version is None else _named(state, version)
    profile = captured.recorded(next_, STAGE)
    comparison = compare(before, profile) if before and profile and state.current else None
    where = location(ledger, source)
    fields = captured.fields() | said | {"version": next_} | ({"location": where} if where else {})
    body = _body(state, fields, profile, comparison)
    receipts = _append(ledger, state, captured, [body, *([profile] if profile else [])])
    found = naming(ledger, state.name) if state.current else {}
    return Added(
        state.name, next_, receipts[0].number, captured, state.current, comparison, receipts, found
    )  # fmt: skip


def _before(ledger: "Ledger", state: DatasetState, like: str | None) -> "ProfileRecorded | None":
    """The profile whose groups and bins are used again. Errors: NotFoundError, InputError."""
    if state.current is not None:
        if like is not None:
            raise InputError(
                f"{state.name} is compared with its own version {state.current.name}", fix="leave --like out"
            )
        return profile_of(ledger, state, state.current.name)
    if like is None:
        return None
    found = resolve(ledger, like)
    profile = profile_of(ledger, read(ledger, found.name), str(found.version))
    if profile is None:
        raise NotFoundError(f"no profile is recorded of {like}", fix=f"mledger data show {like}")
    return profile


def _said(
    state: DatasetState, what: "str | os.PathLike[str]", why: str | None, about: Mapping[str, Any]
) -> dict[str, Any]:
    """What somebody says of the data, complete. Errors: InputError."""
    if state.current is not None:
        if once := sorted(about.keys() - OF_EACH):
            raise InputError(
                f"{once[0].replace('_', ' ')} is said once, when a dataset is new, and {state.name} is not",
                fix="leave it out; to put it right: mledger correct EVENT --set FIELD=VALUE --reason TEXT",
            )
        return {"why": why, **about}
    if why is not None:
        raise InputError(
            f"nothing is recorded as {state.name} yet, so it cannot be refreshed",
            fix=f"leave --refresh and --why out: {_again(what, state)}",
        )
    missing = [field for field in REQUIRED if not about.get(field)]
    if missing:
        options = {"collected_how": "--collected"}
        named = [options.get(field, f"--{field.replace('_', '-')}") for field in missing]
        raise InputError(
            f"{state.name} is new: {', '.join(named)} must be said once",
            fix=f"mledger data add {what} --as {state.name} "
            + " ".join(f"{option} TEXT" for option in named),
            missing=missing,
        )
    return {"title": state.name, **about}


def _again(what: "str | os.PathLike[str]", state: DatasetState) -> str:
    """The command that records the data."""
    return f"mledger data add {quote(str(what))} --as {state.name}"


def _wishes(groups: Sequence[str], time: str | None, before: "ProfileRecorded | None") -> "Wishes | None":
    from mledger.data.extras import installed

    if not installed("pyarrow"):
        return None
    from mledger.data.profile import Wishes

    return Wishes(tuple(groups), time, before)


def _check_rows(source: Source, captured: Captured) -> None:
    """Refuse a table without rows. Errors: InputError."""
    if captured.profile is not None and not captured.profile.rows:
        raise InputError(f"{source.name} has no rows", fix="name the file that holds the data")


def _held(state: DatasetState, captured: Captured) -> DatasetVersion | None:
    """The newest version that has this content; one that is not the current may come back as a new one."""
    return next((v for digest in captured.sha256s if (v := holding(state, digest))), None)


def _named(state: DatasetState, version: str) -> str:
    """The name that somebody gives the version. Errors: InputError if it is taken, or cannot be cited."""
    if version in state.versions:
        raise InputError(
            f"{state.name} has a version {version} already (event {state.versions[version].source.number})",
            fix="choose another name, or leave --version out",
        )
    if not version.strip() or "@" in version:
        raise InputError(
            f"--version {version!r} is no name that can be cited", fix="name it like 4, v4 or 2026-10"
        )
    return version


def _next(state: DatasetState) -> str:
    """The name of the next version: one more. Errors: InputError if the last one does not count."""
    if state.current is None:
        return "1"
    counted = _COUNTED.fullmatch(state.current.name)
    if counted is None:
        raise InputError(
            f"version {state.current.name!r} of {state.name} does not say what comes next",
            fix="name it: --version NAME",
        )
    return f"{counted[1]}{int(counted[2]) + 1}"


def _body(
    state: DatasetState,
    fields: dict[str, Any],
    profile: "ProfileRecorded | None",
    comparison: Comparison | None,
) -> "EventBody":
    """The event that records the state."""
    current = state.current
    if current is None:
        columns = (
            [{"name": column.name, "dtype": column.dtype} for column in profile.columns] if profile else []
        )
        return build("dataset.registered", fields | {"columns": columns})
    fields = fields | {"previous": current.name}
    if (rows := fields.get("rows")) is not None and current.rows is not None:
        more = rows - current.rows
        fields |= {"rows_added": more} if more > 0 else {"rows_removed": -more} if more else {}
    if comparison is not None:
        fields |= {
            "schema_changes": [change.field() for change in comparison.schema],
            "shift": comparison.shifts(),
        }
    return build("dataset.refreshed", fields)


def _append(
    ledger: "Ledger", state: DatasetState, captured: Captured, bodies: "Sequence[EventBody]"
) -> "list[Receipt]":
    """Record all in one entry. Errors: ConflictError if the dataset was refreshed meanwhile."""
    now = read(ledger, state.name)
    if len(now.recorded) != len(state.recorded):
        raise ConflictError(
            f"somebody else has recorded a state of {state.name} meanwhile", fix="run it again"
        )
    manifest, attach = captured.digested.manifest, []
    if manifest is not None and len(manifest) <= MAX_ATTACHMENT:
        attach.append(
            Attachment.of(manifest, f"{state.name.replace('/', '-')}.manifest", media_type="text/plain")
        )
    first, *others = bodies
    items = [What(first, state.stream, attach=tuple(attach)), *(What(body, state.stream) for body in others)]
    return ledger.append_all(items)
