"""Published test vectors: facts that our code did not make."""

import json
from pathlib import Path
from typing import Any


def vectors(name: str) -> Any:
    """The vectors of `<name>.json` beside this file."""
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))
