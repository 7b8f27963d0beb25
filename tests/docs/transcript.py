"""Documents that are run: every command in them, compared with what it prints.

A block that begins with ```console is typed into one shell per document, in an empty home. `$ ` begins a
command, `> ` continues it, and the rest is what must be printed, on standard output and standard error
alike. A command that fails must be followed by `$ echo $?`, so that a reader sees that it does. A block
like ```yaml decision.yaml is a file that is written before the next command.

Times, hashes, ids, keys and signatures differ each time. They are compared by kind, and one that a document
repeats must repeat in what is printed; a command may name one, and is given the one of this run.

    python -m tests.docs.transcript FILE…      writes what is printed today into the documents
"""

import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

HOME = "/home/alice"
COLUMNS = "80"
END = "\x1e"

TOKEN = re.compile(
    r"""
      (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d))
    | (?P<day>(?<![\w-])\d{4}-\d\d-\d\d(?![\w-]))
    | (?P<late>LATE\ \d+d)
    | (?P<uuid>(?<!\w)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?!\w))
    | (?P<run>(?<!\w)\d{8}T\d{6}-[0-9a-f]{6}(?!\w))
    | (?P<fingerprint>SHA256:[A-Za-z0-9+/]{43})
    | (?P<hash>(?<![\w+/])(?:[0-9a-f]{64}|[0-9a-f]{12})(?![\w+/=]))
    | (?P<key>(?<=\+)[0-9a-f]{8}\+[A-Za-z0-9+/]{44})
    | (?P<base64>(?<![\w+/=.-])(?:[A-Za-z0-9+/]{4}){10,}(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)
    """,
    re.VERBOSE,
)
# What is the same here and there: two moments may fall into one second today and not tomorrow.
NAMED = frozenset({"uuid", "run", "fingerprint", "hash", "key", "base64"})
_FENCE = re.compile(r"^```(?P<language>\w*)(?: (?P<file>\S+))?$(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


class WrongError(AssertionError):
    """A document does not say what happens."""


class File(NamedTuple):
    """A file that the reader is told to write."""

    name: str
    text: str


class Command(NamedTuple):
    """What the reader types, as the document shows it, and what is printed then."""

    line: int
    shown: str
    expected: str

    @property
    def text(self) -> str:
        """What is typed, without the marks of the prompt."""
        return "\n".join(line[2:] for line in self.shown.splitlines())


class Block(NamedTuple):
    """A fenced block: where it stands in the document, and what it asks the reader to do."""

    start: int
    end: int
    language: str
    steps: list[File | Command]


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a document, in order."""
    found = []
    for match in _FENCE.finditer(text):
        steps: list[File | Command] = []
        if match["language"] == "console":
            first = text.count("\n", 0, match.start("text")) + 1
            steps += _commands(match["text"].removeprefix("\n"), first + 1)
        elif match["file"]:
            steps.append(File(match["file"], match["text"].removeprefix("\n")))
        found.append(Block(match.start("text") + 1, match.end("text"), match["language"], steps))
    return found


def _commands(text: str, first: int) -> Iterator[Command]:
    shown: list[str] = []
    expected: list[str] = []
    start = first
    for number, line in enumerate(text.splitlines(), first):
        if line.startswith("$ "):
            if shown:
                yield Command(start, "\n".join(shown), "".join(expected))
            shown, expected, start = [line], [], number
        elif not shown:
            raise WrongError(f"line {number}: a console block begins with a command: {line!r}")
        elif line.startswith("> ") and not expected:
            shown.append(line)
        else:
            expected.append(f"{line}\n")
    if shown:
        yield Command(start, "\n".join(shown), "".join(expected))


class Shell:
    """A shell in an empty home, with the installed `mledger` before anything else."""

    def __init__(self, home: Path, programs: Path | None) -> None:
        """Start it; programs are found in that folder first."""
        self.home = home
        before = [str(programs)] if programs else []
        environment = {name: os.environ[name] for name in ("TMPDIR", "CI") if name in os.environ} | {
            "HOME": str(home),
            "PATH": os.pathsep.join([*before, str(Path(sys.executable).parent), os.environ["PATH"]]),
            "COLUMNS": COLUMNS,
            "LANG": "C.UTF-8",
            "PS1": "",
        }
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=home,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        )

    def type(self, command: str) -> tuple[str, int]:
        """What a command prints, and its exit code; what it leaves behind stays for the next."""
        # The subshell puts the exit code back, so that `echo $?` shows it.
        line = f"{{ {command}\n}} </dev/null\n__code=$?; printf '\\n{END}%d\\n' $__code; (exit $__code)\n"
        self._process.stdin.write(line)
        self._process.stdin.flush()
        printed = ""
        while END not in printed:
            got = self._process.stdout.readline()
            if not got:
                raise WrongError(f"the shell ended: {printed}")
            printed += got
        output, _, code = printed.rpartition(f"\n{END}")
        return output.replace(str(self.home), HOME), int(code)

    def close(self) -> None:
        """End it."""
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


@contextmanager
def fresh_shell(programs: Path | None = None) -> Iterator[Shell]:
    """A shell in a home whose path is as long as the one that documents show, so that lines break alike."""
    while True:
        home = Path(tempfile.gettempdir(), secrets.token_hex(3))
        try:
            home.mkdir(mode=0o700)
            break
        except FileExistsError:
            continue
    shell = Shell(home, programs)
    try:
        yield shell
    finally:
        shell.close()
        shutil.rmtree(home)


class Names:
    """What the hashes, ids and keys of the document are called in this run."""

    def __init__(self) -> None:
        """Know none."""
        self._here: dict[str, str] = {}
        self._there: dict[str, str] = {}

    def fill_in(self, command: str) -> str:
        """The command with the names of this run; what was never printed stays as it is."""
        return TOKEN.sub(lambda match: self._here.get(match[0], match[0]), command)

    def same(self, expected: str, printed: str) -> bool:
        """Whether both texts agree, the kinds of what differs each time taken for the thing itself."""
        theirs, ours = list(TOKEN.finditer(expected)), list(TOKEN.finditer(printed))
        if TOKEN.sub(_kind, expected) != TOKEN.sub(_kind, printed):
            return False
        pairs = [(a[0], b[0], b.lastgroup in NAMED) for a, b in zip(theirs, ours, strict=True)]
        # A long hash is also known by its beginning.
        pairs += [(a[:12], b[:12], True) for a, b, _ in pairs if len(a) == 64]
        agreed = True
        for pair in pairs:
            agreed = self._bind(*pair) and agreed
        return agreed

    def learn(self, old: str, printed: str) -> None:
        """Take names over from an output that may have changed: the first hash is the first hash."""
        for kind in TOKEN.groupindex:
            known, new = (
                [m[0] for m in TOKEN.finditer(text) if m.lastgroup == kind] for text in (old, printed)
            )
            for there, here in zip(known, new, strict=False):
                self._here.setdefault(there, here)
                self._here.setdefault(there[:12], here[:12])

    def _bind(self, there: str, here: str, named: bool) -> bool:
        if not named:
            self._here[there] = here
            return True
        return self._here.setdefault(there, here) == here and self._there.setdefault(here, there) == there


def _kind(match: re.Match[str]) -> str:
    """What stands for a name while texts are compared: its kind and its length, for tables align by it."""
    return "<late>" if match.lastgroup == "late" else f"<{match.lastgroup} {len(match[0])}>"


def check(document: Path, programs: Path | None = None) -> int:
    """The number of commands of a document, all of which print what it says. Errors: WrongError.

    Programs are found in that folder first.
    """
    steps = [step for block in blocks(document.read_text(encoding="utf-8")) for step in block.steps]
    names = Names()
    with fresh_shell(programs) as shell:
        for at, step in enumerate(steps):
            if isinstance(step, File):
                _write(shell, step)
                continue
            printed, code = shell.type(names.fill_in(step.text))
            where = f"{document.name}:{step.line}: $ {step.text}"
            if not names.same(step.expected, printed):
                raise WrongError(f"{where}\n--- the document says\n{step.expected}--- it prints\n{printed}")
            if code and not _asks_for_code(steps[at + 1 : at + 2]):
                raise WrongError(f"{where}\nfails with {code}, and no `echo $?` shows that")
    return sum(isinstance(step, Command) for step in steps)


def _write(shell: Shell, file: File) -> None:
    where, _ = shell.type("pwd")
    Path(where.strip().replace(HOME, str(shell.home), 1), file.name).write_text(file.text, encoding="utf-8")


def _asks_for_code(steps: list[File | Command]) -> bool:
    return bool(steps) and isinstance(steps[0], Command) and steps[0].text == "echo $?"


def renew(document: Path) -> None:
    """Write into a document what its commands print now."""
    text = document.read_text(encoding="utf-8")
    names, made, end = Names(), [], 0
    with fresh_shell() as shell:
        for block in blocks(text):
            for step in block.steps:
                if isinstance(step, File):
                    _write(shell, step)
            if block.language != "console":
                continue
            lines = []
            for step in block.steps:
                shown = names.fill_in(step.shown)
                printed, _ = shell.type(names.fill_in(step.text))
                names.learn(step.expected, printed)
                lines.append(f"{shown}\n{printed}")
            made += [text[end : block.start], "".join(lines)]
            end = block.end
    document.write_text("".join([*made, text[end:]]), encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:]:
        renew(Path(name))
