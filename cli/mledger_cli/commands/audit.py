"""mledger audit: somebody from outside looks, and says what they found."""

from typing import TYPE_CHECKING, Any, TypeAlias

import click

from mledger.errors import InputError
from mledger_cli import opening, recording
from mledger_cli.commands import audit_sample
from mledger_cli.context import Settings, pass_settings
from mledger_cli.days import DAY
from mledger_cli.groups import Group
from mledger_cli.params import EVENT_NUMBER, SOME_STREAM
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.chain.history import Fact
    from mledger.projections.audits import Audit, Finding
    from mledger.projections.duties import DutiesState
    from mledger.reader import Reader

SEVERITIES = ("low", "medium", "high", "critical")
OPINIONS = ("satisfactory", "with reservations", "unsatisfactory", "no opinion")


@click.group("audit", cls=Group)
def command() -> None:
    """Open an audit, draw its sample, record findings and answers."""


@command.command("open")
@click.argument("stream", type=SOME_STREAM)
@click.option("--title", metavar="TEXT", required=True, help="The audit in a phrase.")
@click.option("--scope", metavar="TEXT", required=True, help="What is looked at, and what is not.")
@click.option("--auditor", "auditors", metavar="NAME", multiple=True, required=True, help="Who audits.")
@click.option("--standard", "standards", metavar="TEXT", multiple=True, help="By what it is judged.")
@click.option("--period", nargs=2, type=DAY, metavar="DAY DAY", help="The time that is looked at.")
@audit_sample.OPTIONS
@recording.AS
@pass_settings
def begin(
    settings: Settings,
    stream: str,
    title: str,
    scope: str,
    auditors: tuple[str, ...],
    standards: tuple[str, ...],
    period: tuple[str, str] | None,
    size: int | None,
    seed: int | None,
    types: tuple[str, ...],
    key: str | None,
) -> None:
    """Begin an audit, and fix its sample so that nobody can choose it.

      mledger audit open credit-risk --title 'Annual audit 2026' --scope 'Promotions of 2026.'
        --auditor 'Frank Example' --n 15 --seed 20261123 --type promotion.approved

    STREAM is what is audited: a model, a dataset, or ledger for all. The sample is drawn among the
    entries that there are now, on that stream: mledger audit sample EVENT draws it again.
    """
    with opening.reader(settings) as reader:
        name = opening.stream(reader, stream) or stream
        auditors = tuple(recording.person(reader, auditor) for auditor in auditors)
        sample = audit_sample.fields(reader, size, seed, types, None if name == "ledger" else name)
    fields = {
        "title": title,
        "scope": scope,
        "auditors": auditors,
        "standards": standards,
        "period": {"start": period[0], "end": period[1]} if period else None,
        "sample": sample,
    }
    recording.record(settings, recording.body("audit.opened", fields), name, key)


@command.command("finding")
@click.argument("audit", type=EVENT_NUMBER)
@click.option("--title", metavar="TEXT", required=True, help="The finding in a phrase.")
@click.option("--severity", type=click.Choice(SEVERITIES), required=True, help="How bad it is.")
@click.option("--criterion", metavar="TEXT", required=True, help="What should be.")
@click.option("--observed", metavar="TEXT", required=True, help="What is instead, and how it was found.")
@click.option(
    "--event", "events", type=EVENT_NUMBER, metavar="EVENT", multiple=True, help="An event that shows it."
)
@click.option("--recommendation", metavar="TEXT", help="What would mend it.")
@click.option("--owner", metavar="NAME", help="Who is to answer.")
@click.option("--due", type=DAY, metavar="DAY", help="By when.")
@recording.AS
@pass_settings
def finding(
    settings: Settings,
    audit: str,
    title: str,
    severity: str,
    criterion: str,
    observed: str,
    events: tuple[str, ...],
    recommendation: str | None,
    owner: str | None,
    due: str | None,
    key: str | None,
) -> None:
    """Record what an audit found.

    AUDIT is the number of its audit.opened. What should be and what is stand apart; the events that
    show it are checked to be there.
    """
    with opening.reader(settings) as reader:
        fact = _of_type(reader, audit, "audit.opened", "audit")
        for event in events:
            reader.fact(event)
        if due is not None:
            today = reader.now()[:10]
            recording.refuse_past("--due", due, today, f"name a day from {today} on")
        owner = recording.person(reader, owner) if owner else None
    fields = {
        "audit": audit,
        "title": title,
        "severity": severity,
        "criterion": criterion,
        "observed": observed,
        "events": events,
        "recommendation": recommendation,
        "owner": owner,
        "due": due,
    }
    recording.record(settings, recording.body("audit.finding", fields), fact.stream, key)


@command.command("answer")
@click.argument("finding", type=EVENT_NUMBER)
@click.argument("text")
@recording.AS
@pass_settings
def answer(settings: Settings, finding: str, text: str, key: str | None) -> None:
    """Answer a finding: what was done, or why it stays.

    FINDING is the number of its audit.finding. What becomes of it is for the auditor to say, who
    closes the audit.
    """
    with opening.reader(settings) as reader:
        fact = _of_type(reader, finding, "audit.finding", "finding")
    made = recording.body("comment.added", {"on": fact.number, "text": text})
    recording.record(settings, made, fact.stream, key)


@command.command("close")
@click.argument("audit", type=EVENT_NUMBER)
@click.option("--opinion", type=click.Choice(OPINIONS), required=True, help="What you think of it all.")
@click.option("--conclusion", metavar="TEXT", required=True, help="Why, in a few sentences.")
@click.option(
    "--resolve",
    "resolutions",
    metavar="EVENT=STATE[:TEXT]",
    multiple=True,
    help="What became of a finding: mended, accepted, open or withdrawn, and by what.",
)
@recording.AS
@pass_settings
def close(
    settings: Settings,
    audit: str,
    opinion: str,
    conclusion: str,
    resolutions: tuple[str, ...],
    key: str | None,
) -> None:
    """Close an audit: what you think, what became of each finding.

    mledger audit close 101 --opinion 'with reservations' --conclusion 'Documented but for two.'
      --resolve '103=mended:the shared key is revoked'
    """
    with opening.reader(settings) as reader:
        fact = _of_type(reader, audit, "audit.opened", "audit")
        state = _state(reader, fact.stream)
    found = state.audits.opened.get(fact.number)
    if found is not None and found.closing is not None:
        number = found.closing.source.number
        raise InputError(
            f"audit {fact.number} is closed already, by event {number}", fix=f"mledger show {number}"
        )
    ends = [_resolution(text) for text in resolutions]
    said = {state.trail.resolve(end["finding"]) for end in ends}
    left = [number for number in (found.findings if found else ()) if number not in said]
    if left:
        raise InputError(
            f"nothing is said of finding {' and '.join(left)}",
            fix=f"add {' '.join(f'--resolve {number}=STATE:TEXT' for number in left)}",
        )
    fields = {
        "audit": fact.number,
        "opinion": opinion,
        "conclusion": conclusion,
        "resolutions": ends,
        "checked": found.drawn.size if found and found.drawn else None,
    }
    recording.record(settings, recording.body("audit.closed", fields), fact.stream, key)


@command.command("list")
@click.argument("stream", type=SOME_STREAM, required=False)
@click.option("--open", "only_open", is_flag=True, help="Only what is still open.")
@pass_settings
def list_(settings: Settings, stream: str | None, *, only_open: bool) -> None:
    """List audits with their findings, and what was answered.

    STREAM is what was audited; without it all audits are listed.
    """
    with opening.reader(settings) as reader:
        name = opening.stream(reader, stream)
        history = reader.history()
        streams = [name] if name else reader.stream_names()
        states = [_folded(seen.of(one).facts()) for one, seen in history.each(streams)]
    rows = [row for state in states for row in _rows(state, only_open=only_open)]
    columns = [
        Column[_Row]("event", lambda row: row["event"], right=True),
        Column[_Row]("state", lambda row: row["state"]),
        Column[_Row]("severity", lambda row: row["severity"] or ""),
        Column[_Row]("stream", lambda row: row["stream"], flexible=True),
        Column[_Row](
            "what", lambda row: row["what"] if row["kind"] == "audit" else f"  {row['what']}", lines=9
        ),
    ]
    if name:
        del columns[3]
    settings.out.table(rows, columns, none="no audit is recorded")


_Row: TypeAlias = dict[str, Any]


def _rows(state: "DutiesState", *, only_open: bool) -> "Iterator[_Row]":
    """An audit, then its findings, each with its answers."""
    for number, audit in state.audits.opened.items():
        findings = {one: state.audits.findings[one] for one in audit.findings}
        shown = {one: found for one, found in findings.items() if found.is_open or not only_open}
        if only_open and audit.closing is not None and not shown:
            continue
        said = audit.closing.opinion if audit.closing else "open"
        row: _Row = {"event": number, "kind": "audit", "stream": state.stream, "state": said}
        row |= {"title": audit.title, "severity": None, "auditors": list(audit.auditors)}
        yield row | {"what": _told(audit)}
        for one, found in shown.items():
            row = {"event": one, "kind": "finding", "stream": state.stream, "state": found.state}
            row |= {"title": found.title, "severity": found.severity, "audit": number}
            answers = [{"by": a.source.by, "event": a.source.number, "text": a.text} for a in found.replies]
            row |= {"owner": found.owner, "due": found.due, "answers": answers}
            yield row | {"what": _found(found)}


def _told(audit: "Audit") -> str:
    end = f"; {audit.closing.conclusion} [{audit.closing.source.number}]" if audit.closing else ""
    return f"{audit.title}, by {', '.join(audit.auditors)}{end}"


def _found(finding: "Finding") -> str:
    owner = f"; {finding.owner} is to answer" if finding.owner and not finding.replies else ""
    due = f" by {finding.due}" if finding.due and finding.is_open else ""
    events = f" [{', '.join(finding.events)}]" if finding.events else ""
    answers = "".join(
        f"; {reply.source.by}: {reply.text} [{reply.source.number}]" for reply in finding.replies
    )
    detail = f"; {finding.detail}" if finding.detail else ""
    return f"{finding.title}{events}{owner}{due}{answers}{detail}"


def _resolution(text: str) -> dict[str, str]:
    """What became of a finding, as it was typed. Errors: InputError."""
    number, equals, rest = text.partition("=")
    state, _, detail = rest.partition(":")
    if not equals or not state:
        raise InputError(
            f"--resolve {text[:60]!r} should read EVENT=STATE[:TEXT]", fix="--resolve 103=mended:TEXT"
        )
    return {"finding": number.strip(), "state": state.strip()} | ({"detail": detail} if detail else {})


def _of_type(reader: "Reader", number: str, type: str, what: str) -> "Fact":
    """The event, if it is of the type. Errors: InputError, NotFoundError."""
    fact = reader.fact(number)
    if fact.type != type:
        recording.wrong_event(number, fact.type, what, "mledger audit list")
    return fact


def _state(reader: "Reader", stream: str) -> "DutiesState":
    return _folded(reader.history().of(stream).facts())


def _folded(facts: "Iterator[Fact]") -> "DutiesState":
    from mledger.projections.duties import duties

    return duties.fold(facts)


command.add_command(audit_sample.sample)
