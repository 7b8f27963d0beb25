"""How to run something again, step by step."""

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mledger.events.fields import File

if TYPE_CHECKING:
    from mledger.recording.found import Found

_DIFF = "changes since the commit"
_CONFIGURATION = "configuration"
_CELLS = "cells that were run"


class Step(NamedTuple):
    """A command to type, or a remark on what cannot be repeated."""

    text: str
    remark: bool = False

    def to_json(self) -> dict[str, object]:
        """The step as `--json` prints it."""
        return {"remark" if self.remark else "command": self.text}


def steps(found: "Found") -> list[Step]:
    """The steps that repeat a run, as lines of a shell; what is not known is a remark."""
    return [
        *_head(found),
        *_code(found),
        *_environment(found),
        *_files(found),
        *_data(found),
        *_command(found),
    ]


def _remark(text: str) -> Step:
    return Step(" ".join(text.split()), remark=True)


def _head(found: "Found") -> Iterator[Step]:
    run = found.run
    yield _remark(
        f"run {found.number} ({run.name}) of {found.model}, {run.source.occurred[:10]}, by {run.source.by}"
    )
    for capture in found.begun.captures:
        if capture.gap and capture.name not in {"git", "seeds", "command"}:
            yield _remark(f"not known: {capture.name}: {capture.gap}")


def _code(found: "Found") -> Iterator[Step]:
    git = found.begun.git
    if git is None:
        known = (
            f", only the SHA-256 of its script: {found.begun.code_digest}" if found.begun.code_digest else ""
        )
        yield _remark(f"the commit is not known{known}")
        return
    folder = f"run-{found.number}"
    if git.remote:
        yield Step(f"git clone {shlex.quote(git.remote)} {folder} && cd {folder}")
    else:
        yield _remark("the repository has no remote: go into a copy of it")
        yield Step(f"git worktree add {folder} {git.commit} && cd {folder}")
    yield Step(f"git checkout -q --detach {git.commit}")
    diff = _kept(found, _DIFF)
    if diff is not None:
        yield Step(_get(diff))
        yield Step("git apply changes.diff")
    elif git.dirty:
        yield _remark("the tree differed from the commit, and the difference was not kept")


def _environment(found: "Found") -> Iterator[Step]:
    env = found.begun.env
    if env is None:
        yield _remark("nothing is known of the environment")
        return
    if env.container_digest:
        yield _remark(f"it ran in the container image sha256:{env.container_digest}")
    version = (env.python or "3").split()[0].rpartition(".")[0] or "3"
    yield Step(f"python{version} -m venv .venv && . .venv/bin/activate")
    if env.packages:
        yield Step("pip install --no-deps -r /dev/stdin <<'END'")
        for name, package in env.packages.items():
            yield Step(f"{name}=={package}")
        yield Step("END")


def _files(found: "Found") -> Iterator[Step]:
    for file in found.begun.files:
        if file.role in (_CONFIGURATION, _CELLS):
            yield Step(_get(file))


def _data(found: "Found") -> Iterator[Step]:
    late = getattr(found.ended, "datasets", ())
    for use in (*found.begun.datasets, *late):
        state = f"{use.name}{f'@{use.version}' if use.version else ''}"
        digest = f", SHA-256 {use.digest}" if use.digest else ", known by its name alone"
        yield _remark(f"data for {use.role}: {state}{digest}")


def _command(found: "Found") -> Iterator[Step]:
    seeds = dict(found.begun.seeds) | dict(getattr(found.ended, "seeds", {}))
    if "PYTHONHASHSEED" in seeds:
        yield Step(f"export PYTHONHASHSEED={shlex.quote(str(seeds.pop('PYTHONHASHSEED')))}")
    if seeds:
        yield _remark(f"seeds: {', '.join(f'{name} {seed}' for name, seed in seeds.items())}")
    command = found.begun.cmd
    if command is None or command == "notebook":
        yield _remark("the command is not known" if command is None else "it ran in a notebook")
        return
    if "***" in command or "…" in command:
        yield _remark("parts of the command are masked or left out: put them back")
    yield Step(f"mledger repro {found.number} -- {command}")


def _kept(found: "Found", role: str) -> File | None:
    return next((file for file in found.begun.files if file.role == role), None)


def _get(file: File) -> str:
    return f"mledger attachment get {file.sha256[:12]} -o {shlex.quote(file.name)}"
