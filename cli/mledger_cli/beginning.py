"""Remarks on a stream that an event begins, perhaps by a slip."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mledger.lookup import Lookup

REGISTERS = {"model": "model.registered", "dataset": "dataset.registered"}
# Entries that are looked through for names; where more are unknown, nobody waits for a remark.
SOON = 2_000


def remark(reader: "Lookup", type: str, stream: str) -> str | None:
    """What to tell somebody whose event begins a model or a dataset that nobody registers by it."""
    kind = stream.partition("/")[0]
    if type == REGISTERS.get(kind, type):
        return None
    cache = reader.cached_streams()
    if reader.head.size - (cache.head.size if cache else 0) > SOON:
        return None
    names = reader.streams.names()
    if stream in names:
        return None
    from difflib import get_close_matches

    others = [name.partition("/")[2] for name in names if name.startswith(f"{kind}/")]
    if near := get_close_matches(stream.partition("/")[2], others, n=2):
        return f"{stream} is new here; did you mean {' or '.join(f'{kind}/{name}' for name in near)}?"
    return f"{stream} is new here, and nobody registered it: mledger append {REGISTERS[kind]} {stream} --edit"
