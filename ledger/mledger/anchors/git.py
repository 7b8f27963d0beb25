"""Checkpoints kept in a git repository, as tag or note.

A tag is annotated, and signed if git is so configured; its message is the checkpoint. Without a name, the
checkpoint becomes a note of the commit at HEAD under `refs/notes/mledger`. Either is a copy that others
fetch: no proof of time, since whoever tags may say any.

    git cat-file tag NAME | sed -e '1,/^$/d' -e '/^-----BEGIN/,$d'     the checkpoint of a tag
    git notes --ref=mledger show                                       that of a note
"""

import subprocess
from collections.abc import Sequence

from mledger.anchors.base import Proved, Stamp, anchor
from mledger.errors import InputError, NotFoundError, ProofError, UnreachableError

NOTES = "refs/notes/mledger"
SECONDS = 60


@anchor("git")
class GitCopy:
    """A copy of the checkpoint in the git repository of the current folder."""

    def make(self, note: bytes, where: str | None) -> Stamp:
        """The tag `where` that was made, or the note; the token is what git stores of it."""
        _git("rev-parse", "--git-dir", wrong="this folder is in no git repository")
        return _tag(note, where) if where else _note(note)

    def check(self, note: bytes, token: bytes, roots: Sequence[str]) -> Proved:  # noqa: ARG002  none sign it
        """No time; that the token holds the checkpoint."""
        if note not in token:
            raise ProofError("the copy in git is not of this checkpoint")
        return Proved(None, 0, "git")


def _tag(note: bytes, name: str) -> Stamp:
    if _run("check-ref-format", f"refs/tags/{name}").returncode or name.startswith("-"):
        raise InputError(f"{name[:80]!r} cannot name a tag", fix="mledger anchor --git NAME")
    if not _run("rev-parse", "--verify", "--quiet", f"refs/tags/{name}").returncode:
        raise InputError(f"there is a tag {name} already", fix="choose another name")
    _git("tag", "--annotate", "--cleanup=verbatim", "--file=-", name, data=note, wrong="git makes no tag")
    return Stamp(_git("cat-file", "tag", name, wrong="the tag cannot be read"), f"git tag {name}")


def _note(note: bytes) -> Stamp:
    commit = _git("rev-parse", "--verify", "HEAD", wrong="the repository has no commit").decode().strip()
    blob = _git("hash-object", "-w", "--stdin", data=note, wrong="git keeps no object").decode().strip()
    _git("notes", f"--ref={NOTES}", "add", "--force", "-C", blob, commit, wrong="git makes no note")
    kept = _git("notes", f"--ref={NOTES}", "show", commit, wrong="the note cannot be read")
    return Stamp(kept, f"git note of {commit[:12]} in {NOTES}")


def _git(*args: str, data: bytes = b"", wrong: str) -> bytes:
    """What git prints. Errors: InputError that says `wrong` and why."""
    done = _run(*args, data=data)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise InputError(f"{wrong}: {why}" if why else wrong, fix="run it where the repository is")
    return done.stdout


def _run(*args: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *args], input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603, S607  the user's own git
    except FileNotFoundError:
        raise NotFoundError("git is not installed", fix="install git, or use --rfc3161 URL") from None
    except subprocess.TimeoutExpired:
        raise UnreachableError("git does not answer: it may wait for a passphrase", fix="try again") from None
