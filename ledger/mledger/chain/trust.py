"""What a verifier brings along from elsewhere."""

from typing import NamedTuple

from mledger.core.trust import Pinned


class Trust(NamedTuple):
    """What the verifier brings along: what it keeps of the ledger, and whom it believes."""

    checkpoint: bytes | None = None
    head: bytes | None = None
    pinned: Pinned | None = None
    roots: tuple[str, ...] = ()
    """Roots of time-stamping authorities in PEM, believed in the place of those of the policy."""
    witnesses: tuple[str, ...] = ()
    """Verifier keys of witnesses that must all have cosigned, in the place of those of the policy."""
