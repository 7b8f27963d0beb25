"""Files kept with events, as people keep them and take them out."""

import hashlib

from tests.cli.asking import MODEL, done, nothing_written, refused_alike, told

EVIDENCE = [
    "append", "evidence.attached", MODEL, "--set", "on=1", "--set", "kind=other", "--set", "title=A plot",
    "--set", "finding=It falls.", "--set", "weight=supports",
]  # fmt: skip


def test_a_file_is_kept_and_taken_out(run, begun, folder):
    """What --attach keeps is named by the event, listed, written out again, and counted by verify."""
    (folder / "plot.svg").write_bytes(b"<svg/>\n")
    digest = hashlib.sha256(b"<svg/>\n").hexdigest()
    done(run(*EVIDENCE, "--attach", "plot.svg"))
    shown = done(run("show", "2"))
    assert digest in shown
    assert "image/svg+xml" in shown
    assert done(run("attachment", "list")).splitlines()[1].split() == [digest, "7"]
    assert told(run("attachment", "list", "--json")) == [{"sha256": digest, "size": 7}]
    assert done(run("attachment", "get", digest[:10])) == "<svg/>\n"
    assert done(run("attachment", "get", digest, "-o", "copy.svg")) == "attachment of 7 bytes, in copy.svg\n"
    assert (folder / "copy.svg").read_bytes() == b"<svg/>\n"
    assert "1 attachment\n" in done(run("verify", "--full"))


def test_where_there_is_no_list_of_files_refs_name_it(run, begun, folder):
    """An event without files names the file as a reference by its digest."""
    (folder / "note.txt").write_text("right\n")
    done(
        run("append", "comment.added", MODEL, "--set", "on=1", "--set", "text=Seen.", "--attach", "note.txt")
    )
    (ref,) = told(run("show", "2", "--json"))["data"]["refs"]
    assert ref == {
        "rel": "evidence", "digest": hashlib.sha256(b"right\n").hexdigest(), "title": "note.txt",
            "kept": True,
    }  # fmt: skip


def test_mistakes_are_told_and_keep_nothing(run, begun, folder):
    """A file that is not there, a type without room, a wrong digest: one line each, nothing written."""
    (folder / "note.txt").write_text("right\n")
    (folder / "many.jsonl").write_text("{}\n{}\n")
    with nothing_written(folder):
        refused_alike(run, [*EVIDENCE, "--attach", "none.txt"], "none.txt")
        refused_alike(run, [*EVIDENCE, "--set", "files=1", "--attach", "note.txt"], "adds to a list")
        role = ["append", "role.granted", "ledger", "--set", "key=1", "--set", "role=owner"]
        refused_alike(run, [*role, "--attach", "note.txt"], "no field that names files")
        many = ["append", "comment.added", MODEL, "--from", "many.jsonl", "--attach", "note.txt"]
        refused_alike(run, many, "--attach")
        refused_alike(run, ["attachment", "get", "12345678"], "no attachment '12345678'")
        refused_alike(run, ["attachment", "get", "12345678", "-o", "note.txt"], "note.txt is there already")
    assert told(run("attachment", "list", "--json")) == []
