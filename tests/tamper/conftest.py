"""One world for the whole run; each test attacks a copy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mledger.testing.tamper import Attack, World, build_vouched, build_world

Scene = Callable[[Attack], World]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that all copies are of."""
    return build_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    """A copy that this machine has verified clean."""
    return template.clone(tmp_path / "world")


@pytest.fixture(scope="session")
def vouched(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that others vouch for."""
    return build_vouched(tmp_path_factory.mktemp("vouched"))


@pytest.fixture(scope="session")
def scene(template: World, vouched: World, tmp_path_factory: pytest.TempPathFactory) -> Scene:
    """A world after an attack; the tests that only look at it share it."""
    worlds: dict[str, World] = {}

    def after(attack: Attack) -> World:
        if attack.name not in worlds:
            whole = vouched if attack.world == "vouched" else template
            worlds[attack.name] = whole.clone(tmp_path_factory.mktemp("scene") / "world")
            attack.run(worlds[attack.name])
        return worlds[attack.name]

    return after


@pytest.fixture
def untidy(template: World, tmp_path: Path) -> World:
    """The same, for attackers who leave the triggers and indexes dropped."""
    return template.clone(tmp_path / "untidy", tidy=False)
