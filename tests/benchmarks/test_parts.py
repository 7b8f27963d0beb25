"""The parts of the work on an event are measured one by one."""

import re
import subprocess
import sys

from tests.architecture.tree import ROOT


def test_a_run_measures_each_part():
    """The command prints what verification, replay and append consist of, each part with its time."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.parts", "--events", "300"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    works = [line for line in done.stdout.splitlines() if not line.startswith(" ")]
    parts = re.findall(r"^ +(\S.*?) +\d+\.\d\d µs$", done.stdout, re.MULTILINE)
    assert works == ["verification", "replay", "append"]
    assert {"digests of bodies", "bodies are strict JSON", "fold", "body written as JSON by pydantic"} <= set(
        parts
    )
    assert len(works) + len(parts) == len(done.stdout.splitlines())
