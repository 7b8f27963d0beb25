"""mledger reviews: what is looked at again, and when."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mledger.errors import InputError
from mledger_cli import files, opening, recording, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.days import DAY
from mledger_cli.failures import Exit
from mledger_cli.groups import Group
from mledger_cli.params import EVENT_NUMBER, SOME_STREAM
from mledger_cli.tables import Column, unprefixed
from mledger_cli.text import counted

if TYPE_CHECKING:
    from mledger.agenda import Agenda
    from mledger.chain.history import Fact
    from mledger.events.policy import Policy
    from mledger.reports.due import Due

CADENCES = ("once", "weekly", "monthly", "quarterly", "half-yearly", "yearly")
OUTCOMES = ("confirmed", "changes needed", "ended")


@click.group("reviews", cls=Group)
def command() -> None:
    """Schedule reviews, and list what is due or stale."""


@command.command("due")
@click.argument("stream", type=SOME_STREAM, required=False)
@click.option("--by", type=DAY, metavar="DAY", help="What is due by that day, if not by today.")
@click.option("--known-at", metavar="TIME|EVENT", help="As it was known then; that day counts as today.")
@click.option("--ics", type=files.NEW, help="Write all that is open to a calendar file.")
@click.option("--strict", is_flag=True, help="End with 1 if something is overdue.")
@pass_settings
def due(
    settings: Settings,
    stream: str | None,
    by: str | None,
    known_at: str | None,
    ics: Path | None,
    *,
    strict: bool,
) -> None:
    """List what is due, stale or overdue.

    That is: reviews, decisions and risks to be looked at again, audit findings to be answered.

      mledger reviews due credit-risk --by 2027-03-31

    A decision is stale once a condition that it states has failed: a dataset was refreshed beyond
    the version that it names, a metric in use crossed its value, or its day has passed. Whoever
    looks at it again says so: mledger decision reaffirm. The policy may ask that this command
    ends with 1 when something is overdue, as --strict does.
    """
    from mledger.reports.calendar import calendar

    if ics is not None:
        files.check_new(ics)
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        agenda = reader.agenda(opening.stream(reader, stream), known_at=known_at)
        policy = reader.keyring().policy
    if ics is not None:
        files.write_new(ics, calendar(agenda.items, agenda.origin))
    _tell(settings, agenda, by or agenda.today)
    if ics is not None:
        settings.out.note(f"{counted(len(agenda.items), 'date')} in {ics}")
    if agenda.overdue and (strict or _asks(policy)):
        click.get_current_context().exit(Exit.FINDINGS)


def _asks(policy: "Policy | None") -> bool:
    return policy is not None and policy.overdue_fails


def _tell(settings: Settings, agenda: "Agenda", by: str) -> None:
    """Print the list; of an empty one, what comes next."""
    if settings.json:
        rows = agenda.to_json()
        rows["due"] = [row for row in rows["due"] if row["due"] <= by]  # type: ignore[attr-defined]
        settings.out.json(rows)
        return
    items = agenda.by(by)
    later = agenda.items[len(items) :]
    coming = f"; next: {later[0].day}, {later[0].title} ({later[0].number})" if later else ""
    settings.out.table(items, _columns(agenda), none=f"nothing is due{coming}")


def _columns(agenda: "Agenda") -> "list[Column[Due]]":
    found: list[Column[Due]] = [
        Column("event", lambda item: item.number, right=True),
        Column("due", lambda item: item.day),
        Column("state", lambda item: state(item, agenda.today)),
        Column("owner", lambda item: item.owner, flexible=True),
        Column("what", lambda item: f"{item.title}: {item.why}", lines=4),
    ]
    if agenda.stream is None:
        found.insert(3, Column("stream", lambda item: item.stream, flexible=True, short=unprefixed))
    return found


def state(item: "Due", today: str) -> str:
    """How a thing stands on a day: stale, overdue by so many days, due today, or in so many days."""
    from datetime import date

    days = (date.fromisoformat(item.day) - date.fromisoformat(today)).days
    if days < 0:
        late = f"{-days} d"
        return f"STALE {late}" if item.kind == "stale" else f"OVERDUE {late}"
    if days == 0:
        return "STALE today" if item.kind == "stale" and "because" in item.why else "today"
    return f"in {days} d"


@command.command("schedule")
@click.argument("stream", type=SOME_STREAM)
@click.option("--title", metavar="TEXT", required=True, help="The review in a phrase.")
@click.option(
    "--scope",
    metavar="TEXT",
    multiple=True,
    required=True,
    help="What is checked each time; may be said again.",
)
@click.option("--owner", metavar="NAME", required=True, help="Who sees to it.")
@click.option(
    "--due", type=DAY, metavar="DAY", required=True, help="The first day by which it is to be done."
)
@click.option("--every", type=click.Choice(CADENCES), default="quarterly", help="How often; else quarterly.")
@click.option("--on", type=EVENT_NUMBER, metavar="EVENT", help="The event that is looked at, if it is one.")
@recording.AS
@pass_settings
def schedule(
    settings: Settings,
    stream: str,
    title: str,
    scope: tuple[str, ...],
    owner: str,
    due: str,
    every: str,
    on: str | None,
    key: str | None,
) -> None:
    """Say what will be looked at again, when, and by whom.

      mledger reviews schedule credit-risk --title 'Quarterly review' --owner bob
        --due 2027-01-31 --scope 'decisions in force still hold'

    STREAM is what is reviewed: a model, a dataset, or ledger.
    """
    with opening.reader(settings) as reader:
        name = opening.stream(reader, stream) or stream
        today = reader.now()[:10]
        recording.refuse_past("--due", due, today, f"name a day from {today} on")
        owner = recording.person(reader, owner)
        members = reader.keyring().members.values()
        known = owner in {member.name for member in members if member.revoked is None}
        if on is not None:
            reader.fact(on)
    fields = {"title": title, "scope": scope, "owner": owner, "cadence": every, "due": due, "on": on}
    recording.record(settings, recording.body("review.scheduled", fields), name, key)
    if not known:
        settings.out.note(f"nobody called {owner} has a key here: mledger key list --enrolled")


@command.command("done")
@click.argument("review", type=EVENT_NUMBER)
@click.option(
    "--checked",
    metavar="TEXT",
    multiple=True,
    required=True,
    help="What was checked, with what result; may be said again.",
)
@click.option(
    "--outcome", type=click.Choice(OUTCOMES), default="confirmed", help="What came of it; else confirmed."
)
@click.option(
    "--finding", "findings", metavar="SEVERITY:TEXT", multiple=True, help="What was found, as in low:TEXT."
)
@click.option("--next", "next_due", type=DAY, metavar="DAY", help="When it is due again, if not as usual.")
@recording.AS
@pass_settings
def done(
    settings: Settings,
    review: str,
    checked: tuple[str, ...],
    outcome: str,
    findings: tuple[str, ...],
    next_due: str | None,
    key: str | None,
) -> None:
    """Say that a review was done, and what was checked.

    REVIEW is the number of its review.scheduled, as `mledger reviews due` lists it. The next day
    follows from how often it comes; --outcome ended ends it.
    """
    from mledger.projections.duties import duties

    with opening.reader(settings) as reader:
        fact = reader.fact(review)
        if fact.type != "review.scheduled":
            recording.wrong_event(review, fact.type, "scheduled review", _instead(fact))
        today = reader.now()[:10]
        state = duties.fold(reader.history().of(fact.stream).facts())
    held = state.reviews.scheduled.get(fact.number)
    if held is None or held.due is None:
        raise InputError(f"review {review} is due no more", fix=f"mledger reviews schedule {fact.stream}")
    if next_due is not None:
        recording.refuse_past("--next", next_due, today, f"name a day from {today} on")
    fields = {
        "schedule": review,
        "outcome": outcome,
        "checked": checked,
        "findings": [_finding(text) for text in findings],
        "next_due": next_due,
    }
    recording.record(settings, recording.body("review.completed", fields), fact.stream, key)
    with opening.reader(settings, warn=False) as reader:
        items = reader.agenda(fact.stream).items
    again = next((item.day for item in items if item.kind == "review" and item.number == fact.number), None)
    settings.out.note(f"due again {again}" if again else "it is due no more")


def _instead(fact: "Fact") -> str:
    """The command for what somebody took for a review."""
    if fact.type == "decision.proposed":
        return f"mledger decision reaffirm {fact.number}"
    return "mledger reviews due --by 9999-12-31"


def _finding(text: str) -> dict[str, str]:
    """A finding as it was typed: how bad it is, then what it is. Errors: InputError."""
    severity, colon, title = text.partition(":")
    if not colon:
        raise InputError(
            f"--finding {text[:60]!r} should read SEVERITY:TEXT", fix=f"--finding 'low:{text[:60]}'"
        )
    return {"severity": severity.strip(), "title": title}
