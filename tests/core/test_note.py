from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mledger.core.cosignature import cosigned
from mledger.core.note import (
    COSIGNATURE,
    ED25519,
    MAX_NOTE,
    MAX_SIGNATURES,
    Note,
    NoteSignature,
    format_note,
    format_vkey,
    key_hash,
    open_note,
    parse_note,
    parse_vkey,
)
from mledger.errors import FormatError, InputError, ProofError
from mledger.keys.ed25519 import Ed25519Signer, verify
from tests.vectors.read import vectors

PUBLISHED = vectors("signed_notes")["notes"]
NAMES = st.text(
    st.characters(exclude_categories=["Cs", "Cc", "Zs", "Zl", "Zp"], exclude_characters="+"),
    min_size=1,
    max_size=12,
)
LINES = st.builds(NoteSignature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80))
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=80)
NOTES = st.builds(
    Note,
    TEXTS.map(lambda text: text + "\n"),
    st.lists(LINES, min_size=1, max_size=MAX_SIGNATURES).map(tuple),
)

ALICE, BOB = Ed25519Signer.from_seed(b"a" * 32), Ed25519Signer.from_seed(b"b" * 32)
TEXT = "acme.example/credit-risk\n3\nroot\n"


def vkey(signer, name, alg=ED25519):
    """The parsed published key of a signer."""
    return parse_vkey(format_vkey(name, signer.public, alg))


def line(signer, name, text=TEXT):
    """The signature line of a signer over a text."""
    return NoteSignature(name, key_hash(name, ED25519, signer.public), signer.sign(text.encode()))


@pytest.mark.parametrize("known", PUBLISHED, ids=lambda known: known["source"])
def test_published_notes(known):
    """A published note opens with its published key, and is made again byte for byte."""
    key = parse_vkey(known["vkey"])
    data = f"{known['text']}\n— {key.name} {known['signature']}\n".encode()

    opened = open_note(data, [key], verify)

    assert opened.text == known["text"]
    assert [(who.name, who.hash) for who in opened.verified] == [(key.name, key.hash)]
    assert format_note(Note(opened.text, opened.verified)) == data
    assert format_vkey(key.name, key.public) == known["vkey"]


@pytest.mark.parametrize("known", PUBLISHED, ids=lambda known: known["source"])
def test_published_notes_changed(known):
    """No published note opens with any one of its bits flipped."""
    key = parse_vkey(known["vkey"])
    data = f"{known['text']}\n— {key.name} {known['signature']}\n".encode()

    for at in range(len(data) * 8):
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        with pytest.raises((FormatError, ProofError)):
            open_note(bytes(changed), [key], verify)


@given(name=NAMES, public=st.binary(min_size=32, max_size=32), alg=st.sampled_from([ED25519, COSIGNATURE]))
def test_vkeys(name, public, alg):
    """A verifier key reads back to name, algorithm and public key, and its hash is theirs."""
    key = parse_vkey(format_vkey(name, public, alg))

    assert key == (name, key_hash(name, alg, public), alg, public)


@given(text=st.one_of(st.text(), st.from_regex(r"\A[a-z]{1,3}\+[0-9a-f]{8}\+A[A-Za-z0-9+/]{43}\Z")))
def test_parsing_vkeys_never_leaks(text):
    """Any text that is no verifier key is refused by FormatError alone."""
    with pytest.raises(FormatError):
        parse_vkey(text)


@pytest.mark.parametrize("at", range(len(PUBLISHED[0]["vkey"])))
def test_vkeys_changed(at):
    """A verifier key with one character changed does not parse."""
    text = PUBLISHED[0]["vkey"]

    for other in "Aa0+= ":
        if text[at] != other:
            with pytest.raises(FormatError):
                parse_vkey(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\n", "\ud800", "a\u2028b"])
def test_no_key_names(name):
    """A key cannot be published under a name with a space or a plus sign, or with none."""
    with pytest.raises(InputError):
        format_vkey(name, bytes(32))
    with pytest.raises(InputError):
        format_note(Note("text\n", (NoteSignature(name, b"hash", b"signature"),)))


def test_no_other_keys():
    """A key of another size or algorithm is neither published nor read."""
    with pytest.raises(InputError):
        format_vkey("a", bytes(31))
    with pytest.raises(InputError):
        format_vkey("a", bytes(32), 2)
    with pytest.raises(FormatError):
        parse_vkey(f"a+{key_hash('a', 2, bytes(32)).hex()}+{b64encode(bytes([2]) + bytes(32)).decode()}")


@given(note=NOTES)
def test_round_trip(note):
    """A note reads back to its text and signatures, empty lines in the text included."""
    assert parse_note(format_note(note)) == note


@given(data=st.one_of(st.binary(max_size=200), st.text("a \n—+=A\0\x1fé", max_size=60).map(str.encode)))
def test_parsing_never_leaks(data):
    """Any bytes are the one spelling of a note, or are refused by FormatError."""
    try:
        note = parse_note(data)
    except FormatError:
        return
    assert format_note(note) == data


@given(note=NOTES, change=st.data())
def test_damaged_notes(note, change):
    """A note with a byte changed is the one spelling of another note, or is refused by FormatError."""
    data = bytearray(format_note(note))
    data[change.draw(st.integers(0, len(data) - 1))] = change.draw(st.sampled_from(b"\n\r\0 A+=/\xe2\xff"))

    try:
        again = parse_note(bytes(data))
    except FormatError:
        return
    assert format_note(again) == data


GOOD = format_note(Note("text\n", (NoteSignature("a", b"hash", b"signature"),)))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"text\n",
        b"text\n\n",
        GOOD[:-1],
        GOOD + b"\n",
        GOOD + b"x",
        b"\n\n".join([b"text", b"text"]) + b"\n",
        GOOD.replace("—".encode(), b"-"),
        GOOD.replace("— ".encode(), "—".encode()),
        GOOD.replace(b" a ", b" a  "),
        GOOD.replace(b" a ", b" "),
        GOOD.replace(b"text", b"te\rxt"),
        GOOD.replace(b"text", b"te\txt"),
        GOOD.replace(b"text", b"te\xffxt"),
        GOOD.replace(b"text", b"te\xed\xa0\x80xt"),
        GOOD.replace(b" a ", b" a\x1c "),
        GOOD.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf",
        "text\n\n— a aGFzaA==\n".encode(),
        "text\n\n— a aGFzaHM\n".encode(),
        "text\n\n— a aGFzaHN=\n".encode(),
    ],
)
def test_refused(data):
    """Missing parts, other dashes, controls, other line ends and loose base64 are refused."""
    with pytest.raises(FormatError):
        parse_note(data)


@pytest.mark.parametrize(
    "note",
    [
        Note("text", (line(ALICE, "a"),)),
        Note("", (line(ALICE, "a"),)),
        Note("te\rxt\n", (line(ALICE, "a"),)),
        Note("te\ud800xt\n", (line(ALICE, "a"),)),
        Note("text\n", ()),
        Note("text\n", (line(ALICE, "a"),) * 17),
        Note("text\n", (NoteSignature("a", b"has", b"signature"),)),
        Note("text\n", (NoteSignature("a", b"hash", b""),)),
        Note("x" * MAX_NOTE + "\n", (line(ALICE, "a"),)),
    ],
)
def test_not_written(note):
    """What could not be read back is not written."""
    with pytest.raises(InputError):
        format_note(note)


def test_limits():
    """Sixteen signatures and 64 KiB are read, and not one more of either."""
    block = format_note(Note("x\n", (line(ALICE, "a"),)))
    assert (MAX_NOTE, MAX_SIGNATURES) == (65_536, 16)
    most = b"x" * (MAX_NOTE - len(block)) + block
    lines = block.removeprefix(b"x\n\n")

    assert len(parse_note(b"x\n\n" + lines * 16).signatures) == 16
    assert len(parse_note(most).text) == MAX_NOTE - len(block) + 2
    assert format_note(parse_note(most)) == most
    with pytest.raises(FormatError, match="1 to 16"):
        parse_note(b"x\n\n" + lines * 17)
    with pytest.raises(FormatError, match="limit"):
        parse_note(b"x" + most)


def test_who_signed():
    """Known keys are verified, lines of unknown keys are kept beside them, in the order of the note."""
    lines = (line(BOB, "bob"), line(ALICE, "alice"), NoteSignature("alice", b"othr", b"?" * 64))

    opened = open_note(format_note(Note(TEXT, lines)), [vkey(ALICE, "alice")], verify)

    assert opened == (TEXT, (lines[1],), (lines[0], lines[2]))


def test_a_known_key_must_hold():
    """A failing signature of a known key spoils a note that another known key has signed."""
    bad = line(BOB, "bob", "another text\n")
    data = format_note(Note(TEXT, (line(ALICE, "alice"), bad)))

    assert open_note(data, [vkey(ALICE, "alice")], verify).unknown == (bad,)
    with pytest.raises(ProofError):
        open_note(data, [vkey(ALICE, "alice"), vkey(BOB, "bob")], verify)


def test_repeated_lines():
    """A line that stands twice counts once, and a second one of a known key must hold as well."""
    good, other = line(ALICE, "alice"), line(BOB, "bob")
    forged = good._replace(signature=bytes(64))

    opened = open_note(format_note(Note(TEXT, (good, other, good, other))), [vkey(ALICE, "alice")], verify)

    assert opened == (TEXT, (good,), (other,))
    with pytest.raises(ProofError):
        open_note(format_note(Note(TEXT, (good, forged))), [vkey(ALICE, "alice")], verify)


@pytest.mark.parametrize("keys", [[], [vkey(ALICE, "bob")], [vkey(BOB, "alice")]])
def test_nobody_known(keys):
    """A note that no known key signed is refused, the same key under another name included."""
    with pytest.raises(ProofError):
        open_note(format_note(Note(TEXT, (line(ALICE, "alice"),))), keys, verify)


def test_keys_told_apart():
    """Two keys of one name and hash are refused, the same key twice is not."""
    key = vkey(ALICE, "alice")
    data = format_note(Note(TEXT, (line(ALICE, "alice"),)))

    assert open_note(data, [key, key], verify).verified
    with pytest.raises(InputError):
        open_note(data, [key, key._replace(public=BOB.public)], verify)


@given(time=st.integers(0, 2**63 - 1))
def test_cosignatures(time):
    """A witness's signature holds for its time and text, and for no other time."""
    name = key_hash("w", COSIGNATURE, BOB.public)
    signed = BOB.sign(f"cosignature/v1\ntime {time}\n{TEXT}".encode())

    def noted(when):
        return format_note(Note(TEXT, (NoteSignature("w", name, when.to_bytes(8) + signed),)))

    assert COSIGNATURE == 4
    assert cosigned(TEXT, time) == f"cosignature/v1\ntime {time}\n{TEXT}".encode()
    assert open_note(noted(time), [vkey(BOB, "w", COSIGNATURE)], verify).verified
    with pytest.raises(ProofError):
        open_note(noted(time + 1), [vkey(BOB, "w", COSIGNATURE)], verify)


def test_algorithms_do_not_mix():
    """A signature over the bare text is no cosignature, nor the other way round."""
    plain = NoteSignature("w", key_hash("w", COSIGNATURE, BOB.public), BOB.sign(TEXT.encode()))
    witness = NoteSignature("w", key_hash("w", ED25519, BOB.public), bytes(8) + BOB.sign(cosigned(TEXT, 0)))

    for forged, alg in ((plain, COSIGNATURE), (witness, ED25519)):
        with pytest.raises(ProofError):
            open_note(format_note(Note(TEXT, (forged,))), [vkey(BOB, "w", alg)], verify)
