"""What every rule of `mledger check` keeps, whoever wrote it."""

import re
from collections.abc import Collection, Iterable
from copy import deepcopy

from mledger.checks.base import RULE_ID, Found, Rule
from mledger.checks.world import World
from mledger.events.base import known
from mledger.projections.dossier import Dossier

_COMMAND = re.compile(r"(mledger|git) ([a-z-]+)")
# Names may hold whatever does not break or reorder a line.
_LINE = re.compile(r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+")


def keeps_its_form(rule: Rule, commands: Collection[str]) -> None:
    """Check what a rule says of itself; `commands` are the names of mledger's commands."""
    assert RULE_ID.fullmatch(rule.id), rule.id
    assert rule.severity in {"error", "warning"}
    for text in (rule.title, rule.why, rule.fix):
        assert text and "\n" not in text, f"{rule.id}: {text!r}"
    assert not rule.title.endswith("."), f"{rule.id}: a title has no full stop"
    assert rule.why.endswith("."), f"{rule.id}: the why is a sentence"
    assert rule.check.__doc__, f"{rule.id} does not say what it finds"
    for name in rule.needs:
        assert name in World.__dataclass_fields__, f"{rule.id} needs {name}, which nobody gathers"
    for name in rule.reads:
        assert name == "*" or known(name), f"{rule.id} reads {name}, which is no type"
    names_a_command(rule.fix.format(model="m", stream="model/m"), commands)


def keep_the_contract(
    rules: Iterable[Rule], dossier: Dossier, world: World, commands: Collection[str]
) -> None:
    """Check one application of each rule that can be applied; see `keeps_its_form` for `commands`.

    A rule is pure and gives the same each time: lines, events that exist, a command that is there.
    """
    before = deepcopy((dossier, world))
    for rule in rules:
        if any(getattr(world, need) is None for need in rule.needs):
            continue
        found = list(rule.check(dossier, world))
        assert list(rule.check(dossier, world)) == found, f"{rule.id} is not a function of what it is given"
        assert (dossier, world) == before, f"{rule.id} changed what it was given"
        for one in found:
            _is_in_order(rule, one, dossier, commands)


def _is_in_order(rule: Rule, one: Found, dossier: Dossier, commands: Collection[str]) -> None:
    assert _LINE.fullmatch(one.message), f"{rule.id}: {one.message!r}"
    strangers = [number for number in one.numbers if number not in dossier.ids]
    assert not strangers, f"{rule.id} cites {strangers}, which are not there"
    assert one.numbers or one.where, f"{rule.id} names neither event nor file"
    if one.fix is not None:
        assert "\n" not in one.fix, f"{rule.id}: {one.fix!r}"
        names_a_command(one.fix, commands)


def names_a_command(fix: str, commands: Collection[str]) -> None:
    """Check that a way out begins with a command that is there."""
    match = _COMMAND.match(fix)
    assert match, f"{fix!r} names no command"
    assert match[1] == "git" or match[2] in commands, f"{fix!r} names no command of mledger"
