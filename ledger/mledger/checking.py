"""Checks models of a ledger: gathers what rules read, and applies them."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mledger.caches.search import Wanted
from mledger.checks.engine import Checked, Level, check
from mledger.checks.framework import Assessment, Framework, assess
from mledger.checks.links import Link, Resolved, commits_of, links_of, mentions, resolved
from mledger.checks.world import Awaited, Change, World
from mledger.core.moment import Moment
from mledger.errors import NotFoundError
from mledger.projections.dossier import Dossier, dossier_of
from mledger.projections.duties import DutiesState, duties
from mledger.registry import unknown
from mledger.worktree import ARCHITECTURE, WATCHED, Worktree

if TYPE_CHECKING:
    from mledger.chain.history import History
    from mledger.reader import Reader


def check_models(
    reader: "Reader",
    streams: Iterable[str],
    *,
    version: str | None = None,
    tree: Path | None = None,
    watched: Iterable[str] = WATCHED,
    levels: Mapping[str, Level] | None = None,
    framework: str | None = None,
    history: "History | None" = None,
) -> list[Checked]:
    """What the rules find of each model; `tree` is the folder whose files and commits they look at.

    The ledger is verified first, unless its `history` is given. Errors: IntegrityError; NotFoundError
    for a model or a version that is not there; FormatError for a file of the tree that cannot be read.
    """
    history = history or reader.history()
    named = list(streams)
    place = Worktree(tree) if tree is not None else None
    return [
        check(
            dossier,
            gather(reader, dossier, place, alone=len(named) == 1, watched=tuple(watched)),
            framework=framework,
            levels=levels,
        )
        for dossier in (dossier_in(reader, seen, stream, version) for stream, seen in history.each(named))
    ]


def dossier_in(
    reader: "Reader",
    history: "History",
    stream: str,
    version: str | None = None,
    today: Moment | None = None,
) -> Dossier:
    """The dossier of a model as a verified history has it, at a time, else now. Errors: NotFoundError."""
    made = dossier_of(
        stream,
        lambda name: history.of(name).facts(),
        policy=reader.keyring(history.size).policy,
        today=today or reader.now(),
        entries=history.size,
        asked=version,
    )
    if not made.state.trail.events:
        raise NotFoundError(f"nothing is recorded on {stream}", fix="mledger replay")
    if version is not None and version not in made.state.versions:
        line = unknown(f"version of {made.name}", version, made.state.versions)
        raise NotFoundError(line, fix=f"mledger release {made.name}@{version} --run RUN --notes TEXT")
    return made


def models_of(reader: "Reader", history: "History", *, in_use: bool = False) -> list[str]:
    """The streams of all models, or of those that are not retired, sorted."""
    models = [name for name in reader.stream_names() if name.startswith("model/")]
    if not in_use:
        return models
    states = ((name, duties.fold(seen.of(name).facts())) for name, seen in history.each(models))
    return [name for name, state in states if state.retired is None and _is_there(state)]


def _is_there(state: DutiesState) -> bool:
    """Whether anything of a model counts, or stands somewhere although it should not."""
    return bool(state.counted or state.stages.foremost)


# --- the world


def gather(
    reader: "Reader",
    dossier: Dossier,
    tree: Worktree | None,
    *,
    alone: bool = True,
    watched: tuple[str, ...] = WATCHED,
) -> World:
    """What the rules need to know of the world, as it is now."""
    world = World(approvals=_approvals(reader, dossier), events=_events(reader, dossier))
    if tree is None:
        away = "no working tree was looked at"
        return replace(world, absent=dict.fromkeys(("components", "hashes", "commits", "changes"), away))
    absent: dict[str, str] = {}
    hashes = tree.hashes(_files(dossier))
    return replace(
        world,
        components=_components(tree, dossier, absent, alone=alone),
        hashes=hashes,
        commits=_commits(tree, dossier, absent),
        changes=_changes(tree, dossier, watched, absent),
        absent=absent,
    )


def assess_models(
    reader: "Reader",
    streams: Iterable[str],
    framework: Framework,
    *,
    version: str | None = None,
    tree: Path | None = None,
    watched: Iterable[str] = WATCHED,
    history: "History | None" = None,
) -> list[Assessment]:
    """What the records of each model show of a framework, paragraph by paragraph; see `check_models`."""
    history = history or reader.history()
    named, found = list(streams), []
    place = Worktree(tree) if tree is not None else None
    for stream, seen in history.each(named):
        dossier = dossier_in(reader, seen, stream, version)
        world = gather(reader, dossier, place, alone=len(named) == 1, watched=tuple(watched))
        found.append(assess(framework, dossier, check(dossier, world)))
    return found


def links_in(reader: "Reader", history: "History", stream: str, tree: Path) -> list[Resolved]:
    """Where all that a model's events name leads."""
    dossier = dossier_in(reader, history, stream)
    links, place, absent = list(links_of(dossier.records)), Worktree(tree), dict[str, str]()
    world = World(
        events=_events(reader, dossier),
        hashes=place.hashes(link.file for link in links if link.file),
        commits=_commits(place, dossier, absent),
        digests=_digests(reader, dossier, links),
        absent=absent,
    )
    return list(resolved(links, dossier, world))


def _events(reader: "Reader", dossier: Dossier) -> dict[str, str]:
    """The events of other streams that the model's events name and that are there."""
    named = {link.target for link in links_of(dossier.records) if link.kind == "event"}
    away = {target: reader.answered(target) for target in named if dossier.resolve(target) is None}
    return {target: found.number for target, found in away.items() if found is not None}


def _digests(reader: "Reader", dossier: Dossier, links: Iterable[Link]) -> frozenset[str]:
    """The digests that events of other streams name as well; those of these streams are counted there."""
    held = mentions(dossier)
    asked = {link.target for link in links if link.kind == "digest" and held.get(link.target, 0) < 2}
    named = {digest: reader.judged(reader.search(Wanted(digest))) for digest in asked}
    counted = {digest: {f.number for f in facts if f.refused is None} for digest, facts in named.items()}
    elsewhere = (digest for digest, numbers in counted.items() if numbers - set(dossier.ids))
    return frozenset((*elsewhere, *(sha256.hex() for sha256, _ in reader.store.attachments())))


def _approvals(reader: "Reader", dossier: Dossier) -> dict[str, Awaited]:
    """How far each request has come, where the policy in force asks for approvals of its stage."""
    if dossier.policy is None or not dossier.policy.approvals:
        return {}
    from mledger.chain.docket import Docket

    docket, keyring, found = Docket(reader.recall()), reader.keyring(dossier.entries), {}
    for number in dossier.state.stages.requests:
        asked = docket.asked(number, dossier.entries)
        standing = docket.standing(keyring, asked, dossier.entries) if asked else []
        if standing:
            given = {approval.person for one in standing for approval in one.counted}
            needed = max(sum(one.rule.needs.values()) for one in standing)
            missing = {role: n for one in standing for role, n in one.missing.items() if n}
            roles = tuple(f"role {role}" if n == 1 else f"{n} of role {role}" for role, n in missing.items())
            found[number] = Awaited(len(given), needed, roles)
    return found


def _files(dossier: Dossier) -> list[str]:
    """The paths of the files of which the newest states of the datasets consist."""
    current = [found.current for found in dossier.datasets.values()]
    return [version.path_of(digest) for version in current if version for digest in version.digests]


def _components(
    tree: Worktree, dossier: Dossier, absent: dict[str, str], *, alone: bool
) -> tuple[str, ...] | None:
    found = tree.architecture()
    if found is None:
        absent["components"] = f"no {ARCHITECTURE} here"
        return None
    model, components = found
    if model is None and not alone:
        absent["components"] = f"{ARCHITECTURE} names no model, and there are several"
        return None
    if model is not None and model not in {dossier.name, dossier.stream}:
        absent["components"] = f"{ARCHITECTURE} is of {model}"
        return None
    return components


def _commits(tree: Worktree, dossier: Dossier, absent: dict[str, str]) -> dict[str, bool] | None:
    named = commits_of(dossier)
    if not named:
        return {}
    if (obstacle := tree.obstacle) is not None:
        absent["commits"] = obstacle
        return None
    return tree.commits(named)


def _changes(
    tree: Worktree, dossier: Dossier, watched: tuple[str, ...], absent: dict[str, str]
) -> tuple[Change, ...] | None:
    if (obstacle := tree.obstacle) is not None:
        absent["changes"] = obstacle
        return None
    base = _base(tree, dossier)
    if base is None:
        released = "no commit from before the release" if dossier.state.versions else "nothing is released"
        absent["changes"] = f"{released}, so there is nothing to compare with"
        return None
    return tree.changes(base, watched)


def _base(tree: Worktree, dossier: Dossier) -> str | None:
    """The commit of the release before the one that is asked about; of that one if it is the first."""
    versions = list(dossier.state.versions.values())
    last = dossier.state.versions.get(dossier.asked) if dossier.asked else versions[-1] if versions else None
    if last is None:
        return None
    earlier = dossier.before(last) or last
    made = dossier.run_of(earlier)
    if made is not None and made[2].git is not None and tree.has(made[2].git.commit):
        return made[2].git.commit
    return tree.commit_at(earlier.source.time)
