"""The repository holds what a reader expects, and nothing of the place where it was written."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, kept_files

EXPECTED = frozenset(
    ".ci .gitignore CHANGELOG.md LICENSE README.md"
    " cli constraints.txt docs ledger pyproject.toml tests".split()
)
OPTIONAL = frozenset({"examples", "benchmarks"})

# Put together from parts, so that this file is not what it looks for.
REGISTRY_HOSTS = "|".join(
    a + b for a, b in (("pyp", r"i\."), ("pythonhoste", r"d\."), ("npmj", r"s\."), ("de", r"b\.debian"))
)
WORKPLACE = "|".join(
    a + b for a, b in (("/wor", r"k/"), ("/far", r"m/"), ("/tmp/pla", "n"), (r"\.\./share", r"d\b"))
)
FOREIGN = re.compile(f"(?:{REGISTRY_HOSTS}|{WORKPLACE})", re.IGNORECASE)


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_the_top_level_is_the_expected_one() -> None:
    """Nothing lies at the top of the repository that has no business there, and nothing is missing."""
    found = {path.relative_to(ROOT).parts[0] for path in kept_files()}
    assert found >= EXPECTED
    assert found <= EXPECTED | OPTIONAL


def test_no_file_tells_where_it_was_written() -> None:
    """No tracked file names a package registry's host or a path of somebody's workplace."""
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in kept_files()
        for number, line in enumerate((_text(path) or "").splitlines(), 1)
        if FOREIGN.search(line)
    ]
    assert not found


@pytest.mark.parametrize(
    "text",
    [
        "https://" + "pypi" + ".org/simple",
        "files." + "pythonhosted" + ".org",
        "http://" + "deb" + ".debian.org",
        "/work" + "/main",
        "see " + ".." + "/shared",
    ],
)
def test_the_search_for_places_finds_them(text: str) -> None:
    """The pattern of forbidden places matches each of them."""
    assert FOREIGN.search(text)


def test_source_roots_are_no_packages() -> None:
    """`ledger` and `cli` cannot be imported: those names belong to other programs."""
    assert not (ROOT / "ledger" / "__init__.py").exists()
    assert not (ROOT / "cli" / "__init__.py").exists()
    assert (ROOT / "ledger" / "mledger" / "py.typed").exists()


def test_constraints_pin_every_dependency() -> None:
    """Each package that pyproject.toml asks for has exactly one exact version in constraints.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [
        r for extra in project["optional-dependencies"].values() for r in extra
    ]
    names = {re.match(r"[\w.-]+", requirement)[0] for requirement in asked} - {"mledger"}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!+]+(?: ; .+)?", pin) for pin in pins)
    pinned = [_normal(pin.partition("==")[0]) for pin in pins]
    assert len(pinned) == len(set(pinned))
    assert {_normal(name) for name in names} <= set(pinned)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
