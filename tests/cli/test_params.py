"""Values on the command line: read by the library, refused by the option's name."""

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from mledger.errors import InputError
from mledger_cli import params
from mledger_cli.groups import Command

GOOD = [
    (params.MOMENT, "2026-11-23T10:12:04+01:00", "2026-11-23T09:12:04.000000Z"),
    (params.CUT, "2026-11-23", "2026-11-23T23:59:59.999999Z"),
    (params.CUT, "2026-11-23T10:12:04Z", "2026-11-23T10:12:04.000000Z"),
    (params.EVENT_NUMBER, "41", "41"),
    (params.EVENT_NUMBER, "41.3", "41.3"),
    (params.EVENT_NUMBER, "0192D4D0-7A54-7C6A-9B1E-000000000001", "0192d4d0-7a54-7c6a-9b1e-000000000001"),
    (params.UUID, "0192d4d0-7a54-7c6a-9b1e-000000000001", "0192d4d0-7a54-7c6a-9b1e-000000000001"),
    (params.EVENT_TYPE, "decision.accepted", "decision.accepted"),
    (params.STREAM, "model/credit-risk", "model/credit-risk"),
    (params.SOME_STREAM, "credit-risk", "credit-risk"),
    (params.EVENT_TYPES, "decision", "decision"),
    (params.EVENT_TYPES, "decision.*", "decision"),
    (params.EVENT_TYPES, "decision.accepted", "decision.accepted"),
    (params.ZONE, "Europe/Berlin", "Europe/Berlin"),
    (params.HASH, "AB" * 32, b"\xab" * 32),
    (params.MEANING, "witness", "witness"),
    (params.SINCE, "2026-11-23", "2026-11-23T00:00:00.000000Z"),
    (params.KEY, "alice", "alice"),
]
BAD = [
    (params.MOMENT, "2026-11-23"),
    (params.MOMENT, "yesterday"),
    (params.CUT, "2026-13-01"),
    (params.EVENT_NUMBER, "041"),
    (params.EVENT_NUMBER, "-1"),
    (params.EVENT_NUMBER, "0192d4d0-7a54-4c6a-9b1e-000000000001"),
    (params.UUID, "41"),
    (params.EVENT_TYPE, "accepted"),
    (params.STREAM, "credit-risk"),
    (params.SOME_STREAM, "model//x"),
    (params.ZONE, "Mars/Base"),
    (params.ZONE, "../x"),
    (params.ZONE, "/etc/localtime"),
    (params.HASH, "ab"),
    (params.HASH, "x" * 64),
    (params.MEANING, "love"),
    (params.EVENT_TYPES, "Decision"),
]


def read(kind: click.ParamType, text: str) -> object:
    """What a command gets for an option of that kind."""

    @click.command("probe", cls=Command)
    @click.option("--value", type=kind)
    def probe(value: object) -> object:
        return value

    return probe.main([f"--value={text}"], standalone_mode=False)


@pytest.mark.parametrize(("kind", "text", "value"), GOOD)
def test_a_value_is_read(kind: click.ParamType, text: str, value: str) -> None:
    """What the library accepts arrives in its one form."""
    assert read(kind, text) == value


@pytest.mark.parametrize(("kind", "text"), BAD)
def test_a_wrong_value_names_its_option(kind: click.ParamType, text: str) -> None:
    """What the library refuses is told with the option that it was given to, in one line."""
    with pytest.raises(InputError) as caught:
        read(kind, text)
    assert caught.value.message.startswith("--value: ")
    assert "\n" not in caught.value.message


def completions(process: Callable, words: str) -> list[str]:
    """What bash would offer for the last word."""
    line = words.split(" ")
    done = process(
        env={"_MLEDGER_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(line) - 1)}
    )
    assert done.stderr == ""
    return [row.partition(",")[2] for row in done.stdout.splitlines() if row]


def test_commands_options_and_types_are_completed(process: Callable) -> None:
    """A shell is offered commands, options and the event types that exist."""
    assert completions(process, "mledger ty") == ["types"]
    assert completions(process, "mledger key n") == ["new"]
    assert completions(process, "mledger key list --js") == ["--json"]
    assert completions(process, "mledger types decision.a") == ["decision.accepted"]
    assert completions(process, "mledger completion z") == ["zsh"]


def test_keys_are_completed(process: Callable) -> None:
    """A shell is offered the names of one's own keys, and nothing where there is none."""
    assert completions(process, "mledger key show a") == []
    process("key", "new", "--owner", "Alice Example", "--no-passphrase")
    assert completions(process, "mledger key show a") == ["alice-example"]


def test_what_is_in_the_ledger_is_completed(process: Callable, begun: Path) -> None:
    """Streams, people, roles, meanings, remembered ledgers and zones are offered where they fit."""
    assert completions(process, "mledger log m") == ["model/credit-risk"]
    assert completions(process, "mledger log l") == ["ledger"]
    assert completions(process, "mledger append comment.added model/c") == ["model/credit-risk"]
    assert completions(process, "mledger replay model/") == ["model/credit-risk"]
    assert completions(process, "mledger key grant x eng") == ["engineer"]
    assert completions(process, "mledger key enroll x --role aud") == ["auditor"]
    assert completions(process, "mledger append --meaning wit") == ["witness"]
    assert completions(process, "mledger log --tz Europe/Berl") == ["Europe/Berlin"]
    assert completions(process, "mledger log --by A") == ["Alice"]
    (name,) = completions(process, "mledger heads forget ")
    assert len(name) == 12
    (member,) = completions(process, "mledger key revoke ")
    assert len(member) == 12  # the name has a space in it
    assert completions(process, "mledger append --as a") == ["alice-example"]


def test_another_ledger_is_completed_when_it_is_named(process: Callable, begun: Path) -> None:
    """--ledger before the command, or MLEDGER_LEDGER, says whose streams are offered."""
    begun.rename("other.db")
    assert completions(process, "mledger log m") == []
    assert completions(process, "mledger --ledger other.db log m") == ["model/credit-risk"]


@pytest.mark.parametrize("content", [None, b"", b"a shopping list"])
def test_where_there_is_no_ledger_nothing_is_completed(
    process: Callable, folder: Path, content: bytes | None
) -> None:
    """A missing or wrong file offers nothing, and no error spoils the line that is typed."""
    if content is not None:
        (folder / "mledger.db").write_bytes(content)
    for words in ("log m", "key grant x eng", "key revoke ", "replay m"):
        assert completions(process, f"mledger {words}") == []
