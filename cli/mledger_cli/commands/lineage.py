"""mledger lineage: from which data a model came, step by step."""

from typing import TYPE_CHECKING

import click

from mledger_cli import opening, screen
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.page import Page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mledger.reports.lineage import Lineage, Node


@click.command("lineage", cls=Command)
@click.argument("model", metavar="MODEL[@VERSION]")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "mermaid", "dot"]),
    default="text",
    help="text, or a picture for Mermaid or Graphviz.",
)
@pass_settings
def command(settings: Settings, model: str, form: str) -> None:
    """Show from which data a version came, step by step.

    Source, transforms, features, run, model: each with its digest.

    Each step has the digest by which it is known and its event; what is missing on the way is said.
    MODEL alone is the version released last. The ledger is verified first.
    """
    from mledger.errors import InputError
    from mledger.reports import lineage

    name, mark, version = model.rpartition("@")
    if not mark:
        name, version = model, ""
    with (
        opening.reader(settings) as reader,
        screen.progress("verifying", show=not settings.quiet) as reader.progress,
    ):
        stream = opening.stream(reader, name) or ""
        if not stream.startswith("model/"):
            data = stream.removeprefix("dataset/")
            fix = f"mledger report data-story {data}" if data != stream else "mledger lineage MODEL"
            raise InputError(f"{stream} is no model", fix=fix)
        history = reader.history()
        graph = lineage.lineage(
            lambda wanted: history.of(wanted).facts(), stream.removeprefix("model/"), version or None
        )
    if settings.json:
        settings.out.json(graph)
    elif form == "mermaid":
        settings.out.raw(lineage.mermaid(graph))
    elif form == "dot":
        settings.out.raw(lineage.dot(graph))
    else:
        settings.out.raw("\n".join(_page(graph, screen.width() or 100)) + "\n")
        for line in graph.missing:
            settings.out.note(f"missing: {line}")


def _page(graph: "Lineage", width: int) -> list[str]:
    """A tree with the model at the top; a step that stands there already is named, and not told again."""
    page = Page(width)
    seen: set[str] = set()
    for depth, label, node in _steps(graph):
        again = node.id in seen
        seen.add(node.id)
        role = f"{label}: " if label else ""
        kind = "" if node.kind in {"model", "run", "data", "features", "missing"} else f"{node.kind} "
        digest = f"  {node.what or 'sha256'} {node.digest[:12]}" if node.digest else "  no digest"
        told = "  see above" if again else "" if node.kind == "missing" else digest
        page.tree("  " * depth, f"{role}{kind}{node.label}{told}", (node.event,) if node.event else ())
    return page.done()


def _steps(graph: "Lineage") -> "Iterator[tuple[int, str, Node]]":
    """The nodes from the model on, each below what it went into; none is gone into twice."""
    told: set[str] = set()
    ahead = [(0, "", "model")]
    while ahead:
        depth, label, key = ahead.pop()
        yield depth, label, graph.nodes[key]
        if key not in told:
            told.add(key)
            ahead += [(depth + 1, edge.label, edge.source) for edge in reversed(graph.into(key))]
