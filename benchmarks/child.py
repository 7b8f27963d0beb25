"""One piece of work in a process of its own, for its largest memory."""

import json
import os
import sys
from pathlib import Path

from benchmarks.machine import cores
from benchmarks.measuring import peak
from mledger.projections import base
from mledger.reader import Reader


def main() -> None:
    """Do what the arguments ask: a work, the path of a ledger or of a table."""
    work, path = sys.argv[1:]
    if work == "profile":
        json.dump({"rows": _profile(Path(path)), "peak": peak()}, sys.stdout)
        return
    with Reader.open(Path(path)) as reader:
        events = {"verify": _verify, "replay": _replay}[work](reader)
    json.dump({"events": events, "peak": peak(), "process": os.getpid()}, sys.stdout)


def _verify(reader: Reader) -> int:
    reader.processes = cores()
    return reader.verify(full=True).events


def _replay(reader: Reader) -> int:
    state = base.find("overview").fold(reader.facts())
    return sum(row.events for row in state.models.values())


def _profile(path: Path) -> int:
    from mledger.data.capture import capture  # late: the other works need none of it
    from mledger.data.profile import Wishes
    from mledger.data.sources import find_source

    profile = capture(find_source(path), Wishes()).profile
    return profile.rows if profile else 0


if __name__ == "__main__":
    main()
