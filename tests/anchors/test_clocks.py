"""A time that an authority proves, beside the clock of the ledger."""

from datetime import timedelta

import pytest

from mledger.anchoring import anchor
from mledger.core.moment import format_moment
from mledger.errors import InputError
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
