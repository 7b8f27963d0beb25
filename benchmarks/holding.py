"""What a ledger holds: bytes beside the bodies, and the memory that work on it needs."""

from pathlib import Path

from benchmarks.ground import Place
from benchmarks.measuring import in_a_process
from benchmarks.table import Row

MEGABYTES = 80
MANY, ONE = 350, 700


def bytes_an_event(many: Place, single: Place) -> list[Row]:
    """What the file holds beside bodies, for each event; the search index and caches aside."""
    rows = []
    for place, what, most in ((many, "many", MANY), (single, "one", ONE)):
        beside = (_size(place.path) - place.bodies) / place.events
        body = place.bodies / place.events
        work = f"bytes an event beside its body of {body:.0f}, entries of {what}"
        rows.append(Row(work, f"{beside:,.0f}", f"{most}", beside / most, 1, at_least=False))
    return rows


def _size(path: Path) -> int:
    files = (path, Path(f"{path}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())


def peaks(large: Place, small: Place, what: str) -> list[Row]:
    """The largest memory of one process at two sizes, which should be the same."""
    rows = []
    for work in ("verify", "replay"):
        late, early = (in_a_process(work, str(place.path)) for place in (large, small))
        if work == "verify" and late.answer["events"] != large.events:
            raise AssertionError(f"{late.answer['events']} events were verified, not {large.events}")
        text = f"peak memory of {work}, entries of {what}; at {small.events:,}: {early.megabytes:.0f} MB"
        ratio = late.megabytes / MEGABYTES
        rows.append(
            Row(text, f"{late.megabytes:.0f} MB", f"{MEGABYTES} MB", ratio, 1, at_least=False,
                details={"small": early.megabytes, "large": late.megabytes})
        )  # fmt: skip
    return rows
