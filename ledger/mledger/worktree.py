"""The working tree: files, commits and changes, by git's command line."""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from mledger.checks.world import Change
from mledger.errors import FormatError, StoreError

ARCHITECTURE = "architecture.yaml"
WATCHED = ("params.yaml", "src/model/**", "*.dvc", "dvc.lock", ARCHITECTURE)
"""The paths that are watched unless somebody says otherwise, as git's glob patterns."""
_TIMEOUT = 60


class Worktree:
    """A folder, and the git repository around it if there is one."""

    def __init__(self, folder: Path) -> None:
        """Look at a folder, which exists."""
        self.folder = folder

    # --- the repository

    @cached_property
    def top(self) -> Path | None:
        """The top of the repository; None without one, or without git: see `obstacle`."""
        said = self._git("rev-parse", "--show-toplevel", at=self.folder)
        return Path(os.fsdecode(said.rstrip(b"\n"))) if said else None

    @property
    def obstacle(self) -> str | None:
        """Why commits cannot be looked at; None if they can."""
        if self.top is None:
            return "git is not installed" if self._missing else "not in a git repository"
        if self._git("rev-parse", "--is-shallow-repository") == b"true\n":
            return "the repository is a shallow clone: fetch its history (git fetch --unshallow)"
        return None

    _missing = False

    def _git(self, *args: str, at: Path | None = None, given: bytes | None = None) -> bytes | None:
        """What git says; None if it fails or is not there."""
        command = ["git", "--no-optional-locks", "-C", str(at or self.top), *args]
        environment = os.environ | {"LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}
        try:
            done = subprocess.run(  # noqa: S603  the arguments are ours, or stand behind --
                command, input=given, capture_output=True, check=False, timeout=_TIMEOUT, env=environment
            )
        except FileNotFoundError:
            self._missing = True
            return None
        except subprocess.TimeoutExpired:
            raise StoreError(f"git took more than {_TIMEOUT} seconds", fix="git status") from None
        return done.stdout if done.returncode == 0 else None

    def has(self, commit: str) -> bool:
        """Whether the repository has the commit."""
        return self._git("cat-file", "-e", f"{commit}^{{commit}}") is not None

    def commits(self, names: Iterable[str]) -> dict[str, bool]:
        """Which of the commits are here, and on a remote branch if the repository has a remote."""
        wanted = list(dict.fromkeys(names))
        if not wanted:
            return {}
        asked = "".join(f"{name}^{{commit}}\n" for name in wanted).encode()
        said = (self._git("cat-file", "--batch-check", given=asked) or b"").decode().splitlines()
        found = {name: " commit " in line for name, line in zip(wanted, said, strict=False)}
        here = [name for name, is_here in found.items() if is_here]
        if here and self._git("for-each-ref", "--count=1", "refs/remotes"):
            alone = (self._git("rev-list", *here, "--not", "--remotes") or b"").decode().split()
            found |= dict.fromkeys(set(alone) & set(here), False)
        return found

    def changes(self, base: str, watched: Iterable[str] = WATCHED) -> tuple[Change, ...]:
        """The watched files that differ between a commit and the working tree."""
        paths = [f":(glob){pattern}" for pattern in (*watched, *(f"**/{p}" for p in watched if "/" not in p))]
        told = self._git("diff", "--name-only", "--no-renames", "-z", base, "--", *paths) or b""
        told += self._git("ls-files", "--others", "--exclude-standard", "-z", "--", *paths) or b""
        names = sorted({os.fsdecode(name) for name in told.split(b"\0") if name})
        return tuple(self._change(base, name) for name in names)

    def _change(self, base: str, path: str) -> Change:
        assert self.top is not None  # noqa: S101  the caller asked git about it
        dirty = self._git("status", "--porcelain", "-z", "--", f":(literal){path}")
        line = (self._git("log", "--format=%H", f"{base}..HEAD", "--", f":(literal){path}") or b"").decode()
        touched = line.split()
        later: tuple[str, ...] = ()
        if touched and not dirty:
            after = self._git("rev-list", "--ancestry-path", f"{touched[0]}..HEAD") or b""
            later = tuple(after.decode().split())
        return Change(path, None if dirty or not touched else touched[0], digest(self.top / path), later)

    def commit_at(self, moment: str) -> str | None:
        """The last commit of the current branch before a moment."""
        said = self._git("rev-list", "-1", f"--before={moment}", "HEAD")
        return said.decode().strip() or None if said else None

    # --- files

    @property
    def places(self) -> tuple[Path, ...]:
        """Where files are looked for: the folder, then the top of its repository."""
        return tuple(dict.fromkeys(filter(None, (self.folder, self.top))))

    def hashes(self, names: Iterable[str]) -> dict[str, str]:
        """The SHA-256 of those files that are here, by their names; a name that leads outside is none."""
        found = {}
        for name in dict.fromkeys(names):
            for place in self.places:
                inside = (place / name).resolve().is_relative_to(place.resolve())
                if inside and (sha256 := digest(place / name)) is not None:
                    found[name] = sha256
                    break
        return found

    def architecture(self) -> "tuple[str | None, tuple[str, ...]] | None":
        """The model that `architecture.yaml` names, and its components; None without such a file.

        Errors: FormatError if it is not what it should be.
        """
        file = next((p / ARCHITECTURE for p in self.places if (p / ARCHITECTURE).is_file()), None)
        return None if file is None else _read_architecture(file)


def digest(path: Path) -> str | None:
    """The SHA-256 of a file; None if it is no file, or cannot be read."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except (OSError, ValueError):
        return None


def _read_architecture(file: Path) -> tuple[str | None, tuple[str, ...]]:
    import yaml

    wanted = "should hold `components:`, a list of names or an object of them"
    try:
        held = yaml.safe_load(file.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        problem = " ".join(str(getattr(error, "problem", None) or error).split())
        raise FormatError(f"{file.name} is no YAML: {problem}", fix=f"mend {file}") from None
    except OSError as error:
        raise StoreError(f"{file.name} cannot be read: {error.strerror}", fix=f"ls -l {file}") from None
    components = held.get("components") if isinstance(held, dict) else held
    names = list(_names(components))
    model = held.get("model") if isinstance(held, dict) else None
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise FormatError(f"{file.name} {wanted}", fix=f"mend {file}")
    if model is not None and not isinstance(model, str):
        raise FormatError(f"{file.name}: model should be the name of a model", fix=f"mend {file}")
    return model, tuple(dict.fromkeys(name.strip() for name in names))


def _names(components: Any) -> Iterator[Any]:
    """The names in a list of names, in a list of objects with a name, or in an object of components."""
    if isinstance(components, dict):
        yield from components
    elif isinstance(components, list):
        for item in components:
            yield item.get("name") if isinstance(item, dict) else item
