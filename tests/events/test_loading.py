"""What is imported when, and what other distributions add."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


def _python(program, *paths):
    env = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths))}
    return subprocess.run(
        [sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False
    )


def _distribution(folder: Path, name: str, module: str, source: str) -> Path:
    """A small distribution as pip leaves it: one module and its metadata."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / f"{module}.py").write_text(source)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mledger]\n{module} = {module}\n")
    (info / "RECORD").write_text("")
    return folder


BEES = '''
from pydantic import Field
from mledger.events.base import EventBody, event, upcast
from mledger.events.fields import Line

@event("bees.counted", version=2, on=("model",))
class BeesCounted(EventBody):
    """The bees of a hive were counted."""

    hive: Line = Field(description="which hive", examples=["north"])

@upcast("bees.counted", 1)
def _named(fields):
    return {"hive": fields["name"]}
'''


def test_find_imports_one_family():
    """Finding a type imports its family and the parts that all share, and no other family."""
    done = _python(
        "import sys\n"
        "from mledger.events.base import find\n"
        "find('decision.accepted')\n"
        "print(*sorted(m for m in sys.modules if m.startswith('mledger.events.')))\n"
        "print('importlib.metadata' in sys.modules, 'yaml' in sys.modules, 'difflib' in sys.modules)"
    )

    modules, late = done.stdout.splitlines()
    assert modules.split() == [
        f"mledger.events.{name}"
        for name in "base checked decision decision_parts fields free gaps governing messages words".split()
    ]
    assert late.split()[:2] == ["False", "False"]


def test_plugin_is_found(tmp_path):
    """A type of another distribution is found by its name, listed, built, and read in its old version."""
    folder = _distribution(tmp_path, "acme-bees", "acme_bees", BEES)
    done = _python(
        "from mledger.events import base\n"
        "body = base.build('bees.counted', {'hive': 'north'})\n"
        "print(body.to_bytes().decode(), base.known('bees.counted'), 'bees.counted' in base.names())\n"
        "print(base.decode('bees.counted', 1, b'{\"name\":\"south\"}').hive)\n"
        "print(base.template('bees.counted'))",
        folder,
    )

    assert done.stderr == ""
    assert done.stdout.splitlines()[:2] == ['{"hive":"north"} True True', "south"]
    assert "hive: north" in done.stdout


def test_plugin_waits_until_it_is_needed(tmp_path):
    """A plug-in is not imported for a type of ours, so that it costs and breaks nothing there."""
    folder = _distribution(tmp_path, "acme-bees", "acme_bees", BEES)
    done = _python(
        "import sys\n"
        "from mledger.events import base\n"
        "base.find('run.started'); print('acme_bees' in sys.modules)\n"
        "base.names(); print('acme_bees' in sys.modules)",
        folder,
    )

    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("raise RuntimeError('no honey\\ntoday')", "RuntimeError: no honey today"),
        ("import a_module_that_is_nowhere", "ModuleNotFoundError"),
        ("def broken(:", "SyntaxError"),
        (BEES.replace("bees.counted", "decision.accepted"), "registered twice"),
        (BEES.replace("bees.counted", "key.stolen"), "kept for mledger"),
    ],
)
def test_broken_plugin_breaks_nothing(tmp_path, source, says):
    """A plug-in that cannot be imported is named in a warning and in the error; all else goes on."""
    folder = _distribution(tmp_path, "acme-bees", "acme_bees", source)
    done = _python(
        "from mledger.events import base\n"
        "from mledger.errors import NotFoundError\n"
        "assert 'run.started' in base.names()\n"
        "assert base.find('decision.accepted').__module__ == 'mledger.events.decision'\n"
        "try: base.find('bees.counted')\n"
        "except NotFoundError as error: print(error)\n",
        folder,
    )

    assert done.returncode == 0, done.stderr
    assert "did not load" in done.stderr
    assert says in done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert "plug-in 'acme_bees' (acme_bees) did not load" in done.stdout
    assert says in done.stdout


def test_plugin_that_loads_first_cannot_take_our_name(tmp_path):
    """A plug-in that takes a name of ours before our family was imported fails; ours is found."""
    folder = _distribution(
        tmp_path, "acme-bees", "acme_bees", BEES.replace("bees.counted", "decision.accepted")
    )
    done = _python(
        "from mledger.events import base\n"
        "try: import acme_bees\n"
        "except AssertionError as error: print(error)\n"
        "print(base.find('decision.accepted').__module__)",
        folder,
    )

    assert done.stdout.splitlines() == [
        "bug: event type 'decision.accepted' is registered twice",
        "mledger.events.decision",
    ]
