"""mledger checkpoint, prove, check-proof: what can be checked without the ledger, and what cannot."""

import base64
from pathlib import Path

import pytest

from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

COMMENT = ("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=x")


@pytest.fixture
def vkey(run: Run, begun: Path) -> str:
    """The verifier key of a ledger with two checkpoints, `old` and `new`, a receipt and a proof of growth."""
    done(run("checkpoint", "-o", "old"))
    done(run(*COMMENT))
    done(run("checkpoint", "-o", "new"))
    done(run("prove", "1", "-o", "receipt"))
    done(run("prove", "--between", "old", "new", "-o", "growth"))
    return done(run("checkpoint", "--vkey")).strip()


def test_what_holds_is_said(run: Run, vkey: str) -> None:
    """Of a receipt: position, events, signer; of a checkpoint: size and root; of growth: the two sizes."""
    Path("mledger.db").unlink()
    receipt = done(run("check-proof", "receipt", "--vkey", vkey))
    assert "entry 1 is among the first 3 entries" in receipt
    assert f"model.registered on {MODEL}" in receipt
    assert "Alice Example, authorship" in receipt
    assert "the ledger had 2 entries" in done(run("check-proof", "old", "--vkey", vkey))
    growth = ("check-proof", "growth", "--between", "old", "new", "--vkey", vkey)
    assert "the first 3 entries extend the first 2" in done(run(*growth))
    assert told(run(*growth, "--json")) | {"root": ""} == {
        "origin": "acme.example/credit",
        "old": 2,
        "new": 3,
        "root": "",
    }
    assert told(run("check-proof", "receipt", "--vkey", vkey, "--json"))["seq"] == 1


def test_the_same_is_printed_and_written(run: Run, vkey: str) -> None:
    """Without -o checkpoint, receipt and proof go to standard output, byte for byte as into a file."""
    assert done(run("checkpoint")).encode() == Path("new").read_bytes()
    assert done(run("prove", "1")).encode() == Path("receipt").read_bytes()
    assert done(run("prove", "--between", "old", "new")).encode() == Path("growth").read_bytes()
    assert told(run("checkpoint", "--json"))["note"].encode() == Path("new").read_bytes()
    assert told(run("prove", "1", "--json"))["proof"].encode() == Path("receipt").read_bytes()
    assert told(run("checkpoint", "--vkey", "--json")) == {"vkey": vkey}


@pytest.mark.parametrize("file", ["receipt", "old", "growth"])
def test_any_changed_letter_is_noticed(run: Run, vkey: str, file: str) -> None:
    """Whatever letter of a file is changed, it does not hold any more, or is no such file any more."""
    data = Path(file).read_bytes()
    more = ("--between", "old", "new") if file == "growth" else ()
    for place in range(0, len(data), max(1, len(data) // 40)):
        changed = bytes([data[place] ^ 1 or 2])
        Path("changed").write_bytes(data[:place] + changed + data[place + 1 :])
        result = run("check-proof", "changed", "--vkey", vkey, *more)
        assert result.exit_code in (2, 3), place
        assert result.stdout == ""
        assert "  fix: " in result.stderr


def test_another_key_proves_nothing(run: Run, vkey: str) -> None:
    """Under the verifier key of another ledger nothing holds: exit 3; what is no key is wrong use."""
    done(run("init", "--ledger", "other.db", "--origin", "b.example"))
    other = done(run("checkpoint", "--ledger", "other.db", "--vkey")).strip()
    for file in ("receipt", "old"):
        refused_alike(run, ["check-proof", file, "--vkey", other], "", code=3)
    for wrong in ("", "x", vkey[:-2], vkey.replace("+", " ")):
        refused_alike(run, ["check-proof", "old", "--vkey", wrong], "verifier key")
    assert "mledger checkpoint --vkey" in refused(
        run("check-proof", "old"), "neither --vkey nor --trust is said"
    )


@pytest.mark.parametrize("content", [b"", b"a shopping list\n", b"\xff\xfe\n", b"x" * (2 << 20)])
def test_what_is_no_proof_is_wrong_use(run: Run, vkey: str, content: bytes) -> None:
    """A file that is none of the three is told by its name, with exit code 2."""
    Path("junk").write_bytes(content)
    refused_alike(run, ["check-proof", "junk", "--vkey", vkey], "junk is ")
    if content.strip():
        between = ["--between", "old", "new"]
        refused_alike(run, ["check-proof", "junk", *between, "--vkey", vkey], "junk is ")
    refused_alike(run, ["check-proof", "growth", "--between", "junk", "new", "--vkey", vkey], "junk is ")
    refused_alike(run, ["prove", "--between", "junk", "new"], "junk is ")


def test_growth_the_other_way_does_not_hold(run: Run, vkey: str) -> None:
    """A later checkpoint does not come before an earlier one."""
    refused_alike(
        run, ["check-proof", "growth", "--between", "new", "old", "--vkey", vkey], "does not hold", code=3
    )
    Path("forged").write_bytes(base64.b64encode(bytes(32)) + b"\n")
    refused_alike(
        run, ["check-proof", "forged", "--between", "old", "new", "--vkey", vkey], "does not hold", code=3
    )


def test_nothing_is_overwritten(run: Run, vkey: str, begun: Path) -> None:
    """A name that is taken is refused before anything is signed."""
    done(run(*COMMENT))
    with nothing_written(begun.parent):
        for args in (["checkpoint"], ["prove", "1"], ["prove", "--between", "old", "new"]):
            refused_alike(run, [*args, "-o", "old"], "old is there already")
        refused_alike(run, ["checkpoint", "-o", "no/where"], "there is no folder no")


def test_only_the_first_key_signs_checkpoints(run: Run, vkey: str) -> None:
    """Somebody else is told whose key it takes; the newest checkpoint is printed again if nothing is new."""
    done(run("key", "new", "--owner", "Bob Example", "--no-passphrase"))
    done(run("key", "enroll", "bob-example", "--role", "engineer"))
    refused_alike(run, ["checkpoint", "--as", "bob-example"], "of Alice Example")
    first = done(run("checkpoint", "--as", "alice-example"))
    assert done(run("checkpoint", "--as", "alice-example")) == first
