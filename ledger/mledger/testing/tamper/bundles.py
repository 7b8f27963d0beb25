"""Attacks on bundles: by whoever sends one, or whoever it passes.

    for attack in BUNDLE_ATTACKS:
        attack.run(bundle, attacked)
        assert attack.rule in {finding.rule for finding in verification_of(attacked).findings}

An attacker of a bundle makes its manifest anew, since nobody signs it: what must be found is found by
the log. `rule` is None where the bundle is refused before anything is verified.
"""

import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from mledger.core.manifest import MANIFEST

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True)
class BundleAttack:
    """One attack: what is done to the files, and the rule of the finding that it must lead to."""

    name: str
    deed: str
    rule: str | None
    edit: Callable[[Files], None]
    careful: bool = True
    """Whether the manifest's list of files is made anew."""

    def run(self, bundle: Path, attacked: Path) -> None:
        """Write the bundle anew, attacked."""
        files = read_files(bundle)
        self.edit(files)
        write_files(attacked, relisted(files) if self.careful else files)


BUNDLE_ATTACKS: list[BundleAttack] = []


EXCHANGED = {
    "older": ("An older state of the ledger is handed over than the one that is known.", "head.rollback"),
    "fork": ("Another history is handed over, the same up to some entry, with all keys.", "head.rollback"),
    "twin": ("Another history is handed over, from its first entry on, with all keys.", "head.diverged"),
    "stranger": (
        "Another ledger of the same name and people is handed over, with new keys.",
        "head.diverged",
    ),
}
"""What may be handed over in the place of a bundle, by the ledger of a world that it is made of: the deed,
and the rule of the finding. It takes a trust file that knows the ledger as it is."""


def read_files(bundle: Path) -> Files:
    """The files of a bundle by name, in their order."""
    with zipfile.ZipFile(bundle) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_files(path: Path, files: Mapping[str, bytes]) -> None:
    """Write a zip of these files as bundles are written."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr = 3, 0o100644 << 16
            archive.writestr(info, data)


def relisted(files: Files, **members: object) -> Files:
    """The files with the list of them made anew, and other members of the manifest exchanged."""
    row = json.loads(files[MANIFEST])
    row["files"] = {
        name: {"size": len(data), "sha256": sha256(data).hexdigest()}
        for name, data in files.items()
        if name != MANIFEST
    }
    return files | {MANIFEST: json.dumps(row | members).encode()}


def _attack(
    name: str, deed: str, rule: str | None, *, careful: bool = True
) -> Callable[[Callable[[Files], None]], None]:
    def enter(edit: Callable[[Files], None]) -> None:
        BUNDLE_ATTACKS.append(BundleAttack(name, deed, rule, edit, careful))

    return enter


def _first(files: Files, prefix: str) -> str:
    return next(name for name in files if name.startswith(prefix))


def _last(files: Files, prefix: str) -> str:
    return [name for name in files if name.startswith(prefix)][-1]


def _flip(files: Files, name: str, at: int) -> None:
    data = bytearray(files[name])
    data[at] ^= 1
    files[name] = bytes(data)


def _body_lines(files: Files, edit: Callable[[list[bytes]], None]) -> None:
    name = _last(files, "bodies/")
    lines = files[name].splitlines(keepends=True)
    edit(lines)
    files[name] = b"".join(lines)


def _row(files: Files) -> dict[str, object]:
    row: dict[str, object] = json.loads(files[MANIFEST])
    return row


@_attack("file-removed", "A file is taken out of the bundle.", None, careful=False)
def _(files: Files) -> None:
    del files[_last(files, "bodies/")]


@_attack("file-added", "A file that is not in the list of files is put in.", None, careful=False)
def _(files: Files) -> None:
    files["reports/extra.html"] = b"<p>All is well.</p>"


@_attack("tile-removed", "A tile of the log is taken out, and out of the list.", None)
def _(files: Files) -> None:
    del files[_last(files, "tile/0/")]


@_attack("file-changed", "A byte of a file is changed.", "store.stray", careful=False)
def _(files: Files) -> None:
    _flip(files, "README.txt", 0)


@_attack(
    "verifier-changed",
    "The verifier that the bundle brings along is exchanged.",
    "store.stray",
    careful=False,
)
def _(files: Files) -> None:
    files["verify.py"] = b"print('VERIFIED')\n"


@_attack("entry-changed", "A byte of an entry is changed.", "entry.leaf")
def _(files: Files) -> None:
    _flip(files, _first(files, "tile/entries/"), 1_000)


@_attack("entries-swapped", "Two entries change places in the log.", "chain.seq")
def _(files: Files) -> None:
    name = _last(files, "tile/entries/")
    data = files[name]
    one = 2 + int.from_bytes(data[:2])
    two = one + 2 + int.from_bytes(data[one : one + 2])
    files[name] = data[one:two] + data[:one] + data[two:]


@_attack("leaf-changed", "A hash of a tile is changed.", "tree.node")
def _(files: Files) -> None:
    _flip(files, _first(files, "tile/1/"), 0)


@_attack("body-changed", "A word of a body is changed.", "body.digest")
def _(files: Files) -> None:
    name = _last(files, "bodies/")
    files[name] = files[name].replace(b"Seen.", b"Seem.", 1)


@_attack("salt-changed", "The salt of a body is changed.", "body.digest")
def _(files: Files) -> None:
    def edit(lines: list[bytes]) -> None:
        row = json.loads(lines[0])
        lines[0] = json.dumps(row | {"salt": "00" * 16}).encode() + b"\n"

    _body_lines(files, edit)


@_attack("body-removed", "A body is taken out, and the manifest does not name it.", "body.missing")
def _(files: Files) -> None:
    _body_lines(files, lambda lines: lines.pop(0))  # type: ignore[arg-type]


@_attack(
    "governing-body-withheld",
    "The body that revokes a key is taken out, and called withheld.",
    "body.missing",
)
def _(files: Files) -> None:
    name = _first(files, "bodies/")
    lines = files[name].splitlines(keepends=True)
    revocation = next(line for line in lines if b"Left the company" in line)
    files[name] = b"".join(line for line in lines if line is not revocation)
    number = json.loads(revocation)["event"]
    files.update(relisted(files, withheld=[number]))


@_attack("body-added", "A body is put in for an event that is not there.", "store.stray")
def _(files: Files) -> None:
    line = json.dumps({"event": "299.7", "salt": "00" * 16, "body": "{}"}).encode() + b"\n"
    _body_lines(files, lambda lines: lines.append(line))


@_attack("disclosed-called-withheld", "The manifest withholds a body that is there.", "store.stray")
def _(files: Files) -> None:
    files.update(relisted(files, withheld=["5"]))


@_attack("counts-changed", "The manifest counts fewer events than there are.", "store.stray")
def _(files: Files) -> None:
    counts = _row(files)["counts"]
    files.update(relisted(files, counts=dict.fromkeys(counts, 0)))  # type: ignore[call-overload]


@_attack("attachment-changed", "An attachment is another file than its name says.", "store.stray")
def _(files: Files) -> None:
    _flip(files, _first(files, "attachments/"), 0)


@_attack("attachment-added", "A file is put among the attachments that no event names.", "store.stray")
def _(files: Files) -> None:
    data = b"AUC 0.8914 on the validation months\n"
    files[f"attachments/{sha256(data).hexdigest()}"] = data


@_attack("key-exchanged", "A public key is another than its name says.", "store.stray")
def _(files: Files) -> None:
    one, two = _first(files, "keys/"), _last(files, "keys/")
    files[one] = files[two]


@_attack("checkpoint-forged", "The signature of the checkpoint is changed.", "checkpoint.bad")
def _(files: Files) -> None:
    from mledger.core.note import NoteSignature, format_note, parse_note

    note = parse_note(files["checkpoint"])
    (line,) = note.signatures
    forged = NoteSignature(line.name, line.hash, bytes([line.signature[0] ^ 1]) + line.signature[1:])
    files["checkpoint"] = format_note(note._replace(signatures=(forged,)))


@_attack("checkpoint-enormous", "The checkpoint is of more entries than anybody could read.", None)
def _(files: Files) -> None:
    from mledger.core.checkpoint import format_checkpoint, parse_checkpoint
    from mledger.core.note import format_note, parse_note

    note = parse_note(files["checkpoint"])
    text = format_checkpoint(parse_checkpoint(note.text)._replace(size=10**15))
    files["checkpoint"] = format_note(note._replace(text=text))


@_attack(
    "kept-checkpoint-exchanged", "A kept checkpoint is exchanged for one of another size.", "column.copy"
)
def _(files: Files) -> None:
    files[_first(files, "checkpoints/")] = files["checkpoint"]
