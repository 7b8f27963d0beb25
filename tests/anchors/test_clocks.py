"""A time that an authority proves, beside the clock of the ledger."""

from datetime import timedelta
from pathlib import Path

import pytest

from mledger.anchoring import anchor
from mledger.chain.verification import Verification
from mledger.core.moment import format_moment
from mledger.errors import InputError
from mledger.heads import Heads
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.testing import authority
from mledger.testing.simulator import Simulator


@pytest.mark.parametrize(
    ("hours", "said"), [(1, "this clock says"), (-1, "the last entry was recorded at"), (0, None)]
)
def test_nothing_is_recorded_beside_a_clock_that_is_wrong(hours: int, said: str | None) -> None:
    """An hour before or after what is proved, no anchor is recorded that every verification would refuse."""
    sim = Simulator()
    policy = sim.ledger().keyring().policy
    asked = policy.model_copy(update={"anchor_roots": (authority.ROOT,)})
    sim.append("policy.adopted", "ledger", {"policy": asked, "reason": "Anchors."})
    time = format_moment(sim.clock.now + timedelta(hours=hours))
    if said is None:
        anchor(sim.ledger(), authority.KIND, time)
    else:
        with pytest.raises(InputError, match=said):
            anchor(sim.ledger(), authority.KIND, time)
    assert sim.reader().verify().findings == []
    assert sim.reader().head.size == 2 + (said is None)


def test_an_anchor_that_could_not_be_checked_counts_at_no_later_verification(tmp_path: Path) -> None:
    """Beside one that holds, one of a kind that is not known here is told each time, and proves nothing."""
    path = tmp_path / "ledger.db"
    heads, sim = Heads(tmp_path), Simulator(open_store(path, create=True), path=path)
    policy = sim.ledger().keyring().policy
    asked = policy.model_copy(update={"anchor_roots": (authority.ROOT,), "anchor_days": 30})
    sim.append("policy.adopted", "ledger", {"policy": asked, "reason": "Anchors."})

    def verify(*, full: bool = False) -> Verification:
        return Reader(sim.store, heads=heads, clock=sim.clock, path=path).verify(full=full)

    verify()
    anchor(sim.ledger(), authority.KIND, format_moment(sim.clock.now))
    note = sim.ledger().checkpoint()
    fields = {"kind": "of_tomorrow", "size": 3, "checkpoint": note.decode(), "token": "AAAA"}
    sim.append("anchor.recorded", "ledger", fields | {"time": format_moment(sim.clock.now)})
    first = verify()
    sim.clock.forward(days=100)
    for found in (first, verify(), verify(full=True), verify()):
        one, more = found.vouched[3]
        assert one.startswith("1 time anchor, the last of")
        assert more.startswith("not on 1 more: ")
        assert "of_tomorrow" in more
    assert [finding.rule for finding in verify().findings] == ["anchor.overdue"]
