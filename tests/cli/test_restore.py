"""mledger restore: the files of a version, from wherever they are kept, checked, all or none."""

import hashlib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.desk import restoring
from mledger.errors import InputError, RetryError, StoreError
from mledger.reader import Reader
from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

FILES = {"1.0": {"model.pkl": b"one", "card/README.md": b"first"}, "1.1": {"model.pkl": b"two"}}


def sha256(data: bytes) -> str:
    """The digest of some bytes."""
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def released(begun: Path, run: Run, folder: Path) -> Path:
    """Two versions, whose files lie in the folder `kept`; the report of 1.0 is an attachment."""
    for version, files in FILES.items():
        rows = []
        for name, data in files.items():
            path = folder / "kept" / version / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            rows.append({"name": name, "sha256": sha256(data), "size": len(data)})
        sets = ("--set", f"version={version}", "--set", f"artifacts={json.dumps(rows)}", "--set", "notes=x")
        done(run("append", "version.released", MODEL, *sets))
    (folder / "report.html").write_text("report")
    row = {"name": "report.html", "sha256": sha256(b"report"), "size": 6, "role": "report"}
    manifest = json.dumps([row])
    args = ("--set", "version=1.0", "--set", f"manifest={manifest}", "--attach", "report.html")
    done(run("append", "release.bundled", MODEL, *args))
    return folder


def there(folder: Path) -> dict[str, bytes]:
    """What lies in a folder."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


WHOLE = FILES["1.0"] | {"report.html": b"report"}


def test_all_files_are_put_with_the_digests_of_the_manifest(run: Run, released: Path) -> None:
    """From the ledger and from a folder, into a new one; once more changes nothing."""
    rows = told(run("restore", "credit-risk@1.0", "live", "--from", "kept/1.0", "--json"))
    assert there(released / "live") == WHOLE
    assert [(row["name"], row["how"], row["source"]) for row in rows] == [
        ("card/README.md", "put there", "kept/1.0/card/README.md"),
        ("model.pkl", "put there", "kept/1.0/model.pkl"),
        ("report.html", "put there", "the ledger"),
    ]
    assert all(sha256((released / "live" / row["name"]).read_bytes()) == row["sha256"] for row in rows)
    again = told(run("restore", "credit-risk@1.0", "live", "--json"))
    assert {row["how"] for row in again} == {"lay there"}
    shown = done(run("restore", "credit-risk@1.1", "live", "--from", "kept/1.1"))
    assert "replaced that of 1.0  kept/1.1/model.pkl" in shown
    assert there(released / "live") == WHOLE | FILES["1.1"]


def test_a_bundle_is_a_place(run: Run, released: Path) -> None:
    """What is in a bundle is taken from there; what is no bundle is refused."""
    (released / "model.pkl").write_bytes(b"three")
    row = [{"name": "model.pkl", "sha256": sha256(b"three")}]
    args = ("--set", "version=1.2", "--set", f"artifacts={json.dumps(row)}", "--set", "notes=x")
    done(run("append", "version.released", MODEL, *args, "--attach", "model.pkl"))
    done(run("bundle", "create", "--all", "--attach", "all", "-o", "b.zip"))
    (released / "mledger.db").rename(released / "away.db")
    done(run("--ledger", "b.zip", "restore", "credit-risk@1.2", "live"))
    assert there(released / "live") == {"model.pkl": b"three"}
    done(run("--ledger", "away.db", "restore", "credit-risk@1.2", "again", "--from", "b.zip"))
    assert there(released / "again") == {"model.pkl": b"three"}
    args = ["--ledger", "away.db", "restore", "credit-risk@1.0", "other", "--from", "b.zip"]
    refused_alike(run, args, "these files are nowhere: model.pkl")
    refused_alike(run, [*args, "--from", "model.pkl"], "model.pkl is not a bundle", code=3)


def test_nothing_is_changed_unless_everything_is_there(run: Run, released: Path) -> None:
    """Missing files are named with the places that were searched; a file of no version is not overwritten."""
    with nothing_written(released):
        line = "model.pkl (7692c3ad3540), card/README.md"
        fix = refused_alike(run, ["restore", "credit-risk@1.0", "live"], line)
    assert "--from FOLDER" in fix
    (released / "kept" / "1.0" / "model.pkl").write_bytes(b"0ne")
    with nothing_written(released):
        refused_alike(run, ["restore", "credit-risk@1.0", "live", "--from", "kept/1.0"], "model.pkl (7692")
    (released / "kept" / "1.0" / "model.pkl").write_bytes(b"one")
    (released / "live").mkdir()
    (released / "live" / "model.pkl").write_bytes(b"mine")
    with nothing_written(released):
        args = ["restore", "credit-risk@1.0", "live", "--from", "kept/1.0"]
        fix = refused_alike(run, args, "a file of no version, and is not overwritten")
    assert fix == "move it away: mv live/model.pkl live/model.pkl.before"
    (released / "live" / "model.pkl").unlink()
    (released / "live" / "model.pkl").symlink_to(released / "kept" / "1.1" / "model.pkl")
    refused_alike(run, args, "is no file, and is not overwritten")


def test_what_cannot_be_meant_is_refused(run: Run, released: Path) -> None:
    """A version nobody released, no version, a model that is not there."""
    refused_alike(run, ["restore", "credit-risk@9", "live"], "no released version is called '9'")
    refused_alike(run, ["restore", "credit-risk", "live"], "names no version")
    refused_alike(run, ["restore", "credit-rsk@1.0", "live"], "nothing is recorded on credit-rsk")


ABOUT = ["--origin", "x", "--collected", "x", "--by-whom", "x", "--licence", "x"]


def test_the_states_of_data_are_put_back(run: Run, begun: Path, folder: Path) -> None:
    """A file and a folder: from where they were read, or from a place that is named; by the kept manifest."""
    (folder / "one.csv").write_text("a,b\n1,2\n")
    (folder / "many" / "inner").mkdir(parents=True)
    (folder / "many" / "1.txt").write_text("first")
    (folder / "many" / "inner" / "2 2.txt").write_text("second")
    done(run("data", "add", "one.csv", "--as", "one", *ABOUT))
    done(run("data", "add", "many", "--as", "many", *ABOUT))
    done(run("restore", "one@1", "there"))
    assert there(folder / "there") == {"one.csv": b"a,b\n1,2\n"}
    rows = told(run("restore", "many@1", "there", "--json"))
    assert [row["name"] for row in rows] == ["1.txt", "inner/2 2.txt"]
    assert (folder / "there" / "inner" / "2 2.txt").read_text() == "second"
    (folder / "many").rename(folder / "moved")
    refused_alike(run, ["restore", "many@1", "other"], "these files are nowhere: 1.txt (a7937b64b8ca)")
    done(run("restore", "many@1", "other", "--from", "moved"))
    refused_alike(run, ["restore", "many@2", "other"], "no version of many is called '2'")


@pytest.mark.parametrize("name", ["../out.pkl", "/tmp/out.pkl", "inner/../../out.pkl", "link/out.pkl"])
def test_no_name_leads_out_of_the_folder(run: Run, begun: Path, folder: Path, name: str) -> None:
    """Whoever signed a release does not choose where its files lie."""
    (folder / "live").mkdir()
    (folder / "outside").mkdir()
    (folder / "live" / "link").symlink_to(folder / "outside")
    (folder / "out.pkl").write_bytes(b"x")
    row = json.dumps([{"name": name, "sha256": sha256(b"x")}])
    sets = ("--set", "version=1.0", "--set", f"artifacts={row}", "--set", "notes=x")
    done(run("append", "version.released", MODEL, *sets))
    with nothing_written(folder):
        refused_alike(run, ["restore", "credit-risk@1.0", "live", "--from", "."], "leads out of live")


def staged(released: Path):
    """The files of 1.0, found and checked, for the folder `live`."""
    places = [released / "kept" / "1.0"]
    with Reader.open(released / "mledger.db") as reader:  # noqa: SIM117  one needs the other
        with restoring.staging(reader, MODEL, "1.0", released / "live", places) as found:
            yield found


def test_a_folder_that_cannot_be_made_is_told(run: Run, released: Path) -> None:
    """With a way out that is about that folder."""
    fix = refused(run("restore", "credit-risk@1.0", "/proc/live"), "/proc/live", code=4)
    assert fix == "name another folder, or let yourself write there"


@pytest.mark.parametrize("fails", range(3))
def test_what_fails_half_way_is_undone(released: Path, monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
    """Whichever file cannot be put there, all others are as they were."""
    (released / "live").mkdir()
    (released / "live" / "model.pkl").write_bytes(b"two")
    found = next(places := staged(released))
    calls, replace = [], Path.replace

    def stumble(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == fails + 1:
            raise OSError(28, "No space left on device")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", stumble)
    with pytest.raises(StoreError, match="No space left"):
        found.place()
    assert len(calls) > fails
    places.close()
    assert there(released / "live") == {"model.pkl": b"two"}


def test_a_target_that_changes_meanwhile_is_left_alone(released: Path) -> None:
    """Somebody who writes there between check and move does not lose what they wrote."""
    (released / "live").mkdir()
    (released / "live" / "model.pkl").write_bytes(b"two")
    found = next(places := staged(released))
    (released / "live" / "model.pkl").write_bytes(b"mine!")
    with pytest.raises(RetryError, match="was changed meanwhile"):
        found.place()
    places.close()
    assert there(released / "live") == {"model.pkl": b"mine!"}


def test_a_target_that_changes_while_a_copy_is_made_is_left_alone(
    released: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What somebody writes there after it was read, and before its copy is whole, is not lost either."""
    (released / "live").mkdir()
    (released / "live" / "model.pkl").write_bytes(b"two")
    target, fsync = released / "live" / "model.pkl", os.fsync

    def write_meanwhile(handle: int) -> None:
        copies = [copy.read_bytes() for copy in target.parent.glob(".mledger-*/*")]
        if b"one" in copies and target.read_bytes() == b"two":
            target.write_bytes(b"mine!")
        fsync(handle)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", write_meanwhile)
        found = next(places := staged(released))
    with pytest.raises(RetryError, match="was changed meanwhile"):
        found.place()
    places.close()
    assert there(released / "live") == {"model.pkl": b"mine!"}


@given(st.text(min_size=1, max_size=30))
def test_any_name_stays_inside_or_is_refused(name: str) -> None:
    """Whatever a file is called, its target lies below the folder."""
    folder = Path("live").absolute()
    try:
        target = restoring._target(folder, name)
    except (InputError, ValueError):
        return
    assert Path(os.path.normpath(target)).is_relative_to(folder)
