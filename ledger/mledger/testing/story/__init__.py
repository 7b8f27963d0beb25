"""Half a year of two models by four people, played for real.

Amber Water reads the digits that customers write on meter cards. Alice owns the ledger and the
problem, Carol builds, Bob reviews, Dora audits and disagrees; a pipeline signs with a key of its own.

    January, February   `framing`, `building`: card-zones, a model that anybody can follow, goes live
    March               `breaking`: a bolder version meets other hands, and goes back
    April, May          `renewing`, `trying`: the data grows, and card-reader learns from it
    May to July         `keeping`: a review, a handover, an audit; card-zones ends

What is trained is trained, what is measured is measured: real handwriting, by scikit-learn, which
the extra `examples` brings. The clock is fixed and keys are toys, so that every performance gives the
same history.

    from mledger.testing.story import play

    play(Path("half-a-year"))
"""

import importlib
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from mledger.errors import InputError, StoreError, UsageError

LEDGER = "mledger.db"
HOME = "home"
"""Where the keys of the cast lie: a value for MLEDGER_HOME."""
PEOPLE = ("Alice Example", "Bob Example", "Carol Example", "Dora Example")
ACTS = ("framing", "building", "breaking", "renewing", "trying", "keeping")

Progress = Callable[[int, int], None]


def play(folder: Path, progress: Progress | None = None) -> Path:
    """The ledger of the whole story, in a new folder with its data, its models and everybody's keys.

    Its file `activate` lets a shell use them. Errors: InputError if the folder is there, StoreError if it
    cannot be made; UsageError if scikit-learn or pyarrow is missing.
    """
    check_installed()
    try:
        folder.mkdir(parents=True)
    except FileExistsError:
        raise InputError(f"{folder} is there already", fix="name another: mledger demo FOLDER") from None
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}", fix="name a folder that you can write to") from None
    from threadpoolctl import threadpool_limits

    from mledger.testing.story.stage import Stage

    # Two threads on so little data only wait for each other.
    with threadpool_limits(1), at_home(folder / HOME):
        stage = Stage(folder.absolute())
        for done, act in enumerate(ACTS):
            if progress:
                progress(done, len(ACTS))
            importlib.import_module(f"{__name__}.{act}").play(stage)
        stage.close()
    lines = (
        f"export MLEDGER_HOME={quote(str((folder / HOME).absolute()))}",
        f"export PATH={quote(str(Path(sys.executable).parent))}:$PATH",
    )
    (folder / "activate").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / LEDGER


def check_installed() -> None:
    """Errors: UsageError if what the story needs is missing."""
    from mledger.data.extras import installed

    for name in ("sklearn", "pyarrow"):
        if not installed(name):
            raise UsageError(
                f"{name} is needed for the story, and is not installed", fix="pip install 'mledger[examples]'"
            )


@contextmanager
def at_home(folder: Path) -> Iterator[None]:
    """A context in which keys, caches and the memory of heads are in that folder."""
    before = os.environ.get("MLEDGER_HOME")
    os.environ["MLEDGER_HOME"] = str(folder.absolute())
    try:
        yield
    finally:
        os.environ.pop("MLEDGER_HOME")
        if before is not None:
            os.environ["MLEDGER_HOME"] = before
