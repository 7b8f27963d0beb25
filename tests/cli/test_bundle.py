"""mledger bundle and trust: evidence in one file, and what it is checked against."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from mledger.exchange import verify
from mledger.testing.tamper.bundles import read_files, relisted, write_files
from mledger.testing.tamper.zips import ZIP_ATTACKS
from tests.cli.asking import ALICE, MODEL, Run, done, nothing_written, refused, refused_alike, told

PROGRAM = Path(verify.__file__)
COMMENT = ("append", "comment.added", MODEL, "--set", "on=1", "--set")


@pytest.fixture
def lived(run: Run, begun: Path) -> Path:
    """A ledger with two comments, events 2 and 3, on two models."""
    done(run(*COMMENT, "text=one"))
    done(run("append", "comment.added", "model/other", "--set", "on=1", "--set", "text=A word on another."))
    return begun


def test_a_bundle_is_made_and_checked(run: Run, lived: Path, folder: Path) -> None:
    """Creating tells what goes out and what does not; verifying reaches level 2 with the trust file."""
    shown = done(run("bundle", "create", "credit-risk", "-o", "b.zip"))
    assert "\nlog        4 entries\n" in shown
    assert "\ndisclosed  3 of 4 events\n" in shown
    assert "\nwithheld   1, present as hashes" in shown
    done(run("trust", "export", "-o", "trust.json"))
    verified = done(run("bundle", "verify", "b.zip", "--trust", "trust.json"))
    assert "withheld  1 body, hash only: what they say was not judged" in verified
    assert "with the trust file, which knows 4 entries" in verified
    assert "VERIFIED at level 2" in verified
    row = told(run("--json", "bundle", "verify", "b.zip", "--trust", "trust.json"))
    assert (row["level"], row["withheld"], row["findings"]) == (2, 1, [])


def test_a_bundle_that_cannot_be_meant_is_not_made(run: Run, lived: Path, folder: Path) -> None:
    """A version that nobody released, contents that are named and left out, a place that takes no file."""
    with nothing_written(folder):
        for args, line in (
            (["credit-risk@9.9"], "no version of model/credit-risk is called '9.9'"),
            (["credit-risk", "--no-bodies"], "--no-bodies discloses nothing"),
            (["--all", "--no-bodies"], "--no-bodies discloses nothing"),
            ([""], "the name is empty"),
        ):
            refused_alike(run, ["bundle", "create", *args, "-o", "b.zip"], line)
    done(run("checkpoint"))
    fix = refused_alike(run, ["bundle", "create", "--all", "--kept", "-o", "/proc/b.zip"], "/proc", code=4)
    assert fix == "choose another place with -o"


def test_an_auditor_needs_the_file_alone(run: Run, lived: Path, folder: Path) -> None:
    """The verifier that is unpacked from the bundle checks it with Python alone."""
    done(run("bundle", "create", "--all", "-o", "b.zip", "-q"))
    done(run("trust", "export", "-o", "trust.json"))
    with zipfile.ZipFile(folder / "b.zip") as archive:
        archive.extract("verify.py", folder)
    command = [sys.executable, "-I", "verify.py", "b.zip", "--trust", "trust.json"]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0
    assert "VERIFIED at level 2" in checked.stdout


def test_a_bundle_is_read_like_a_ledger(
    run: Run, lived: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """log, show, replay, search and verify take a bundle in the place of a ledger, on any machine."""
    done(run("bundle", "create", "credit-risk", "-o", "b.zip", "-q"))
    monkeypatch.setenv("MLEDGER_HOME", str(folder / "auditor"))
    b = ("--ledger", "b.zip")
    listed = done(run(*b, "log"))
    assert "(withheld)" in listed
    assert "A word on another." not in listed
    assert "withheld: hash only" in done(run(*b, "show", "3"))
    assert told(run(*b, "--json", "show", "3"))["withheld"] is True
    assert "Credit risk" in done(run(*b, "replay", "credit-risk"))
    assert "withheld: hash only" in done(run(*b, "replay", "other"))
    assert "one" in done(run(*b, "search", "one"))
    assert "A word" not in done(run(*b, "search", "another"))
    assert "VERIFIED at level 0" in done(run(*b, "verify"))
    done(run(*b, "trust", "export", "-o", "next.json"))
    assert "VERIFIED at level 2" in done(run(*b, "verify", "--trust", "next.json"))
    assert "init" not in refused(run("--ledger", "none.zip", "log"), "there is no ledger")
    fix = refused(run(*b, *COMMENT, "text=no"), "is a bundle, which nobody writes to")
    assert "ledger" in fix


def test_the_ledger_has_its_own_caches(run: Run, lived: Path) -> None:
    """What a bundle withholds is found in the ledger all the same, whichever was searched first."""
    done(run("bundle", "create", "credit-risk", "-o", "b.zip", "-q"))
    assert "A word" not in done(run("--ledger", "b.zip", "search", "another"))
    assert "A word" in done(run("search", "another"))
    assert "A word" not in done(run("--ledger", "b.zip", "search", "another"))


def test_an_older_bundle_is_no_rollback(run: Run, lived: Path) -> None:
    """A bundle made before the ledger grew is verified without alarm; a newer ledger is not forgotten."""
    done(run("bundle", "create", "--all", "-o", "b.zip", "-q"))
    done(run(*COMMENT, "text=later"))
    assert run("--ledger", "b.zip", "log").stderr == ""
    assert "VERIFIED at level 0" in done(run("bundle", "verify", "b.zip"))
    assert "5 entries" in done(run("verify"))


def test_a_changed_bundle_is_broken(run: Run, lived: Path, folder: Path) -> None:
    """A bundle with a word changed ends with 3 and says where; one without a file is refused."""
    done(run("bundle", "create", "--all", "-o", "b.zip", "-q"))
    data = (folder / "b.zip").read_bytes()
    (folder / "b.zip").write_bytes(data.replace(b"A word on another.", b"A word on brother.", 1))
    broken = run("bundle", "verify", "b.zip")
    assert broken.exit_code == 3
    assert "body.digest" in broken.stdout
    assert "BROKEN" in broken.stdout
    done(run("bundle", "create", "--all", "-o", "d.zip", "-q"))
    with zipfile.ZipFile(folder / "c.zip", "w") as out, zipfile.ZipFile(folder / "d.zip") as archive:
        for info in archive.infolist():
            if info.filename != "README.txt":
                out.writestr(info, archive.read(info))
    refused_alike(run, ["bundle", "verify", "c.zip"], "README.txt is gone from the bundle", code=3)


@pytest.mark.parametrize("how", ZIP_ATTACKS)
def test_a_zip_that_no_bundle_is_ends_with_what_is_written_of_it(how: str, run: Run, folder: Path) -> None:
    """One line, and exit code 3; or 2 where no zip begins. The reference says so."""
    (folder / "bad.zip").write_bytes(ZIP_ATTACKS[how])
    code = 3 if ZIP_ATTACKS[how].startswith(b"PK") else 2
    refused_alike(run, ["bundle", "verify", "bad.zip"], "bundle", code=code)


def test_attachments_and_types_are_chosen(run: Run, lived: Path, folder: Path) -> None:
    """A file that an event names goes out by its path, its digest, or with all; others are refused."""
    (folder / "plot.svg").write_bytes(b"<svg/>")
    fields = ("on=0", "kind=other", "title=A plot", "finding=It falls.", "weight=supports")
    sets = [part for field in fields for part in ("--set", field)]
    done(run("append", "evidence.attached", MODEL, *sets, "--attach", "plot.svg"))
    digest = told(run("--json", "attachment", "list"))[0]["sha256"]
    for number, attach in enumerate(("plot.svg", digest, digest[:8], "all")):
        done(run("bundle", "create", "credit-risk", "--attach", attach, "-o", f"{number}.zip", "-q"))
        with zipfile.ZipFile(folder / f"{number}.zip") as archive:
            assert archive.read(f"attachments/{digest}") == b"<svg/>"
    assert "left out   1 file that the ledger keeps" in done(run("bundle", "create", "--all", "-o", "n.zip"))
    row = told(run("--json", "bundle", "create", "--all", "--only", "comment", "-o", "t.zip"))
    assert (row["disclosed"], row["withheld"], row["left_out"]) == (3, 2, 0)
    refused_alike(
        run, ["bundle", "create", "--all", "--attach", "none", "-o", "x.zip"], "neither a file nor kept"
    )
    (folder / "other").write_bytes(b"unknown")
    refused(run("bundle", "create", "--all", "--attach", "other", "-o", "x.zip"), "named by no event")


def test_what_is_to_be_disclosed_must_be_said(run: Run, lived: Path, folder: Path) -> None:
    """Nothing goes out by default; a stream that is not there, or a version of nothing, is refused."""
    with nothing_written(folder):
        refused_alike(run, ["bundle", "create", "-o", "b.zip"], "what is to be disclosed?")
        refused(run("bundle", "create", "credit-risk", "--all", "-o", "b.zip"), "what is to be disclosed?")
        refused(run("bundle", "create", "nobody", "-o", "b.zip"), "nothing is recorded on nobody")
        refused(run("bundle", "create", "credit-risk@", "-o", "b.zip"), "names no version")
        refused(run("bundle", "create", "credit-risk@1", "other", "-o", "b.zip"), "one version of one model")
        refused(run("bundle", "create", "--all", "-o", "no/b.zip"), "no folder")
        refused(run("bundle", "create", "--all", "-o", "mledger.db"), "is there already")
        refused(run("bundle", "verify", "mledger.db"), "is no bundle")
        fix = refused(run("bundle", "create", "--all", "--kept", "-o", "b.zip"), "no checkpoint is kept")
        assert "mledger checkpoint" in fix
    done(run("bundle", "create", "--no-bodies", "-o", "b.zip"))
    files = ("--set", f'artifacts=[{{"name": "m.pkl", "sha256": "{"ab" * 32}"}}]')
    done(run("append", "version.released", MODEL, "--set", "version=2.1", "--set", "notes=x", *files))
    done(run("bundle", "create", "credit-risk@2.1", "-o", "v.zip"))


def test_without_the_first_key_the_newest_checkpoint_will_do(
    run: Run, lived: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever lacks the first key makes a bundle to the newest checkpoint, and is told what it leaves out."""
    done(run("checkpoint", "-o", "c.txt"))
    done(run(*COMMENT, "text=later"))
    monkeypatch.setenv("MLEDGER_HOME", str(folder / "other"))
    made = run("bundle", "create", "--all", "-o", "b.zip")
    assert "1 entry since the last checkpoint are left out" in made.stderr
    assert "log        4 entries" in made.stdout
    refused(run("bundle", "create", "--all", "--as", "alice-example", "-o", "c.zip"), "alice-example")


def test_trust_is_written_once(run: Run, lived: Path, folder: Path) -> None:
    """A trust file holds origin, key, first entry and head, is never overwritten, and is read strictly."""
    done(run("trust", "export", "-o", "trust.json"))
    row = json.loads((folder / "trust.json").read_text())
    assert (row["origin"], row["head"]["size"]) == ("acme.example/credit", 4)
    assert row["vkey"] == done(run("checkpoint", "--vkey")).strip()
    assert json.loads(done(run("trust", "export"))) == row
    assert told(run("--json", "trust", "export")) == row | {"file": None}
    refused(run("trust", "export", "-o", "trust.json"), "is there already")
    (folder / "bad.json").write_text("{}")
    fix = refused_alike(run, ["verify", "--trust", "bad.json"], "bad.json: this is no trust file")
    assert "mledger trust export" in fix
    verified = done(run("verify", "--trust", "trust.json"))
    assert "with the trust file, which knows 4 entries" in verified


def test_another_ledger_is_not_the_trusted_one(run: Run, lived: Path, folder: Path) -> None:
    """A ledger of the same name by the same person is told from the trusted one: DIVERGED, exit code 3."""
    done(run("trust", "export", "-o", "trust.json"))
    other = ("--ledger", "other.db")
    done(run(*other, "init", "--origin", "acme.example/credit", "--name", ALICE, "--no-passphrase", "-q"))
    found = run(*other, "verify", "--trust", "trust.json")
    assert found.exit_code == 3
    assert "another ledger of that name" in " ".join(found.stdout.split())
    assert "DIVERGED" in found.stdout
    third = ("--ledger", "third.db")
    done(run(*third, "init", "--origin", "acme.example/x", "--name", ALICE, "--no-passphrase", "-q"))
    found = run(*third, "verify", "--trust", "trust.json")
    assert "it is of acme.example/credit" in " ".join(found.stdout.split())


def test_reports_are_made_of_what_goes_out(run: Run, lived: Path, folder: Path) -> None:
    """A bundle holds reports about its models, the same each time, with no word of what it withholds."""
    fields = ("purpose=Four levels are enough.", "title=Credit risk", "owner=Alice Example")
    sets = [part for field in fields for part in ("--set", field)]
    done(run("append", "model.registered", MODEL, *sets, "-q"))
    made = done(run("bundle", "create", "credit-risk", "-o", "b.zip"))
    assert "\nreports    17 files\n" in made
    done(run("bundle", "create", "credit-risk", "-o", "c.zip", "-q"))
    assert (folder / "b.zip").read_bytes() == (folder / "c.zip").read_bytes()
    with zipfile.ZipFile(folder / "b.zip") as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist() if "reports/" in name}
    assert "Four levels are enough." in texts["reports/model/credit-risk/overview.md"]
    assert "Annex IV" in texts["reports/model/credit-risk/eu-ai-act-annex-iv.md"]
    assert " rules: " in texts["reports/model/credit-risk/check.md"]
    done(run("bundle", "create", "credit-risk", "--only", "comment", "-o", "d.zip", "-q"))
    with zipfile.ZipFile(folder / "d.zip") as archive:
        texts = {name: archive.read(name) for name in archive.namelist() if "reports/" in name}
    assert len(texts) == 17
    assert not any(b"Four levels" in text or b"A word on another" in text for text in texts.values())
    assert "reports   17, as the events say" in done(run("bundle", "verify", "d.zip"))
    row = told(run("--json", "bundle", "create", "--no-bodies", "-o", "e.zip"))
    assert row["reports"] == 0


def test_a_report_that_was_changed_is_found(run: Run, lived: Path, folder: Path) -> None:
    """Nobody signs a report: it is made anew and compared, unless another mledger made it, which is said."""
    done(run("bundle", "create", "credit-risk", "-o", "b.zip", "-q"))
    files, name = read_files(folder / "b.zip"), "reports/model/credit-risk/overview.md"
    changed = relisted(files | {name: files[name] + b"\nAll is well.\n"})
    write_files(folder / "c.zip", changed)
    found = run("bundle", "verify", "c.zip")
    assert (found.exit_code, "report.wrong" in found.stdout) == (1, True)
    assert name in found.stdout
    write_files(folder / "d.zip", relisted({key: data for key, data in files.items() if key != name}))
    assert run("bundle", "verify", "d.zip").exit_code == 1
    write_files(folder / "e.zip", relisted(changed, made_by="mledger 0.0.1"))
    assert "reports   17, made by 'mledger 0.0.1', not compared" in done(run("bundle", "verify", "e.zip"))
    write_files(folder / "f.zip", relisted(files | {"bodies/000.jsonl": b""}))
    assert "reports   17, not compared" in run("bundle", "verify", "f.zip").stdout
    command = [sys.executable, "-I", str(PROGRAM), "c.zip"]
    said = " ".join(subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())
    assert "whether 17 reports are what the events say: nobody signs them" in said


def test_of_several_keys_the_one_that_signs_checkpoints_is_taken(run: Run, lived: Path, folder: Path) -> None:
    """Whoever holds other keys of the ledger as well need not say which of them signs."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase", "-q"))
    done(run("key", "enroll", "bob-example", "--role", "reviewer", "--as", "alice-example", "-q"))
    done(run("bundle", "create", "--all", "-o", "b.zip", "-q"))
    done(run("checkpoint", "-o", "c.txt"))
