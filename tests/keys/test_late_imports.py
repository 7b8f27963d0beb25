import subprocess
import sys

LIGHT = "mledger.keys.ed25519, mledger.keys.roles, mledger.keys.signer, mledger.core.note, mledger.core.proof"


def test_nothing_heavy():
    """A command that neither signs nor verifies does not wait for cryptography, bcrypt or pydantic."""
    code = f"import sys, {LIGHT}\nprint(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout

    assert {"mledger.keys.ed25519", "mledger.core.note"} <= set(loaded.split())
    assert not {"cryptography", "bcrypt", "pydantic"} & set(loaded.split())


def test_locks_are_slow():
    """Outside of tests a key file is locked with 24 rounds of bcrypt, and says so."""
    code = """
from base64 import b64decode
from mledger.keys.openssh import write_private
lines = write_private(bytes(32), bytes(32), "passphrase", "").splitlines()
sys.stdout.buffer.write(b64decode(b"".join(lines[1:-1])).partition(b"bcrypt")[2][24:28])
"""
    rounds = subprocess.run([sys.executable, "-c", f"import sys{code}"], capture_output=True, check=True)
    assert int.from_bytes(rounds.stdout) == 24
