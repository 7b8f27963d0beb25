"""Files by their digest: of the bytes that are there, if they stood still."""

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.data.folder import files_of, manifest, manifest_digest, parse_manifest
from mledger.data.hashing import Hashed, LocalFile, hash_file, hash_pieces
from mledger.data.sources import find_source
from mledger.errors import FormatError, InputError, MledgerError, NotFoundError, RetryError


def write(path: Path, data: bytes) -> Path:
    """A file with that content."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


@given(data=st.binary(max_size=2_000), times=st.integers(1, 400))
def test_the_digest_is_that_of_sha256(
    data: bytes, times: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file of any size has the digest that hashlib gives its bytes."""
    path = write(tmp_path_factory.getbasetemp() / "file", data * times)
    assert hash_file(path) == Hashed("file", hashlib.sha256(data * times).hexdigest(), len(data) * times)


def test_progress_is_told_to_the_end(tmp_path: Path) -> None:
    """Whoever asks hears how many bytes of all files are done, the last time all of them."""
    files = [LocalFile.at(write(tmp_path / str(n), bytes(700_000))) for n in range(3)]
    heard: list[tuple[int, int]] = []
    hash_pieces(files, lambda done, total: heard.append((done, total)))
    assert [done for done, _ in heard] == sorted(done for done, _ in heard)
    assert heard[-1] == (2_100_000, 2_100_000)
    assert {total for _, total in heard} == {2_100_000}


CHANGES: dict[str, Callable[[Path], object]] = {
    "longer": lambda path: os.truncate(path, path.stat().st_size + 1),
    "rewritten": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "replaced": lambda path: write(path.with_name("other"), bytes(path.stat().st_size)).replace(path),
    "touched": lambda path: os.utime(path, ns=(1, 1)),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_that_changes_meanwhile_has_no_digest(change: str, tmp_path: Path) -> None:
    """Whatever is done to a file while it is read, nobody gets a digest of half of each."""
    path = write(tmp_path / "data.bin", b"x" * 900_000)
    done: list[object] = []

    def meanwhile(*_: int) -> None:
        if not done:
            done.append(CHANGES[change](path))

    with pytest.raises(RetryError, match=r"data\.bin was changed while it was read") as told:
        hash_file(path, meanwhile)
    assert told.value.exit_code == 4
    assert "wait" in (told.value.fix or "")


def test_a_file_that_is_gone_meanwhile_is_told(tmp_path: Path) -> None:
    """A file that is taken away while it is read is no longer there."""
    path = write(tmp_path / "data.bin", b"x" * 900_000)
    with pytest.raises(NotFoundError, match="there is no file"):
        hash_file(path, lambda *_: path.unlink(missing_ok=True))


def test_what_is_no_file_is_named(tmp_path: Path) -> None:
    """A pipe would never end, and a device never begin: they are refused by what they are."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, what in ((pipe, "a pipe"), (Path("/dev/null"), "a device"), (tmp_path, "a folder")):
        with pytest.raises(InputError, match=f"is {what} and no file"):
            hash_file(path)
    with pytest.raises(NotFoundError, match="there is no file"):
        hash_file(tmp_path / "nothing")


def test_many_threads_may_hash(tmp_path: Path) -> None:
    """Files that are hashed at once have the digests that they have one by one."""
    files = [write(tmp_path / str(n), bytes([n]) * 300_000) for n in range(8)]
    alone = [hash_file(path).sha256 for path in files]
    found: dict[int, str] = {}

    def work(n: int) -> None:
        found[n] = hash_file(files[n]).sha256

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[n] for n in range(8)] == alone


# --- folders


def test_a_manifest_is_sorted_text() -> None:
    """A manifest names each file once, with digest and size, in the order of the paths' bytes."""
    rows = [Hashed("b", "bb" * 32, 2), Hashed("a/ü", "aa" * 32, 1), Hashed("Z", "cc" * 32, 3)]
    text = manifest(rows).decode()
    assert text == f"mledger manifest 1\n{'cc' * 32} 3 Z\n{'aa' * 32} 1 a/ü\n{'bb' * 32} 2 b\n"
    assert manifest_digest(rows) == hashlib.sha256(text.encode()).hexdigest()


NAMES = st.text(st.sampled_from("abcÄ .-"), min_size=1, max_size=6).filter(lambda name: name.strip(". "))


@given(files=st.dictionaries(NAMES, st.binary(max_size=20), min_size=1, max_size=6))
def test_a_folder_is_its_files(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> None:
    """The order in which files were made does not matter; a change of any name or byte does."""
    digests = set()
    for turn, order in enumerate((list(files), list(reversed(files)))):
        folder = tmp_path_factory.mktemp(f"folder{turn}")
        for name in order:
            write(folder / "in" / name, files[name])
        digests.add(find_source(folder).hash().whole.sha256)
    assert len(digests) == 1
    changed = folder / "in" / next(iter(files))
    changed.write_bytes(changed.read_bytes() + b"x")
    assert find_source(folder).hash().whole.sha256 not in digests
    changed.rename(changed.with_name("another name"))
    digests.add(find_source(folder).hash().whole.sha256)
    assert len(digests) == 2


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path) -> None:
    """What a folder's manifest says of each file can be read back; other bytes are no manifest."""
    for name in ("a", "b c/d"):
        write(tmp_path / name, name.encode())
    text = find_source(tmp_path).hash().manifest
    assert text is not None
    assert parse_manifest(text) == {
        name: hashlib.sha256(name.encode()).hexdigest() for name in ("a", "b c/d")
    }
    for wrong in (b"", b"x", text[1:], text[:-1], text + b"x\n"):
        with pytest.raises(FormatError, match="no manifest"):
            parse_manifest(wrong)


def test_a_link_within_the_folder_counts_as_its_file(tmp_path: Path) -> None:
    """A link to a file of the same folder has the content of that file."""
    write(tmp_path / "one", b"x")
    (tmp_path / "two").symlink_to("one")
    assert [file.name for file in files_of(tmp_path)] == ["one", "two"]
    assert len({row.sha256 for row in hash_pieces(files_of(tmp_path))}) == 1


REFUSED: dict[str, tuple[Callable[[Path], object], str]] = {
    "a link that climbs out": (lambda f: (f / "x").symlink_to("../outside"), "leads out of the folder"),
    "a link to a system file": (lambda f: (f / "x").symlink_to("/etc/hostname"), "leads out of the folder"),
    "a folder that climbs out": (lambda f: (f / "x").symlink_to(".."), "leads out of the folder"),
    "a link in a circle": (lambda f: (f / "x").symlink_to("."), "is a link to a folder"),
    "a link to nothing": (lambda f: (f / "x").symlink_to("gone"), "is a link to nothing"),
    "a pipe": (lambda f: os.mkfifo(f / "x"), "is a pipe and no file"),
    "a name of two lines": (lambda f: write(f / "a\nb", b""), "a control character"),
    "a name that is no text": (
        lambda f: write(Path(os.fsdecode(os.fsencode(f) + b"/\xff")), b""),
        "no UTF-8",
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_folder_that_no_manifest_can_hold_is_refused(what: str, tmp_path: Path) -> None:
    """Links that leave the folder, pipes and names that break lines are refused, each in one line."""
    folder, (make, line) = tmp_path / "data", REFUSED[what]
    write(tmp_path / "outside", b"secret")
    write(folder / "fine", b"x")
    make(folder)
    with pytest.raises(MledgerError, match=line) as told:
        find_source(folder)
    assert told.value.fix


def test_an_empty_folder_is_no_data(tmp_path: Path) -> None:
    """A folder without a file has nothing that could be hashed."""
    (tmp_path / "data" / "deeper").mkdir(parents=True)
    with pytest.raises(InputError, match="holds no file"):
        find_source(tmp_path / "data")


def test_a_file_called_like_a_digest_is_told_apart(tmp_path: Path) -> None:
    """The digest of a file called `content` is not taken for that of a content."""
    assert find_source(write(tmp_path / "content", b"x")).hash().whole.name == "./content"
