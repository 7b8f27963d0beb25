"""Days, as options take them."""

from datetime import date

from mledger.errors import InputError
from mledger_cli.params import DATE, _Checked


class _Day(_Checked):
    name = "day"
    fix = f"write it like {DATE}"

    def read(self, text: str) -> str:
        try:
            return date.fromisoformat(text.strip()).isoformat()
        except ValueError:
            raise InputError(f"{text[:40]!r} is not a day") from None


DAY = _Day()
"""A calendar day, like 2026-11-23."""
