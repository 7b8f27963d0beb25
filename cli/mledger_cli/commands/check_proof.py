"""mledger check-proof: check a receipt or a fork without the ledger."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import FormatError, InputError, ProofError
from mledger_cli import files
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.core.checkpoint import Checkpoint
    from mledger.core.note import NoteKey

RECEIPT = b"c2sp.org/tlog-proof@"
FIX = "ask for the file and the verifier key again, and tell whoever answers for the ledger"


@click.command("check-proof", cls=Command)
@click.argument("file", type=files.EXISTING)
@click.option(
    "--vkey",
    "vkeys",
    metavar="VKEY",
    multiple=True,
    help="The ledger's verifier key, from somebody you trust; may be said again, where it had several.",
)
@click.option(
    "--between",
    type=files.EXISTING,
    nargs=2,
    metavar="OLD NEW",
    help="FILE proves that checkpoint NEW extends OLD.",
)
@click.option(
    "--trust", type=files.EXISTING, metavar="FILE", help="Take the verifier keys from a trust file."
)
@pass_settings
def command(
    settings: Settings,
    file: Path,
    vkeys: tuple[str, ...],
    between: tuple[Path, Path] | None,
    trust: Path | None,
) -> None:
    """Check a receipt or a checkpoint without the ledger.

    FILE is a receipt (.tlog-proof), a checkpoint, evidence of a fork, or with --between a proof of
    growth. The verifier key is what `mledger checkpoint --vkey` prints where the ledger is. A trust file
    names it as well, and the key of ML-DSA-44 if one signs beside; a line of each must then hold. Exit
    code 0 if it proves what it is about, a fork included, and 3 if it does not hold.
    """
    from mledger.core.note import parse_vkey

    if trust is not None:
        pinned = files.read_trust(trust)
        vkeys = (*vkeys, pinned.vkey, *([pinned.also] if pinned.also is not None else []))
    if not vkeys:
        raise InputError(
            "neither --vkey nor --trust is said: whom to trust?",
            fix="let somebody you trust send what this prints: mledger checkpoint --vkey",
        )
    try:
        keys = list(dict.fromkeys(map(parse_vkey, vkeys)))
        proved = _growth(file, keys, between) if between is not None else _prove(settings, file, keys)
    except ProofError as error:
        error.fix = FIX
        raise
    except FormatError as error:
        error.fix = (
            error.fix
            or "give file and key whole, as mledger prove -o and mledger checkpoint --vkey made them"
        )
        raise
    settings.out.facts(proved.shown, proved.row)


class _Proved(NamedTuple):
    """What holds, for people and for programs."""

    shown: Mapping[str, object]
    row: Mapping[str, object]


def _growth(file: Path, keys: "list[NoteKey]", between: tuple[Path, Path]) -> _Proved:
    """What a proof of growth proves. Errors: FormatError, ProofError."""
    from mledger.receipt import check_checkpoint, check_extension

    old, new = (check_checkpoint(files.read_note(path), *keys) for path in between)
    check_extension(old, new, _hashes(files.read(file), file))
    row = {"origin": new.origin, "old": old.size, "new": new.size, "root": new.root.hex()}
    return _Proved(
        {"origin": new.origin, "holds": f"the first {new.size:,} entries extend the first {old.size:,}"}, row
    )


def _prove(settings: Settings, file: Path, keys: "list[NoteKey]") -> _Proved:
    """What a receipt or a checkpoint proves. Errors: FormatError, ProofError."""
    from mledger.core.evidence import BEGINNING
    from mledger.core.note import format_vkey
    from mledger.core.proof import parse_proof
    from mledger.receipt import check_checkpoint, check_receipt

    data = files.read(file)
    if data.startswith(BEGINNING):
        return _fork(data, keys)
    if not data.startswith(RECEIPT):
        note = files.read_note(file, "neither a receipt nor a checkpoint")
        return _checkpoint(check_checkpoint(note, *keys), _left(note, keys))
    receipt = check_receipt(data, *(format_vkey(key.name, key.public, key.alg) for key in keys))
    size = counted(receipt.checkpoint.size, "entry", "entries")
    events = "\n".join(f"{event.type} on {event.stream}" for event in receipt.statement.events)
    shown = {
        "origin": receipt.checkpoint.origin,
        "holds": f"entry {receipt.seq} is among the first {size}",
        "signed": f"{receipt.statement.signer}, {receipt.statement.meaning}",
        "recorded": settings.out.moment(receipt.statement.time),
        "events": events,
    }
    left = _left(parse_proof(data).checkpoint, keys)
    return _Proved(shown | _not_checked(left), receipt.to_json() | {"lines_left": left})


def _left(note: bytes, keys: "list[NoteKey]") -> int:
    """How many lines of a checkpoint nobody checks here, because they are of other keys than those named."""
    from mledger.core.note import parse_note

    known = {key[:2] for key in keys}
    return sum(line[:2] not in known for line in parse_note(note).signatures)


def _not_checked(left: int) -> dict[str, str]:
    said = f"{counted(left, 'line')} under the checkpoint, of keys that were not named"
    return {"not checked": said} if left else {}


def _fork(data: bytes, keys: "list[NoteKey]") -> _Proved:
    """What evidence of a fork proves. Errors: FormatError, ProofError."""
    from mledger.chain.fork import check_evidence

    fork = check_evidence(data, *keys)
    size = counted(fork.first.size, "entry", "entries")
    shown = {
        "origin": fork.first.origin,
        "holds": "FORK: the key of this ledger has signed two histories that do not fit",
        "one": f"has {fork.first.root.hex()} as the root of {size}",
        "other": f"has {fork.root.hex()} there, and {counted(fork.second.size, 'entry', 'entries')} in all",
    }
    return _Proved(shown, fork.to_json())


def _checkpoint(checkpoint: "Checkpoint", left: int) -> _Proved:
    """What a checkpoint proves, and how many of its lines were left unchecked."""
    origin, root = checkpoint.origin, checkpoint.root.hex()
    size = counted(checkpoint.size, "entry", "entries")
    shown = {"origin": origin, "holds": f"the ledger had {size}", "root": root} | _not_checked(left)
    return _Proved(shown, {"origin": origin, "size": checkpoint.size, "root": root, "lines_left": left})


def _hashes(data: bytes, file: Path) -> list[bytes]:
    """The hashes of a proof of growth, one in base64 on each line."""
    from mledger.core.encoding import decode_base64

    lines = data.removesuffix(b"\n").split(b"\n") if data else []
    try:
        return [decode_base64(line, str(file)) for line in lines]
    except FormatError:
        raise FormatError(
            f"{file} is no proof of growth: it has one hash in base64 on each line",
            fix="make one: mledger prove --between OLD NEW -o FILE",
        ) from None
