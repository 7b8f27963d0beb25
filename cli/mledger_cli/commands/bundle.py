"""mledger bundle: one file for whoever checks, and checking one."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError, NotFoundError
from mledger_cli import checkpoints, files, opening
from mledger_cli.commands import verify as verifying
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.params import EVENT_TYPES, KEY
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.core.manifest import Choice, Manifest
    from mledger.reader import Reader

SHORTEST_PREFIX = 8


@click.group("bundle", cls=Group)
def command() -> None:
    """Put evidence into one file, or check such a file.

    Whoever gets it can check it without mledger: it brings its own verifier along.
    """


@command.command("create")
@click.argument("what", nargs=-1, metavar="[MODEL | MODEL@VERSION | STREAM]...")
@click.option("--all", "everything", is_flag=True, help="Disclose every event.")
@click.option(
    "--only", type=EVENT_TYPES, metavar="TYPE", multiple=True, help="Of these types or families alone."
)
@click.option("--no-bodies", is_flag=True, help="Disclose only what governs the ledger.")
@click.option(
    "--attach",
    metavar="FILE|SHA256|all",
    multiple=True,
    help="Add a file that a disclosed event names: from disk, or kept in the ledger.",
)
@click.option("--kept", is_flag=True, help="Use the newest checkpoint kept, and sign none.")
@click.option(
    "--as", "key", type=KEY, metavar="KEY", help="Sign with this key, the one that signs checkpoints."
)
@click.option("-o", "--output", type=files.NEW, required=True, metavar="FILE.zip", help="The new file.")
@pass_settings
def create(
    settings: Settings,
    what: tuple[str, ...],
    only: tuple[str, ...],
    attach: tuple[str, ...],
    key: str | None,
    output: Path,
    *,
    everything: bool,
    no_bodies: bool,
    kept: bool,
) -> None:
    """Put the log, and the events that may be seen, into one file.

    The whole log goes out: who signed what kind of event, when, after what, with a hash of each body.
    Bodies go out as you choose. MODEL is its stream with those of its datasets; of MODEL@VERSION go what
    names no other version. The rest is present as hashes, and counted. What governs the ledger (keys,
    roles, policies, redactions) is always there. Reports are made of what goes out, and of nothing else.
    The same ledger and choice give the same bytes.
    """
    from mledger.bundling import create as make
    from mledger.exchange.bundle import What

    if not (what or everything or no_bodies) or (what and everything):
        raise InputError("what is to be disclosed?", fix="name a MODEL, or say --all or --no-bodies")
    if no_bodies and (what or everything or only):
        raise InputError("--no-bodies discloses nothing that is named", fix="leave out one of the two")
    files.check_new(output)
    with opening.reader(settings) as reader:
        reader.history()
        choice = _choice(reader, what, only, bodies=not no_bodies)
        every = "all" in attach
        chosen = dict(_file(reader, name) for name in attach if name != "all")
    note = checkpoints.to_go_out(settings, key, kept=kept)
    with opening.reader(settings) as reader:
        manifest = make(reader, output, note, What(choice, chosen, every=every))
    _tell(settings, output, manifest)


@command.command("verify")
@click.argument("file", type=files.EXISTING)
@files.TRUST
@verifying.ROOTS
@verifying.WITNESSES
@verifying.REQUIRE
@pass_settings
@click.pass_context
def verify(
    context: click.Context,
    settings: Settings,
    file: Path,
    trust: Path | None,
    roots: tuple[Path, ...],
    witnesses: tuple[str, ...],
    require: int | None,
) -> None:
    """Check a bundle by all the rules.

    That is its files, the log, every signature, what everybody was allowed, and what time-stamping
    authorities and witnesses say of it.

    With --trust it must also be of the ledger that the file names, and extend the head in it; believed
    are then the roots and witnesses that the file names, if it names some, and not those of the bundle's
    own policy. Exit code: 0 nothing found, 1 findings of policy or a level below the required,
    3 integrity broken or another history than known.
    """
    settings.ledger = file
    if not verifying.is_bundle(file):
        raise InputError(f"{file} is no bundle", fix="mledger verify checks a ledger's own file")
    verifying.check(
        context, settings, full=True, trust=trust, roots=roots, witnesses=witnesses, require=require
    )


def _choice(reader: "Reader", what: tuple[str, ...], only: tuple[str, ...], *, bodies: bool) -> "Choice":
    from mledger.core.manifest import Choice
    from mledger.exchange.disclosure import check_types

    types = check_types(only) if only else None
    if not what:
        return Choice(types=types, bodies=bodies)
    named = [name.partition("@") for name in what]
    if len(what) > 1 and any(mark for _, mark, _ in named):
        raise InputError("one version of one model, or models whole", fix="make a bundle for each version")
    streams: set[str] = set()
    release = None
    for name, mark, version in named:
        if mark and not version:
            raise InputError(f"{what[0]!r} names no version", fix="write it like credit-risk@2.1")
        stream = opening.stream(reader, name) or "ledger"
        streams.add(stream)
        if stream != "ledger":
            streams |= {found.stream for found in reader.replay(stream).datasets.values()}
        release = _released(reader, stream, version) if mark else None
    return Choice(tuple(sorted(streams)), release, types, bodies)


def _released(reader: "Reader", stream: str, version: str) -> str:
    """The version itself. Errors: NotFoundError if nobody has released it."""
    from mledger.registry import unknown
    from mledger_cli import versions

    known = versions.state_of(reader, stream).versions
    if version not in known:
        raise NotFoundError(
            unknown(f"version of {stream}", version, known), fix=f"mledger log {stream} --type version"
        )
    return version


def _file(reader: "Reader", name: str) -> tuple[str, Path | None]:
    """The SHA-256 of what is to be attached, and where it lies if not in the ledger."""
    import hashlib

    path = Path(name)
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest(), path
    kept = [digest.hex() for digest, _ in reader.store.attachments()]
    found = [digest for digest in kept if len(name) >= SHORTEST_PREFIX and digest.startswith(name.lower())]
    if len(found) != 1:
        raise NotFoundError(f"{name} is neither a file nor kept in the ledger", fix="mledger attachment list")
    return found[0], None


def _tell(settings: Settings, output: Path, manifest: "Manifest") -> None:
    """What is in the bundle, and what is not."""
    counts, size, left = manifest.counts, output.stat().st_size, len(manifest.left_out)
    attached = sum(name.startswith("attachments/") for name in manifest.files)
    reports = sum(name.startswith("reports/") for name in manifest.files)
    shown = {
        "bundle": str(output),
        "ledger": manifest.origin,
        "log": counted(manifest.size, "entry", "entries"),
        "disclosed": f"{counts['disclosed']:,} of {counted(counts['events'], 'event')}",
        "withheld": f"{counts['withheld']:,}, present as hashes" if counts["withheld"] else None,
        "erased": f"{counts['erased']:,}, by redaction" if counts["erased"] else None,
        "attached": counted(attached, "file") if attached else None,
        "reports": counted(reports, "file") if reports else None,
        "left out": f"{counted(left, 'file')} that the ledger keeps" if left else None,
    }
    row = {"file": str(output), "bytes": size, "origin": manifest.origin, "entries": manifest.size}
    row |= dict(counts) | {"attached": attached, "reports": reports, "left_out": left, "root": manifest.root}
    settings.out.facts(shown, row)
    settings.out.note("next: hand over by another way: mledger trust export -o trust.json")
