"""Who reads events without asking what the rulebook says of them, and why they need not."""

import ast

from tests.architecture.tree import COMMAND, LIBRARY, Source, functions, sources

# What hands out facts as they stand: methods of a reader, by any name of it.
RAW = {"facts", "of_types", "search", "newest"}
READERS = {"reader", "ledger", "self.reader", "self._reader", "case.reader"}
# What asks for them.
ASKS = {"judged", "refusals"}
UNASKED = {
    "cli/mledger_cli/commands/log.py": "whoever walks asks",
    "cli/mledger_cli/commands/reviewing.py": "nobody signs over what they have not seen, allowed or not",
    "datasets/conditions.py": "the numbers of proposals, which a fold that asks is asked for",
    "desk/retention.py": "content must be kept, or may go, whoever recorded it",
    "exchange/bundle.py": "a copy holds all that stands there",
    "recording/found.py": "where a run may be; the runs themselves come from the history",
    "recording/recorder.py": "names that a new run cannot have, whoever took them",
    "redacting.py": "which other events name a file",
    "refusing.py": "attempts that were refused, each recorded by who tried",
    "verification/accounting.py": "what a verification counts",
}


def _raw(source: Source) -> list[str]:
    """Where facts are read, in a function that asks nothing."""
    found = []
    for function in functions(source):
        called = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
        methods = [call.func for call in called if isinstance(call.func, ast.Attribute)]
        if any(method.attr in ASKS for method in methods):
            continue
        raw = [m for m in methods if m.attr in RAW and ast.unparse(m.value) in READERS]
        found += [f"{source.path}:{method.lineno}" for method in raw]
    return found


def test_whoever_reads_events_asks_what_counts() -> None:
    """Facts come from a history, or are judged where they are read; the few that need no ruling say why."""
    modules = [*sources(LIBRARY), *sources(COMMAND)]
    found = {s.path.partition("mledger/")[2] or s.path: _raw(s) for s in modules if "/testing/" not in s.path}
    unasked = {path: lines for path, lines in found.items() if lines}
    assert set(unasked) <= set(UNASKED), {path: unasked[path] for path in set(unasked) - set(UNASKED)}
    assert set(UNASKED) <= set(unasked), "these ask by now, or read no events"
