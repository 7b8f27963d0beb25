"""Plays the life of a model in ./demo: each command is shown, then run.

    python examples/breast_cancer/run.py [FOLDER]

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

# A line with # is said, any other is run; (2) in front of a command: it must end with exit code 2.
STORY = r"""
# 1. Alice opens a ledger. Bob and the training job get keys of their own.
mledger init --origin hospital.example/biopsy \
    --name 'Alice Example' --no-passphrase
mledger key new --owner 'Bob Example' --no-passphrase
mledger key new --owner 'Training job' --no-passphrase
mledger key enroll bob-example --role reviewer --as alice-example
mledger key enroll training-job --machine --role machine --as alice-example

# 2. Before there is any result: what it is for, and what will be a success.
mledger append model.registered model/biopsy --from model.yaml \
    --as alice-example
mledger append problem.framed model/biopsy --from problem.yaml \
    --as alice-example
python train.py register

# 3. A decision with its alternatives: Alice proposes, Bob accepts.
mledger append decision.proposed model/biopsy --from decision.yaml \
    --as alice-example
mledger append decision.accepted model/biopsy --as bob-example \
    --set decision=6 --set reason='Doctors asked for reasons they can read.'

# 4. A baseline. The run is in the ledger before it has a result.
python train.py tree

# 5. An idea that fails is kept as faithfully as one that works.
(1) python train.py ten-features
mledger append comment.added model/biopsy --as alice-example --set on=11 \
    --set text='chi2 wants counts: choose the features first, then scale them.'

# 6. The last samples arrive, and the model that was decided on is trained.
python train.py refresh balanced
mledger append version.released model/biopsy --from version.json \
    --as alice-example

# 7. Alice asks for production. She may not approve that herself; Bob may.
mledger append promotion.requested model/biopsy --as alice-example \
    --set version=1.0 --set to_stage=production \
    --set reason='Both thresholds of event 4 are reached in event 15.'
(2) mledger append promotion.approved model/biopsy --as alice-example \
    --set request=18 --set reason='It is late.'
mledger append promotion.approved model/biopsy --as bob-example \
    --set request=18 --set reason='I ran it again and got the same numbers.'
mledger append deployment.recorded model/biopsy --as training-job \
    --set version=1.0 --set stage=production --set request=18 \
    --set environment='pathology, first floor'

# 8. Did anybody change anything?
mledger verify

# 9. What did we know before the data was refreshed in event 13?
mledger replay model/biopsy --known-at 12

# 10. Somebody who can write to the file makes a metric look better, in a copy.
cp mledger.db forged.db
sqlite-utils forged.db 'DROP TRIGGER event_only_erase'
sqlite-utils forged.db "UPDATE event SET body = \
    json_set(body, '$.metrics[0].value', 0.999) WHERE seq = 15"
(3) mledger verify --ledger forged.db
"""


def main(folder: Path) -> int:
    """Play the story; 0 if each command ended as it should."""
    if problem := in_the_way(folder):
        print(problem, file=sys.stderr)
        return 2
    begun = time.monotonic()
    home = prepare(folder)
    print(f"The life of a model, from the first idea to production. All of it is in {folder}/.")
    print("Its keys have no passphrase, because they are toys.")
    for code, line in read_story():
        if line.startswith("#"):
            print(f"\n{bold(line[2:])}\n")
        elif (ended := run(line, folder, environment(home))) != code:
            print(f"\nThe demo stops here: this should have ended with exit code {code}, not {ended}.")
            return 1
    print(f"\n{bold(f'That took {time.monotonic() - begun:.0f} seconds. Go on with:')}\n")
    print(f"  cd {shlex.quote(str(folder))} && . ./activate\n  mledger log\n  mledger show 6")
    return 0


def in_the_way(folder: Path) -> str | None:
    """Why the story cannot be played, with the way out."""
    if folder.exists():
        again = f"rm -r {shlex.quote(str(folder))}"
        return f"{folder} is there already: play with it, or remove it ({again}) and start again."
    if importlib.util.find_spec("sklearn") is None or not (PROGRAMS / "mledger").exists():
        return "mledger or scikit-learn is not installed. In the clone: pip install '.[examples]'"
    return None


def prepare(folder: Path) -> Path:
    """The folder of keys, in a new folder with what the story needs."""
    folder.mkdir(parents=True)
    for file in (HERE / "train.py", *HERE.glob("*.yaml")):
        shutil.copy(file, folder)
    home = folder.resolve() / "home"
    lines = (
        f"export MLEDGER_HOME={shlex.quote(str(home))}",
        f"export PATH={shlex.quote(str(PROGRAMS))}:$PATH",
    )
    (folder / "activate").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return home


def read_story() -> Iterator[tuple[int, str]]:
    """Each line of the story with the exit code that it must have; a command may take several lines."""
    for line in re.findall(r"^(?:.*\\\n)*.+$", STORY, re.MULTILINE):
        code, command = re.fullmatch(r"(?:\((\d)\) )?(.*)", line, re.DOTALL).groups()
        yield int(code or 0), command


def environment(home: Path) -> dict[str, str]:
    """The environment of the commands: keys of their own, and these programs before all others."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLEDGER_")}
    columns = min(shutil.get_terminal_size().columns, 100)
    path = f"{PROGRAMS}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"COLUMNS": str(columns)} | kept | {"MLEDGER_HOME": str(home), "PATH": path}


def run(line: str, folder: Path, environment: dict[str, str]) -> int:
    """Show a command and run it; its exit code, which is shown unless it is 0."""
    print(bold(f"$ {line}"), flush=True)
    code = subprocess.run(
        shlex.split(line.replace("\\\n", "")), cwd=folder, env=environment, check=False
    ).returncode
    if code:
        print(f"(exit code {code})")
    return code


def bold(text: str) -> str:
    """The text in bold on a terminal, plain elsewhere."""
    return f"\x1b[1m{text}\x1b[0m" if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else "demo")))
