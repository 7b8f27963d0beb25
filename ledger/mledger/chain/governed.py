"""What the events that govern do: keys, redactions, holds, acts."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from mledger.chain import grave
from mledger.chain.acts import Act, Answered, Breach, Lookup, Ruled, read_body
from mledger.chain.keyring import GovernanceError, Keyring
from mledger.chain.retention import Kept, kept
from mledger.events.governing import APPROVAL_TYPES, is_governance

if TYPE_CHECKING:
    from mledger.events.act import ActApproved
    from mledger.events.base import EventBody
    from mledger.events.hold import HoldLifted
    from mledger.events.record import RecordRedacted


def govern(keyring: Keyring, act: Act, ruled: Ruled, lookup: Lookup) -> Iterator[Breach]:
    """Every rule that an event breaks; without any it has then taken effect in `keyring`."""
    body, breach = read_body(ruled)
    if body is None or ruled.body is None:
        yield breach or Breach("governance", ruled.where, f"the body of {ruled.type} is gone")
        return
    agreed = grave.agreed(keyring, act.seq, ruled.type, ruled.stream, ruled.body)
    if isinstance(agreed, grave.Lack):
        yield Breach("approvals.missing", ruled.where, *agreed)
        return
    breaches = list(_take_effect(keyring, act, ruled, body, lookup))
    yield from breaches
    if agreed is not None and not breaches:
        del keyring.requests[agreed]


def _take_effect(
    keyring: Keyring, act: Act, ruled: Ruled, body: "EventBody", lookup: Lookup
) -> Iterator[Breach]:
    match ruled.type:
        case "record.redacted":
            yield from _redact(keyring, act, ruled, cast("RecordRedacted", body), lookup)
        case "hold.placed":
            keyring.holds[ruled.where] = ruled.stream
        case "hold.lifted":
            yield from _lift(keyring, ruled, cast("HoldLifted", body), lookup)
        case grave.REQUESTED:
            grave.ask(keyring, act, ruled)
        case grave.APPROVED | grave.REJECTED:
            yield from _answer(keyring, act, ruled, cast("ActApproved", body), lookup)
        case _:
            try:
                keyring.apply(act.seq, body)
            except GovernanceError as error:
                yield Breach("governance", ruled.where, str(error), error.fix)


def _answer(
    keyring: Keyring, act: Act, ruled: Ruled, body: "ActApproved", lookup: Lookup
) -> Iterator[Breach]:
    found = lookup(body.request)
    asked = keyring.requests.get(found.number) if found is not None else None
    if found is None or found.seq >= act.seq:
        message = f"{ruled.type} answers event {body.request}, which is not there"
        yield Breach("reference", ruled.where, message, "mledger inbox")
    elif found.type != grave.REQUESTED or found.stream != ruled.stream:
        message = (
            f"{ruled.type} on {ruled.stream} must answer a {grave.REQUESTED} of that stream, "
            f"and event {found.number} is a {found.type} on {found.stream}"
        )
        yield Breach("reference", ruled.where, message, "mledger inbox")
    elif asked is None:
        message = f"{ruled.type} answers {found.number}, which is no open request: it was carried out"
        yield Breach("reference", ruled.where, message, "mledger inbox")
    elif ruled.type == grave.APPROVED and keyring.members[act.key].person == asked.person:
        message = f"{act.signer} signed event {asked.number} and cannot approve it"
        yield Breach("four-eyes", ruled.where, message, "let somebody else sign, with --as KEY")
    else:
        grave.answer(keyring, asked, act, ruled)


def _redact(
    keyring: Keyring, act: Act, ruled: Ruled, body: "RecordRedacted", lookup: Lookup
) -> Iterator[Breach]:
    """Only what is there, is not needed to judge the rest, and need not be kept longer, can be erased."""
    found = lookup(body.event)
    if found is None or found.seq >= act.seq:
        yield Breach(
            "reference", ruled.where, f"redacts event {body.event}, which is not there", "mledger log"
        )
        return
    what = f"event {body.event} is a {found.type}"
    policy = keyring.policy.name if keyring.policy is not None else ""
    if is_governance(found.type):
        yield Breach("governance", ruled.where, f"{what}, which nobody may redact")
    elif found.type in APPROVAL_TYPES & keyring.governed:
        message = f"{what}, by which approvals are counted, and nobody may redact it"
        yield Breach("governance", ruled.where, message)
    elif (hold := next((n for n, s in keyring.holds.items() if s == found.stream), None)) is not None:
        message = f"{what} on {found.stream}, which is under the hold of event {hold}"
        yield Breach("retention.early", ruled.where, message, f"mledger show {hold}")
    elif (held := _kept(keyring, act, found, body.legal_basis)) is not None:
        until, rule = held
        why = f" ({rule.basis})" if rule.basis else ""
        message = f"{what}, and the policy {policy} keeps it until {until[:10]}{why}"
        if rule.unless:
            fix = f"wait until then; before that it may go on the basis of {' or '.join(rule.unless)}"
        else:
            fix = "wait until then: mledger retention lists what is due"
        yield Breach("retention.early", ruled.where, message, fix)
    else:
        keyring.redacted[found.number] = act.seq


def _lift(keyring: Keyring, ruled: Ruled, body: "HoldLifted", lookup: Lookup) -> Iterator[Breach]:
    found = lookup(body.hold)
    if found is None or keyring.holds.get(found.number) != ruled.stream:
        message = f"lifts {body.hold}, which is no hold on {ruled.stream} that is in force"
        yield Breach("reference", ruled.where, message, f"mledger log {ruled.stream} --type hold.placed")
    else:
        del keyring.holds[found.number]


def _kept(keyring: Keyring, act: Act, found: Answered, legal_basis: str) -> Kept | None:
    """What still keeps an event at the time of the act."""
    held = kept(keyring.policy, found.type, found.stream, found.time, legal_basis)
    return held if held is not None and act.time < held.until else None
