"""mledger append --edit: a form in the person's editor, and nothing that was written is lost."""

import signal
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from mledger.events import base
from mledger_cli import editor
from tests.cli.asking import MODEL, Run, done, nothing_written, refused, refused_alike, told

EDIT = ("append", "comment.added", MODEL, "--edit")
GOOD = 'printf "on: 1\\ntext: Typed.\\n" > "$1"'


@pytest.fixture
def types(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Callable:
    """Choose an editor that does what a shell script says with the file $1; the folder of forms."""
    place = tmp_path_factory.mktemp("forms")
    monkeypatch.setattr("tempfile.tempdir", str(place))
    monkeypatch.setenv("TMPDIR", str(place))

    def choose(script: str) -> Path:
        program = place.parent / f"{place.name}-editor"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setenv("EDITOR", str(program))
        monkeypatch.delenv("VISUAL", raising=False)
        return place

    return choose


def test_what_was_saved_is_recorded(run: Run, begun: Path, types: Callable) -> None:
    """The form is filled in, recorded, and thrown away."""
    place = types(GOOD)
    assert done(run(*EDIT)).startswith("event 2 ")
    assert told(run("show", "2", "--json"))["data"] == {"on": "1", "text": "Typed."}
    assert not list(place.iterdir())


def test_what_is_known_already_stands_in_the_form(run: Run, begun: Path, types: Callable) -> None:
    """With --set or --from the form holds these values, and may be saved as it is."""
    types("true")
    done(run(*EDIT, "--set", "on=1", "--set", "text=Said before.", "--meaning", "review"))
    assert told(run("show", "2", "--json"))["data"]["text"] == "Said before."
    Path("comment.yaml").write_text("on: 1\ntext: From a file.\n")
    types('sed -i s/file/FILE/ "$1"')
    done(run(*EDIT, "--from", "comment.yaml"))
    assert told(run("show", "3", "--json"))["data"]["text"] == "From a FILE."


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ("true", "the form was left as it was, or empty"),
        (': > "$1"', "the form was left as it was, or empty"),
        ('echo "# nothing" > "$1"', "the form was left as it was, or empty"),
        ("exit 3", "ended with 3"),
        ("kill -9 $$", "ended with -9"),
    ],
)
def test_a_form_that_says_nothing_is_thrown_away(
    run: Run, begun: Path, types: Callable, script: str, line: str
) -> None:
    """A form that was not touched, or emptied, or an editor that fails: nothing recorded, nothing left."""
    place = types(script)
    with nothing_written(begun.parent):
        refused_alike(run, [*EDIT], line)
    assert not [path for path in place.iterdir() if path.stat().st_size]


@pytest.mark.parametrize(
    ("script", "line"),
    [
        ('printf "on: [\\n" > "$1"', "the form, line 2"),
        ('printf "on: 1\\ntxt: x\\n" > "$1"', "txt: is not a field"),
        ('printf "\\377" > "$1"', "the form is not UTF-8"),
        ('printf "just text" > "$1"', "the form should hold names"),
        (f"{GOOD}; exit 1", "ended with 1"),
    ],
)
def test_what_somebody_wrote_is_kept(run: Run, begun: Path, types: Callable, script: str, line: str) -> None:
    """A form that cannot be recorded stays in a file that only its owner reads; the next command names it."""
    place = types(script)
    with nothing_written(begun.parent):
        fix = refused(run(*EDIT), line)
    (kept,) = place.iterdir()
    assert (
        fix == f"what you wrote is kept: mend {kept}, then mledger append comment.added {MODEL} --from {kept}"
    )
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.write_text("on: 1\ntext: Mended.\n")
    done(run("append", "comment.added", MODEL, "--from", kept))


def test_what_the_ledger_refuses_is_kept_too(run: Run, begun: Path, types: Callable) -> None:
    """A signature that is not allowed is known only at the end: the text stays all the same."""
    done(run("key", "new", "--owner", "Bob", "--no-passphrase"))
    done(run("key", "enroll", "bob", "--role", "auditor"))
    place = types('printf "reason: old\\n" > "$1"')
    fix = refused(
        run("append", "model.retired", MODEL, "--edit", "--as", "bob"), "may not record model.retired"
    )
    (kept,) = place.iterdir()
    assert str(kept) in fix


def test_nobody_writes_for_nothing(run: Run, folder: Path, types: Callable) -> None:
    """Without a ledger, or without a key, the editor does not even start."""
    place = types(f"touch {folder}/started; {GOOD}")
    refused(run(*EDIT), "there is no ledger")
    done(run("init", "--origin", "a.example", "--name", "Alice", "--no-passphrase"))
    refused(run(*EDIT, "--as", "nobody"), "no key is called 'nobody'")
    assert not (folder / "started").exists()
    assert not list(place.iterdir())


@pytest.mark.parametrize("name", ["/no/such/editor", "no-such-editor --wait", "'"])
def test_an_editor_that_is_not_there_is_named(
    run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """One line says which editor, the other how to choose one."""
    monkeypatch.setenv("EDITOR", name)
    monkeypatch.delenv("VISUAL", raising=False)
    with nothing_written(begun.parent):
        assert "EDITOR=nano" in refused_alike(run, [*EDIT], name.split(maxsplit=1)[0])


def test_no_editor_at_all_is_told(run: Run, begun: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without EDITOR, and without any of the usual ones, the way out does not need one."""
    for variable in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PATH", str(begun.parent))
    with nothing_written(begun.parent):
        assert "--from FILE" in refused_alike(run, [*EDIT], "no editor is known here")


def test_the_usual_editor_is_found(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """VISUAL wins over EDITOR, both may hold options, and else the first that is installed is taken."""
    (folder / "nano").write_text("#!/bin/sh\n")
    (folder / "nano").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("EDITOR", "ed -s")
    monkeypatch.setenv("VISUAL", "code --wait")
    assert editor._command() == ["code", "--wait"]
    monkeypatch.delenv("VISUAL")
    assert editor._command() == ["ed", "-s"]
    monkeypatch.delenv("EDITOR")
    assert editor._command() == ["nano"]


def test_an_interruption_keeps_what_was_written(begun: Path, terminal: Callable, types: Callable) -> None:
    """Ctrl-C after a save ends with 130, records nothing, and the text is still there."""
    place = types('echo "text: half a thought" > "$1"; echo saved; sleep 30')
    at = terminal(*EDIT)
    at.wait_for("saved")
    at.type("\x03")
    code, screen = at.end()
    assert (code, "Traceback" in screen) == (130, False)
    (kept,) = place.iterdir()
    assert kept.read_text() == "text: half a thought\n"
    assert str(kept) in screen


def test_an_interruption_before_a_word_leaves_nothing(
    begun: Path, terminal: Callable, types: Callable
) -> None:
    """Ctrl-C over a blank form leaves no file."""
    place = types("echo ready; sleep 30")
    at = terminal(*EDIT)
    at.wait_for("ready")
    at.type("\x03")
    assert at.end()[0] == 130
    assert not list(place.iterdir())


@pytest.mark.parametrize("name", base.names())
def test_a_blank_form_holds_no_example_as_a_value(name: str) -> None:
    """Saved as it stands no type's form makes an event: nobody signs an example by mistake."""
    form = editor.filled(name, {})
    values = yaml.safe_load(form) or {}
    assert set(values.values()) <= {None}
    needed = {field.name for field in base.describe(name) if field.required and "." not in field.name}
    shown = set(values) | {
        line[2:].partition(":")[0].strip("'\"") for line in form.splitlines() if line[:2] == "# "
    }
    assert needed <= {("on" if field is True else field) for field in shown}


def test_a_blank_form_shows_its_examples(run: Run) -> None:
    """What was an example stands above its field as a comment, or behind # if it has several lines."""
    form = editor.filled("model.registered", {})
    assert "\n## for example: Alice Example\nowner:\n" in form
    assert "\n# team:\n# - Bob Example\n" in form
    run_form = editor.filled("run.started", {})
    assert "\n# criteria:\n# - metric:" in run_form
    assert "\nhypothesis:\n" in run_form


def test_termination_is_no_reason_to_lose_text(begun: Path, terminal: Callable, types: Callable) -> None:
    """A command that is ended by the system leaves the form where it was."""
    place = types('echo "text: half a thought" > "$1"; echo saved; sleep 2')
    at = terminal(*EDIT)
    at.wait_for("saved")
    at.process.send_signal(signal.SIGTERM)
    at.process.wait(60)
    (kept,) = place.iterdir()
    assert kept.read_text() == "text: half a thought\n"
