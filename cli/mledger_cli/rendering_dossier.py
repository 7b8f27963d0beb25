"""A dossier as lines for people."""

from typing import TYPE_CHECKING

from mledger_cli.page import Page

if TYPE_CHECKING:
    from mledger.reports.base import Document


def dossier_lines(document: "Document", width: int) -> list[str]:
    """One label for each section, with all that it says beside it."""
    from mledger.reports.base import Claim

    page = Page(width)
    number = document.data.get("number")
    page.line(document.title, (number,) if number else ())
    if document.subtitle:
        page.line(document.subtitle)
    for section in document.sections:
        claims = [block for block in section.blocks if isinstance(block, Claim)]
        page.rows(section.title, ((claim.words, claim.numbers) for claim in claims))
        if not claims:
            page.row(section.title, section.none)
    return page.done()
