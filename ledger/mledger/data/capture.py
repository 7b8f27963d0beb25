"""Everything that is to be recorded of some data, in one go."""

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from mledger.data.extras import installed
from mledger.data.hashing import LocalFile, Progress, check_unchanged
from mledger.data.sources import CONTENT, Digested, Source, at_hand
from mledger.errors import InputError
from mledger.events.profile import ProfileRecorded

if TYPE_CHECKING:
    import pyarrow as pa

    from mledger.data.content import Content
    from mledger.data.profile import Profile, Wishes

TABLES = ".parquet, .arrow, .feather, .csv, .tsv"
# A body holds 1 MiB; a profile that would be larger says less of each column.
_ROOM = 900_000


class Captured(NamedTuple):
    """Data by its digests; of a table also its profile. `notes` say what could not be found out, and why."""

    digested: Digested
    notes: list[str]
    content: str | None = None
    profile: "Profile | None" = None
    format: str | None = None

    @property
    def sha256s(self) -> list[str]:
        """The digests by which the data is known, that of the content first."""
        return [*([self.content] if self.content else []), self.digested.whole.sha256]

    def fields(self) -> dict[str, Any]:
        """What an event of the dataset says of this state."""
        digests: list[dict[str, Any]] = [self.digested.whole._asdict()]
        if self.content:
            digests.append({"name": CONTENT, "sha256": self.content})
        row: dict[str, Any] = {"digests": digests}
        if self.profile is not None:
            row["rows"] = self.profile.rows
            if self.profile.period:
                row["period"] = self.profile.period
        return row

    def recorded(self, version: str, stage: str) -> ProfileRecorded | None:
        """The profile as an event, if there is one."""
        profile = self.profile
        if profile is None or not profile.columns:
            return None
        said = {"version": version, "stage": stage, "rows": profile.rows, "groups": profile.groups}
        said |= {"method": profile.method, "time_column": profile.time}
        for columns in _shorter(profile.columns):
            body = ProfileRecorded(columns=columns, **said)
            if len(body.__pydantic_serializer__.to_json(body, exclude_none=True)) <= _ROOM:
                return body
        raise AssertionError("bug: a profile does not get shorter")


def capture(
    source: Source,
    wishes: "Wishes | None" = None,
    progress: Progress | None = None,
    *,
    known: Container[str] = (),
) -> Captured:
    """The digests of some data and, if it is a table, its content and profile.

    Without `wishes` there is no profile. Data whose file has a digest that is `known` is not read any
    further. Data that is elsewhere is fetched once. Errors: InputError, FormatError for a table that
    is broken, RetryError if a file was changed meanwhile.
    """
    size = source.size

    def halves(done: int, total: int) -> None:
        """Reading the bytes is one half of the work; reading the table is the other."""
        if progress is not None:
            progress(done, 2 * total)

    with at_hand(source, halves) as near:
        files = [piece for piece in near.pieces if isinstance(piece, LocalFile)]
        marks = [file.mark() for file in files]
        digested = near.hash(halves if near is source else None)
        if digested.whole.sha256 in known:
            return Captured(digested, [])
        if not installed("pyarrow"):
            return Captured(digested, [_missing()])
        from mledger.data.tables import open_table

        table = open_table(files, source.name)
        if table is None:
            return Captured(digested, [_no_table(source)])
        whole = table.each(
            lambda schema: _taker(schema, wishes),
            lambda share: halves(size + int(min(1.0, share) * size), size),
        )
        for file, mark in zip(files, marks, strict=True):
            check_unchanged(file, mark)
    content, profile, notes = whole
    notes = [*notes, *(profile.notes if profile else [])]
    return Captured(digested, notes, content.digest() if content else None, profile, table.format)


def _taker(
    schema: "pa.Schema", wishes: "Wishes | None"
) -> (
    "tuple[Callable[[pa.RecordBatch], None], Callable[[], tuple[Content | None, Profile | None, list[str]]]]"
):
    from mledger.data.content import Content
    from mledger.data.profile import Profiler

    notes: list[str] = []
    content = None
    try:
        content = Content(schema)
    except InputError as error:
        notes.append(f"{error.message}: the digests of files are recorded")
    profiler = None if wishes is None else Profiler(schema, wishes)

    def take(batch: "pa.RecordBatch") -> None:
        for taker in (content, profiler):
            if taker is not None:
                taker.add(batch)

    return take, lambda: (content, profiler.done() if profiler else None, notes)


def _missing() -> str:
    return "only files are hashed; for rows, schema, profile and shifts: pip install 'mledger[data]'"


def _no_table(source: Source) -> str:
    if source.folder:
        return f"the files of {source.name} are not one table: the manifest is recorded, without a profile"
    return (
        f"{source.name} is no table that mledger reads ({TABLES}): its digest is recorded, without a profile"
    )


def _shorter(columns: Sequence[dict[str, Any]]) -> Any:
    """The columns with less and less said of each, until only so many are named as there is room for."""
    yield columns
    note = "too many columns to say more"
    for kept in (("name", "dtype", "missing", "distinct", "mean", "deviation"), ("name", "dtype", "missing")):
        short: list[dict[str, Any]] = [
            {name: column[name] for name in kept if name in column} for column in columns
        ]
        short[0]["note"] = note
        yield short
    while len(short) > 1:
        short = short[: len(short) // 2]
        short[0]["note"] = f"{note}; only the first {len(short)} of {len(columns)} are listed"
        yield short
