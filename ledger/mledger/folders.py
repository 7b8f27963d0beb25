"""Where mledger keeps files outside ledgers, and how it writes them.

    keys     configuration   private keys, see `mledger.keystore`
    heads    state           what this machine has seen, see `mledger.heads`
    spool    state           events that wait for their ledger, see `mledger.recording.spool`
    journals state           what runs were told that have no end yet, see `mledger.recording.journal`
    cache    cache           what can be derived again
    witness  state           the key of a witness and what it cosigned, see `mledger.exchange.witness`

`MLEDGER_HOME` puts all of them under one folder.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path

from mledger.errors import StoreError

_ANOTHER_HOME = "set MLEDGER_HOME to a folder you can write to"


def keys_folder() -> Path:
    """The folder of private keys; it need not exist."""
    if home := _home():
        return home / "keys"
    from platformdirs import user_config_path

    return user_config_path("mledger") / "keys"


def heads_folder() -> Path:
    """The folder of remembered heads; it need not exist."""
    if home := _home():
        return home / "heads"
    from platformdirs import user_state_path

    return user_state_path("mledger") / "heads"


def spool_folder() -> Path:
    """The folder of events that wait for their ledger; it need not exist."""
    if home := _home():
        return home / "spool"
    from platformdirs import user_state_path

    return user_state_path("mledger") / "spool"


def journal_folder() -> Path:
    """The folder of what runs without an end were told; it need not exist."""
    if home := _home():
        return home / "journals"
    from platformdirs import user_state_path

    return user_state_path("mledger") / "journals"


def cache_folder() -> Path:
    """The folder of what may be deleted at any time; it need not exist."""
    if home := _home():
        return home / "cache"
    from platformdirs import user_cache_path

    return user_cache_path("mledger")


def witness_folder() -> Path:
    """The folder of a witness; it need not exist."""
    if home := _home():
        return home / "witness"
    from platformdirs import user_state_path

    return user_state_path("mledger") / "witness"


def _home() -> Path | None:
    home = os.environ.get("MLEDGER_HOME")
    try:
        return Path(home).expanduser().absolute() if home else None
    except RuntimeError:
        message = f"MLEDGER_HOME is {home}, and there is no such user"
        raise StoreError(message, fix=_ANOTHER_HOME) from None


def file_at(text: str) -> Path | None:
    """The file that a text is the path of; None if there is none, or the text can be no path."""
    try:
        path = Path(text).expanduser().absolute()
        return path if path.is_file() else None
    except (RuntimeError, OSError, ValueError):  # the home of nobody, too long a name, a NUL
        return None


def make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter; one that exists is left as it is. Errors: StoreError."""
    with translated(folder):
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)


def replace(path: Path, data: bytes, *, durable: bool = False) -> None:
    """Put `data` in the place of the file in one step: a reader sees the old bytes or the new, never a part.

    After a power cut too; only what is `durable` is sure to be the new ones. Errors: StoreError.
    """
    with translated(path), _draft(path, data) as draft:
        draft.replace(path)
        if durable:
            sync(path.parent)


def create(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Make a new file in one step, durable on return; FileExistsError if the name is taken.

    It has its mode from the first byte on. Errors otherwise: StoreError.
    """
    with translated(path, FileExistsError), _draft(path, data, mode=mode) as draft:
        put(draft, path)


def put(draft: Path, path: Path, *, strict: bool = False) -> None:
    """Give a finished file its name, never over another's, durable on return as far as `sync` makes it.

    FileExistsError if the name is taken. Errors otherwise: OSError.
    """
    try:
        # A hard link never overwrites, and appears with all its bytes.
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: claim the name, then take its place
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            draft.replace(path)
        except BaseException:
            path.unlink()
            raise
    sync(path.parent, strict=strict)


@contextmanager
def _draft(path: Path, data: bytes, *, mode: int = 0o600) -> Iterator[Path]:
    """A new file of that content beside `path`, gone afterwards unless it was moved."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())  # or else a name may outlive a power cut, and its bytes not
        yield draft
    finally:
        with suppress(OSError):
            draft.unlink()


def sync(folder: Path, *, strict: bool = False) -> None:
    """Make the names in a folder durable, where the system can; if it must be, OSError where it cannot.

    Some systems sync no folders, and files of one's own need not stop for that. Where others rely on the
    order in which files appear, it has to be `strict`.
    """
    with nullcontext() if strict else suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold a folder against other processes and threads; without flock (Windows) the last one wins."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    with translated(folder):
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with translated(folder):
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def hold(handle: int) -> None:
    """Show others that the process lives which writes to an open file, where the system can."""
    with suppress(ImportError, OSError):
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)


def is_held(handle: int) -> bool:
    """Whether a process lives that holds an open file; if not, nobody begins to until it is closed.

    Where the system cannot tell (Windows, some network file systems) it may live, and counts as living.
    """
    try:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return True
    return False


@contextmanager
def translated(path: Path, *expected: type[OSError], fix: str = _ANOTHER_HOME) -> Iterator[None]:
    """Turn what the system says of a file into StoreError, the expected errors apart.

    `fix` is the way out; without one the file is thought to be in a folder of mledger's own.
    """
    try:
        yield
    except expected:
        raise
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise StoreError(f"{path}: {reason}", fix=fix) from error
