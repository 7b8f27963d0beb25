from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ed448, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_ssh_private_key,
)
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from mledger.errors import KeyFileError
from mledger.keys.ed25519 import (
    Ed25519Signer,
    dump_private,
    dump_public,
    is_encrypted,
    is_weak,
    load_private,
    load_public,
)
from mledger.keys.openssh import public_blob
from tests.vectors.read import vectors

SIGNER = Ed25519Signer.from_seed(b"0123456789abcdef0123456789abcdef")
COMMENTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
RSA = rsa.generate_private_key(65537, 2048)


def never() -> str:
    """A passphrase that must not be asked for."""
    raise AssertionError("the passphrase was asked for")


def refusal(data: bytes, passphrase=None) -> KeyFileError:
    """The error of loading a private key, which is one line and names the file."""
    with pytest.raises(KeyFileError) as caught:
        load_private(data, passphrase, what="alice.key")
    assert "alice.key" in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.fix
    return caught.value


@given(seed=st.binary(min_size=32, max_size=32), comment=COMMENTS)
def test_open_file(seed, comment):
    """A key file without a passphrase gives its signer back, to us and to cryptography."""
    signer = Ed25519Signer.from_seed(seed)

    data = dump_private(signer, None, comment)

    assert not is_encrypted(data)
    assert load_private(data, never).seed() == seed
    assert load_ssh_private_key(data, None).private_bytes_raw() == seed


@settings(max_examples=5)
@given(
    passphrase=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20), comment=COMMENTS
)
def test_locked_file(passphrase, comment):
    """A locked key file opens with its passphrase and with no other."""
    data = dump_private(SIGNER, passphrase, comment)

    assert is_encrypted(data)
    assert SIGNER.seed() not in data
    assert load_private(data, lambda: passphrase).public == SIGNER.public
    assert "passphrase" in refusal(data, lambda: passphrase + "x").message
    assert "passphrase" in refusal(data, lambda: "").message
    assert "passphrase" in refusal(data).message


def test_an_empty_passphrase_locks_nothing():
    """An empty passphrase means none, as it does for ssh-keygen."""
    assert not is_encrypted(dump_private(SIGNER, ""))


def test_a_passphrase_outside_utf8():
    """A passphrase that a terminal typed in another encoding locks and opens as the bytes that it was."""
    typed = b"gr\xfc\xdfe".decode(errors="surrogateescape")

    assert load_private(dump_private(SIGNER, typed), lambda: typed).public == SIGNER.public


def test_each_lock_is_another():
    """Two locked files of one key have no salt in common."""
    assert dump_private(SIGNER, "p") != dump_private(SIGNER, "p")


@pytest.mark.parametrize("passphrase", [None, b"open sesame"])
def test_pkcs8(passphrase):
    """PKCS#8 files, locked or not, load in the same way."""
    lock = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    data = SIGNER._private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)

    assert is_encrypted(data) == bool(passphrase)
    assert load_private(data, (lambda: "open sesame") if passphrase else never).public == SIGNER.public
    if passphrase:
        assert "passphrase" in refusal(data, lambda: "open barley").message
        assert "passphrase" in refusal(data).message


def test_published_keys():
    """The key pair of RFC 8410 loads from its PEM forms."""
    known = vectors("rfc8410")

    assert load_private(known["private_pem"].encode()).public.hex() == known["public"]
    assert load_public(known["public_pem"]).hex() == known["public"]


@pytest.mark.parametrize(
    "form", [PrivateFormat.PKCS8, PrivateFormat.OpenSSH, PrivateFormat.TraditionalOpenSSL]
)
def test_another_kind_of_key(form):
    """An RSA key is refused as another kind of key, and the way to an Ed25519 key is shown."""
    error = refusal(RSA.private_bytes(Encoding.PEM, form, NoEncryption()))

    assert "Ed25519" in error.message
    assert "ssh-keygen -t ed25519" in str(error.fix)


def test_its_larger_sister():
    """An Ed448 key is another kind of key too."""
    data = ed448.Ed448PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    assert "Ed25519" in refusal(data).message


@pytest.mark.parametrize(
    "text", [dump_public(SIGNER.public, "alice"), vectors("rfc8410")["public_pem"]], ids=["ssh", "pem"]
)
def test_a_public_key_is_not_private(text):
    """A public key given for a private one is told apart from garbage."""
    error = refusal(text.encode())

    assert "public key" in error.message
    assert ".pub" in str(error.fix)


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"hello", bytes(range(256)), b"{}", b"-----BEGIN CERTIFICATE-----"]
)
def test_garbage(data):
    """What holds no private key at all is said to be none."""
    assert not is_encrypted(data)
    assert "not a private key" in refusal(data).message


def test_garbage_in_clothes():
    """A file that only calls itself an OpenSSH key is not taken for a locked one."""
    junk = b64encode(b"openssh-key-v2" + bytes(40))
    data = b"-----BEGIN OPENSSH PRIVATE KEY-----\n" + junk + b"\n-----END OPENSSH PRIVATE KEY-----\n"

    assert not is_encrypted(data)
    assert "damaged" in refusal(data, never).message


@given(change=st.data())
def test_damaged_files(change):
    """An open key file with bytes changed or gone loads as a key or gives a KeyFileError, nothing else."""
    data = bytearray(dump_private(SIGNER, None, "alice"))
    at = change.draw(st.integers(0, len(data) - 1))
    if change.draw(st.booleans()):
        data[at] = change.draw(st.sampled_from(b"AZaz09+/=\n- \xff"))
    else:
        del data[at : at + change.draw(st.integers(1, 80))]

    try:
        load_private(bytes(data), lambda: "wrong")
    except KeyFileError as error:
        assert "\n" not in error.message  # noqa: PT017 - a changed comment does not matter


@given(change=st.data())
def test_damaged_pem(change):
    """A PKCS#8 file with a byte changed loads as a key or gives a KeyFileError, and nothing else."""
    data = bytearray(vectors("rfc8410")["private_pem"].encode())
    at = change.draw(st.integers(0, len(data) - 1))
    data[at] = change.draw(st.integers(0, 255))

    try:
        load_private(bytes(data), lambda: "wrong")
    except KeyFileError as error:
        assert "\n" not in error.message  # noqa: PT017 - a changed blank does not matter


@given(data=st.binary(max_size=200))
def test_loading_never_leaks(data):
    """Random bytes, bare or in the clothes of a key file, give a KeyFileError alone."""
    for name in (
        b"OPENSSH PRIVATE KEY",
        b"PRIVATE KEY",
        b"ENCRYPTED PRIVATE KEY",
        b"RSA PRIVATE KEY",
        b"EC PRIVATE KEY",
    ):
        refusal(
            b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (name, data.hex().encode(), name), lambda: "wrong"
        )
    refusal(data, lambda: "wrong")


@given(public=st.binary(min_size=32, max_size=32), comment=COMMENTS)
def test_public_keys(public, comment):
    """A public key reads back from its OpenSSH line, whatever the comment, and from hex."""
    assume(not is_weak(public))

    assert load_public(dump_public(public, comment)) == public
    assert load_public(dump_public(public, f"{comment}\n{comment}")) == public
    assert load_public(f"  {dump_public(public)}\n") == public
    assert load_public(public.hex()) == public
    assert load_public(public.hex().upper()) == public


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "not an Ed25519 public key"),
        ("00" * 32, "not an Ed25519 public key"),
        (dump_public(bytes(31) + b"\x80"), "not an Ed25519 public key"),
        ("ssh-ed25519", "not an Ed25519 public key"),
        ("ssh-ed25519 AAAA", "not an Ed25519 public key"),
        (dump_public(SIGNER.public).replace("ssh-ed25519", "ssh-rsa"), "not an Ed25519 public key"),
        (dump_public(SIGNER.public)[:-2], "not an Ed25519 public key"),
        (f"{dump_public(SIGNER.public)}\n{dump_public(SIGNER.public)}", "not an Ed25519 public key"),
        (f"ssh-ed25519 {b64encode(public_blob(SIGNER.public) + b'x').decode()}", "not an Ed25519 public key"),
        ("ab" * 31, "not an Ed25519 public key"),
        ("é" * 64, "not an Ed25519 public key"),
        (dump_private(SIGNER).decode(), "is a private key"),
        (vectors("rfc8410")["private_pem"], "is a private key"),
        (
            RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
            "not an Ed25519",
        ),
        (RSA.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode(), "not an Ed25519"),
    ],
    ids=range(15),
)
def test_no_public_keys(text, complaint):
    """Other kinds of keys, cut lines and private keys are refused, each in one line with a way out."""
    with pytest.raises(KeyFileError) as caught:
        load_public(text, what="bob.pub")

    assert "bob.pub" in caught.value.message
    assert complaint in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.fix


@given(text=st.text(max_size=80))
def test_loading_public_never_leaks(text):
    """Any text that is no public key gives a KeyFileError alone."""
    for dressed in (text, f"ssh-ed25519 {text}", f"-----BEGIN PUBLIC KEY-----{text}-----END PUBLIC KEY-----"):
        with pytest.raises(KeyFileError):
            load_public(dressed)
