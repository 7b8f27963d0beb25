"""Writes docs/reference, and the list of decisions; `--check` only says whether they are current."""

import argparse
import importlib
import importlib.util
import inspect
import json
import re
import sys
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from mledger import errors
from mledger.chain.findings import RULES
from mledger.checks import base as rules
from mledger.checks.integrity import INTACT, OBEYED
from mledger.events import base
from mledger.events.fields import Ref
from mledger.events.forms import Field, describe

FOLDER = Path(__file__).parent / "reference"
HEAD = "<!-- Written by docs/generate.py from the code. Change the code, then run it. -->\n\n"
# A page that people write, but for the rows of its table.
DECISIONS = Path(__file__).parent / "adr" / "README.md"
_ROWS = re.compile(r"(?:^\| \[\d{4}\]\(.*\n)+", re.MULTILINE)
WIDTH = 100
GATE = (INTACT, OBEYED)


def _cell(text: object) -> str:
    """The text as it may stand in a cell of a table."""
    return " ".join(str(text).split()).replace("|", "\\|")


def _example(value: object) -> str:
    """An example as JSON, cut where it would not be read any more."""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{text if len(text) <= 60 else text[:57] + '...'}`".replace("|", "\\|")


def events_page() -> str:
    """Every event type of mledger itself, by family, with its fields."""
    own = [cls for cls in base.all() if cls.__module__.startswith("mledger.events.")]
    parts = ["# Event types\n", "`mledger types TYPE` shows the same, as a template to fill in.\n"]
    for family, classes in groupby(own, lambda cls: cls.type.partition(".")[0]):
        module = importlib.import_module(base.module_of(family))
        parts += [f"## {family}\n", f"{inspect.cleandoc(module.__doc__ or '')}\n"]
        for cls in classes:
            parts += [f"### {cls.type}\n", f"{inspect.cleandoc(cls.__doc__ or '')}\n"]
            streams = "any stream" if "*" in cls.kinds else ", ".join(map(_stream, cls.kinds))
            parts.append(f"Stands on: {streams}.\n")
            # Links are the same in every type: they are shown once, at the end.
            parts += _table(row for row in base.describe(cls.type) if not row.name.startswith("refs[]"))
    parts += [
        "## refs: links\n",
        f"{inspect.cleandoc(Ref.__doc__ or '')}\n",
        *_table(describe(Ref, "refs[].")),
    ]
    return "\n".join(parts)


def _table(rows: Iterable[Field]) -> list[str]:
    lines = ["| field | needed | is | example |", "|---|---|---|---|"]
    for name, type_text, required, text, example in rows:
        shown = "" if example is None else _example(example)
        needed = "yes" if required else ""
        lines.append(f"| `{name}` | {needed} | {_cell(text)} ({_cell(type_text)}) | {shown} |")
    return [*lines, ""]


def _stream(kind: str) -> str:
    return "`ledger`" if kind == "ledger" else f"`{kind}/<name>`"


def errors_page() -> str:
    """The tree of errors with exit codes, and the findings of a verification."""
    tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")[2]
    drawing, _, rest = tree.partition("\n\n")
    found = [
        value
        for value in vars(errors).values()
        if inspect.isclass(value) and value.__module__ == errors.__name__
    ]
    parts = ["# Errors and findings\n", "## Errors\n", "```", inspect.cleandoc(drawing), "```\n", f"{rest}\n"]
    parts += ["| `error` in `--json` | exit code | class | when |", "|---|---|---|---|"]
    parts += [
        f"| `{cls.code}` | {cls.exit_code} | `{cls.__name__}` | {_cell(cls.__doc__)} |"
        for cls in found
        if cls is not errors.MledgerError
    ]
    parts += ["\n## Findings of a verification\n"]
    parts += ["| rule | kind | breaks integrity | means |", "|---|---|---|---|"]
    parts += [
        f"| `{name}` | {rule.kind} | {'yes' if rule.integrity else ''} | {_cell(rule.title)} |"
        for name, rule in sorted(RULES.items())
    ]
    return "\n".join(parts) + "\n"


def rules_page() -> str:
    """Every rule of a check: what it asks, why, what it reads, how to mend what it finds."""
    found = [rule for rule in rules.all() if rule.check.__module__.startswith("mledger.checks.")]
    parts = [
        "# Rules\n",
        "What `mledger check` and `mledger gate` ask; `mledger check --rules` lists the same.\n",
    ]
    parts.append("An error fails a check, a warning does not. A policy may say otherwise for each rule.\n")
    parts += ["| rule | severity | asks |", "|---|---|---|"]
    parts += [f"| [{r.id}](#{r.id.lower()}) | {r.severity} | {_cell(r.title)} |" for r in (*GATE, *found)]
    for one in (*GATE, *found):
        reads = ", ".join(f"`{name}`" for name in one.reads if name != "*") or "all events"
        world = {"components": "`architecture.yaml`", "hashes": "files of the working tree"}
        needs = [world.get(need, "the git repository") for need in one.needs]
        parts += [f"\n## {one.id}\n", f"**{one.title}.** {one.why}\n"]
        if one in GATE:
            parts.append("Asked by `mledger gate`, of the verification.\n")
        else:
            parts.append(f"{_sentence(one.check.__doc__)} Reads {', '.join((reads, *needs))}.\n")
        parts.append(f"To mend it: `{one.fix.format(model='NAME', stream='model/NAME')}`")
    return "\n".join(parts) + "\n"


def _sentence(docstring: str | None) -> str:
    """A docstring on one line."""
    return " ".join(inspect.cleandoc(docstring or "").split())


def attacks_page() -> str:
    """Every attack of the tamper catalogue, which the tests try and find, by row of the format."""
    from mledger.testing.tamper import ATTACKS

    parts = [
        "# Attacks that were tried\n",
        "Each is done to a ledger by the tests, with raw SQL, copies of files, keys and programs of one's",
        "own, and is found by what stands here and by nothing less. Who sees it: a verifier with the *file*",
        "alone; or one who besides has a *memory* of heads on the machine, or a *checkpoint* kept elsewhere,",
        "or knows the *roots* of the time-stamping authority, or looks into the *cache* (`--full`). Where",
        "several are named, any one is enough. The level is the one that is reached by whoever has that and",
        "nothing else. What goes out, bundles, mirrors and requests to witnesses, stands at the end.\n",
    ]
    for row, attacks in groupby(ATTACKS, lambda attack: attack.row):
        parts += [f"## {row[:1].upper()}{row[1:]}\n", "| attack | seen with | finding | level | exit code |"]
        parts += ["|---|---|---|---|---|"]
        for one in attacks:
            seen = " or ".join(one.needs) or "the file"
            level = "none" if one.level is None else one.level
            parts.append(f"| {_cell(one.deed)} | {seen} | `{one.rule}` | {level} | {one.exit_code} |")
        parts.append("")
    return "\n".join([*parts, *_crashes(), *_sent()])


def _crashes() -> Iterator[str]:
    """What the tests do in the place of an attack, for the row that is about no attacker."""
    row = "Two processes append at once; kill \N{MINUS SIGN}9, full disk, failed write at any system call"
    yield f"## {row}\n"
    yield "Here nobody attacks, and nothing is found: afterwards the ledger is whole. `tests/faults` kills a"
    yield "writer at every system call, lets every one fail (`strace`), fills the disk, and verifies what is"
    yield "left; `tests/ledger` lets processes append at once, and counts what they recorded.\n"


def _sent() -> Iterator[str]:
    """What may be done to what goes out, and what those say who get it."""
    from mledger.testing.tamper.bundles import BUNDLE_ATTACKS, EXCHANGED
    from mledger.testing.tamper.mirrors import MIRROR_ATTACKS, WITNESS_ATTACKS
    from mledger.testing.tamper.zips import ZIP_ATTACKS

    yield "## A bundle is changed on its way\n"
    yield "Found by `mledger bundle verify`, and by a `verify.py` that nobody has changed; but for"
    yield "reports, which Python alone cannot make anew, and says so.\n"
    yield "| attack | seen with | finding | level | exit code |\n|---|---|---|---|---|"
    for one in BUNDLE_ATTACKS:
        found = f"`{one.rule}`" if one.rule else "refused"
        yield f"| {_cell(one.deed)} | the file | {found} | none | 3 |"
    for deed, rule in EXCHANGED.values():
        yield f"| {_cell(deed)} | the trust file | `{rule}` | none | 3 |"
    yield "| A report is changed, and the list of files with it. | the file | `report.wrong` | 0 | 1 |"
    yield "\n## A zip comes in the place of a bundle\n"
    yield "Refused by both, before a byte of what is in it is read. The exit code is that of `mledger bundle"
    yield "verify`, which calls it wrong use where no zip begins; `verify.py` ends with 3.\n"
    yield "| attack | seen with | finding | level | exit code |\n|---|---|---|---|---|"
    for deed, data in ZIP_ATTACKS.items():
        yield f"| {_cell(deed)} | the file | refused | none | {3 if data.startswith(b'PK') else 2} |"
    yield "\n## A mirror shows something else\n"
    yield "Found by `mledger follow`, with the ledger's verifier key and what stands here.\n"
    yield "| attack | seen with | error | level | exit code |\n|---|---|---|---|---|"
    for attack in MIRROR_ATTACKS:
        code = attack.error.exit_code
        yield f"| {_cell(attack.deed)} | {attack.needs} | `{attack.error.__name__}` | none | {code} |"
    yield "\n## A witness is asked for what it must not sign\n"
    yield "Of a log that it has cosigned once. It answers with the status that the specification names.\n"
    yield "| attack | answer |\n|---|---|"
    for request in WITNESS_ATTACKS:
        yield f"| {_cell(request.deed)} | {request.status} |"


def commands_page() -> str:
    """The help of every command, as a terminal shows it."""
    import click

    module = importlib.import_module("mledger_cli.main")
    root = next(value for value in vars(module).values() if isinstance(value, click.Group))
    parts = ["# Commands\n"]
    for path, text in _helps(root, None, "mledger"):
        parts += [f"## {path}\n", "```", text.rstrip(), "```\n"]
    return "\n".join(parts)


def _helps(command: object, parent: object, name: str) -> Iterator[tuple[str, str]]:
    import click

    assert isinstance(command, click.Command)  # noqa: S101  a script's assertion
    context = click.Context(
        command, parent=parent, info_name=name, terminal_width=WIDTH, max_content_width=WIDTH
    )
    yield context.command_path, command.get_help(context)
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            found = command.get_command(context, below)
            if found is not None and not found.hidden:
                yield from _helps(found, context, below)


def decisions_page() -> str:
    """The page about the decisions, with a row for each of them: its number and its title."""
    rows = []
    for record in sorted(DECISIONS.parent.glob("[0-9]*.md")):
        number, _, title = (
            record.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ").partition(": ")
        )
        rows.append(f"| [{number}]({record.name}) | {title} |\n")
    return _ROWS.sub(lambda _: "".join(rows), DECISIONS.read_text(encoding="utf-8"), count=1)


def pages() -> dict[Path, str]:
    """Every generated page by its path."""
    made = {
        FOLDER / "events.md": events_page(),
        FOLDER / "errors.md": errors_page(),
        FOLDER / "rules.md": rules_page(),
        FOLDER / "attacks.md": attacks_page(),
    }
    if importlib.util.find_spec("mledger_cli.main") is not None:
        made[FOLDER / "commands.md"] = commands_page()
    made = {path: HEAD + text.rstrip() + "\n" for path, text in made.items()}
    return made | {DECISIONS: decisions_page()}


def main() -> int:
    """Write the pages, or compare them; exit code 1 if a page is not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    made = pages()
    stale = [
        path for path, text in made.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    stale += [path for path in FOLDER.glob("*.md") if path not in made]
    if check:
        for path in stale:
            print(f"{path.relative_to(FOLDER.parents[1])} is not current; run: python docs/generate.py")
        return 1 if stale else 0
    for path in stale:
        if path in made:
            FOLDER.mkdir(exist_ok=True)
            path.write_text(made[path], encoding="utf-8")
        else:
            path.unlink()
        print(f"wrote {path.relative_to(FOLDER.parents[1])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
