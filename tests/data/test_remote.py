"""Files that are not on this machine, through fsspec: in memory, and from a server on this machine."""

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import fsspec
import pytest

from mledger.data.remote import is_uri, public_uri
from mledger.data.sources import find_source
from mledger.errors import InputError, NotFoundError, RetryError


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A web server of this test's folder, on this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path))) as door:
        thread = threading.Thread(target=door.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{door.server_address[1]}"
        door.shutdown()
        thread.join()


@pytest.fixture
def memory() -> Iterator[Any]:
    """The files that fsspec keeps in memory: none."""
    files = fsspec.filesystem("memory")
    files.store.clear()
    yield files
    files.store.clear()


def test_a_file_of_a_web_server_has_the_digest_of_its_bytes(server: str, tmp_path: Path) -> None:
    """What comes over HTTP is hashed as it comes."""
    data = bytes(range(256)) * 9_000
    (tmp_path / "data.bin").write_bytes(data)
    source = find_source(f"{server}/data.bin")
    assert (source.name, source.size, source.folder) == ("data.bin", len(data), False)
    assert source.hash().whole.sha256 == hashlib.sha256(data).hexdigest()


def test_a_folder_elsewhere_has_the_manifest_that_it_has_here(memory: Any, tmp_path: Path) -> None:
    """The digest of a folder does not depend on where it is kept."""
    for name in ("a.txt", "deeper/b.txt"):
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        memory.pipe(f"/data/{name}", name.encode())
    here, there = find_source(tmp_path / "data"), find_source("memory://data")
    assert there.folder
    assert there.hash() == here.hash()


def test_a_remote_file_that_changes_meanwhile_has_no_digest(memory: Any) -> None:
    """A file that somebody writes anew while it is read is told."""
    memory.pipe("/data.bin", b"x" * 600_000)
    source = find_source("memory://data.bin")
    with pytest.raises(RetryError, match="was changed while it was read"):
        source.hash(lambda *_: memory.pipe("/data.bin", b"y" * 600_001))


def test_what_is_not_there_is_not_there(server: str, memory: Any) -> None:
    """A name that leads nowhere is wrong use; the right one would work at once."""
    for uri in (f"{server}/nothing.bin", "memory://nothing"):
        with pytest.raises(NotFoundError, match=f"there is nothing at {uri}"):
            find_source(uri)


def test_a_server_that_does_not_answer_may_be_tried_again() -> None:
    """A door that is shut is exit code 4, in one line."""
    with pytest.raises(RetryError, match="cannot be reached") as told:
        find_source("http://127.0.0.1:1/data.bin")
    assert told.value.exit_code == 4
    assert "\n" not in told.value.message


@pytest.mark.parametrize(
    ("uri", "line"), [("abc://x/y", "cannot be read"), ("s3://bucket/key", "another package")]
)
def test_a_scheme_that_nobody_knows_is_wrong_use(uri: str, line: str) -> None:
    """A scheme without a package for it says which one is missing, or that there is none."""
    with pytest.raises(InputError, match=line):
        find_source(uri)


def test_what_opens_doors_is_not_recorded() -> None:
    """User, password and signatures in a URI stay out of the ledger."""
    assert public_uri("https://me:secret@host:8/a/b.csv?sig=abc#x") == "https://host:8/a/b.csv"
    assert public_uri("s3://bucket/key") == "s3://bucket/key"
    assert is_uri("s3://b/k")
    assert not is_uri("C:/data")
    assert not is_uri("data/applications.parquet")
