"""mledger policy: the rules in force, and new ones in their place."""

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from mledger.core.digest import sha256_hex, short
from mledger.errors import InputError, NotFoundError
from mledger_cli import opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Group
from mledger_cli.tables import Column

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.chain.history import Fact
    from mledger.events.base import EventBody
    from mledger.events.policy import Policy
    from mledger.reader import Reader

AGAIN = "mledger policy adopt --reason TEXT"


class Rules(NamedTuple):
    """A policy that is or was in force, the event that it came with, and who held a role then."""

    policy: "Policy"
    source: "Fact"
    holders: dict[str, list[str]]

    @property
    def fields(self) -> dict[str, Any]:
        """What it says, and nothing that it leaves open."""
        return _said(self.policy)

    @property
    def yaml(self) -> str:
        """What it says, as YAML that can be adopted."""
        import yaml

        said = self.source
        first = f"# {self.policy.name}, by event {said.number} of {said.time[:10]}, signed {said.signer}\n"
        lists: dict[str, Any] = {"default_flow_style": None, "sort_keys": False, "width": 100}
        return first + str(yaml.safe_dump(self.fields, allow_unicode=True, **lists))


class Change(NamedTuple):
    """A rule that is another one then: where it stands, what goes, what comes."""

    path: str
    gone: str
    new: str

    @property
    def sides(self) -> "list[Side]":
        """What goes, and below it what comes; the rule is named once."""
        told = [(when, value) for when, value in (("no more", self.gone), ("from now on", self.new)) if value]
        return [Side("" if n else self.path, *one) for n, one in enumerate(told)]


class Side(NamedTuple):
    """One line of what changes: the rule, until when or from when, what it says."""

    path: str
    when: str
    value: str


@click.group("policy", cls=Group)
def command() -> None:
    """Show the rules in force, or adopt new ones."""


@command.command("show")
@click.option("--known-at", metavar="TIME|EVENT", help="The rules that were in force then.")
@pass_settings
def show(settings: Settings, known_at: str | None) -> None:
    """Print the policy in force, as YAML to be adopted.

    mledger policy show > policy.yaml
    """
    with opening.reader(settings) as reader:
        rules = in_force(reader, known_at)
    if settings.json:
        settings.out.json({"event": rules.source.number, "policy": rules.fields})
    else:
        settings.out.raw(rules.yaml)


@command.command("adopt")
@click.option("--from", "source", metavar="FILE", help="Read the policy from FILE; - is standard input.")
@click.option("--edit", is_flag=True, help="Change the one in force in $EDITOR.")
@click.option("--reason", metavar="TEXT", required=True, help="What changes, why, and who decided it.")
@recording.REQUEST
@recording.YES
@recording.AS
@pass_settings
def adopt(
    settings: Settings,
    source: str | None,
    reason: str,
    request: str | None,
    key: str | None,
    *,
    edit: bool,
    yes: bool,
) -> None:
    """Put other rules in the place of those in force.

      mledger policy show > policy.yaml
      mledger policy adopt --from policy.yaml --reason 'Audit finding A-12.'

    What changes is shown before you sign. A policy is adopted whole: a rule that FILE leaves out is
    in force no more. Entries before it are judged by the rules of their time.
    """
    if edit == (source is not None):
        raise InputError("say where the policy is: --from FILE, or --edit", fix="mledger policy show > FILE")
    with opening.reader(settings) as reader:
        rules = in_force(reader)
    if source is not None:
        from mledger_cli.documents import Source

        document = Source(source)
        click.get_current_context().call_on_close(document.close)
        made = _made(document.read(), document.name, reason)
        _record(settings, rules, made, key, request, yes=yes)
        return
    from mledger_cli import editor

    with editor.form(rules.yaml, AGAIN) as form:
        made = _made(form.fill_in(), "the form", reason)
        _record(settings, rules, made, key, request, yes=yes)


def in_force(reader: "Reader", known_at: str | None = None) -> Rules:
    """The policy in force, now or as it was known. Errors: NotFoundError, InputError, IntegrityError."""
    from mledger.chain.keyring import Keyring
    from mledger.errors import IntegrityError
    from mledger.replay import cut_at

    size = None if known_at is None else cut_at(reader, reader.history(), known_at).entries
    if size == 0:
        began = reader.statement(0).time[:10]
        raise NotFoundError(f"nothing was in force: the ledger began on {began}", fix="mledger policy show")
    keyring, held, source = Keyring(), None, None
    for facts in reader.governing(keyring, size):
        if keyring.policy is not held:
            held, source = keyring.policy, next(f for f in facts if f.type in ADOPTS)
    if held is None or source is None:
        raise IntegrityError("no entry opens the ledger with a policy", fix="mledger verify --full")
    holders: dict[str, list[str]] = {}
    for member in keyring.members.values():
        for role in member.roles if member.revoked is None else ():
            holders.setdefault(role, []).append(member.name)
    return Rules(held, source, holders)


ADOPTS = ("ledger.opened", "policy.adopted")


def _made(data: bytes, name: str, reason: str) -> "EventBody":
    """The event that adopts the policy in a document. Errors: InputError, FormatError."""
    from mledger_cli.documents import members

    fields = members(data, name, "policy.adopted")
    if "policy" in fields:
        raise InputError(
            f"{name} holds a whole event, and not the policy alone",
            fix=f"mledger append policy.adopted ledger --from {name}",
        )
    return recording.body("policy.adopted", {"policy": fields, "reason": reason})


def _record(
    settings: Settings, rules: Rules, made: Any, key: str | None, request: str | None, *, yes: bool
) -> None:
    """Show what changes, and sign it. Errors: InputError if nothing does."""
    changes = list(_changes("", rules.fields, _said(made.policy)))
    if not changes:
        raise InputError(
            f"that is the policy in force, event {rules.source.number}", fix="change a rule first"
        )
    if not settings.json:
        columns = [
            Column[Side]("rule", lambda side: side.path, flexible=True),
            Column[Side]("when", lambda side: side.when),
            Column[Side]("what it says", lambda side: side.value, lines=1000),
        ]
        settings.out.table([side for change in changes for side in change.sides], columns)
        for role in sorted(rules.holders.keys() - made.policy.roles.keys()):
            who = ", ".join(rules.holders[role])
            settings.out.note(f"the role {role} is no more, and lets nobody record anything: {who}")
        recording.confirmed(yes=yes)
    recording.record(settings, made, "ledger", key, request)


def _said(policy: "Policy") -> dict[str, Any]:
    fields = policy.model_dump(mode="json", by_alias=True, exclude_none=True)
    return {name: value for name, value in fields.items() if value not in ([], {})}


def _changes(path: str, before: Any, after: Any) -> "Iterator[Change]":
    """Where two policies differ, by the names of their rules."""
    if before == after:
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from _changes(f"{path}.{name}" if path else name, before.get(name), after.get(name))
    elif isinstance(before or [], list) and isinstance(after or [], list):
        old, new = before or [], after or []
        gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
        if gone or come:
            yield Change(path, _listed(gone), _listed(come))
    else:
        yield Change(path, _told(before), _told(after))


def _listed(values: list[object]) -> str:
    return ", ".join(map(_told, values))


def _told(value: object) -> str:
    from mledger_cli.stories import told

    if isinstance(value, str) and "\n" in value:
        if value.startswith("-----BEGIN "):
            return f"{value.splitlines()[0]} … sha256 {short(sha256_hex(value.encode()))}"
        return json.dumps(value, ensure_ascii=False)
    return "" if value is None else told(value)
