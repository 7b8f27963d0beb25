"""The commit, and whether the tree differs from it, as git says."""

import hashlib
import os
import re
import subprocess
from collections.abc import Container, Sequence
from pathlib import Path
from typing import ClassVar, NamedTuple

from mledger.attachment import MAX_ATTACHMENT, Attachment
from mledger.capture.base import Found, Later, ledgers, source
from mledger.capture.script import folder, script

TIMEOUT = 20.0
_NAMED = 3
# Nothing that a repository configures is run, and its index is not written.
_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.autoRefreshIndex=false")
# What is untracked in a submodule is in no difference.
_SUBMODULES = "--ignore-submodules=untracked"
_DIFF = (
    "-c",
    "diff.relative=false",
    "diff",
    "--submodule=short",
    _SUBMODULES,
    "--no-ext-diff",
    "--no-textconv",
    "--no-color",
    "--binary",
    "--src-prefix=a/",
    "--dst-prefix=b/",
)
# Fields before the name in a row of the status: changed, moved, unmerged.
_BEFORE_NAME = {"1 ": 8, "2 ": 9, "u ": 10}
# With one of these, what git reads lies where they say.
_ELSEWHERE = {"GIT_DIR", "GIT_COMMON_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"}
# With one of these, a name that we give means other files.
_PATHSPECS = {f"GIT_{how}_PATHSPECS" for how in ("LITERAL", "GLOB", "NOGLOB", "ICASE")}
_WITH_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)(?:([^/@]*)@)?(.*)$", re.IGNORECASE | re.DOTALL)


class _GitError(Exception):
    """What git said."""


class _Said(NamedTuple):
    code: int
    out: bytes
    err: bytes


class _Status(NamedTuple):
    commit: str | None
    branch: str | None
    changed: int
    untracked: list[str]


@source("git")
def _git() -> Found | Later:
    here, path = folder(), script()
    if not (place := _repository(here)) and not os.environ.get("GIT_DIR"):
        return Found(gap=_no_repository(here))
    try:
        status = _Question(here, ("status", "--porcelain=v2", "--branch", "-z", _SUBMODULES))
    except FileNotFoundError:
        return Found(gap="git is not installed")
    # What each of them takes is mostly its start: together they take little longer than one.
    state = _state(place)
    remote = _Question(here, ("config", "--get", "remote.origin.url"), state)
    tracked = _Question(here, ("ls-files", "--error-unmatch", "--", path.name), state) if path else None

    ours = ledgers(place.parent) if place else []

    def wait() -> Found:
        try:
            found = _status(status.wait(), here, ours)
            return _told(here, path, found, remote.wait(), tracked.wait() if tracked else None, ours)
        except subprocess.TimeoutExpired:
            return Found(gap=f"git took longer than {TIMEOUT:.0f} s")
        except _GitError as error:
            return Found(gap=str(error))
        finally:
            for one in filter(None, (status, remote, tracked)):
                one.end()

    return wait


class _Question:
    """A question to git, which begins to answer it at once.

    With the `state` of the files that the answer depends on it is asked once, until they change.
    """

    _answers: ClassVar[dict[str, tuple[object, _Said]]] = {}

    def __init__(self, here: Path, words: tuple[str, ...], state: object = None) -> None:
        self._name, self._about = words[0], (here, words, state)
        about, said = self._answers.get(words[0], (None, None))
        self._said = said if state and about == self._about else None
        self._process = None if self._said else _start(here, *words)

    def wait(self) -> _Said:
        """What git says. Errors: subprocess.TimeoutExpired."""
        if self._process and not self._said:
            out, err = self._process.communicate(timeout=TIMEOUT)
            self._said = _Said(self._process.returncode, out, err)
            if self._about[2] and self._said.code <= 1:  # yes or no, and no failure
                self._answers[self._name] = self._about, self._said
        assert self._said is not None  # noqa: S101  one of the two is there
        return self._said

    def end(self) -> None:
        """Leave no process behind."""
        if self._process:
            self._process.kill()
            self._process.communicate()


def _state(place: Path | None) -> object:
    """What is known of the files of index and configuration; None if that cannot be told.

    A configuration may include others, which are not looked at: they name no remote of one repository.
    """
    said = {name: value for name, value in os.environ.items() if name.startswith("GIT_")}
    if place is None or said.keys() & _ELSEWHERE:
        return None
    try:
        if place.is_file():  # of a further working tree, or of a submodule
            place = place.parent / place.read_text(encoding="utf-8").removeprefix("gitdir:").strip()
        shared = place / "commondir"
        common = place / shared.read_text(encoding="utf-8").strip() if shared.is_file() else place
    except (OSError, ValueError):
        return None
    user = os.environ.get("HOME", ""), os.environ.get("XDG_CONFIG_HOME", "")
    files = [
        place / "index",
        common / "config",
        place / "config.worktree",
        Path(user[0], ".gitconfig"),
        Path(user[1] or Path(user[0], ".config"), "git", "config"),
    ]
    seen = [_seen(file) for file in files]
    return (said, user, seen) if all(seen[:2]) else None


def _seen(file: Path) -> tuple[int, ...] | None:
    """What changes with a file; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _told(
    here: Path, path: Path | None, found: _Status, remote: _Said, tracked: _Said | None, ours: Sequence[str]
) -> Found:
    """What git said of the commit, of the remote, and of the script. Errors: _GitError."""
    if found.commit is None:
        return Found(gap="the repository has no commit yet")
    url = without_credentials(remote.out.decode(errors="replace").strip()) or None
    fields: dict[str, object] = {
        "commit": found.commit,
        "branch": found.branch,
        "remote": url,
        "dirty": found.changed > 0,
    }
    gaps = [_untracked(found.untracked)] if found.untracked else []
    if path is not None and tracked is not None and tracked.code:
        fields["dirty"] = True
        gaps.insert(0, f"{path.name} itself is not in the commit; code_digest is its SHA-256")
    kept: tuple[Attachment, ...] = ()
    if found.changed:
        digest, data, size = _diff(here, ours)
        fields["diff_digest"] = digest
        if data is None:
            gaps.append(f"the difference has {size:,} bytes and is kept by its digest alone")
        else:
            kept = (Attachment.of(data, "changes.diff", role="changes since the commit"),)
    how = "git status, git diff HEAD" if found.changed else "git status"
    said = {name: value for name, value in fields.items() if value is not None}
    return Found({"git": said}, how, "; ".join(gaps) or None, kept)


def _repository(here: Path) -> Path | None:
    """The nearest `.git` above; where none lies, git need not be asked."""
    here = here.resolve()  # as git does
    return next((git for place in (here, *here.parents) if (git := place / ".git").exists()), None)


def _start(here: Path, *words: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(  # noqa: S603  the program is git, the words are ours
        ["git", *_SAFE, *words],  # noqa: S607  whichever git the user uses
        cwd=here,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in _PATHSPECS}
    return kept | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


def _status(said: _Said, here: Path, ours: Container[str]) -> _Status:
    """What git said of the tree, files of ledgers aside. Errors: _GitError."""
    if said.code:
        line = said.err.decode(errors="replace").strip()
        raise _GitError(_no_repository(here) if "not a git repository" in line else _first(line))
    commit = branch = None
    changed, untracked = 0, []
    rows = iter(said.out.decode(errors="replace").split("\0"))
    for row in rows:
        if row.startswith("# branch.oid "):
            commit = None if row.endswith("(initial)") else row.rpartition(" ")[2]
        elif row.startswith("# branch.head "):
            branch = None if row.endswith("(detached)") else row.partition("# branch.head ")[2]
        elif row.startswith("? "):
            untracked += [row[2:]] if row[2:] not in ours else []
        elif row[:2] in _BEFORE_NAME:
            changed += row.split(" ", _BEFORE_NAME[row[:2]])[-1] not in ours
            if row.startswith("2 "):
                next(rows, None)  # where it was moved from
    return _Status(commit, branch, changed, untracked)


def _no_repository(here: Path) -> str:
    return f"{here.name or here} is in no git repository"


def _first(said: str) -> str:
    return said.splitlines()[0] if said else "git failed and said nothing"


def _untracked(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    verb = "is" if len(names) == 1 else "are"
    return f"{', '.join(names[:_NAMED])}{more} {verb} untracked, and in no difference"


def without_credentials(url: str) -> str:
    """The address of a repository without password, token or query; the user of ssh stays."""
    parts = _WITH_USER.match(url)
    if parts is None:
        return url
    scheme, user, rest = parts.groups()
    keep = user.partition(":")[0] if user and scheme.lower().startswith(("ssh", "git+ssh")) else ""
    return f"{scheme}{keep}{'@' if keep else ''}{rest.partition('?')[0].partition('#')[0]}"


def _diff(here: Path, ours: Sequence[str]) -> tuple[str, bytes | None, int]:
    """Digest of what differs from the commit, and the bytes if they are few enough to be kept."""
    digest, kept, size = hashlib.sha256(), bytearray(), 0
    with subprocess.Popen(  # noqa: S603
        ["git", *_SAFE, *_DIFF, "HEAD", "--", ":/", *(f":(top,exclude,literal){name}" for name in ours)],  # noqa: S607
        cwd=here,
        env=_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None  # noqa: S101  it is a pipe
        while piece := process.stdout.read(1 << 20):
            digest.update(piece)
            size += len(piece)
            if size <= MAX_ATTACHMENT:
                kept += piece
    if process.returncode:
        raise _GitError(f"git diff ended with exit code {process.returncode}")
    return digest.hexdigest(), bytes(kept) if size <= MAX_ATTACHMENT else None, size
