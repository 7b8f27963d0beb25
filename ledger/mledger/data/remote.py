"""Files that are not on this machine, through fsspec."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple, Self, TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

from mledger.data.extras import require
from mledger.data.folder import check_name
from mledger.errors import InputError, MledgerError, NotFoundError, RetryError

T = TypeVar("T")

# What tells that a file was changed, as different systems call it.
_MARKS = (
    "size",
    "mtime",
    "LastModified",
    "last_modified",
    "updated",
    "created",
    "ETag",
    "etag",
    "md5",
    "md5Hash",
)


class RemoteFile(NamedTuple):
    """A file that fsspec can open."""

    name: str
    path: str
    size: int
    files: Any
    shown: str

    def open(self) -> BinaryIO:
        """The file, to be read once from beginning to end: many web servers know no other way."""
        web = "http" in self.files.protocol
        with _reached(self.shown):
            file = self.files.open(self.path, "rb", **({"block_size": 0} if web else {}))
            return cast("BinaryIO", _Guarded(file, self.shown))

    def mark(self) -> Hashable:
        """What its system says of it: size, time, tag."""
        with _reached(self.shown):
            self.files.invalidate_cache()
            info = self.files.info(self.path)
            return tuple(str(info.get(name)) for name in _MARKS)


class _Guarded:
    """A remote file whose failures are told in our words."""

    def __init__(self, file: Any, shown: str) -> None:
        self._file = file
        self._shown = shown

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._file, name)
        return _guarding(value, self._shown) if callable(value) else value


def _guarding(function: Callable[..., T], shown: str) -> Callable[..., T]:
    def call(*args: object, **options: object) -> T:
        with _reached(shown):
            return function(*args, **options)

    return call


def is_uri(text: str) -> bool:
    """Whether a text names something by a scheme, like s3://bucket/key."""
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme.isascii() and scheme.replace("+", "").replace("-", "").isalnum()


def public_uri(uri: str) -> str:
    """The URI without what opens doors: user, password, and the signature in a query."""
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def find_remote(uri: str) -> tuple[list[RemoteFile], bool]:
    """The files that a URI names, and whether it is a folder.

    Errors: UsageError without fsspec, InputError for a scheme that nobody here knows, NotFoundError,
    RetryError if it cannot be reached.
    """
    require("fsspec")
    from fsspec.core import url_to_fs

    shown = public_uri(uri)
    with _reached(shown):
        files, path = url_to_fs(uri)
        info = files.info(path)
        if info.get("type") != "directory":
            return [_file(files, path, path.rstrip("/").rpartition("/")[2], shown)], False
        root = path.rstrip("/") + "/"
        names = sorted(files.find(path), key=str.encode)
        if not names:
            raise InputError(f"{shown} holds no file", fix="name the folder that holds the data")
        return [_file(files, name, check_name(name.removeprefix(root), shown), shown) for name in names], True


def _file(files: Any, path: str, name: str, shown: str) -> RemoteFile:
    return RemoteFile(name, path, int(files.info(path).get("size") or 0), files, shown)


@contextmanager
def _reached(shown: str) -> Iterator[None]:
    """Within, whatever a system or its library raises is an error of ours."""
    try:
        yield
    except MledgerError:
        raise
    except FileNotFoundError as error:
        if isinstance(error.__cause__, OSError):  # fsspec says so of a server that does not answer
            raise _unreachable(shown, error.__cause__) from None
        raise NotFoundError(
            f"there is nothing at {shown}", fix="name the file, folder or URI that is meant"
        ) from None
    except PermissionError:
        raise InputError(
            f"{shown} may not be read with what you are signed in as", fix="sign in there"
        ) from None
    except ImportError as error:
        scheme = shown.partition("://")[0]
        raise InputError(f"{scheme}:// needs another package: {error}", fix="install it with pip") from None
    except ValueError as error:
        raise InputError(
            f"{shown} cannot be read: {error}", fix="name it as fsspec does: s3://, gs://, https://"
        ) from None
    except Exception as error:  # noqa: BLE001  each library has exceptions of its own
        raise _unreachable(shown, error) from None


def _unreachable(shown: str, error: BaseException) -> RetryError:
    what = " ".join(str(error).split()) or type(error).__name__
    return RetryError(f"{shown} cannot be reached: {what[:200]}", fix="try again when it can")
