"""mledger data transform: how data was made from other data."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mledger_cli import files, opening, recording
from mledger_cli.context import Settings, pass_settings
from mledger_cli.groups import Command
from mledger_cli.params import DATASET_STATE

if TYPE_CHECKING:
    from mledger.reader import Reader

STATE = "NAME[@VERSION]"


@click.command("transform", cls=Command)
@click.argument("name")
@click.option(
    "--input", "inputs", type=DATASET_STATE, metavar=STATE, multiple=True, required=True, help="What went in."
)
@click.option(
    "--output",
    "outputs",
    type=DATASET_STATE,
    metavar=STATE,
    multiple=True,
    required=True,
    help="What came out.",
)
@click.option(
    "--code", type=files.EXISTING, metavar="FILE", help="The code that did it; its digest is recorded."
)
@click.option(
    "--step", "steps", metavar="TEXT", multiple=True, help="What was done; said again for each step."
)
@click.option("--feature-in", "features_in", metavar="NAME", multiple=True, help="A column that went in.")
@click.option("--feature-out", "features_out", metavar="NAME", multiple=True, help="A feature that came out.")
@click.option("--sampling", metavar="TEXT", help="How rows were chosen, if not all were taken.")
@click.option(
    "--fraction", type=click.FloatRange(0, 1), metavar="SHARE", help="Which share of them was taken."
)
@click.option("--seed", type=click.IntRange(0), metavar="N", help="The seed with which they were chosen.")
@click.option("--influence", metavar="TEXT", help="What it does to quality and fairness: who is left out.")
@recording.AS
@pass_settings
def command(
    settings: Settings,
    /,
    name: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    code: Path | None,
    steps: tuple[str, ...],
    key: str | None,
    **said: Any,
) -> None:
    """Record how data was made from other data: cleaned, joined, sampled, turned into features.

      mledger data transform make-features --input raw@4 --output features@4 --code features.py

    Inputs and outputs are recorded states; NAME alone is the newest. It is the edge between them in
    `mledger lineage`.
    """
    from mledger.events.base import build
    from mledger_cli.commands.append import tell

    with opening.reader(settings) as reader:
        into = [_state(reader, text) for text in inputs]
        out = [_state(reader, text) for text in outputs]
    fields: dict[str, Any] = {"name": name, "inputs": into, "outputs": out}
    fields |= {field: said[field] for field in ("features_in", "features_out", "influence") if said[field]}
    fields |= {"steps": [{"what": step} for step in steps]} if steps else {}
    fields |= _sampling(said)
    if code is not None:
        from mledger.data.hashing import hash_file

        fields["code"] = {"path": str(code), "sha256": hash_file(code).sha256}
    body = build("transform.recorded", fields)
    with opening.ledger(settings, key) as ledger:
        tell(settings, ledger.append(body, f"dataset/{out[0]['name']}"))


def _state(reader: "Reader", text: str) -> dict[str, object]:
    """A recorded state as the event names it. Errors: NotFoundError."""
    from mledger import datasets

    row = datasets.resolve(reader, text).use("")
    return {name: row[name] for name in ("name", "version", "digest") if name in row}


def _sampling(said: dict[str, Any]) -> dict[str, object]:
    """How rows were chosen. Errors: InputError if a share or a seed stands alone."""
    from mledger.errors import InputError

    rest = {name: said[name] for name in ("fraction", "seed") if said[name] is not None}
    if said["sampling"]:
        return {"sampling": {"method": said["sampling"], **rest}}
    if rest:
        raise InputError(f"--{min(rest)} belongs to a way of sampling", fix="say which: --sampling TEXT")
    return {}
