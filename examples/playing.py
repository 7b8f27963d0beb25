"""Plays an example: each command of a story is shown, then run, in a folder of its own.

Nothing outside the folder is written: MLEDGER_HOME keeps even the keys in it.
"""

import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

PROGRAMS = Path(sys.executable).parent


def play(
    story: str,
    folder: Path,
    prepare: Callable[[Path], Mapping[str, str]],
    *,
    told: Sequence[str] = (),
    then: Sequence[str],
) -> int:
    """Play a story in a folder that `prepare` fills; 0 if each command ended as it should.

    A line of the story with # is said, any other is run; `(2)` in front of a command: it must end with
    exit code 2. `told` is said before it, and `then` is what can be typed after it.
    """
    if problem := in_the_way(folder):
        print(problem, file=sys.stderr)
        return 2
    begun = time.monotonic()
    surroundings = environment(folder, prepare(folder))
    for line in told:
        print(line)
    for code, line in read_story(story):
        if line.startswith("#"):
            print(f"\n{bold(line[2:])}\n")
        elif (ended := run(line, folder, surroundings)) != code:
            print(f"\nThis stops here: that should have ended with exit code {code}, not {ended}.")
            return 1
    print(f"\n{bold(f'That took {time.monotonic() - begun:.0f} seconds. Go on with:')}\n")
    print("\n".join(f"  {line}" for line in (f"cd {shlex.quote(str(folder))} && . ./activate", *then)))
    return 0


def in_the_way(folder: Path) -> str | None:
    """Why the story cannot be played, with the way out."""
    if folder.exists():
        again = f"rm -r {shlex.quote(str(folder))}"
        return f"{folder} is there already: play with it, or remove it ({again}) and start again."
    if importlib.util.find_spec("sklearn") is None or not (PROGRAMS / "mledger").exists():
        return "mledger or scikit-learn is not installed. In the clone: pip install '.[examples]'"
    return None


def environment(folder: Path, more: Mapping[str, str]) -> dict[str, str]:
    """The environment of the commands: keys of their own, and these programs before all others.

    The file `activate` sets the same in a shell.
    """
    own = {"MLEDGER_HOME": str(folder.resolve() / "home"), **more}
    lines = [f"export {name}={shlex.quote(value)}" for name, value in own.items()]
    lines.append(f"export PATH={shlex.quote(str(PROGRAMS))}:$PATH")
    (folder / "activate").write_text("\n".join(lines) + "\n", encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLEDGER_")}
    columns = min(shutil.get_terminal_size().columns, 100)
    path = f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"COLUMNS": str(columns)} | kept | own | {"PATH": path}


def read_story(story: str) -> Iterator[tuple[int, str]]:
    """Each line of the story with the exit code that it must have; a command may take several lines."""
    for line in re.findall(r"^(?:.*\\\n)*.+$", story, re.MULTILINE):
        code, command = re.fullmatch(r"(?:\((\d)\) )?(.*)", line, re.DOTALL).groups()
        yield int(code or 0), command


def run(line: str, folder: Path, surroundings: Mapping[str, str]) -> int:
    """Show a command and run it; its exit code, which is shown unless it is 0."""
    print(bold(f"$ {line}"), flush=True)
    code = subprocess.run(
        shlex.split(line.replace("\\\n", "")), cwd=folder, env=surroundings, check=False
    ).returncode
    if code:
        print(f"(exit code {code})")
    return code


def bold(text: str) -> str:
    """The text in bold on a terminal, plain elsewhere."""
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text
