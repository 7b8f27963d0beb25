"""mledger show: one event, whole."""

from typing import TYPE_CHECKING, Any

import click

from mledger_cli import corrected, opening, screen, threads, versions
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.page import days_late
from mledger_cli.params import EVENT_OR_VERSION
from mledger_cli.rendering_dossier import dossier_lines

if TYPE_CHECKING:
    from mledger.chain.anchored import Interval
    from mledger.chain.history import Fact
    from mledger.reader import Reader


@click.command("show", cls=Command)
@click.argument("what", type=EVENT_OR_VERSION, metavar="EVENT|MODEL@VERSION")
@click.option("--raw", is_flag=True, help="Print the signed envelope of its entry, byte for byte.")
@click.option("--circumstances", is_flag=True, help="Of an approval: show what its author could see.")
@pass_settings
def command(settings: Settings, what: str, *, raw: bool, circumstances: bool) -> None:
    """Show one event: who signed what, when, and all its fields.

    EVENT is its number, 41 or 41.3, or its UUID. Of an approval, a rejection or another answer
    --circumstances rebuilds what was known before it was signed.

    MODEL@VERSION shows a version: its files, who made it, on what it was tested, its configuration.
    """
    with opening.reader(settings) as reader:
        if "@" in what:
            _version(settings, reader, what)
        elif raw:
            settings.out.raw(reader.envelope(what) + b"\n")
        elif circumstances:
            _circumstances(settings, reader, what)
        else:
            _event(settings, reader, what)


def _event(settings: Settings, reader: "Reader", event: str) -> None:
    from mledger.desk.disputes import dispute_of, disputes

    (fact,) = reader.judged([reader.fact(event)])
    leaf = reader.entry(fact.seq).leaf
    dispute, redaction = dispute_of(fact, disputes(reader)), _redaction(reader, fact)
    said, proved = threads.about(reader, fact.number), reader.proved_interval(fact.seq)
    corrections = corrected.corrections_of(reader, fact)
    if settings.json:
        by = {"redacted": redaction.to_json()} if redaction else {}
        more = {"leaf": leaf, "disputed": dispute and dispute.told(), "said": said}
        rows: dict[str, Any] = {"corrections": [corrected.row(one) for one in corrections]}
        settings.out.json(fact.to_json() | more | rows | by | ({"proved": proved} if proved else {}))
        return
    disputed = {"disputed": f"{dispute.told()}, says event {dispute.number}"} if dispute else {}
    disputed |= {"not allowed": fact.refused} if fact.refused is not None else {}
    settings.out.facts(_about(settings, fact, leaf, redaction, _between(settings, proved)) | disputed)
    if corrections:
        settings.out.line()
        settings.out.facts(corrected.told(corrections, fact))
    if fields := _fields(fact):
        settings.out.line()
        settings.out.facts(fields)
    if changes := _amended(reader, fact):
        settings.out.line()
        settings.out.facts(changes)
    threads.tell(settings, said)


def _amended(reader: "Reader", fact: "Fact") -> dict[str, object]:
    """What a plan says otherwise than the one whose place it takes."""
    from mledger.events.plan import PlanAgreed, PlanAmended
    from mledger.projections.plans import amendments

    if fact.type != PlanAmended.type or not isinstance(body := fact.data, PlanAmended):
        return {}
    before = reader.fact(body.plan).data
    if not isinstance(before, PlanAgreed | PlanAmended):
        return {}
    return {"amended": "\n" + "\n".join(one.words for one in amendments(before, body))}


def _redaction(reader: "Reader", fact: "Fact") -> "Fact | None":
    """What says that the content was erased, if it was."""
    if fact.body is not None:
        return None
    from mledger.redacting import redaction_of

    return redaction_of(reader, fact)


def _circumstances(settings: Settings, reader: "Reader", event: str) -> None:
    """What somebody who answered could see: the state after the entry before."""
    from mledger.desk.dossier import dossier, question_of

    question, given = question_of(reader, event)
    signed = given or question
    person = reader.keyring(signed.seq).members.get(signed.key)
    document = dossier(reader, question, known_at=signed.seq, person=person if given else None)
    if settings.json:
        settings.out.json(document)
        return
    data = document.data
    head = f"after entry {data['entries'] - 1} ({data['head'][:12]}), {settings.out.moment(data['time'])}"
    settings.out.prose(f"what {signed.signer} could see at event {signed.number}: {head}", hang=2)
    settings.out.line()
    settings.out.raw("\n".join(dossier_lines(document, screen.width() or 100)) + "\n")


def _version(settings: Settings, reader: "Reader", what: str) -> None:
    from mledger.desk.version import version_sheet

    model, version = versions.whole(what)
    document = version_sheet(reader, opening.stream(reader, model) or model, version)
    if settings.json:
        settings.out.json(document)
    else:
        settings.out.raw("\n".join(dossier_lines(document, screen.width() or 100)) + "\n")


def _about(
    settings: Settings, fact: "Fact", leaf: bytes, redaction: "Fact | None", between: dict[str, object]
) -> dict[str, object]:
    """What the entry says of the event."""
    late = None if fact.occurred == fact.time else settings.out.moment(fact.occurred)
    if late is not None and (days := days_late(fact)):
        late = f"{late}  LATE {days}d"
    return {
        "event": fact.number,
        "type": fact.type if fact.version == 1 else f"{fact.type}, version {fact.version}",
        "stream": fact.stream,
        "signed": f"{fact.signer}, {fact.meaning}",
        "recorded": settings.out.moment(fact.time),
        **between,
        "occurred": late,
        "id": fact.to_json()["id"],
        "key": fact.key[:12],
        "hash": leaf.hex(),
        "note": _note(settings, fact, redaction),
    }


def _note(settings: Settings, fact: "Fact", redaction: "Fact | None") -> str | None:
    """Why the fields are not shown, if they are not."""
    if fact.obstacle is None:
        return None
    if fact.withheld:
        return f"{fact.obstacle}; verified as far as that goes"
    if redaction is None:
        gone = "gone, and no redaction says why: mledger verify"
        return gone if fact.body is None else f"{fact.obstacle}; kept and verified all the same"
    body: Any = redaction.data
    when = settings.out.moment(redaction.time)[:10]
    because = f"{body.legal_basis}; decided by {body.authority}"
    return f"erased {when} by {redaction.signer}, event {redaction.number}: {because}"


def _between(settings: Settings, proved: "Interval | None") -> dict[str, object]:
    """Between which time anchors the entry was made, by event."""
    if proved is None:
        return {}
    after, before = (
        f"{settings.out.moment(one.time)}, proved by event {one.number}" if one else None for one in proved
    )
    return {"not before": after, "there by": before or "no time anchor yet"}


def _fields(fact: "Fact") -> dict[str, object]:
    """The fields of the body; what lies deeper is indented."""
    from mledger_cli import nested

    body: Any = fact.to_json()["data"]
    return {name: nested.told(value) for name, value in (body or {}).items()}
