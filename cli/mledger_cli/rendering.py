"""Replays and differences as lines for people: pure, at a given width."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mledger_cli import rendering_model, rendering_notes, rendering_overview, text
from mledger_cli.page import Moment, Page

if TYPE_CHECKING:
    from mledger.projections.datasets import DatasetState, DatasetVersion
    from mledger.projections.diff import Change
    from mledger.projections.people import PeopleState
    from mledger.replay import Cut, Difference, Replay
    from mledger.reports.due import Due

WIDTH = 80


def replay_lines(replay: "Replay", width: int = WIDTH, moment: Moment | None = None) -> list[str]:
    """The state of a replay: what it is cut at, what is known, what is not yet known."""
    page = Page(width, moment)
    title = _title(replay)
    page.line(title)
    page.line(cut_words(replay.cut, page))
    page.gap()
    _RENDERERS.get(replay.projection, _unrendered)(page, replay)
    page.gap()
    page.rows("due", (_due(item, replay.today) for item in replay.due if item.day <= replay.today))
    rendering_notes.render(page, replay)
    return page.done()


def _due(item: "Due", today: str) -> tuple[str, tuple[str, ...]]:
    days = item.overdue(today)
    late = f"{days} d overdue" if days else "today"
    owner = f", {item.owner}" if item.owner else ""
    return f"{item.title}: {item.why}; {late}{owner}", item.numbers


def diff_lines(difference: "Difference", width: int = WIDTH, moment: Moment | None = None) -> list[str]:
    """What changed, group by group: what it was, what it is, the events behind it."""
    page = Page(width, moment)
    page.line(difference.stream or difference.origin)
    page.row("from", cut_words(difference.before, page))
    page.row("to", cut_words(difference.after, page))
    page.gap()
    if not difference.changes:
        page.line("nothing changed")
    group = None
    for change in difference.changes:
        page.row("" if change.group == group else change.group, _change(change), change.numbers)
        group = change.group
    return page.done()


def cut_words(cut: "Cut", page: Page) -> str:
    """What was known: until when, by which entries, of what had happened by when."""
    entries = text.counted(cut.entries, "entry", "entries")
    words = [f"as known now, {entries}"]
    if cut.known_at is not None:
        moment = page.moment(cut.known_at)
        words = [
            f"as known with entry {cut.entry}, {moment}" if cut.entry is not None else f"as known on {moment}"
        ]
        words.append(f"{cut.entries:,} of {text.counted(cut.total, 'entry', 'entries')}")
    if cut.as_of is not None:
        words.append(f"what had happened by {page.moment(cut.as_of)}")
    return ", ".join(words)


def _title(replay: "Replay") -> str:
    if replay.stream is None:
        return replay.origin
    profile = getattr(replay.state, "profile", {})
    title = profile.get("title")
    return f"{replay.stream}: {title.value}" if title else replay.stream


def _change(change: "Change") -> str:
    if change.before is None:
        return f"+ {change.path}: {change.after}"
    if change.after is None:
        return f"- {change.path}: {change.before}"
    return f"{change.path}: {change.before} -> {change.after}"


def _model(page: Page, replay: "Replay") -> None:
    rendering_model.render(page, replay.state, replay.datasets)


def _dataset(page: Page, replay: "Replay") -> None:
    state: DatasetState = replay.state
    for name, said in state.profile.items():
        if name != "title":
            page.row(name.replace("_", " "), rendering_notes.worded(said), said.numbers)
    page.gap()
    for place, version in enumerate(reversed(state.versions.values())):
        page.row("" if place else "versions", _version(version, page), (version.source.number,))
        for words in _details(version):
            page.row("", f"  {words}")
    page.gap()
    page.rows(
        "deprecated",
        (
            (
                f"{d.version or 'all versions'}: {d.reason.removesuffix('.')}; {d.source.by}",
                (d.source.number,),
            )
            for d in state.deprecations
        ),
    )
    page.rows(
        "issues",
        (
            (f"{i.title} ({i.kind}, {i.severity}, {i.status})", (i.source.number,))
            for i in state.standing_issues.values()
        ),
    )
    rendering_model.render_decisions(page, state.decisions)
    rendering_notes.render_discussion(page, state.discussion)


def _version(version: "DatasetVersion", page: Page) -> str:
    from mledger.projections.datasets import describe

    return f"{describe(version)}; {page.when(version.source)} by {version.source.by}"


def _details(version: "DatasetVersion") -> list[str]:
    """Why it was refreshed, by what it is known, what is wrong with it."""
    digests = ", ".join(f"{digest.name} {digest.sha256[:12]}" for digest in version.digests)
    return [
        *([f"why: {version.why}"] if version.why else []),
        f"sha256 {digests}",
        *(f"known issue: {issue}" for issue in version.known_issues),
    ]


def _people(page: Page, replay: "Replay") -> None:
    state: PeopleState = replay.state
    if state.origin is not None:
        page.row("origin", str(state.origin.value), state.origin.numbers)
    if state.policy is not None:
        page.row("policy", str(state.policy.value), state.policy.numbers)
        page.row("four eyes", ", ".join(state.four_eyes) or "nothing")
    page.gap()
    for place, key in enumerate(state.keys.values()):
        roles = ", ".join(sorted(key.roles)) or "no role"
        words = [f"{key.holder} ({key.kind}): {roles}", f"since {page.when(key.enrolled)}"]
        if key.ended is not None:
            words.append(f"ended {page.when(key.ended.source)}, {key.ended.value}")
        if key.compromised_since is not None:
            words.append(f"compromised since event {key.compromised_since}")
        page.row("" if place else "keys", "; ".join(words), key.numbers)


def _overview(page: Page, replay: "Replay") -> None:
    rendering_overview.render(page, replay.state, replay.people)


def _unrendered(page: Page, replay: "Replay") -> None:
    """A state of another distribution: what it says of itself."""
    for statement in replay.statements():
        if statement.value is not None:
            page.row(statement.group, f"{statement.path}: {statement.value}", statement.numbers)


_RENDERERS: dict[str, Callable[[Page, Any], None]] = {
    "model": _model,
    "dataset": _dataset,
    "people": _people,
    "overview": _overview,
}
