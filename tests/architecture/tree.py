"""The repository as the architecture tests see it: its files, parsed once."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "ledger" / "mledger"
COMMAND = ROOT / "cli" / "mledger_cli"
TESTS = ROOT / "tests"

Function = ast.FunctionDef | ast.AsyncFunctionDef
_LEFT_OVER = frozenset(
    {".git", ".venv", "build", "dist", "__pycache__", "htmlcov"}
    | {f".{tool}_cache" for tool in ("import_linter", "mypy", "pytest", "ruff")}
    | {".coverage", ".hypothesis"}
)


class Source(NamedTuple):
    """One Python file: its path from the root, and its text."""

    path: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax tree, parsed where it is first asked for."""
        return _tree(self.path, self.text)


def sources(folder: Path) -> list[Source]:
    """Every Python file below `folder`."""
    return [_source(path) for path in sorted(folder.rglob("*.py"))]


@cache
def _source(path: Path) -> Source:
    return Source(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))


@cache
def _tree(path: str, text: str) -> ast.Module:
    try:
        return ast.parse(text, path)
    except SyntaxError:
        # Only the tests of this file fail, for want of a docstring.
        return ast.Module([], [])


def functions(source: Source) -> Iterator[Function]:
    """Every function of the file, methods and inner functions included."""
    return (node for node in ast.walk(source.tree) if isinstance(node, Function))


def imports(source: Source) -> Iterator[tuple[int, str]]:
    """Line and full name of every module that the file imports, wherever the import stands."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, node.module or "."


@cache
def kept_files() -> tuple[Path, ...]:
    """Every file that a release holds: what git tracks; without git, all but what tools leave."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
        if listing.returncode == 0:
            names = listing.stdout.decode().split("\0")
            return tuple(ROOT / name for name in names if name and (ROOT / name).is_file())
    paths = (path for path in sorted(ROOT.rglob("*")) if path.is_file())
    return tuple(path for path in paths if not _LEFT_OVER & set(path.relative_to(ROOT).parts))
