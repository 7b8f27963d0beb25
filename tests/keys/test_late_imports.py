import subprocess
import sys

LIGHT = "mledger.keys.ed25519, mledger.keys.roles, mledger.keys.signer, mledger.core.note, mledger.core.proof"


def test_nothing_heavy():
    """A command that neither signs nor verifies does not wait for cryptography, bcrypt or pydantic."""
    code = f"import sys, {LIGHT}\nprint(*sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout

    assert {"mledger.keys.ed25519", "mledger.core.note"} <= set(loaded.split())
    assert not {"cryptography", "bcrypt", "pydantic"} & set(loaded.split())
