"""Plays a sweep of twenty runs in ./sweep: each command is shown, then run.

    python examples/sweep/run.py [FOLDER]

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
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
PROGRAMS = Path(sys.executable).parent
METADATA = "Metadata-Version: 2.1\nName: features\nVersion: {version}\n"

# A line with # is said, any other is run; (2) in front of a command: it must end with exit code 2.
STORY = r"""
# 1. A ledger, and a repository with the training script.
mledger init --origin hospital.example/biopsy --name 'Alice Example' --no-passphrase -q
git init -q
git add train.py sweep.py
git -c user.name=Alice -c user.email=alice@hospital.example commit -qm 'Train a classifier'

# 2. Twenty ideas. Some fail, most do not come true; all are kept.
python sweep.py

# 3. What came of them: what failed or was refuted is counted.
mledger runs

# 4. What the sweep taught.
mledger conclude 7 --lesson 'Little regularisation is best: C of 1.' --next 'Propose it.'
mledger conclude 19 --lesson 'A tree that can be read costs 0.07.'

# 5. What differs between two of them, and nothing else.
mledger runs compare 7 9

# 6. A run with changes that are in no commit: the difference is kept with it.
python -c "p = 'train.py'; s = open(p).read(); open(p, 'w').write(s.replace('FOLDS = 5', 'FOLDS = 10'))"
python train.py logistic C=1.0
mledger runs compare 7 43
git checkout -q train.py

# 7. How to run number 7 again, and the same run on the same environment.
sh -c 'mledger repro 7 | grep -v =='
mledger repro 7 -- python train.py logistic C=1.0

# 8. The same run on another environment: a package of the team has a new version.
(1) mledger repro 7 --tolerance 0.0001 -- env PYTHONPATH=site-1.1 python train.py logistic C=1.0
mledger env diff 7 47

# 9. Did anybody change anything?
mledger verify
"""


def main(folder: Path) -> int:
    """Play the story; 0 if each command ended as it should."""
    if problem := in_the_way(folder):
        print(problem, file=sys.stderr)
        return 2
    begun = time.monotonic()
    surroundings = environment(prepare(folder))
    for code, line in read_story(STORY):
        if line.startswith("#"):
            print(f"\n{bold(line[2:])}\n")
        elif (ended := run(line, folder, surroundings)) != code:
            print(f"\nThis should have ended with exit code {code}, not {ended}.")
            return 1
    print(f"\n{bold(f'That took {time.monotonic() - begun:.0f} seconds. Go on with:')}\n")
    print(f"  cd {shlex.quote(str(folder))} && . ./activate\n  mledger runs --all\n  mledger show 43")
    return 0


def in_the_way(folder: Path) -> str | None:
    """Why the story cannot be played, with the way out."""
    if folder.exists():
        again = f"rm -r {shlex.quote(str(folder))}"
        return f"{folder} is there already: play with it, or remove it ({again}) and start again."
    if importlib.util.find_spec("sklearn") is None or not (PROGRAMS / "mledger").exists():
        return "mledger or scikit-learn is not installed. In the clone: pip install '.[examples]'"
    if shutil.which("git") is None:
        return "git is not installed, and this example keeps its script in a repository."
    return None


def prepare(folder: Path) -> Path:
    """The folder of keys, in a new folder with the scripts and two versions of a package."""
    folder.mkdir(parents=True)
    for name in ("train.py", "sweep.py"):
        shutil.copy(HERE / name, folder)
    source = (HERE / "features.py").read_text(encoding="utf-8")
    install(folder / "site-1.0", "1.0", source)
    install(folder / "site-1.1", "1.1", source.replace("np.round(table, 4)", "np.round(table, 1)"))
    home = folder.resolve() / "home"
    lines = (
        f"export MLEDGER_HOME={shlex.quote(str(home))}",
        f"export PATH={shlex.quote(str(PROGRAMS))}:$PATH PYTHONPATH=site-1.0",
    )
    (folder / "activate").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / ".gitignore").write_text(
        "home/\nsite-*/\nactivate\nmledger.db*\n__pycache__/\n", encoding="utf-8"
    )
    return home


def install(site: Path, version: str, source: str) -> None:
    """Put a version of the package where Python finds it, as an installer does."""
    told = site / f"features-{version}.dist-info"
    told.mkdir(parents=True)
    (site / "features.py").write_text(source, encoding="utf-8")
    (told / "METADATA").write_text(METADATA.format(version=version), encoding="utf-8")


def read_story(story: str) -> Iterator[tuple[int, str]]:
    """Each line of the story with the exit code that it must have."""
    for line in re.findall(r"^.+$", story, re.MULTILINE):
        code, command = re.fullmatch(r"(?:\((\d)\) )?(.*)", line).groups()
        yield int(code or 0), command


def environment(home: Path) -> dict[str, str]:
    """The environment of the commands: keys of their own, and these programs before all others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLEDGER_")}
    columns = min(shutil.get_terminal_size().columns, 100)
    path = f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}"
    own = {"MLEDGER_HOME": str(home), "PATH": path, "PYTHONPATH": "site-1.0"}
    return {"COLUMNS": str(columns)} | kept | own


def run(line: str, folder: Path, surroundings: dict[str, str]) -> int:
    """Show a command and run it; its exit code, which is shown unless it is 0."""
    print(bold(f"$ {line}"), flush=True)
    code = subprocess.run(shlex.split(line), cwd=folder, env=surroundings, check=False).returncode
    if code:
        print(f"(exit code {code})")
    return code


def bold(text: str) -> str:
    """The text in bold on a terminal, plain elsewhere."""
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "sweep")))
