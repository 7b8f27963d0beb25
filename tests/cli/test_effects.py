"""Expected effects as people type them."""

import pytest

from mledger.errors import InputError
from mledger.events.decision_parts import ExpectedEffect
from mledger_cli import effects


@pytest.mark.parametrize(
    ("typed", "fields"),
    [
        ("auc +0.004 medium", {"direction": "increase", "size": 0.004, "confidence": "medium"}),
        ("auc -1e-3", {"direction": "decrease", "size": 0.001}),
        ("auc +0.4pp", {"direction": "increase", "size": 0.4, "unit": "pp"}),
        (
            "auc down 2 hours high",
            {"direction": "decrease", "size": 2.0, "unit": "hours", "confidence": "high"},
        ),
        ("auc none", {"direction": "none"}),
    ],
)
def test_an_effect_is_read(typed: str, fields: dict) -> None:
    """Metric, direction, size, unit, confidence, in the order in which people say them."""
    assert effects.read(typed) == {"metric": "auc"} | fields
    assert ExpectedEffect(**effects.read(typed))
    assert effects.wrong(typed) is None


@pytest.mark.parametrize(
    ("typed", "line"),
    [("auc", "it should say which way"), ("auc sideways", "'sideways' is no size"), ("auc 3", "which way")],
)
def test_what_is_no_effect_is_refused(typed: str, line: str) -> None:
    """With an example of one that is."""
    with pytest.raises(InputError, match=line) as caught:
        effects.read(typed)
    assert caught.value.fix == effects.HOW
    assert effects.HOW in effects.wrong(typed)
