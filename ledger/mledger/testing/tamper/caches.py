"""Attacks on the caches, which lie outside the ledger."""

import sqlite3
from contextlib import closing
from pathlib import Path

from mledger.caches.search import Wanted, words_file
from mledger.caches.snapshots import Snapshot, Snapshots
from mledger.folding import NAME, pack
from mledger.projections.overview import overview
from mledger.testing.tamper.attack import COPY, attack
from mledger.testing.tamper.world import ACCEPTANCE, BOBS, DATA, DATED, MODEL, OLDER, World


@attack(COPY, "cache.wrong", "cache", exit_code=1)
def cache_row_deleted(world: World) -> None:
    """Somebody takes an entry out of the list of those that speak of a model."""
    with closing(sqlite3.connect(_cache(world), isolation_level=None)) as db:
        db.execute("DELETE FROM place WHERE seq = ?", (BOBS,))


@attack(COPY, "cache.wrong", "cache", exit_code=1)
def cache_row_moved(world: World) -> None:
    """Somebody lists an entry under a dataset, and not under the model that it speaks of."""
    with closing(sqlite3.connect(_cache(world), isolation_level=None)) as db:
        (stream,) = db.execute("SELECT id FROM stream WHERE name = ?", (DATA,)).fetchone()
        db.execute("UPDATE place SET stream = ? WHERE seq = ?", (stream, BOBS))


@attack(COPY, "cache.wrong", "cache", exit_code=1)
def cache_stream_renamed(world: World) -> None:
    """Somebody gives a stream another name."""
    with closing(sqlite3.connect(_cache(world), isolation_level=None)) as db:
        db.execute("UPDATE stream SET name = 'model/fraud' WHERE name = ?", (MODEL,))


@attack(COPY, "cache.wrong", "cache", exit_code=1)
def cache_of_dates_edited(world: World) -> None:
    """Somebody takes an entry out of the list of those that are dated otherwise than they were recorded."""
    with closing(sqlite3.connect(_cache(world), isolation_level=None)) as db:
        db.execute("DELETE FROM dated WHERE seq = ?", (DATED,))


@attack(COPY, "cache.wrong", "cache", exit_code=1)
def snapshot_forged(world: World) -> None:
    """Somebody keeps a state of the models that leaves out who approved, under the leaf of a later entry."""
    with world.reader() as reader, closing(Snapshots(reader.genesis.leaf)) as snapshots:
        state = overview.fold(reader.facts(None, 0, ACCEPTANCE))
        leaf = reader.entry(OLDER - 1).leaf
        snapshots.keep(NAME, Snapshot(OLDER, leaf, pack(state)))


@attack(COPY, "cache.wrong", "cache", exit_code=1)
def words_hidden(world: World) -> None:
    """Somebody takes an event out of the index of words, so that no search finds it."""
    with world.reader() as reader:
        assert list(reader.search(Wanted("Seen")))
        file = words_file(reader.genesis.leaf)
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        db.execute("DELETE FROM about WHERE n = (SELECT max(n) FROM about)")


def _cache(world: World) -> Path:
    """The file of the cache, filled."""
    with world.reader() as reader:
        return reader.streams.path
