"""Makes bundles with their reports, and makes those again to compare.

The reports of a bundle are made from the bundle: first it is written without them, then read by its
rules as its recipient will, at the moment of its last entry. So they say nothing that it withholds, and
whoever has the same mledger can make them anew.
"""

import tempfile
from collections.abc import Iterator
from contextlib import closing, suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from mledger.chain.findings import Finding
from mledger.checking import dossier_in, gather, models_of
from mledger.checks import profile as profiles
from mledger.checks.engine import check
from mledger.checks.formats.markdown import assessed, markdown
from mledger.checks.profile import assess
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
    from mledger.chain.history import History
    from mledger.chain.verification import Verification


def create(reader: Reader, path: Path, note: bytes, what: What) -> Manifest:
    """The manifest of the new bundle at `path`, the reports about its models in it; see `write_bundle`."""
    with tempfile.TemporaryDirectory(prefix=".mledger-", dir=path.parent) as folder:
        draft = Path(folder) / "draft.zip"
        write_bundle(reader, draft, note, what._replace(files={}, every=False))
        with closing(BundleStore(draft)) as store:
            made = reports_of(store)
    return write_bundle(reader, path, note, what._replace(reports={**made, **what.reports}))


def reports_of(store: BundleStore, verified: "Verification | None" = None) -> dict[str, bytes]:
    """The reports about the models of a bundle by name, each the same for the same bundle.

    Errors: IntegrityError if it is broken, unless it was `verified` before.
    """
    if not store.manifest.choice.bodies:
        return {}
    first = Reader(store)
    moment = parse_moment(first.statement(store.checkpoint.size - 1).time)
    reader = Reader(store, clock=lambda: moment)
    history = reader.history() if verified is None else reader.history_of(verified)
    chosen = store.manifest.choice
    named = [name for name in models_of(reader, history) if _is_chosen(name, chosen)]
    return {name: data for stream in named for name, data in _about(reader, history, stream, chosen.version)}


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


def _about(
    reader: Reader, history: "History", stream: str, version: str | None
) -> Iterator[tuple[str, bytes]]:
    """Each report about a model; none if nothing of it can be seen."""
    with suppress(NotFoundError):
        dossier = dossier_in(reader, history, stream)
        if version in dossier.state.versions:
            dossier = dossier_in(reader, history, stream, version)
        known = f"as known on {dossier.day}, {history.size:,} entries of {reader.origin}"
        checked = check(dossier, gather(reader, dossier, None))
        texts = {
            "overview": onboard(history, stream, known).markdown(),
            "changelog": changelog(history, stream, 0, history.size, known).markdown(),
            "check": markdown([checked]),
        }
        about_models = (found for name in base.names() if (found := base.find(name)).about == "model")
        texts |= {found.name: found.of(dossier).markdown() for found in about_models}
        texts |= {name: assessed(assess(profiles.find(name), dossier, checked)) for name in profiles.names()}
        for name, text in sorted(texts.items()):
            yield f"{_folder(dossier.name)}/{name}.md", text.encode()


def _folder(name: str) -> str:
    """A model's name as that of one folder, which it is already, but for the rarest of names."""
    plain = "/" not in name and is_name(f"reports/{name}/x.md")
    return name if plain else f"_{sha256(name.encode()).hexdigest()[:16]}"
