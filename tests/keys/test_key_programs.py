"""Key files of ssh-keygen and openssl: theirs load here, ours load there."""

import subprocess

import pytest

from mledger.errors import KeyFileError
from mledger.keys.ed25519 import (
    Ed25519Signer,
    dump_private,
    dump_public,
    fingerprint,
    is_encrypted,
    load_private,
    load_public,
    verify,
)

pytestmark = pytest.mark.interop

SIGNER = Ed25519Signer.from_seed(b"0123456789abcdef0123456789abcdef")


@pytest.fixture
def run(program):
    """Run a program and give what it prints."""

    def run(name: str, *args: object) -> str:
        line = [program(name), *map(str, args)]
        return subprocess.run(
            line, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL
        ).stdout

    return run


@pytest.mark.parametrize("passphrase", ["", "open sesame"])
def test_files_of_ssh_keygen(run, tmp_path, passphrase):
    """A key made by ssh-keygen loads, its public line fits it, and so does its fingerprint."""
    path = tmp_path / "id"
    run("ssh-keygen", "-q", "-t", "ed25519", "-C", "alice@acme", "-N", passphrase, "-f", path)
    data = path.read_bytes()

    signer = load_private(data, lambda: passphrase)

    assert is_encrypted(data) == bool(passphrase)
    assert load_public(path.with_suffix(".pub").read_text()) == signer.public
    assert fingerprint(signer.public) in run("ssh-keygen", "-l", "-f", path).split()
    if passphrase:
        with pytest.raises(KeyFileError, match="passphrase"):
            load_private(data, lambda: "open barley")
        with pytest.raises(KeyFileError, match="passphrase"):
            load_private(data)


@pytest.mark.parametrize(
    "cipher", ["aes256-ctr", "aes128-cbc", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com"]
)
def test_ciphers_of_ssh_keygen(run, tmp_path, cipher):
    """A key locked by any cipher of ssh-keygen loads or is refused in one line that says so."""
    path = tmp_path / "id"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-Z", cipher, "-f", path)

    assert is_encrypted(path.read_bytes())
    for passphrase in ("open sesame", "open barley"):
        try:
            signer = load_private(path.read_bytes(), lambda typed=passphrase: typed)
        except KeyFileError as error:
            assert "not supported" in error.message or passphrase == "open barley"  # noqa: PT017 - either is right
        else:
            assert passphrase == "open sesame"
            assert signer.public == load_public(path.with_suffix(".pub").read_text())


@pytest.mark.parametrize("kind", ["rsa", "ecdsa"])
def test_other_kinds_of_ssh_keygen(run, tmp_path, kind):
    """Other kinds of keys that ssh-keygen makes are refused as such, private and public."""
    path = tmp_path / "id"
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path)

    with pytest.raises(KeyFileError, match="another kind of key"):
        load_private(path.read_bytes())
    with pytest.raises(KeyFileError, match="not an Ed25519"):
        load_public(path.with_suffix(".pub").read_text())
    with pytest.raises(KeyFileError, match="public key"):
        load_private(path.with_suffix(".pub").read_bytes())


@pytest.mark.parametrize("lock", [[], ["-aes-256-cbc", "-pass", "pass:open sesame"]])
def test_files_of_openssl(run, tmp_path, lock):
    """A PKCS#8 key made by openssl loads, and openssl's public PEM is that of the signer."""
    path, public = tmp_path / "key.pem", tmp_path / "public.pem"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", path, *lock)
    run("openssl", "pkey", "-in", path, "-pubout", "-out", public, *(["-passin", lock[-1]] if lock else []))
    data = path.read_bytes()

    signer = load_private(data, lambda: "open sesame")

    assert is_encrypted(data) == bool(lock)
    assert load_public(public.read_text()) == signer.public
    if lock:
        with pytest.raises(KeyFileError, match="passphrase"):
            load_private(data, lambda: "open barley")
        with pytest.raises(KeyFileError, match="passphrase"):
            load_private(data)


@pytest.mark.parametrize("kind", ["rsa", "x25519", "ed448"])
def test_other_kinds_of_openssl(run, tmp_path, kind):
    """Other kinds of keys that openssl makes are refused as such."""
    path = tmp_path / "key.pem"
    run("openssl", "genpkey", "-algorithm", kind, "-out", path)

    with pytest.raises(KeyFileError, match="another kind of key"):
        load_private(path.read_bytes())


@pytest.mark.parametrize("passphrase", [None, "öffne dich"])
def test_our_files_for_ssh_keygen(run, tmp_path, passphrase):
    """A key file of ours opens in ssh-keygen, with public key, comment and fingerprint as we print them."""
    path = tmp_path / "id"
    path.write_bytes(dump_private(SIGNER, passphrase, "alice@acme"))
    path.chmod(0o600)

    printed = run("ssh-keygen", "-y", "-P", passphrase or "", "-f", path)

    assert printed.strip() == dump_public(SIGNER.public, "alice@acme")
    if passphrase:
        with pytest.raises(subprocess.CalledProcessError):
            run("ssh-keygen", "-y", "-P", "wrong", "-f", path)


def test_our_signatures_for_openssl(run, tmp_path):
    """A signature of ours over the very message is accepted by openssl, and openssl's by us."""
    known = tmp_path / "key.pem"
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", known)
    run("openssl", "pkey", "-in", known, "-pubout", "-out", tmp_path / "public.pem")
    signer = load_private(known.read_bytes())
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes(b"DSSEv1 ...")
    signature.write_bytes(signer.sign(b"DSSEv1 ..."))

    check = ["-verify", "-pubin", "-inkey", tmp_path / "public.pem", "-sigfile", signature]
    assert "Verified" in run("openssl", "pkeyutl", "-rawin", "-in", message, *check)
    run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", known, "-in", message, "-out", tmp_path / "theirs")
    assert verify(signer.public, b"DSSEv1 ...", (tmp_path / "theirs").read_bytes())
    message.write_bytes(b"DSSEv1 ..,")
    with pytest.raises(subprocess.CalledProcessError):
        run("openssl", "pkeyutl", "-rawin", "-in", message, *check)
