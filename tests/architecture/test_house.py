"""The house that every test lives in: its own home, no network."""

import os
import socket
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, ("192.0.2.1", 80)),  # RFC 5737: an address that nobody has
        (socket.AF_INET6, ("2001:db8::1", 80, 0, 0)),  # RFC 3849
    ],
)
def test_no_test_reaches_the_network(family: int, address: tuple[object, ...]) -> None:
    """A connection that leaves the machine fails at once and says so."""
    with socket.socket(family) as door, pytest.raises(AssertionError, match="a test tried to reach"):
        door.connect(address)


def test_a_test_may_talk_to_itself() -> None:
    """A connection to this machine works."""
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket() as door:
        door.connect(server.getsockname())


def test_each_test_has_an_empty_home(home: Path) -> None:
    """HOME is a new folder, and nothing in the environment points past it."""
    assert Path.home() == home
    assert not list(home.iterdir())
    assert not [name for name in os.environ if name.startswith(("MLEDGER_", "XDG_"))]
