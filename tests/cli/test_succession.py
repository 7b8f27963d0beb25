"""Another key signs the checkpoints, as people do it."""

from pathlib import Path

from tests.cli.asking import MODEL, done, refused, refused_alike, told

RENEW = ("--reason", "Yearly rotation.")


def new_key(run, owner="Alice Example", name="alice-2027"):
    """Another key in the same keystore."""
    done(run("key", "new", "--owner", owner, "--name", name, "--no-passphrase"))


def vkey(run):
    """The verifier key of now."""
    return done(run("checkpoint", "--vkey")).strip()


def test_the_first_key_is_rotated_like_any_other(run, begun):
    """One command: the key, the checkpoints, one checkpoint of both; old receipts and trust files hold."""
    done(run("checkpoint"))
    old = vkey(run)
    done(run("prove", "1", "-o", "old.tlog-proof"))
    done(run("trust", "export", "-o", "trust.json"))
    new_key(run)
    result = run("key", "rotate", "Alice Example", "alice-2027", *RENEW)
    assert "key.rotated on ledger" in done(result)
    assert "key.appointed on ledger" in result.stdout
    assert "a checkpoint of 4 entries is signed by both keys" in result.stderr
    assert vkey(run) in result.stderr
    assert vkey(run) != old
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=On."))
    done(run("checkpoint"))
    done(run("check-proof", "old.tlog-proof", "--vkey", old))
    verified = done(run("verify", "--full", "--trust", "trust.json"))
    assert "its key was handed over at entry 3" in " ".join(verified.split())
    done(run("bundle", "create", "--all", "-o", "b.zip"))
    done(run("bundle", "verify", "b.zip", "--trust", "trust.json"))


def test_json_is_a_receipt_with_the_verifier_key(run, begun):
    """What comes next needs no second command."""
    new_key(run)
    row = told(run("--json", "key", "rotate", "Alice Example", "alice-2027", *RENEW))
    assert (row["number"], row["type"], row["vkey"]) == ("2", "key.rotated", vkey(run))


def test_another_person_takes_over(run, begun):
    """`mledger key appoint`: both keys at hand, or the one until now revoked."""
    new_key(run, "Bob Example", "bob-example")
    done(run("key", "enroll", "bob-example", "--role", "owner"))
    done(run("key", "appoint", "Bob Example", "--reason", "Alice leaves."))
    refused(run("checkpoint", "--as", "alice-example"), "of Bob Example")
    done(run("checkpoint", "--as", "bob-example"))
    again = ["key", "appoint", "Bob Example", "--reason", "Again."]
    assert refused_alike(run, again, "signs the checkpoints already") == "mledger checkpoint"


def test_a_stolen_key_is_revoked_and_replaced(run, begun, tmp_path):
    """The owner's other key revokes it; who appoints needs the old key no more."""
    new_key(run, name="alice-spare")
    done(run("key", "enroll", "alice-spare", "--role", "owner"))
    done(
        run(
            "key",
            "revoke",
            told(run("key", "show", "alice-example", "--json"))["key"][:12],
            "--since",
            "1",
            "--reason",
            "Stolen.",
            "--as",
            "alice-spare",
        )
    )
    Path(told(run("key", "show", "alice-example", "--json"))["path"]).unlink()
    fix = refused(run("checkpoint"), "was revoked by entry 3")
    assert "mledger key appoint" in fix
    done(run("key", "appoint", "Alice Example", "--reason", "The old key was stolen."))
    done(run("checkpoint"))
    result = run("verify", "--full")
    assert result.exit_code == 1
    assert "key.disputed" in result.stdout


def test_a_new_key_elsewhere_takes_over_later(run, begun):
    """With the public line alone the key is rotated, and the holder is told what is left to do."""
    new_key(run)
    public = told(run("key", "show", "alice-2027", "--json"))
    private = Path(public["path"])
    Path("alice.pub").write_text(public["public"] + "\n")
    private.rename("elsewhere.key")
    result = run("key", "rotate", "Alice Example", "alice.pub", *RENEW)
    assert "key.appointed" not in done(result)
    assert "nobody signs checkpoints now" in result.stderr
    short = public["key"][:12]
    done(run("trust", "export", "-o", "trust.json"))
    done(run("key", "hand-over", short, "-o", "succession", "--as", "alice-example"))
    appoint = ["key", "appoint", short, "--reason", "As agreed.", "--succession", "succession"]
    assert "mledger key adopt" in refused_alike(run, appoint, "is not at hand")
    Path("elsewhere.key").rename(private)
    Path(told(run("key", "show", "alice-example", "--json"))["path"]).rename("gone")
    done(run(*appoint))
    done(run("checkpoint"))
    assert "was handed over" in " ".join(done(run("verify", "--full", "--trust", "trust.json")).split())
    refused_alike(run, ["key", "hand-over", short, "-o", "more", "--as", "gone"], "is not the one that signs")
    refused_alike(run, appoint, "another key than the one which signs")
    Path("succession").write_text("nothing")
    refused_alike(run, appoint, "no signatures")


def test_nothing_is_handed_over_to_oneself(run, begun):
    """The key that signs already takes nothing over."""
    refused_alike(run, ["key", "hand-over", "Alice Example", "-o", "x"], "signs the checkpoints already")
    assert not Path("x").exists()


def test_a_new_key_of_somebody_else_is_no_rotation(run, begun):
    """A rotation keeps the person."""
    new_key(run, "Bob Example", "bob-example")
    refused_alike(run, ["key", "rotate", "Alice Example", "bob-example", *RENEW], "is a key of Bob Example")


def test_a_rotation_that_was_interrupted_goes_on(run, begun):
    """Rotated, and nobody appointed: no checkpoint until `key appoint`, which hands over all the same."""
    done(run("checkpoint"))
    old = vkey(run)
    done(run("publish", "public"))
    done(run("follow", "public", "--vkey", old))
    new_key(run)
    key = Path(told(run("key", "show", "alice-2027", "--json"))["path"])
    key.rename("away")
    done(run("key", "rotate", "Alice Example", str(key.with_suffix(".pub")), *RENEW))
    Path("away").rename(key)
    assert "mledger key appoint" in refused(run("checkpoint", "--as", "alice-2027"), "was revoked by entry 2")
    done(run("publish", "public", "--kept"))
    result = run("key", "appoint", "Alice Example", "--reason", "Going on.", "--as", "alice-2027")
    assert "is signed by both keys" in (done(result) and result.stderr)
    done(run("publish", "public", "--as", "alice-2027"))
    assert "which was handed over" in " ".join(done(run("follow", "public", "--vkey", old)).split())
