"""When the ledger cannot be written, training goes on and events are signed later."""

import json
import os
import shutil
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner

import mledger
from mledger import folders
from mledger.core.moment import Moment
from mledger.errors import NotFoundError
from mledger.events import base as events
from mledger.keys.ed25519 import Ed25519Signer
from mledger.keystore import Keystore
from mledger.ledger import Ledger
from mledger.recording.item import Item
from mledger.recording.pushing import push
from mledger.recording.spool import Spool
from mledger.stores import sqlite
from mledger_cli.main import program
from tests.recording.conftest import MODEL

SAID = {"hypothesis": "Depth 4 reaches an AUC of 0.95.", "criteria": {"auc": ">=0.95"}}


def begin(**said):
    """A run of the model as the tests begin it."""
    return mledger.run("credit-risk", **(SAID | said))


def train(**said):
    """A whole run."""
    with begin(**said) as run:
        run.metric("auc", 0.96)
    return run


def command(*words):
    """What a command prints on both outputs, and its exit code."""
    result = CliRunner().invoke(program, list(words))
    return result.output, result.exit_code


def waiting():
    """The types of what waits."""
    return [one.said.get("type") for one in Spool().waiting()]


def item(text="A note.", **said):
    """A comment on its way."""
    return Item(events.build("comment.added", {"on": "0", "text": text}), MODEL, **said)


@pytest.fixture
def gone(path):
    """A ledger that is away; the function puts it back."""
    aside = path.with_name("aside.db")
    shutil.move(path, aside)
    return lambda: shutil.move(aside, path)


def test_a_ledger_that_is_gone_stops_nobody(gone, recorded, capsys):
    """The run goes on with one warning; pushed later, its events keep their order and their times."""
    run = train()
    train()
    err = capsys.readouterr().err
    assert err.count("warning: not signed yet, kept in the spool") == 1
    assert "mledger spool push" in err
    assert "finished (in the spool)" in err
    assert run.number is None
    assert len(Spool().waiting()) == 4

    gone()
    listing = json.loads(command("spool", "list", "--json")[0])
    assert [row["type"] for row in listing] == ["run.started", "run.finished"] * 2
    text, code = command("spool", "push")
    assert (text.count("event "), code) == (4, 0)
    rows = recorded()
    assert [row["type"] for row in rows] == ["run.started", "run.finished"] * 2
    assert [row["occurred"] for row in rows] == [row["at"] for row in listing]
    assert all(row["occurred"] < row["time"] for row in rows)
    with mledger.Reader.open("mledger.db") as reader:
        assert reader.verify(full=True).intact


def test_pushing_again_changes_nothing(gone, recorded):
    """While the process that wrote it runs, its file stays; what is recorded is recognised by its id."""
    train()
    gone()
    assert command("spool", "push")[0].count("recorded before") == 0
    assert waiting() == ["run.started", "run.finished"]
    assert command("spool", "push")[0].count("recorded before") == 2
    assert len(recorded()) == 2


def test_what_a_process_left_is_gone_once_it_is_pushed(path, script, recorded):
    """Events and attachments of a process that has ended leave the spool when they are in the ledger."""
    shutil.move(path, "aside.db")
    lines = """
import mledger
with mledger.run("credit-risk", hypothesis="x", criteria={"loss": "<1"}) as run:
    for step in range(10):
        run.metric("loss", 0.5, step=step)
"""
    done = script(lines)
    assert done.returncode == 0, done.stderr
    assert "kept in the spool" in done.stderr
    assert len(list((Spool().folder / "files").iterdir())) == 1
    shutil.move("aside.db", path)
    text, code = command("spool", "push", "--json")
    assert code == 0
    assert [row["number"] for row in json.loads(text)] == ["1", "2"]
    assert [file for file in Spool().folder.rglob("*") if file.is_file()] == []
    (file,) = recorded()[1]["data"]["files"]
    with mledger.Reader.open(path) as reader:
        assert reader.attachment(file["sha256"]).startswith(b"metric,")


@pytest.fixture
def impatient(monkeypatch):
    """Nobody waits long for a lock."""
    hasty = sqlite.SqliteStore.__init__.__kwdefaults__ | {"timeout": 0.05}
    monkeypatch.setattr(sqlite.SqliteStore.__init__, "__kwdefaults__", hasty)


@contextmanager
def locked(path):
    """Within, somebody else holds the ledger."""
    other = sqlite3.connect(path)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()


@pytest.mark.usefixtures("impatient")
def test_a_locked_ledger_stops_nobody(path, capsys):
    """Somebody who holds the file for long sends the events into the spool."""
    with locked(path):
        train()
    assert waiting() == ["run.started", "run.finished"]
    assert "kept in the spool" in capsys.readouterr().err
    assert command("spool", "push")[1] == 0


@pytest.mark.usefixtures("impatient")
def test_what_follows_an_event_that_waits_waits_too(path, recorded):
    """A run whose start waits is pushed whole; one whose end alone waits has its start in the ledger."""
    with locked(path):
        whole = begin(name="whole").start()
    half = begin(name="half").start()
    whole.metric("auc", 0.96)
    whole.finish()
    with locked(path):
        half.finish()
    assert [(row["type"], row["data"]["run"]) for row in recorded()] == [("run.started", "half")]
    assert command("spool", "push")[1] == 0
    assert [(row["type"], row["data"]["run"]) for row in recorded()][1:] == [
        ("run.started", "whole"),
        ("run.finished", "whole"),
        ("run.finished", "half"),
    ]


@pytest.mark.parametrize("how", ["no key", "locked key", "another version"])
def test_whatever_is_wrong_with_ledger_or_key_stops_nobody(path, monkeypatch, capsys, how):
    """No key, a key without its passphrase, a layout of the future: events wait, with one warning."""
    if how == "no key":
        for file in Keystore().folder.iterdir():
            file.unlink()
    elif how == "locked key":
        signer = Ed25519Signer.generate()
        Keystore().add(signer, owner="Bob Example", passphrase="correct horse")
        monkeypatch.setenv("MLEDGER_KEY", "bob-example")
    else:
        with sqlite3.connect(path) as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
    train()
    err = capsys.readouterr().err
    assert err.count("warning:") == 1
    assert "  fix: " in err
    assert waiting() == ["run.started", "run.finished"]


FULL = """
import resource
import mledger
limit = 24_000  # bytes of a file: less than an append to the ledger needs, more than a line of the spool
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
with mledger.run("credit-risk", hypothesis="x", criteria={"auc": ">0"}, quiet=True) as run:
    run.metric("auc", 0.9)
"""


def test_a_disk_that_is_full_stops_nobody(path, script, recorded):
    """Where the ledger can grow no more, the events wait, and are pushed when there is room again."""
    done = script(FULL)
    assert done.returncode == 0, done.stderr
    assert "kept in the spool" in done.stderr
    assert recorded() == []
    assert command("spool", "push")[1] == 0
    assert [row["type"] for row in recorded()] == ["run.started", "run.finished"]


def test_strict_says_at_once_what_is_wrong(folder):
    """With `strict` the first error is raised, before the block is entered, and nothing is spooled."""
    with pytest.raises(NotFoundError), begin(strict=True):
        pass
    assert waiting() == []
    with pytest.raises(NotFoundError), mledger.open("nothing.db", strict=True).run("m", **SAID):
        pass


def test_a_full_disk_loses_no_training(gone, monkeypatch, capsys):
    """Where even the spool cannot be written the run goes on, and says that it is recorded nowhere."""
    home = Path(os.environ["HOME"]) / "file"
    home.write_text("")
    monkeypatch.setenv("MLEDGER_HOME", str(home / "below"))
    train()
    assert "run.started is recorded nowhere" in capsys.readouterr().err


def test_what_the_ledger_refuses_stays(gone, recorded):
    """A refused event stays with those of its run; others are recorded; the exit code says so."""
    train(name="refused")
    train(name="good")
    gone()
    with Ledger.open("mledger.db") as ledger:
        ledger.append(item().body, "ledger", id=Spool().waiting()[0].said["id"])
        pushed = list(push(ledger, Spool(), Spool().waiting()))
    assert [bool(one.number) for one in pushed] == [False, False, True, True]
    assert pushed[1].why == "an earlier event of this run was refused"
    text, code = command("spool", "push")
    assert code == 1
    assert "refused" in text
    assert [row["data"]["run"] for row in recorded()] == ["good", "good"]


def test_damaged_lines_are_kept_and_named(path, capsys):
    """A line that was cut off, or is none of ours, stays and is named; the others are recorded."""
    spool = Spool()
    spool.write(item(), ledger=path, why="locked")
    extra = spool.folder / "1-aaaaaaaa.jsonl"
    (whole,) = spool.waiting()
    extra.write_bytes(b'{"spool": 1, "spool": 2}\n[]\n{"spool": 9}\n' + whole.line[:40])
    rows = json.loads(command("spool", "list", "--json")[0])
    assert sum(row["damage"] is not None for row in rows) == 4
    text, code = command("spool", "push")
    assert code == 1
    assert text.count("refused") == 4
    assert "event 1" in text


def test_a_line_of_another_content_is_refused(path):
    """A line whose id stands for another event is refused, and stays."""
    spool = Spool()
    first = item("One.")
    with Ledger.open(path) as ledger:
        ledger.append(first.body, MODEL, id=first.id)
        spool.write(item("Two.", id=first.id), ledger=path, why="locked")
        (pushed,) = push(ledger, spool, spool.waiting())
    assert pushed.number is None
    assert "with other content" in pushed.why


@pytest.mark.parametrize("lacking", ["type", "v", "stream", "data", "id", "at"])
def test_a_line_that_lacks_something_is_refused(path, lacking):
    """A line without one of its fields is refused in words."""
    spool = Spool()
    spool.write(item(), ledger=path, why="locked")
    (one,) = spool.waiting()
    said = {name: value for name, value in one.said.items() if name != lacking}
    with Ledger.open(path) as ledger:
        (pushed,) = push(ledger, spool, [one._replace(said=said)])
    assert pushed.number is None
    assert "not what a spool writes" in pushed.why


def test_events_of_another_ledger_are_not_pushed_here(path, capsys):
    """What was meant for another file is named with the command that pushes it, and pushed if asked."""
    Spool().write(item(), ledger=Path("/elsewhere/other.db"), why="gone")
    text, code = command("spool", "push")
    assert code == 0
    assert "nothing waits for" in text
    assert "mledger --ledger /elsewhere/other.db spool push" in text
    assert json.loads(CliRunner().invoke(program, ["spool", "push", "--json"]).stdout) == []
    assert "event 1" in command("spool", "push", "--meant-for", "/elsewhere/other.db")[0]


def test_a_start_that_found_no_place_is_recorded_with_the_end(path, recorded, capsys):
    """A run says that it is recorded nowhere; once there is room its start is there, before its end."""
    away = path.with_name("away.db")
    spool = folders.spool_folder()
    path.rename(away)
    spool.parent.mkdir(exist_ok=True)
    spool.write_text("in the way")
    with begin(name="a") as run:
        assert "run a started (recorded nowhere)" in capsys.readouterr().err
        run.metric("auc", 0.96)
        away.rename(path)
    assert [row["type"] for row in recorded()] == ["run.started", "run.finished"]
    assert "run a finished (event 2)" in capsys.readouterr().err
    path.rename(away)
    train(name="b")
    assert "run b finished (recorded nowhere)" in capsys.readouterr().err
    spool.unlink()


def test_what_waits_is_mentioned_once(path, capsys):
    """The first run of a process that meets events for its ledger in the spool says so."""
    line = "earlier events wait to be signed: mledger spool push"
    Spool().write(item(), ledger=path.with_name("other.db"), why="locked")
    train()
    assert line not in capsys.readouterr().err
    Spool().write(item(), ledger=path, why="locked")
    train(key="alice-example")  # which a recorder of its own takes down
    train(key="alice-example")
    assert capsys.readouterr().err.count(line) == 1


def test_events_can_be_dropped(path, script):
    """Events are thrown away by id or all; those of a process that runs stay, which is said."""
    Spool().write(item(at=Moment("2026-11-23T09:00:00.000000Z")), ledger=path, why="gone")
    assert "stay: the process" in command("spool", "drop", "--all")[0]
    for file in Spool().files():
        shutil.copy(file, file.with_name("1-bbbbbbbb.jsonl"))
    both = Spool().waiting()
    text, code = command("spool", "drop", both[0].said["id"][-8:])
    assert code == 2
    assert "2 events end with" in text
    assert command("spool", "drop", "nothing")[1] == 2
    assert command("spool", "drop")[1] == 2
    assert len(Spool().waiting()) == 2
    command("spool", "drop", "--all")
    assert len(Spool().waiting()) == 1


def test_threads_write_whole_lines(path):
    """Many threads may write to the spool at once: no line is lost or torn."""
    threads = [
        threading.Thread(
            target=lambda: [Spool().write(item("x" * 5000), ledger=path, why="") for _ in range(10)]
        )
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Spool().waiting()
    assert len(found) == 80
    assert not any(one.damage for one in found)
    assert len(Spool().files()) == 1


def test_an_empty_spool_says_so(folder):
    """Where nothing waits, that is said."""
    assert "nothing waits" in command("spool", "list")[0]
    assert "nothing waits" in command("spool", "push")[0]
