"""Makes bundles with their reports, and makes those again to compare.

The reports of a bundle are made from the bundle: first it is written without them, then read by its
rules as its recipient will, at the moment of its last entry. So they say nothing that it withholds, and
whoever has the same mledger can make them anew.
"""

import tempfile
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from mledger import folders
from mledger.chain.findings import Finding
from mledger.checking import dossier_in, gather
from mledger.checks import framework as frameworks
from mledger.checks.engine import check
from mledger.checks.formats.markdown import assessed, markdown
from mledger.checks.framework import assess
from mledger.core.manifest import Choice, Manifest, is_name
from mledger.core.moment import parse_moment
from mledger.errors import NotFoundError
from mledger.exchange.bundle import MADE_BY, What, write_bundle
from mledger.reader import Reader
from mledger.reports import base
from mledger.reports.changelog import changelog
from mledger.reports.onboard import onboard
from mledger.stores.bundle import BundleStore

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.chain.history import History
    from mledger.chain.verification import Verification


def create(reader: Reader, path: Path, note: bytes, what: What) -> Manifest:
    """The manifest of the new bundle at `path`, the reports about its models in it; see `write_bundle`."""
    with folders.translated(path.parent, fix="choose another place with -o"):
        room = tempfile.TemporaryDirectory(prefix=".mledger-", dir=path.parent)
    with room as folder:
        draft = Path(folder) / "draft.zip"
        write_bundle(reader, draft, note, what._replace(files={}, every=False))
        with closing(BundleStore(draft)) as store:
            made = reports_of(store)
    return write_bundle(reader, path, note, what._replace(reports={**made, **what.reports}))


def reports_of(store: BundleStore, verified: "Verification | None" = None) -> dict[str, bytes]:
    """The reports about the models and datasets of a bundle by name, each the same for the same bundle.

    Errors: IntegrityError if it is broken, unless it was `verified` before.
    """
    if not store.manifest.choice.bodies:
        return {}
    first = Reader(store)
    moment = parse_moment(first.statement(store.checkpoint.size - 1).time)
    reader = Reader(store, clock=lambda: moment)
    history = reader.history() if verified is None else reader.history_of(verified)
    chosen = store.manifest.choice
    streams = sorted({fact.stream for fact in history.facts() if _is_chosen(fact.stream, chosen)})
    return {
        f"{_folder(stream)}/{name}.md": text.encode()
        for stream in streams
        for name, text in sorted(_about(reader, history, stream, chosen.version).items())
    }


def is_own(store: BundleStore) -> bool:
    """Whether the bundle was made by this very version of mledger, which makes the same reports."""
    return store.manifest.made_by == MADE_BY


def wrong_reports(store: BundleStore, verified: "Verification") -> "Iterator[Finding]":
    """Where a report in a bundle is not what its events say, as this mledger makes it.

    Nobody signs reports: whoever has the bundle in hand can change one, and its manifest.
    """
    made = {f"reports/{name}": data for name, data in reports_of(store, verified).items()}
    there = {name for name in store.manifest.files if name.startswith("reports/")}
    for name in sorted(there | made.keys()):
        if name not in there or store.zip.read(name) != made.get(name):
            yield Finding("report.wrong", name, "the report is not what the events of the bundle say")


def _is_chosen(stream: str, choice: Choice) -> bool:
    return choice.streams is None or stream in choice.streams


def _about(reader: Reader, history: "History", stream: str, version: str | None) -> dict[str, str]:
    """Each report about a model or a dataset; none if nothing of it can be seen."""
    about = [base.find(name) for name in base.names()]
    if not stream.startswith("model/"):
        facts = list(history.of(stream).facts())
        told = {one.name: one.tell(facts) for one in about if stream.startswith(f"{one.about}/")}
        seen = any(not fact.withheld for fact in facts)
        return {name: made.markdown() for name, made in told.items()} if seen else {}
    try:
        dossier = dossier_in(reader, history, stream)
        if version in dossier.state.versions:
            dossier = dossier_in(reader, history, stream, version)
    except NotFoundError:
        return {}
    known, world = f"{base.known(dossier)} of {reader.origin}", gather(reader, dossier, None)
    checked = check(dossier, world)
    return {
        "overview": onboard(history, stream, known).markdown(),
        "changelog": changelog(history, stream, 0, history.size, known).markdown(),
        "check": markdown([checked]),
        **{one.name: one.of(dossier, world).markdown() for one in about if one.about != "dataset"},
        **{name: assessed(assess(frameworks.find(name), dossier, checked)) for name in frameworks.names()},
    }


def _folder(stream: str) -> str:
    """A stream's name as that of a folder, which it is already, but for the rarest of names."""
    if is_name(f"reports/{stream}/x.md"):
        return stream
    kind, _, name = stream.partition("/")
    return f"{kind}/_{sha256(name.encode()).hexdigest()[:16]}"
