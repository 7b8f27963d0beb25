"""Several processes find what one finds."""

from contextlib import closing

import pytest

from mledger.chain.findings import Finding
from mledger.stores import open_store
from mledger.testing.simulator import Clock
from mledger.testing.tamper import ATTACKS, World
from mledger.testing.tamper.world import Company
from mledger.verification.verifying import WORTH_ENTRIES

pytestmark = pytest.mark.slow
BY_NAME = {attack.name: attack for attack in ATTACKS}
NAMES = """
    payload-edited-and-mended deleted deleted-and-renumbered first-entries-deleted reordered moved-far-away
    body-changed body-erased node-changed revocation-hidden operator-links-again inserted-by-an-insider
""".split()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A ledger that is worth several processes."""
    world = World(tmp_path_factory.mktemp("large"), Clock())
    with closing(open_store(world.path, create=True)) as store:
        company = Company(store, world.clock)
        company.found()
        company.carry_on(WORTH_ENTRIES + 200)
        company.checkpoint()
    world.clock.forward(hours=1)
    return world


def _findings(world: World, processes: int) -> list[Finding]:
    with world.reader(memory=False) as reader:
        reader.processes = processes
        return reader.verify(full=True).findings


@pytest.mark.parametrize("name", NAMES)
def test_several_processes_find_what_one_finds(
    name: str, large: World, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The findings of two processes are those of one, word for word and in the same order."""
    world = large.clone(tmp_path_factory.mktemp("copy") / "world")
    BY_NAME[name].run(world)
    found = _findings(world, 1)
    assert BY_NAME[name].rule in {finding.rule for finding in found}
    assert _findings(world, 2) == found
