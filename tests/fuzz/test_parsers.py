"""Whatever bytes come from outside, a parser takes them or refuses them, and nothing else happens."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.parsers import PARSERS, made, try_on

SECONDS = 5
each = pytest.mark.parametrize("name", PARSERS)


@each
def test_what_is_good_is_taken(name: str) -> None:
    """Each parser takes the examples that the others are made from."""
    assert all(try_on(name, seed) for seed in PARSERS[name].seeds())


@each
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_comes_is_taken_or_refused(name: str, data: st.DataObject) -> None:
    """Good bytes with some of them changed, taken out or put in; and any bytes at all."""
    changed = bytearray(data.draw(st.sampled_from(PARSERS[name].seeds())))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(changed)))
        changed[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    try_on(name, bytes(changed))
    try_on(name, data.draw(st.binary(max_size=80)))


def test_every_kind_of_bytes_has_its_parser() -> None:
    """No example is made for nothing."""
    assert {seed for parser in PARSERS.values() for seed in parser.seeds()} == set(made().values())


@each
@pytest.mark.fuzz
@pytest.mark.slow
def test_atheris_finds_nothing(name: str, tmp_path: Path) -> None:
    """Guided by what it covers, atheris looks for bytes at which a parser fails otherwise."""
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is not installed: pip install 'mledger[fuzz]'")
    (tmp_path / "seeds").mkdir()
    for number, seed in enumerate(PARSERS[name].seeds()):
        (tmp_path / "seeds" / str(number)).write_bytes(seed)
    options = [f"-max_total_time={SECONDS}", "-max_len=200000", f"-artifact_prefix={tmp_path}/"]
    command = [sys.executable, "-m", "tests.fuzz.guided", name, *options, str(tmp_path / "seeds")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20 * SECONDS)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Done " in done.stderr
