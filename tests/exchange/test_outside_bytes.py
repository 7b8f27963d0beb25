"""Bytes from outside: a zip that is no honest bundle is refused, and nothing of it is believed."""

import json
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mledger.chain.statement import open_payload
from mledger.core import canonical
from mledger.core.manifest import MANIFEST, Manifest, format_manifest, is_name, parse_manifest
from mledger.core.names import HIDDEN
from mledger.core.trust import Pinned, Required, format_trust, parse_trust
from mledger.errors import FormatError, IntegrityError, MledgerError
from mledger.exchange import verify as program_itself
from mledger.reader import Reader
from mledger.stores import open_store
from mledger.stores.bundle import parse_bodies
from mledger.stores.bundle_zip import BundleZip
from mledger.testing.tamper.bundles import read_files, write_files
from mledger.testing.tamper.zips import GOOD, ZIP_ATTACKS

quickly = settings(
    max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)


@pytest.mark.parametrize("how", ZIP_ATTACKS)
def test_a_zip_that_no_bundle_is_gets_refused(how: str, tmp_path: Path) -> None:
    """A bomb, a path that climbs, a link, a file twice and the like are refused in one line by both."""
    path = tmp_path / "bad.zip"
    path.write_bytes(ZIP_ATTACKS[how])
    with pytest.raises(IntegrityError) as refused:
        BundleZip(path)
    assert "\n" not in refused.value.message
    assert str(path) in refused.value.message
    with pytest.raises(program_itself.Refused) as theirs:
        program_itself.Files(str(path))
    assert "\n" not in str(theirs.value)
    assert [file.name for file in tmp_path.iterdir()] == ["bad.zip"]


def test_a_good_zip_is_read(tmp_path: Path) -> None:
    """What the bad ones are made from is read by both, so that each is refused for its own reason."""
    path = tmp_path / "good.zip"
    path.write_bytes(GOOD)
    with closing(BundleZip(path)) as ours, closing(program_itself.Files(str(path))) as theirs:
        assert (ours.names(), ours.read("reports/a"), ours.size("reports/a")) == (["reports/a"], b"text", 4)
        assert (theirs.names(), theirs.read("reports/a")) == ({"reports/a"}, b"text")
        assert b"".join(ours.pieces("reports/a", 3)) == b"text"
        with pytest.raises(FormatError, match="lacks reports/b"):
            ours.read("reports/b")


def verdicts(path: Path, clock) -> tuple[int, int]:
    """What the library and the program say of a bundle; what they refuse, in one line, counts as broken."""
    lines = []
    try:
        with Reader.open(path, clock=clock) as reader:
            ours = reader.verify(full=True).exit_code
    except MledgerError as error:
        lines.append(error.message)
        ours = 3
    try:
        with closing(program_itself.Files(str(path))) as files:
            checker = program_itself.Checker(files, None, pure=False)
            checker.run()
            theirs = checker.exit_code
    except program_itself.Refused as error:
        lines.append(str(error))
        theirs = 3
    assert all("\n" not in line for line in lines)
    return ours, theirs


NAMES = st.one_of(
    st.text(max_size=60),
    st.from_regex(r"(tile/([0-9]|entries)|bodies|attachments|reports)/[x0-9a-f./]{1,20}", fullmatch=True),
)


@given(NAMES)
def test_names_are_judged_alike(name: str) -> None:
    """A name that the verifier of a bundle takes is one that mledger takes, and none climbs."""
    ours = is_name(name)
    # The library also wants the number of a tile to be written in one way; the verifier compares paths.
    assert ours <= program_itself.is_name(name)
    assert not ours or (".." not in name.split("/") and not name.startswith("/"))


SAID = st.sampled_from(["a", "a b", "a+b", "a\u200bb", "e\u0301", "\u00e9", ""]) | st.builds(
    "".join, st.lists(st.just("x"), min_size=253, max_size=257)
)


@given(
    origin=SAID,
    stream=SAID.map("model/{}".format) | st.integers(126, 130).map(lambda n: "model/" + "x" * n),
    type=st.sampled_from(["run.started", "run"]) | st.integers(126, 130).map(lambda n: "r." + "x" * (n - 2)),
)
def test_names_in_an_entry_are_judged_alike(origin: str, stream: str, type: str) -> None:
    """Origin, stream and type of a payload are taken by the verifier where mledger takes them."""
    event = {"body": "0" * 64, "id": "00000000-0000-7000-8000-000000000000", "stream": stream, "type": type}
    said = {
        "events": [event | {"v": 1}],
        "key": "0" * 64,
        "ledger": origin,
        "meaning": "authorship",
        "prev": "0" * 64,
        "seq": 0,
        "signer": "Alice Example",
        "time": "2026-01-01T00:00:00.000000Z",
        "v": 1,
    }
    payload = canonical.encode(said)
    try:
        ours = open_payload(payload) is not None
    except FormatError:
        ours = False
    read = program_itself.strict(payload)
    theirs = program_itself._is_frame(read) and program_itself._is_event(read["events"][0])
    assert ours == theirs


def test_what_nobody_sees_is_the_same_for_both():
    """No character makes a printed name good for the one and a broken entry for the other."""
    assert program_itself.HIDDEN.__self__.pattern == HIDDEN.pattern


@quickly
@given(data=st.data())
def test_any_byte_of_a_bundle(data, bundle, company, tmp_path):
    """With a byte flipped anywhere a bundle is refused, or found out, or says the very same."""
    whole = bundle.read_bytes()
    at, bit = data.draw(st.integers(0, len(whole) - 1)), data.draw(st.integers(0, 7))
    path = tmp_path / f"{at}-{bit}.zip"
    path.write_bytes(whole[:at] + bytes([whole[at] ^ 1 << bit]) + whole[at + 1 :])
    ours, theirs = verdicts(path, company.clock)
    if ours == theirs == 0:
        before, after = read_files(bundle), read_files(path)
        before.pop(MANIFEST), after.pop(MANIFEST)
        assert before == after
    else:
        assert (ours, theirs) in {(3, 3), (0, 3), (3, 0)}


@quickly
@given(
    junk=st.binary(max_size=400),
    which=st.sampled_from([MANIFEST, "checkpoint", "bodies/000.jsonl", "tile/0/000"]),
)
def test_junk_in_a_file(junk, which, bundle, company, tmp_path):
    """A file of a bundle that holds junk is refused or found out by both, never believed, never a crash."""
    files = read_files(bundle)
    files[which] = junk
    path = tmp_path / "junk.zip"
    write_files(path, files)
    assert verdicts(path, company.clock) == (3, 3)


ROWS = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner, max_size=4),
    max_leaves=8,
)


@quickly
@given(
    member=st.sampled_from(["origin", "vkey", "counts", "withheld", "files", "choice", "left_out", "size"]),
    value=ROWS,
)
@example(member="withheld", value=[1, "a"])
def test_a_member_of_a_manifest_that_is_something_else(member, value, bundle, company, tmp_path):
    """Whatever stands in a member of a manifest, it is refused, or read as what it says, by both."""
    files = read_files(bundle)
    row = json.loads(files[MANIFEST]) | {member: value}
    files[MANIFEST] = json.dumps(row).encode()
    write_files(tmp_path / "odd.zip", files)
    assert set(verdicts(tmp_path / "odd.zip", company.clock)) <= {0, 1, 3}
    try:
        found = parse_manifest(json.dumps(row).encode())
    except FormatError:
        return
    assert isinstance(found, Manifest)
    assert parse_manifest(format_manifest(found)) == found


@given(st.binary(max_size=300))
def test_junk_is_no_manifest_no_trust_file_no_bodies(junk):
    """Whatever bytes are given, each reader refuses them, or reads what it would write."""
    for parse in (parse_manifest, parse_trust, parse_bodies):
        try:
            parse(junk)
        except FormatError:
            continue
        assert parse is parse_bodies


HASHES = st.binary(min_size=32, max_size=32)


ROOTS = st.lists(st.just("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), max_size=2)


@given(
    st.builds(
        Pinned,
        st.just("a/b"),
        st.just(""),
        HASHES,
        st.integers(1, 2**53 - 1),
        HASHES,
        HASHES,
        roots=st.just(()),
        witnesses=st.none(),
        also=st.none(),
    ),
    ROOTS,
    st.lists(st.sampled_from(["w1", "w2", "w3"]), min_size=1, unique=True),
    st.none() | st.integers(1, 3_650),
)
def test_trust_files_read_back(pinned, roots, names, days):
    """What a trust file pins comes back, and its verifier key must be one of that ledger."""
    from mledger.core.note import COSIGNATURE, format_vkey

    good = pinned._replace(vkey=format_vkey("a/b", pinned.leaf))
    keys = tuple(format_vkey(name, pinned.leaf, COSIGNATURE) for name in names)
    more = good._replace(roots=tuple(roots), witnesses=Required(keys, len(keys), days))
    assert parse_trust(format_trust(more)) == more
    assert parse_trust(format_trust(good)) == good
    with pytest.raises(FormatError):
        parse_trust(format_trust(pinned))
    with pytest.raises(FormatError):
        parse_trust(format_trust(good._replace(vkey=format_vkey("a/c", pinned.leaf))))


def test_a_bundle_that_shrinks_while_it_is_read(bundle, tmp_path):
    """A file that gets shorter under its reader gives an error of the store."""
    path = tmp_path / "shrinks.zip"
    path.write_bytes(bundle.read_bytes())
    with closing(open_store(path, read_only=True)) as store:
        path.write_bytes(bundle.read_bytes()[:2000])
        with pytest.raises(MledgerError, match="shorter than"):
            list(store.entries())
