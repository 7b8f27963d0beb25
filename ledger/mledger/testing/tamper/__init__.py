"""The tamper catalogue: attacks, and what must be found.

    world = build_world(folder)
    for attack in ATTACKS:
        copy = world.clone(folder_of_its_own)
        attack.run(copy)
        assert attack.rule in {finding.rule for finding in copy.verify(full=True).findings}

They are done with raw SQL and copies of files, by people who also drop the triggers and indexes and
make them again afterwards (or not: `world.clone(..., tidy=False)`), and by insiders with keys and a
program of their own. Point another verifier, or another store, at the same worlds.
"""

from mledger.testing.tamper import (
    authority,
    caches,
    columns,
    entries,
    governed,
    guards,
    histories,
    succession,
    vouched,
)
from mledger.testing.tamper.attack import ATTACKS, NEEDS, ROWS, Attack, attack
from mledger.testing.tamper.tools import Hand, force, hands_on
from mledger.testing.tamper.vouched import build_vouched
from mledger.testing.tamper.world import World, build_world

# Imported for the attacks that they enter.
_FILLED_BY = (entries, columns, guards, histories, authority, governed, succession, caches, vouched)
ATTACKS.sort(key=lambda entered: ROWS.index(entered.row))

__all__ = [
    "ATTACKS",
    "NEEDS",
    "ROWS",
    "Attack",
    "Hand",
    "World",
    "attack",
    "build_vouched",
    "build_world",
    "force",
    "hands_on",
]
