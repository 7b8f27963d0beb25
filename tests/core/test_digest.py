import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.digest import runs_in, sha256_hex, short


@pytest.mark.interop
@given(data=st.binary(max_size=64))
def test_as_sha256sum(program, data):
    """Our digest is the one that sha256sum prints, and its short form is how that begins."""
    printed = subprocess.run([program("sha256sum")], input=data, capture_output=True, check=True).stdout

    assert printed.split()[0].decode() == sha256_hex(data)
    assert printed.startswith(short(sha256_hex(data)).encode())
    assert len(short(sha256_hex(data))) == 12


def test_digests_are_found_wherever_they_stand():
    """Whole, in a text, side by side and within a longer run of digits; nothing shorter is one."""
    one, other = sha256_hex(b"one"), sha256_hex(b"other")
    assert list(runs_in(f'{{"sha256":"{one}","of":"sha256:{other}"}}'.encode())) == [one, other]
    assert list(runs_in(f"a{one}{other}".encode())) == [f"a{one}{other}"]
    assert list(runs_in(one[:63].encode() + b"x")) == []
