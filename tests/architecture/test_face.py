"""The public face is small, sorted, and whole."""

import inspect

import pytest

import mledger

MOST_NAMES = 32


def test_the_face_is_small_and_sorted() -> None:
    """At most thirty-two names are public, in alphabetical order."""
    assert mledger.__all__ == sorted(mledger.__all__)
    assert len(mledger.__all__) <= MOST_NAMES


@pytest.mark.parametrize("name", [name for name in mledger.__all__ if name != "__version__"])
def test_each_public_name_is_there_and_documented(name: str) -> None:
    """A public name can be imported, shows in dir(), and has a docstring."""
    assert name in dir(mledger)
    assert inspect.getdoc(getattr(mledger, name))


def test_a_name_that_is_not_public_is_refused_in_words() -> None:
    """Asking for another name fails as it does in any module."""
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        mledger.nonsense  # noqa: B018  the access is what is tested
