"""Redaction as people do it."""

from tests.cli.asking import MODEL, done, nothing_written, refused_alike, told

BASIS = ["--basis", "GDPR Art. 17", "--authority", "Dora Example"]


def test_what_was_said_is_gone_and_the_rest_is_shown(run, begun, folder):
    """show, log and verify say that it was erased, by whom, why, and nothing of what it was."""
    done(run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=Call Zebulon."))
    assert "event 3  " in done(run("redact", "2", *BASIS, "--reason", "Consent withdrawn.", "--yes"))
    shown = done(run("show", "2"))
    assert "by Alice Example, event 3: GDPR Art. 17; decided by Dora Example" in " ".join(shown.split())
    assert told(run("show", "2", "--json"))["redacted"]["number"] == "3"
    assert "(erased)" in done(run("log"))
    done(run("verify", "--full"))
    assert b"Zebulon" not in (folder / "mledger.db").read_bytes()
    assert "recorded before" in done(run("redact", "2", *BASIS, "--yes"))


def test_a_part_can_be_taken_out(run, begun):
    """--set and --without record the rest again."""
    fields = {
        "title": "Loans", "origin": "Own.", "collected_how": "Export.", "by_whom": "Zebulon",
        "licence": "internal", "legal_basis": "Zebulon said so",
    }  # fmt: skip
    sets = [part for name, value in fields.items() for part in ("--set", f"{name}={value}")]
    digests = '[{"name": "a.csv", "sha256": "%s"}]' % ("ab" * 32)
    done(run("append", "dataset.registered", "dataset/loans", *sets, "--set", f"digests={digests}"))
    part = ["--set", "by_whom=(removed)", "--without", "legal_basis"]
    done(run("redact", "2", *BASIS, *part, "--yes"))
    replayed = done(run("replay", "dataset/loans"))
    assert "Zebulon" not in replayed
    assert "Loans" in replayed


def test_mistakes_are_told_and_erase_nothing(run, begun, folder):
    """No such event, no such field, what governs, nobody to ask: one line each, nothing written."""
    with nothing_written(folder):
        refused_alike(run, ["redact", "9", *BASIS, "--yes"], "there is no entry 9")
        refused_alike(run, ["redact", "0", *BASIS, "--yes"], "nobody could judge the rest")
        refused_alike(run, ["redact", "1", *BASIS], "nobody is there to be asked")
        refused_alike(run, ["redact", "1", *BASIS, "--without", "colour", "--yes"], "no such field")
        refused_alike(run, ["redact", "1", *BASIS, "--without", "title", "--yes"], "title")
        refused_alike(run, ["redact", "1", "--basis", "x", "--yes"], "--authority")


def test_a_person_is_asked(terminal, begun):
    """At a terminal the event is named, and a no erases nothing."""
    shown = terminal("redact", "1", *BASIS)
    shown.wait_for("for good? [y/N]")
    shown.type("n\n")
    code, screen = shown.end()
    assert code == 2
    assert "nothing was erased" in screen
    assert "model.registered on model/credit-risk, signed Alice Example" in screen
