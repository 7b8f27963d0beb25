"""mledger handover: somebody takes over what somebody answered for."""

from typing import TYPE_CHECKING, NamedTuple

import click

from mledger.errors import InputError
from mledger_cli import opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.days import DAY
from mledger_cli.groups import Command
from mledger_cli.page import marked
from mledger_cli.params import SOME_STREAM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.projections.duties import DutiesState


# What somebody answers for as long as they hold it; the rest is done one day.
DUTIES = frozenset({"owner", "review", "duty"})


class Item(NamedTuple):
    """One thing that is handed over: what, the event that asks for it, by when."""

    kind: str
    what: str
    event: str | None = None
    due: str | None = None


@click.command("handover", cls=Command)
@click.argument("stream", type=SOME_STREAM)
@click.option("--from", "giver", metavar="NAME", required=True, help="Who answered for it until now.")
@click.option("--to", "taker", metavar="NAME", required=True, help="Who answers for it from now on.")
@click.option(
    "--duty", "duties", metavar="TEXT", multiple=True, help="What else is handed over; may be said again."
)
@click.option(
    "--notes", metavar="TEXT", help="What is written nowhere else: what is half done, what is feared."
)
@click.option(
    "--contact", "contacts", metavar="TEXT", multiple=True, help="Whom to ask later; may be said again."
)
@click.option(
    "--effective",
    type=DAY,
    metavar="DAY",
    help="From which day on people are to ask the other one; here it counts at once.",
)
@recording.YES
@recording.AS
@pass_settings
def command(
    settings: Settings,
    stream: str,
    giver: str,
    taker: str,
    duties: tuple[str, ...],
    notes: str | None,
    contacts: tuple[str, ...],
    effective: str | None,
    key: str | None,
    *,
    yes: bool,
) -> None:
    """Let somebody take over what somebody else answered for.

      mledger handover credit-risk --from carol --to bob --notes 'Scores of region 7 are late.'

    STREAM is a model or a dataset. All that NAME answers for there is listed before you sign: the model
    itself, open reviews, risks, findings, proposals that wait. Reviews are due from the new holder
    from then on. Keys and roles change by commands of their own: mledger key.
    """
    from mledger.projections.duties import duties as projection

    with opening.reader(settings) as reader:
        name = opening.stream(reader, stream) or stream
        giver, taker = recording.person(reader, giver), recording.person(reader, taker)
        state = projection.fold(reader.history().of(name).facts())
        known = {member.name for member in reader.keyring().members.values() if member.revoked is None}
    if giver == taker:
        raise InputError(f"--from and --to are both {giver}", fix="name two people")
    items = [*_items(state, giver), *(Item("duty", text) for text in duties)]
    if not items:
        raise InputError(
            f"{giver} answers for nothing on {name}{_others(state)}",
            fix="say what is handed over: --duty TEXT",
        )
    said = {"from": giver, "to": taker, "effective": effective, "contacts": contacts, "notes": notes}
    made = recording.body("handover.recorded", said | _fields(items))
    if not settings.json:
        settings.out.line(f"{name}: from {giver} to {taker}")
        _show(settings, items)
        recording.confirmed(yes=yes)
    recording.record(settings, made, name, key)
    if taker not in known:
        settings.out.note(f"nobody called {taker} has a key here: mledger key list --enrolled")


def _fields(items: list[Item]) -> dict[str, object]:
    """What is recorded of the things that are handed over."""
    duties = [item.what for item in items if item.kind in DUTIES]
    open_items = [
        {"what": item.what, "event": item.event} | ({"due": item.due} if item.due else {})
        for item in items
        if item.kind not in DUTIES
    ]
    return {
        "duties": duties or ["what is open"],
        "open_items": open_items,
        "reviews": [item.event for item in items if item.kind == "review"],
        "ownership": any(item.kind == "owner" for item in items) or None,
    }


def _show(settings: Settings, items: list[Item]) -> None:
    """List what is handed over."""
    for item in items:
        due = f", due {item.due}" if item.due else ""
        event = f" {marked([item.event])}" if item.event else ""
        settings.out.prose(f"  {item.kind}: {item.what}{due}{event}", hang=2)


def _items(state: "DutiesState", giver: str) -> "Iterator[Item]":
    """All that somebody answers for on a stream."""
    if state.owner is not None and state.owner.value == giver:
        yield Item("owner", f"owner of {state.stream}", state.owner.source.number)
    for number, review in state.reviews.scheduled.items():
        if review.due is not None and review.owner == giver:
            yield Item("review", review.title, number, review.due)
    for number, asked in state.reviews.asked.items():
        if giver in (state.awaited(asked) or ()):
            yield Item("request", asked.question, number, asked.due)
    for risk in state.risks.values():
        if risk.owner and risk.treatment != "closed" and state.holder(risk.owner, risk.source) == giver:
            yield Item("risk", f"{risk.name}: {risk.title}", risk.source.number, risk.review_by)
    for number, finding in state.audits.findings.items():
        if finding.owner and finding.is_open and state.holder(finding.owner, finding.source) == giver:
            yield Item("finding", finding.title, number, finding.due)
    for number, decision in state.decisions.by_status("proposed").items():
        if state.holder(decision.source.by, decision.source) == giver:
            yield Item("proposal", decision.title, number)


def _others(state: "DutiesState") -> str:
    """Who does answer for something there."""
    names = [str(state.owner.value)] if state.owner is not None else []
    names += [review.owner for review in state.reviews.scheduled.values() if review.due is not None]
    return f"; {' and '.join(dict.fromkeys(names))} does" if names else ""
