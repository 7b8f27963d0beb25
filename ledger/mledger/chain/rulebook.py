"""The rules of authority: one function for the writer and the auditor.

- Entry 0, and no other, opens the ledger, signed by the key that it names.
- A key speaks from its enrolment to its revocation, under the name enrolled with it.
- A machine's key signs with the meaning "machine", a person's key never does.
- Content is erased no sooner than the policy in force lets it go.
- Each event is of a type that some role of the key allows, on a stream of the right kind; what
  changes keys, roles or policy without that has no effect.
- An answer (an approval, an acceptance) names an earlier event of the right type and
  stream; for the types under four eyes in the policy, that event is somebody else's.
- What the policy calls grave others have agreed to; see `grave`.
- A version enters a stage with the approvals that the policy asks for; see `docket`.
- An event of a type of which the policy asks something stands where the policy says, and its body
  has what the policy asks.
- An event that governs stands alone in its entry, or has no effect: all events of an entry are
  judged by what was in force before it.
"""

from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from mledger.chain.acts import Act, Answered, Breach, Lookup, Ruled, read_body
from mledger.chain.governed import govern
from mledger.chain.keyring import GovernanceError, Keyring, Member
from mledger.events.governing import APPROVAL_TYPES, is_governance

if TYPE_CHECKING:
    from mledger.chain.docket import Docket
    from mledger.events.base import EventBody

OPENING = "ledger.opened"
REDACTION = "record.redacted"


def kind_of(stream: str) -> str:
    """The kind of a stream: "model" of "model/credit-risk"."""
    return stream.partition("/")[0]


class Traits(NamedTuple):
    """What the names of an event's type and stream already say to the rules.

    `kind` is the type with the kind of the stream; of a `ruled` event the rules read the body; a
    `question` may be answered by another event.
    """

    kind: tuple[str, str]
    governance: bool
    ruled: bool
    question: bool


@lru_cache(maxsize=1 << 16)
def traits(event_type: str, stream: str) -> Traits:
    """The traits of an event of this type on this stream."""
    from mledger.events.base import is_question  # late: whoever only reads facts needs no classes

    kind, governance = (event_type, kind_of(stream)), is_governance(event_type)
    return Traits(kind, governance, is_ruled(event_type), is_question(event_type))


def is_ruled(event_type: str) -> bool:
    """Whether the rules read the body of this type of event."""
    if is_governance(event_type):
        return True
    known = _class(event_type)
    return known is not None and known.answers is not None


def is_read(keyring: Keyring, event_type: str) -> bool:
    """Whether the rules read the body of this type of event, given the policies until now."""
    return event_type in keyring.governed or is_ruled(event_type)


def examine(keyring: Keyring, act: Act, lookup: Lookup, docket: "Docket | None" = None) -> list[Breach]:
    """Every rule that the act breaks; its governance events have then taken effect in `keyring`.

    Those that the author may not record have none. What bears on approvals is noted in `docket`;
    whoever wants the keyring alone has none, and approvals are not counted.
    """
    if act.seq == 0:
        return [*_open(keyring, act), *_author(keyring, act)]
    own = [*_author(keyring, act)]
    breaches = [*own, *_streams(keyring, act)]
    heard = {ruled.type for ruled in act.ruled if is_heard(keyring, act, ruled.type)}
    noted = []
    for ruled in act.ruled:
        if is_governance(ruled.type):
            continue
        if is_ruled(ruled.type) or (docket is not None and ruled.type in APPROVAL_TYPES):
            body, breach = read_body(ruled)
            breaches += [breach] if breach is not None else []
            if body is not None:
                breaches += _answer(keyring, act, ruled, body, lookup)
                noted.append((ruled, body))
        breaches += _demanded(keyring, ruled)
    if docket is not None:
        for ruled, body in noted:
            breaches += docket.judge(keyring, act, ruled, body, lookup)
        for ruled, body in noted if not own else ():
            docket.note(keyring, act, ruled, body, lookup)
    breaches += _governing(keyring, act, heard, lookup)
    return breaches


def _governing(keyring: Keyring, act: Act, heard: set[str], lookup: Lookup) -> Iterator[Breach]:
    """What an event that governs breaks; without that it has taken effect."""
    alone = len(act.ruled) == len(act.kinds) == 1
    for ruled in act.ruled:
        if is_governance(ruled.type) and not alone:
            message = f"{ruled.type} decides what others may do, and does not stand alone in its entry"
            yield Breach("governance", ruled.where, message)
        elif ruled.type in heard and is_governance(ruled.type) and ruled.type != OPENING:
            yield from govern(keyring, act, ruled, lookup)


def speaks(keyring: Keyring, act: Act) -> bool:
    """Whether the author may record every event of the entry, by this key, name and meaning."""
    return next(_author(keyring, act), None) is None


def _open(keyring: Keyring, act: Act) -> Iterator[Breach]:
    if len(act.ruled) != 1 or act.kinds != {(OPENING, "ledger")}:
        yield Breach("chain.genesis", "entry 0", "entry 0 must hold one ledger.opened on the stream ledger")
        return
    body, breach = read_body(act.ruled[0])
    if body is None:
        yield breach or Breach("chain.genesis", "entry 0", "the body that opens the ledger is gone")
        return
    try:
        keyring.apply(0, body)
        keyring.check_governed()
    except GovernanceError as error:
        yield Breach("governance", "0", str(error))
    if keyring.first != act.key:
        yield Breach("chain.genesis", "0", "the ledger is not opened by the key that it names first")


def is_heard(keyring: Keyring, act: Act, event_type: str) -> bool:
    """Whether a governance event of this author has an effect: nobody gets a role by taking it."""
    member = keyring.members.get(act.key)
    return member is not None and member.revoked is None and keyring.may(member, event_type)


def _author(keyring: Keyring, act: Act) -> Iterator[Breach]:
    where = act.where
    member = keyring.members.get(act.key)
    if member is None:
        yield Breach(
            "key.unknown", where, f"key {act.key[:12]} is not enrolled in this ledger", "mledger key enroll"
        )
        return
    if member.revoked is not None and act.seq > member.revoked:
        yield Breach(
            "key.revoked", where, f"key {act.key[:12]} of {member.name} was revoked at entry {member.revoked}"
        )
    if act.signer != member.name:
        yield Breach("key.name", where, f"signed as {act.signer!r} with the key of {member.name!r}")
    if (act.meaning == "machine") != (member.kind == "machine"):
        yield Breach(
            "key.meaning",
            where,
            f"the key of a {member.kind} cannot sign with the meaning {act.meaning!r}",
            "leave the meaning out: it follows from the key and the type",
        )
    yield from _roles(keyring, member, act, where)


def _roles(keyring: Keyring, member: Member, act: Act, where: str) -> Iterator[Breach]:
    for event_type in sorted({kind[0] for kind in act.kinds}):
        if not keyring.may(member, event_type):
            roles = ", ".join(sorted(member.roles)) or "no role"
            yield Breach(
                "role.forbidden",
                where,
                f"{member.name} ({roles}) may not record {event_type}",
                f"ask for a role that may: mledger key grant {member.name!r} ROLE --reason TEXT",
            )


def _streams(keyring: Keyring, act: Act) -> Iterator[Breach]:
    declared = keyring.policy.types if keyring.policy else {}
    for event_type, kind in sorted(act.kinds):
        known = _class(event_type)
        kinds = declared[event_type].on if event_type in declared else known.kinds if known else ("*",)
        if event_type == OPENING:
            yield Breach("chain.genesis", act.where, "the ledger is opened a second time")
        elif "*" not in kinds and kind not in kinds:
            wanted = " or ".join(k if k == "ledger" else f"{k}/NAME" for k in kinds)
            yield Breach(
                "event.stream",
                act.where,
                f"{event_type} belongs on {wanted}, not on a {kind} stream",
            )


def _answer(keyring: Keyring, act: Act, ruled: Ruled, body: "EventBody", lookup: Lookup) -> Iterator[Breach]:
    if body.answers is None:
        return
    field, *wanted = body.answers
    name = getattr(body, field)
    found = lookup(name)
    if found is None or found.seq >= act.seq:
        yield Breach(
            "reference", ruled.where, f"{ruled.type} answers event {name}, which is not there", "mledger log"
        )
    elif found.type not in wanted or found.stream != ruled.stream:
        yield Breach(
            "reference",
            ruled.where,
            f"{ruled.type} on {ruled.stream} must answer a {' or '.join(wanted)} of that stream, "
            f"and event {name} is a {found.type} on {found.stream}",
            f"mledger log {ruled.stream} --type {wanted[0]}",
        )
    elif _under_four_eyes(keyring, ruled.type) and _same_person(keyring, act.key, found.key):
        yield Breach(
            "four-eyes",
            ruled.where,
            f"{act.signer} signed event {name} and cannot answer it with {ruled.type}",
            "let somebody else sign, with --as KEY",
        )


def _demanded(keyring: Keyring, ruled: Ruled) -> Iterator[Breach]:
    """What the policy in force asks of the body of this type, beyond what the type itself does."""
    policy = keyring.policy
    if policy is None or ruled.body is None or not policy.governs(ruled.type):
        return
    from pydantic_core import from_json  # late, like the classes

    from mledger.events import messages

    try:
        wrong = policy.faults(ruled.type, ruled.version, from_json(ruled.body))
    except ValueError:
        return  # bytes that are no JSON are a finding of their own
    if wrong:
        fix = f"mledger types {ruled.type}"
        yield Breach("policy.body", ruled.where, f"{ruled.type}: {messages.join(wrong)}", fix)


def _under_four_eyes(keyring: Keyring, event_type: str) -> bool:
    return keyring.policy is not None and event_type in keyring.policy.four_eyes


def _same_person(keyring: Keyring, one: str, other: str) -> bool:
    people = [keyring.members[key].person for key in (one, other) if key in keyring.members]
    return one == other or (len(people) == 2 and people[0] == people[1])


@cache
def _class(event_type: str) -> "type[EventBody] | None":
    """The class of a type of event, None if this installation does not know it."""
    from mledger.events.base import installed

    return installed(event_type)


__all__ = [
    "OPENING",
    "REDACTION",
    "Act",
    "Answered",
    "Breach",
    "Lookup",
    "Ruled",
    "Traits",
    "examine",
    "is_heard",
    "is_read",
    "is_ruled",
    "kind_of",
    "speaks",
    "traits",
]
