"""Checkpoints with a second signature, of ML-DSA-44."""

import json
import shutil
import sys
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from mledger.core.note import ML_DSA_44, Note, format_note, format_vkey, parse_note, parse_vkey
from mledger.errors import StoreError
from mledger.exchange import verify as program_itself
from mledger.exchange.bundle import What, write_bundle
from mledger.keys.mldsa import MlDsaSigner
from mledger.keystore import Keystore
from mledger.reader import Reader
from mledger.stores import open_store
from tests.cli.asking import MODEL, done, refused, told

ALSO = ("key", "appoint", "Alice Example", "--reason", "Against the day.", "--ml-dsa")


@pytest.fixture
def both(run, begun):
    """A ledger that signs with both algorithms, and has done so once."""
    done(run("checkpoint"))
    result = run(*ALSO)
    assert "key.appointed" in done(result)
    assert "with ML-DSA-44 as well" in result.stderr
    return begun


def note(path: Path) -> Note:
    """The newest checkpoint."""
    with closing(open_store(path, read_only=True)) as store:
        return parse_note(max(store.checkpoints())[1])


def test_each_checkpoint_has_two_lines_from_then_on(run, both):
    """Verified are both, also by the verifier in a bundle; a receipt says which lines it left."""
    assert [len(line.signature) for line in note(both).signatures] == [64, 8 + 2420]
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=On."))
    done(run("checkpoint"))
    assert "3 signed with Ed25519, 2 signed with ML-DSA-44" in done(run("verify", "--full"))
    assert told(run("verify", "--json"))["checkpoints"] == {"Ed25519": 3, "ML-DSA-44": 2}
    done(run("prove", "1", "-o", "r"))
    alone = done(run("check-proof", "r", "--vkey", done(run("checkpoint", "--vkey")).strip()))
    assert "not checked  1 line under the checkpoint, of keys that were not named" in alone
    done(run("trust", "export", "-o", "t"))
    assert "not checked" not in done(run("check-proof", "r", "--trust", "t"))
    assert told(run("check-proof", "r", "--trust", "t", "--json"))["lines_left"] == 0
    done(run("bundle", "create", "--all", "-o", "t.zip"))
    assert "2 signed with ML-DSA-44" in done(run("bundle", "verify", "t.zip", "--trust", "t"))
    done(run("bundle", "create", "--all", "-o", "b.zip"))
    with closing(program_itself.Files("b.zip")) as files:
        checker = program_itself.Checker(files, None, pure=False)
        checker.run()
    assert checker.findings == []
    told_there = " ".join(" ".join(program_itself.report(checker, 0.0)).split())
    assert "by 2 keys, one after the other, 3 of them with ML-DSA-44 as well" in told_there


def test_a_trust_file_names_both_keys(run, both):
    """The key beside is checked as well: of receipts the line, of a ledger that it is this key."""
    done(run("trust", "export", "-o", "t"))
    row = json.loads(Path("t").read_bytes())
    assert parse_vkey(row["also"]).alg == ML_DSA_44
    done(run("verify", "--trust", "t"))
    held = note(both)
    Path("one").write_bytes(format_note(Note(held.text, held.signatures[:1])))
    refused(run("check-proof", "one", "--trust", "t"), "one line is missing", code=3)
    broken = held.signatures[1]._replace(signature=bytes(8 + 2420))
    Path("two").write_bytes(format_note(Note(held.text, (held.signatures[0], broken))))
    refused(run("check-proof", "two", "--trust", "t"), "does not hold", code=3)
    other = format_vkey(row["origin"], MlDsaSigner.from_seed(bytes(32)).public, ML_DSA_44)
    Path("t").write_text(json.dumps(row | {"also": other}))
    result = run("verify", "--trust", "t")
    assert (result.exit_code, "its checkpoints are signed by another key" in result.stdout) == (3, True)
    done(run("bundle", "create", "--all", "-o", "b.zip"))
    assert program_itself.main(["b.zip", "--trust", "t"]) == 3
    for bad in (5, row["vkey"], "x"):
        Path("t").write_text(json.dumps(row | {"also": bad}))
        assert run("verify", "--trust", "t").exit_code == program_itself.main(["b.zip", "--trust", "t"]) == 2


def test_a_line_that_lacks_or_does_not_hold_is_found(run, both):
    """Whoever could forge Ed25519 has to forge this as well."""
    held, whole = note(both), both.read_bytes()
    ed25519, also = held.signatures
    for lines in ((ed25519,), (ed25519, also._replace(signature=bytes(8 + 2420)))):
        both.write_bytes(whole)
        with closing(open_store(both)) as store:
            store.keep_checkpoint(max(store.checkpoints())[0], format_note(Note(held.text, lines)))
        result = run("verify", "--full")
        assert result.exit_code == 3
        assert "checkpoint.bad" in result.stdout
        Path("b.zip").unlink(missing_ok=True)
        with closing(open_store(both)) as store:
            write_bundle(Reader(store), Path("b.zip"), format_note(held), What())
        assert program_itself.main(["b.zip"]) == 3
        with zipfile.ZipFile("b.zip") as archive:
            archive.extractall("b")
        (Path("b") / "checkpoint").write_bytes(format_note(Note(held.text, lines)))
        assert program_itself.main(["b"]) == 3
        shutil.rmtree("b")


def test_without_the_key_nothing_is_signed(run, both, monkeypatch):
    """The key of ML-DSA-44 must be at hand; an installation without it verifies the rest, and says so."""
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=On."))
    record = told(run("key", "show", "alice-example", "--json"))
    file = Path(record["path"]).with_suffix(".ml-dsa.pub")
    file.rename("elsewhere")
    refused(run("checkpoint"), "is not at hand")
    Path("elsewhere").rename(file)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    assert "ML-DSA-44, which this installation cannot check" in " ".join(
        done(run("verify", "--full")).split()
    )
    assert "cryptography" in refused(run("checkpoint"), "no ML-DSA-44")


def test_it_goes_on_with_the_next_key_and_can_end(run, both):
    """A rotation keeps the second signature; --no-ml-dsa ends it; the same again changes nothing."""
    refused(run(*ALSO), "signs the checkpoints already")
    done(run("key", "new", "--owner", "Alice Example", "--name", "alice-2027", "--no-passphrase"))
    done(run("key", "rotate", "Alice Example", "alice-2027", "--reason", "Yearly."))
    assert len(note(both).signatures) == 3
    done(run("verify", "--full"))
    done(run("key", "appoint", "Alice Example", "--reason", "Too long.", "--no-ml-dsa"))
    assert len(note(both).signatures) == 1
    done(run("verify", "--full"))


def test_an_interrupted_beginning_is_no_dead_end(run, begun):
    """Where the private key came to be written and not the public one, the same again goes on with it."""
    record = told(run("key", "show", "alice-example", "--json"))
    made = Keystore().add_beside(Keystore().get("alice-example"))
    file = Path(record["path"]).with_suffix(".ml-dsa.pub")
    file.unlink()
    with pytest.raises(StoreError, match="File exists"):
        Keystore().add_beside(Keystore().get("alice-example"))
    done(run(*ALSO))
    assert file.read_bytes() == made.public_line
    assert len(note(begun).signatures) == 2


@pytest.mark.parametrize("data", [b"", b"not base64!", b"AAAA\n", b"\xff\xfe"])
def test_a_damaged_public_key_is_told(data, run, both):
    """What no public key is names the file, and the way out works."""
    file = Path(told(run("key", "show", "alice-example", "--json"))["path"]).with_suffix(".ml-dsa.pub")
    done(run("key", "appoint", "Alice Example", "--reason", "Too long.", "--no-ml-dsa"))
    good = file.read_bytes()
    file.write_bytes(data)
    assert refused(run(*ALSO), "no public key of ML-DSA-44") == f"rm {file}"
    file.unlink()
    done(run(*ALSO))
    assert file.read_bytes() == good
