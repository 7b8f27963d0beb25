#!/usr/bin/env python3
"""Checks a bundle of a ledger with Python's standard library alone.

    python3 -I verify.py BUNDLE.zip [--trust TRUST.json] [--json] [--pure]

BUNDLE.zip may also be the folder that it was unpacked into. TRUST.json came to you by another way than the
bundle; without it you learn that the bundle is consistent in itself, and not whose it is. Where the package
`cryptography` can be imported it checks the signatures, unless --pure; else this file does it by itself.

Exit codes: 0 nothing is wrong · 1 findings of policy · 2 wrong use · 3 integrity is broken, or it is not the
ledger that is trusted. What is not checked is said at the end. The format: docs/format.md of mledger.

This file needs no other, runs on Python 3.8 and newer, and writes nothing but what it found.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import calendar
import hashlib
import json
import os
import re
import stat
import sys
import textwrap
import time
import unicodedata
import zipfile
from contextlib import closing
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import (
    Any,
    Callable,
    Dict,
    FrozenSet,
    Iterable,
    Iterator,
    List,
    NamedTuple,
    Optional,
    Sequence,
    Set,
    Tuple,
)

Json = Dict[str, Any]
Point = Tuple[int, int, int, int]
Small = Tuple[int, int, int]
Signed = Tuple[bytes, bytes, bytes]
"""A public key, a message, a signature."""


class Refused(Exception):  # noqa: N818
    """The bundle cannot be read at all: one line says why."""


# --- Ed25519 (RFC 8032), with the verdicts of OpenSSL: the point that the equation gives, written in its
# one proper way, must be the bytes of R; S is below the order; a key may be of small order or oddly written.

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
WINDOW = 8
MANY = 400
"""Signatures that are worth the start of a second process."""
SECONDS = 0.0008
"""What one signature takes here, about."""
WEAK = frozenset(
    [(0).to_bytes(32, "little"), (1).to_bytes(32, "little")]
    + [(2**255 - n).to_bytes(32, "little") for n in (20, 19, 18)]
    + [
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    ]
)


def decompress(data: bytes) -> Optional[Point]:
    """The point in 32 bytes; None if there is none."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, (number & (2**255 - 1)) % P
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * pow(v, 3, P) * pow(u * pow(v, 7, P), (P - 5) // 8, P) % P
    if v * x * x % P != u:
        x = x * ROOT % P
        if v * x * x % P != u:
            return None
    if x & 1 != sign:
        x = -x % P
    return x, y, 1, x * y % P


def add(one: Point, other: Point) -> Point:
    """The sum of two points, in extended coordinates."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def inverses(values: Sequence[int]) -> List[int]:
    """The inverses of many numbers, none of them 0, for the price of one."""
    products, product = [], 1
    for value in values:
        products.append(product)
        product = product * value % P
    inverse = pow(product, P - 2, P)
    found = []
    for value, before in zip(reversed(values), reversed(products)):
        found.append(inverse * before % P)
        inverse = inverse * value % P
    return found[::-1]


def multiples(point: Point, window: int) -> List[List[Small]]:
    """For each place of a number of `window` bits what each digit there stands for, ready to be added."""
    rows, each = [], (1 << window) - 1
    for _ in range(-(-256 // window)):
        row = [point]
        for _ in range(each - 1):
            row.append(add(row[-1], point))
        rows.append(row)
        point = add(row[-1], point)
    ones = inverses([entry[2] for row in rows for entry in row])
    found, at = [], 0
    for row in rows:
        small = [(1, 1, 0)]
        for (x, y, _, _), inverse in zip(row, ones[at : at + each]):
            x, y = x * inverse % P, y * inverse % P
            small.append(((y - x) % P, (y + x) % P, 2 * x * y * D % P))
        found.append(small)
        at += each
    return found


def climb(point: Point, rows: List[List[Small]], digits: Iterable[int]) -> Point:
    """The point, and what the digits stand for, added up."""
    x, y, z, t = point
    for row, digit in zip(rows, digits):
        if digit:
            minus, plus, twice = row[digit]
            a, b, c, d = (y - x) * minus % P, (y + x) * plus % P, t * twice % P, 2 * z
            e, f, g, h = b - a, d - c, d + c, b + a
            x, y, z, t = e * f % P, g * h % P, f * g % P, e * h % P
    return x, y, z, t


def digits_of(number: int, window: int) -> Iterator[int]:
    """The digits of a number of 256 bits, the lowest first."""
    mask = (1 << window) - 1
    for _ in range(-(-256 // window)):
        yield number & mask
        number >>= window


class Plain:
    """Checks signatures with plain numbers; the multiples of each key are made once."""

    def __init__(self) -> None:
        """Know the multiples of the base point."""
        y = 4 * pow(5, P - 2, P) % P
        base = decompress(y.to_bytes(32, "little"))
        if base is None:
            raise AssertionError("the base point is a point")
        self._base = multiples(base, WINDOW)
        self._keys: Dict[bytes, Optional[Tuple[List[List[Small]], int]]] = {}

    def check(self, many: Sequence[Signed]) -> List[bool]:
        """For each of many signatures whether it is one."""
        uses: Dict[bytes, int] = {}
        for public, _, _ in many:
            uses[public] = uses.get(public, 0) + 1
        reached = [self._reach(uses[signed[0]], *signed) for signed in many]
        ones = iter(inverses([point[2] for point in reached if point]))
        return [
            point is not None and self._bytes(point, next(ones)) == signature[:32]
            for point, (_, _, signature) in zip(reached, many)
        ]

    @staticmethod
    def _bytes(point: Point, inverse: int) -> bytes:
        x, y = point[0] * inverse % P, point[1] * inverse % P
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def _reach(self, uses: int, public: bytes, message: bytes, signature: bytes) -> Optional[Point]:
        """S times the base, less h times the key: R, if the signature is good; None for what is none."""
        if len(signature) != 64 or len(public) != 32:
            return None
        scalar = int.from_bytes(signature[32:], "little")
        known = self._key(public, uses)
        if scalar >= ORDER or known is None:
            return None
        rows, window = known
        challenge = hashlib.sha512(signature[:32] + public + message).digest()
        point = climb((0, 1, 1, 0), self._base, digits_of(scalar, WINDOW))
        return climb(point, rows, digits_of(int.from_bytes(challenge, "little") % ORDER, window))

    def _key(self, public: bytes, uses: int) -> Optional[Tuple[List[List[Small]], int]]:
        if public not in self._keys:
            point, window = decompress(public), WINDOW if uses > 60 else 4
            if point is not None:
                point = (-point[0] % P, point[1], point[2], -point[3] % P)
            self._keys[public] = None if point is None else (multiples(point, window), window)
        return self._keys[public]


@lru_cache(maxsize=None)
def plain() -> Plain:
    """The one that this process has."""
    return Plain()


def check_plainly(many: Sequence[Signed]) -> List[bool]:
    """For each of many signatures whether it is one; what a process of its own does."""
    return plain().check(many)


def check_with_cryptography(many: Sequence[Signed]) -> List[bool]:
    """The same, by the package `cryptography`."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    found = []
    for public, message, signature in many:
        try:
            Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
            found.append(True)
        except (InvalidSignature, ValueError, TypeError):
            found.append(False)
    return found


def check_signatures(many: Sequence[Signed], pure: bool) -> Tuple[List[bool], str]:
    """For each of many signatures whether it is one, and with what that was found out."""
    if not pure:
        try:
            return check_with_cryptography(many), "cryptography"
        except ImportError:
            pass
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1, 8)
    if len(many) < MANY or workers < 2:
        return check_plainly(many), "plain Python"
    seconds = len(many) * SECONDS / workers
    if seconds > 3:
        sys.stderr.write(f"checking {len(many):,} signatures takes about {seconds:.0f} s\n")
    # In the order of the keys, so that each process makes the multiples of few of them.
    order = sorted(range(len(many)), key=lambda at: many[at][0])
    size = -(-len(order) // workers)
    parts = [order[at : at + size] for at in range(0, len(order), size)]
    found = [False] * len(many)
    for part, verdicts in zip(parts, _apart([[many[at] for at in part] for part in parts])):
        for at, verdict in zip(part, verdicts):
            found[at] = verdict
    return found, f"plain Python, {len(parts)} processes"


def _apart(parts: List[List[Signed]]) -> List[List[bool]]:
    """The verdicts on several parts, each by a process of its own where there can be some."""
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    try:
        with ProcessPoolExecutor(len(parts)) as pool:
            return list(pool.map(check_plainly, parts))
    except (OSError, ImportError, NotImplementedError, BrokenProcessPool):
        return [check_plainly(part) for part in parts]


# --- ML-DSA-44 (FIPS 204), with which checkpoints may be signed as well

Q = 8380417
HALF = 95232
"""Half the width of what a high part stands for."""
ROOTS = [pow(1753, int(f"{n:08b}"[::-1], 2), Q) for n in range(256)]
Poly = List[int]


def transform(values: Poly) -> Poly:
    """The number-theoretic transform of a polynomial (algorithm 41)."""
    w, at, width = list(values), 0, 128
    while width:
        for start in range(0, 256, 2 * width):
            at += 1
            root = ROOTS[at]
            for j in range(start, start + width):
                turned = root * w[j + width] % Q
                w[j], w[j + width] = w[j] + turned, w[j] - turned
        width //= 2
    return [one % Q for one in w]


def transform_back(values: Poly) -> Poly:
    """The polynomial of a transform (algorithm 42)."""
    w, at, width = list(values), 256, 1
    while width < 256:
        for start in range(0, 256, 2 * width):
            at -= 1
            root = ROOTS[at]
            for j in range(start, start + width):
                w[j], w[j + width] = (w[j] + w[j + width]) % Q, root * (w[j + width] - w[j]) % Q
        width *= 2
    return [8347681 * one % Q for one in w]


def unpack(data: bytes, bits: int) -> Poly:
    """The numbers of so many bits each, the lowest first."""
    whole, mask = int.from_bytes(data, "little"), (1 << bits) - 1
    return [whole >> at & mask for at in range(0, 8 * len(data), bits)]


@lru_cache(maxsize=16)
def lattice_of(public: bytes) -> Tuple[List[List[Poly]], List[Poly], bytes]:
    """What a public key stands for: the matrix, the transforms of its vector, and its hash."""
    matrix = [[_uniform(public[:32] + bytes([column, row])) for column in range(4)] for row in range(4)]
    high = [
        transform([one << 13 for one in unpack(public[32 + 320 * n : 352 + 320 * n], 10)]) for n in range(4)
    ]
    return matrix, high, hashlib.shake_256(public).digest(64)


def _uniform(seed: bytes) -> Poly:
    """A polynomial whose coefficients are drawn evenly (algorithm 30)."""
    size = 1344
    while True:
        stream = hashlib.shake_128(seed).digest(size)
        drawn = (int.from_bytes(stream[at : at + 3], "little") & 0x7FFFFF for at in range(0, size - 2, 3))
        found = [one for one in drawn if one < Q][:256]
        if len(found) == 256:
            return found
        size += 168


def _challenge(seed: bytes) -> Poly:
    """The polynomial with 39 coefficients that are 1 or -1 (algorithm 29)."""
    stream = hashlib.shake_256(seed).digest(1024)
    signs, at, found = int.from_bytes(stream[:8], "little"), 8, [0] * 256
    for i in range(217, 256):
        while stream[at] > i:
            at += 1
        j = stream[at]
        at += 1
        found[i], found[j] = found[j], 1 - 2 * (signs >> (i - 217) & 1)
    return found


def _hints(data: bytes) -> Optional[List[Set[int]]]:
    """The places of each polynomial that a signature gives a hint for; None if not written properly."""
    found, at = [], 0
    for end in data[80:]:
        places = list(data[at:end])
        if not at <= end <= 80 or places != sorted(set(places)):
            return None
        found.append(set(places))
        at = end
    return None if any(data[at:80]) else found


def _high(value: int, hinted: bool) -> int:
    """The high part of a coefficient, corrected by a hint (algorithms 36 and 40)."""
    low = value % (2 * HALF)
    low = low - 2 * HALF if low > HALF else low
    top, low = (0, low - 1) if value - low == Q - 1 else ((value - low) // (2 * HALF), low)
    return (top + (1 if low > 0 else -1)) % 44 if hinted else top


def check_lattice(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a key of ML-DSA-44 made a signature, with an empty context (algorithms 3 and 8)."""
    if len(public) != 1312 or len(signature) != 2420:
        return False
    seed, hints = signature[:32], _hints(signature[2336:])
    z = [[(1 << 17) - one for one in unpack(signature[32 + 576 * n : 608 + 576 * n], 18)] for n in range(4)]
    if hints is None or any(abs(one) >= (1 << 17) - 78 for poly in z for one in poly):
        return False
    matrix, high, own = lattice_of(public)
    turned, challenge = [transform(poly) for poly in z], transform(_challenge(seed))
    told = b""
    for row, above, hinted in zip(matrix, high, hints):
        products = [sum(a * b for a, b in zip(column, pair)) for column, pair in zip(zip(*row), zip(*turned))]
        less = (one - c * t for one, c, t in zip(products, challenge, above))
        near = transform_back([one % Q for one in less])
        parts = sum(_high(one, place in hinted) << 6 * place for place, one in enumerate(near))
        told += parts.to_bytes(192, "little")
    mu = hashlib.shake_256(own + b"\0\0" + message).digest(64)
    return hashlib.shake_256(mu + told).digest(32) == seed


# --- the files of a bundle

NUMBER = r"(?:x[0-9]{3}/)*[0-9]{3}"
NAME = re.compile(
    r"README\.txt|verify\.py|checkpoint|manifest\.json"
    r"|tile/(?:entries|[0-7])/" + NUMBER + r"(?:\.p/[1-9][0-9]{0,2})?"
    r"|bodies/" + NUMBER + r"\.jsonl|attachments/[0-9a-f]{64}|keys/[0-9a-f]{64}\.pem"
    r"|checkpoints/(?:0|[1-9][0-9]{0,18})(?:-[1-9][0-9]{0,3})?"
    r"|(?:reports|anchors)(?:/[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}){1,4}"
)
MOST_FILES = 1000000
MOST_READ = 1 << 30
"""Bytes of one file that is read whole."""
PIECE = 1 << 20


def is_name(name: str) -> bool:
    """Whether a file of a bundle may be called so: nothing climbs, nothing hides."""
    return len(name) <= 200 and NAME.fullmatch(name) is not None


class Files:
    """The files of a bundle, in a zip or in a folder; refused if it is neither, or not as bundles are."""

    def __init__(self, path: str) -> None:
        """Look at what is there, and read none of it."""
        self.path = path
        self._places: Dict[str, Tuple[int, int]] = {}
        self._zip = None if os.path.isdir(path) else open(path, "rb")  # noqa: SIM115  open to the end
        if self._zip is None:
            self._folder("")
        else:
            try:
                with zipfile.ZipFile(self._zip) as archive:
                    self._members(archive)
            except Refused:
                self.close()
                raise
            except (zipfile.BadZipFile, NotImplementedError, EOFError, ValueError, OverflowError):
                self.close()
                raise Refused("it is no zip, or a damaged one") from None

    def names(self) -> Set[str]:
        """The names of all files."""
        return set(self._places)

    def size(self, name: str) -> int:
        """How many bytes a file has."""
        return self._places[name][1]

    def read(self, name: str) -> bytes:
        """The bytes of a file; nothing if it is not there."""
        if name in self._places and self.size(name) > MOST_READ:
            raise Refused(f"{name} has {self.size(name):,} bytes")
        return b"".join(self.pieces(name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """The bytes of a file, a piece at a time; none if it is not there."""
        if name not in self._places:
            return
        start, left = self._places[name]
        file = self._zip or open(os.path.join(self.path, name), "rb")  # noqa: SIM115
        file.seek(start)
        while left > 0:
            data = file.read(min(PIECE, left))
            if not data:
                raise Refused(f"{name} is shorter than it was a moment ago")
            left -= len(data)
            yield data
        if file is not self._zip:
            file.close()

    def close(self) -> None:
        """Let go of the zip."""
        if self._zip is not None:
            self._zip.close()

    def _folder(self, below: str) -> None:
        with os.scandir(os.path.join(self.path, below)) as found:
            for item in found:
                name = below + item.name
                if item.is_dir(follow_symlinks=False) and name.count("/") < 8:
                    self._folder(name + "/")
                elif not item.is_file(follow_symlinks=False) or not is_name(name):
                    raise Refused(f"{shown(name)} is a link or no file of a bundle")
                else:
                    self._places[name] = 0, item.stat(follow_symlinks=False).st_size

    def _members(self, archive: zipfile.ZipFile) -> None:
        """Files stand as they are, one after the other, nothing between them: nothing can swell or hide."""
        file, at = archive.fp, 0
        if file is None or len(archive.infolist()) > MOST_FILES:
            raise Refused(f"it has {len(archive.infolist()):,} files")
        for member in archive.infolist():
            name = member.orig_filename
            wrong = self._wrong(member)
            if wrong:
                raise Refused(f"{shown(name)}: {wrong}")
            file.seek(at)
            raw = name.encode()
            head = file.read(30 + len(raw))
            extra = int.from_bytes(head[28:30], "little")
            expected = b"PK\x03\x04", member.flag_bits, 0, len(raw), raw
            found = [int.from_bytes(head[a:b], "little") for a, b in ((6, 8), (8, 10), (26, 28))]
            if (
                (head[:4], *found, head[30:]) != expected
                or extra not in (0, 20)
                or member.header_offset != at
            ):
                raise Refused(f"{shown(name)} is not what the list of files says")
            self._places[name] = at + 30 + len(raw) + extra, member.file_size
            at = sum(self._places[name])
        file.seek(-22, os.SEEK_END)
        if at != archive.start_dir or file.read(4) != b"PK\x05\x06" or archive.comment:
            raise Refused("something stands between or behind its files")

    def _wrong(self, member: zipfile.ZipInfo) -> Optional[str]:
        name = member.orig_filename
        rules = (
            (member.external_attr >> 28 not in (0, stat.S_IFREG >> 12), "it is a link or no file"),
            (not is_name(name), "no file of a bundle is called so"),
            (name in self._places, "it is there twice"),
            (member.compress_type != zipfile.ZIP_STORED, "it is compressed"),
            (bool(member.flag_bits & ~0x800), "it is encrypted, or its length stands behind it"),
            (member.file_size != member.compress_size, "its length is not its length"),
            (bool(member.comment) or len(member.extra) > 28, "something is written beside its name"),
        )
        return next((said for breaks, said in rules if breaks), None)


# --- small things that are read strictly

HASH = re.compile(r"[0-9a-f]{64}").fullmatch
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
STREAM = re.compile(r"ledger|[a-z][a-z0-9-]*/[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*").fullmatch
TYPE = re.compile(r"[a-z][a-z0-9_-]*(?:\.[a-z][a-z0-9_-]*)+").fullmatch
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z").fullmatch
HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u1680\u17b4\u17b5\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ud800-\uf8ff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e007f\U000f0000-\U0010ffff"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(1, 15))
    + "]"
).search
"""What no printed name may hold, by number: the tables of Unicode grow."""
DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}").fullmatch
MEANINGS = ("authorship", "review", "approval", "rejection", "responsibility", "witness", "machine")


def shown(text: object) -> str:
    """Text from a bundle, safe to print."""
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in str(text))[:200]


def _members(pairs: List[Tuple[str, Any]]) -> Json:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def _integer(digits: str) -> int:
    if len(digits) > 17 or abs(int(digits)) > 2**53 - 1:
        raise ValueError("an integer passes 2**53 - 1")
    return int(digits)


def _float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError("a number passes a double")
    return number


def _constant(name: str) -> None:
    raise ValueError(name + " is not JSON")


STRICT = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_float, parse_constant=_constant
)


MOST_DEPTH = 64
# Surrogates, and the last two code points of each plane with FDD0 to FDEF (RFC 7493, section 2.1).
BANNED = re.compile(
    "[\ud800-\udfff\ufdd0-\ufdef"
    + "".join(chr(p << 16 | last) for p in range(17) for last in (0xFFFE, 0xFFFF))
    + "]"
)


def strict(data: bytes) -> Any:
    """The value of I-JSON; ValueError for all else."""
    text = data.decode()
    try:
        value = STRICT.decode(text)
    except RecursionError:
        raise ValueError("nested too deep") from None
    if text.count("[") + text.count("{") > MOST_DEPTH:
        _check_depth(value)
    if not (text.isascii() and "\\u" not in text) and BANNED.search(json.dumps(value, ensure_ascii=False)):
        raise ValueError("it holds a surrogate or a noncharacter")
    return value


def _check_depth(value: Any) -> None:
    """ValueError for what is nested too deep."""
    level = [value]
    for _ in range(MOST_DEPTH + 1):
        held = [
            one.values() if isinstance(one, dict) else one for one in level if isinstance(one, (dict, list))
        ]
        if not held:
            return
        level = [one for many in held for one in many]
    raise ValueError("nested too deep")


def unbase64(text: str) -> bytes:
    """The bytes of canonical base64; ValueError for all else."""
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except binascii.Error:
        raise ValueError("no base64") from None
    if base64.b64encode(data).decode() != text:
        raise ValueError("a second spelling")
    return data


def sha256(data: bytes) -> bytes:
    """The SHA-256 of some bytes."""
    return hashlib.sha256(data).digest()


# --- the tree (RFC 6962) and its files (C2SP tlog-tiles)


def node_of(left: bytes, right: bytes) -> bytes:
    """The hash of the node over two others."""
    return sha256(b"\x01" + left + right)


class Tree:
    """A tree that grows leaf by leaf, and keeps the nodes that tiles hold: levels 0, 8, 16 and so on."""

    def __init__(self) -> None:
        """Start with no leaf."""
        self.size = 0
        self.levels: Dict[int, List[bytes]] = {0: []}

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash."""
        self.levels[0].append(leaf)
        self.size += 1
        level = 0
        while self.size % 256 ** (level + 1) == 0:
            above, index = self.levels.setdefault(level + 1, []), self.size // 256 ** (level + 1) - 1
            above.append(self._node(8 * level + 8, index, level))
            level += 1

    def _node(self, level: int, index: int, kept: int) -> bytes:
        """A node, from the nodes that are kept at most 8 levels below it."""
        if level == 8 * kept:
            return self.levels[kept][index]
        below = (self._node(level - 1, 2 * index + right, kept) for right in (0, 1))
        return node_of(*below)

    def root(self, size: int) -> bytes:
        """The root of the first `size` leaves, of as many as there are."""
        root, at = None, 0
        peaks = []
        for level in reversed(range(size.bit_length())):
            if size >> level & 1:
                peaks.append(self._node(level, at >> level, level // 8))
                at += 1 << level
        for peak in reversed(peaks):
            root = peak if root is None else node_of(peak, root)
        return sha256(b"") if root is None else root


def index_path(index: int) -> str:
    """A tile's number as its path has it."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join(["x" + group for group in groups[:-1]] + groups[-1:])


def tile_path(kind: str, index: int, count: int) -> Tuple[str, int]:
    """Where tile `index` of `count` things lies, and how many of them it holds."""
    width = min(256, count - 256 * index)
    partial = "" if width == 256 else f".p/{width}"
    return f"tile/{kind}/{index_path(index)}{partial}", width


def split_entries(data: bytes, width: int) -> List[bytes]:
    """The data of `width` leaves; ValueError if it is not exactly that."""
    found, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise ValueError("the tile ends too early")
        found.append(data[at + 2 : end])
        at = end
    if at != len(data):
        raise ValueError("the tile goes on behind its entries")
    return found


# --- signed notes (C2SP signed-note, tlog-checkpoint)


class Note(NamedTuple):
    """A checkpoint: what it says, and who claims to have signed it."""

    origin: str
    size: int
    root: bytes
    text: bytes
    lines: Tuple[Tuple[str, bytes, bytes], ...]


def split_note(data: bytes) -> Tuple[str, Tuple[Tuple[str, bytes, bytes], ...]]:
    """The text of a note, and who claims to have signed it; ValueError if it is none."""
    text, gap, block = data.decode().rpartition("\n\n")
    if not gap or len(data) > 65536 or not block.endswith("\n"):
        raise ValueError("this is no signed note")
    lines = []
    for line in block[:-1].split("\n"):
        dash, name, value = line.split(" ")
        raw = unbase64(value)
        if dash != "\u2014" or not name or len(raw) < 5:
            raise ValueError("a signature line is damaged")
        lines.append((name, raw[:4], raw[4:]))
    if not 0 < len(lines) <= 16:
        raise ValueError("it has no signatures, or too many")
    return text + "\n", tuple(lines)


def open_note(data: bytes) -> Note:
    """The checkpoint in a note; ValueError if it is none."""
    text, lines = split_note(data)
    first = text.split("\n")
    root = unbase64(first[2]) if len(first) == 4 else b""
    if not DECIMAL(first[1]) or len(root) != 32:
        raise ValueError("this is no checkpoint")
    return Note(first[0], int(first[1]), root, text.encode(), lines)


def note_key(name: str, public: bytes) -> bytes:
    """The four bytes that point to a key in a note."""
    return sha256(name.encode() + b"\n\x01" + public)[:4]


# --- one entry

HEAD = b'{"payload":"'
MIDDLE = b'","payloadType":"application/vnd.mledger.entry.v1+json","signatures":[{"keyid":"'
ENVELOPE = re.compile(
    re.escape(HEAD)
    + rb"([A-Za-z0-9+/]*={0,2})"
    + re.escape(MIDDLE)
    + rb'([0-9a-f]{64})","sig":"([A-Za-z0-9+/]{86}==)"\}\]\}'
)
PAYLOAD_KEYS = {"events", "key", "ledger", "meaning", "prev", "seq", "signer", "time", "v"}
EVENT_KEYS = {"body", "id", "stream", "type", "v"}


class Entry(NamedTuple):
    """What an entry says, and its signature."""

    fields: Json
    message: bytes
    signature: bytes
    keyid: str


def open_entry(data: bytes) -> Entry:
    """The entry in an envelope; ValueError if a byte is not as it must be."""
    match = ENVELOPE.fullmatch(data)
    if match is None or len(data) > 48 * 1024:
        raise ValueError("these bytes are no envelope")
    payload, signature = unbase64(match.group(1).decode()), unbase64(match.group(3).decode())
    fields = strict(payload)
    if not isinstance(fields, dict) or set(fields) != PAYLOAD_KEYS or not _is_frame(fields):
        raise ValueError("the payload is none of this format")
    for event in fields["events"]:
        if not isinstance(event, dict) or set(event) - {"at"} != EVENT_KEYS or not _is_event(event):
            raise ValueError("an event of the payload is none of this format")
    kind = b"application/vnd.mledger.entry.v1+json"
    message = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
    return Entry(fields, message, signature, match.group(2).decode())


def _is_frame(fields: Json) -> bool:
    texts = all(
        isinstance(fields[name], str) for name in ("key", "ledger", "meaning", "prev", "signer", "time")
    )
    return bool(
        texts
        and type(fields["v"]) is int
        and fields["v"] == 1
        and type(fields["seq"]) is int
        and fields["seq"] >= 0
        and HASH(fields["key"])
        and HASH(fields["prev"])
        and is_time(fields["time"])
        and fields["meaning"] in MEANINGS
        and 0 < len(fields["signer"]) <= 200
        and fields["signer"] == fields["signer"].strip(" ")
        and is_origin(fields["ledger"])
        and not HIDDEN(fields["signer"])
        and isinstance(fields["events"], list)
        and fields["events"]
    )


def _is_event(event: Json) -> bool:
    texts = all(isinstance(event[name], str) for name in ("body", "id", "stream", "type"))
    return bool(
        texts
        and HASH(event["body"])
        and UUID(event["id"])
        and STREAM(event["stream"])
        and len(event["stream"].partition("/")[2]) <= 128
        and ".." not in event["stream"]
        and TYPE(event["type"])
        and len(event["type"]) <= 128
        and type(event["v"]) is int
        and event["v"] >= 1
        and ("at" not in event or is_time(event["at"]))
    )


def is_origin(text: str) -> bool:
    """Whether a ledger may be called so."""
    return (
        HIDDEN(text) is None
        and "+" not in text
        and " " not in text
        and 0 < len(text.encode()) <= 255
        and unicodedata.is_normalized("NFC", text)
    )


def is_time(text: object) -> bool:
    """Whether the text is a moment of this format, and a real one."""
    if not isinstance(text, str) or not TIME(text):
        return False
    try:
        datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    except ValueError:
        return False
    return True


def number_of(seq: int, at: int, count: int) -> str:
    """The number of an event: 41, or 41.3 for the third of several."""
    return str(seq) if count == 1 else f"{seq}.{at + 1}"


# --- who may speak, and record what: a fold of the events that govern, in order

GOVERNING = {"ledger", "key", "role", "policy", "hold", "act"}
ALSO_GOVERNING = {"record.redacted", "anchor.recorded"}
SPKI = bytes.fromhex("302a300506032b6570032100")
ANSWERS = {
    "act.approved": ("request", "act.requested"),
    "act.rejected": ("request", "act.requested"),
    "artifact.retired": ("artifact", "artifact.published"),
    "audit.closed": ("audit", "audit.opened"),
    "audit.finding": ("audit", "audit.opened"),
    "decision.accepted": ("decision", "decision.proposed"),
    "decision.invalidated": ("decision", "decision.proposed"),
    "decision.reaffirmed": ("decision", "decision.proposed"),
    "decision.rejected": ("decision", "decision.proposed"),
    "decision.superseded": ("decision", "decision.proposed"),
    "plan.amended": ("plan", "plan.agreed", "plan.amended"),
    "promotion.approved": ("request", "promotion.requested"),
    "promotion.executed": ("request", "promotion.requested"),
    "promotion.rejected": ("request", "promotion.requested"),
    "review.completed": ("schedule", "review.scheduled"),
    "review.submitted": ("request", "review.requested"),
    "risk.mitigated": ("risk", "risk.assessed"),
}
"""Types that judge an event of another type, and the field that names it."""
POLICY_RULES = {
    "anchor.bad",
    "anchor.overdue",
    "approvals.missing",
    "body.schema",
    "body.kept",
    "four-eyes",
    "key.disputed",
    "key.meaning",
    "policy.body",
    "reference",
    "retention.early",
    "role.forbidden",
    "witness.bad",
    "witness.overdue",
}
"""The rules that break no integrity."""


def governs(kind: str) -> bool:
    """Whether events of this type decide who may do what."""
    return kind.partition(".")[0] in GOVERNING or kind in ALSO_GOVERNING


def may_record(patterns: Iterable[str], kind: str) -> bool:
    """Whether patterns allow a type: one gives it and none takes it away."""
    given = False
    for pattern in patterns:
        bare = pattern.lstrip("!")
        if bare in ("*", kind) or (bare.endswith(".*") and kind.startswith(bare[:-1])):
            if pattern.startswith("!"):
                return False
            given = True
    return given


class Impossible(Exception):  # noqa: N818
    """An event that governs and cannot take effect; says why."""


class Member:
    """A key as the ledger knows it."""

    def __init__(self, key: Json, seq: int) -> None:
        """Enrol it; Impossible if it is not the key that it says."""
        try:
            self.public = unbase64(key["public"])
            self.id, self.name, self.kind = key["id"], key["name"], key.get("kind", "person")
            self.person = (key.get("email") or key["name"]).casefold()
            self.email, self.roles = key.get("email"), set(key.get("roles", ()))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Impossible("a key is not written as keys are") from None
        weak = self.public[:31] + bytes([self.public[31] & 0x7F]) if len(self.public) == 32 else b""
        if sha256(SPKI + self.public).hex() != self.id or not weak or weak in WEAK:
            raise Impossible("a key is not the one of its id, or nobody's")
        self.enrolled = seq
        self.revoked: Optional[int] = None
        self.compromised_since: Optional[int] = None


PERIOD = re.compile(r"P(?:([0-9]{1,4})Y)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})W)?(?:([0-9]{1,6})D)?").fullmatch


def after_period(time: str, period: str) -> str:
    """The same time of day after a period of the calendar; the last moment of all beyond the year 9999."""
    match = PERIOD(period)
    years, months, weeks, days = (int(part or 0) for part in match.groups()) if match else (9999, 0, 0, 0)
    begin = datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    year, month = divmod(begin.year * 12 + begin.month - 1 + years * 12 + months, 12)
    try:
        last = calendar.monthrange(year, month + 1)[1]
        end = begin.replace(year=year, month=month + 1, day=min(begin.day, last))
        return (end + timedelta(days=weeks * 7 + days)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    except (OverflowError, ValueError):
        return "9999-12-31T23:59:59.999999Z"


def yields(rule: Json, basis: str) -> bool:
    """Whether a rule of retention gives way to a legal basis, by how that begins."""
    said, begins = basis.casefold(), [begin.casefold() for begin in rule.get("unless", ())]
    return any(said.startswith(b) and not said[len(b) : len(b) + 1].isalnum() for b in begins)


def are_texts(value: Any) -> bool:
    """Whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def are_some(value: Any) -> bool:
    """Whether it is a list of texts, and not an empty one."""
    return are_texts(value) and bool(value)


def are_needs(value: Any) -> bool:
    """Whether it says how many people of which roles are asked for."""
    if not isinstance(value, dict) or not 1 <= len(value) <= 20:
        return False
    return all(type(count) is int and 1 <= count <= 20 for count in value.values())


def is_period(value: Any) -> bool:
    """Whether it is a period of the calendar, and not nothing."""
    match = PERIOD(value) if isinstance(value, str) else None
    return match is not None and any(int(part or 0) for part in match.groups())


def is_days(value: Any) -> bool:
    """Whether it is a number of days, or none is said."""
    return value is None or (type(value) is int and 1 <= value <= 3650)


def are_witnesses(value: Any) -> bool:
    """Whether it names witnesses and how many of them must cosign, or none are asked for."""
    if value is None:
        return True
    if not isinstance(value, dict) or not are_some(value.get("keys")) or not is_days(value.get("days")):
        return False
    needed = value.get("needed", 1)
    return type(needed) is int and 1 <= needed <= len(value["keys"])


POLICY = {
    "roles": lambda value: bool(value) and fits(value, {str: {"may": are_some}}),
    "four_eyes": are_texts,
    "skew_seconds": lambda value: type(value) is int and 0 <= value <= 86400,
    "record_refusals": lambda value: isinstance(value, bool),
    "required": {str: are_some},
    "approvals": [{"needs": are_needs, "stages": are_texts, "independent": lambda v: isinstance(v, bool)}],
    "grave": [{"needs": are_needs, "types": are_some}],
    "retention": [{"types": are_some, "on": are_some, "keep": is_period, "unless": are_texts}],
    "anchor_days": is_days,
    "anchor_roots": are_texts,
    "witnesses": are_witnesses,
}
"""What is read of a policy, and what it must be."""
NEEDED = {"roles", "may", "needs", "types", "keep"}


def fits(value: Any, shape: Any) -> bool:
    """Whether a value is as it must be; what else an object holds is none of ours."""
    if callable(shape):
        return bool(shape(value))
    if isinstance(shape, list):
        return isinstance(value, list) and all(fits(one, shape[0]) for one in value)
    if not isinstance(value, dict):
        return False
    if str in shape:
        return all(fits(one, shape[str]) for one in value.values())
    return all(fits(value[name], shape[name]) if name in value else name not in NEEDED for name in shape)


class Request(NamedTuple):
    """An act that somebody asked for: what exactly, who asked, and who agreed in which roles."""

    seq: int
    kind: Any
    stream: str
    fields: Any
    person: str
    approvals: List[Tuple[int, str, str, FrozenSet[str]]]


def suffice(needs: Dict[str, int], people: List[FrozenSet[str]]) -> bool:
    """Whether there are so many people of each role, if each stands for one role at most."""
    if any(count > len(people) for count in needs.values()):
        return False
    seats = [role for role, count in needs.items() for _ in range(count)]
    holder: Dict[int, int] = {}

    def seat(person: int, tried: Set[int]) -> bool:
        for place, role in enumerate(seats):
            if role in people[person] and place not in tried:
                tried.add(place)
                if place not in holder or seat(holder[place], tried):
                    holder[place] = person
                    return True
        return False

    return sum(seat(person, set()) for person in range(len(people))) == len(seats)


class Keyring:
    """The keys, their roles and the policy after the events seen so far."""

    def __init__(self, *, pure: bool = False) -> None:
        """Start with nobody; `pure` as for `check_signatures`."""
        self.origin, self.first, self.pure = "", "", pure
        self.signs: List[Tuple[int, str, str]] = []
        """Who signs checkpoints: since which entry, by id, and the key of ML-DSA-44 that does so beside."""
        self.members: Dict[str, Member] = {}
        self.roles: Dict[str, List[str]] = {}
        self.four_eyes: Set[str] = set()
        self.holds: Dict[str, str] = {}
        """The holds that are not lifted, by event number, each with the stream that it keeps."""
        self.requests: Dict[str, Request] = {}
        """The grave acts that were asked for and not done, by event number."""
        self.policy: Json = {}
        self.counts = False
        """Whether a policy has asked for approvals by now."""
        self.skew = 120
        """By how much clocks may differ, in seconds, by the policy in force."""

    def may(self, member: Member, kind: str) -> bool:
        """Whether some role of the member allows this type, or it says that they were refused."""
        if kind == "attempt.refused" and self.policy.get("record_refusals"):
            return True
        return any(may_record(self.roles.get(role, ()), kind) for role in member.roles)

    def hears(self, key: str, kind: str) -> bool:
        """Whether an event of this author that governs has an effect."""
        member = self.members.get(key)
        return member is not None and member.revoked is None and self.may(member, kind)

    def apply(self, seq: int, kind: str, body: Json) -> None:
        """Let one event take effect; Impossible if it cannot."""
        try:
            if kind == "ledger.opened":
                self.origin = body["origin"]
                self._adopt(body["policy"])
                self.first = self._enrol(seq, body["key"]).id
                self.signs = [(-1, self.first, "")]
            elif kind == "key.enrolled":
                self._enrol(seq, body["key"])
            elif kind == "key.rotated":
                self._rotate(seq, body)
            elif kind == "key.revoked":
                self._revoke(seq, body)
            elif kind == "key.appointed":
                self._appoint(seq, body)
            elif kind in ("role.granted", "role.revoked"):
                self._role(kind == "role.granted", self._active(body["key"]), body["role"])
            elif kind == "policy.adopted":
                self._adopt(body["policy"])
            else:
                return
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Impossible("its body is not that of a " + kind) from None
        active = (member for member in self.members.values() if member.revoked is None)
        if not any(self.may(member, "role.granted") for member in active):
            raise Impossible("nobody is left who may grant roles")

    def _adopt(self, policy: Json) -> None:
        if not fits(policy, POLICY):
            raise Impossible("the policy is not written as policies are")
        self.roles = {name: list(role["may"]) for name, role in policy["roles"].items()}
        self.four_eyes = set(policy.get("four_eyes", ()))
        self.policy, self.skew = policy, policy.get("skew_seconds", 120)
        self.counts = self.counts or bool(policy.get("approvals"))

    def keeps(self, kind: str, stream: str, recorded: str, now: str, basis: str) -> bool:
        """Whether a hold or the policy keeps an event of this type that was recorded then."""
        on = ("*", stream.partition("/")[0])
        rules = [
            rule
            for rule in self.policy.get("retention", ())
            if may_record(rule["types"], kind)
            and any(place in on for place in rule.get("on", ("*",)))
            and not yields(rule, basis)
        ]
        ends = [after_period(recorded, rule["keep"]) for rule in rules]
        return stream in self.holds.values() or any(now < end for end in ends)

    def ask(self, seq: int, number: str, stream: str, body: Json, key: str) -> None:
        """Note that somebody asks others to agree to an act."""
        person = self.members[key].person
        self.requests[number] = Request(seq, body.get("act"), stream, body.get("fields"), person, [])

    def answer(self, seq: int, number: str, key: str, approve: bool) -> None:
        """Note that somebody agrees to an act, or does not."""
        member, asked = self.members[key], self.requests[number]
        if not approve:
            del asked.approvals[:]
        elif member.kind == "person":
            asked.approvals.append((seq, key, member.person, frozenset(member.roles)))

    def agreed(self, seq: int, kind: str, stream: str, body: Json) -> Optional[str]:
        """The request that lets an act be done; nothing if it is not grave; Impossible without agreement."""
        rules = [rule["needs"] for rule in self.policy.get("grave", ()) if kind in rule["types"]]
        for number, asked in self.requests.items() if rules else ():
            exactly = (asked.kind, asked.stream, asked.fields) == (kind, stream, body) and asked.seq < seq
            people: Dict[str, FrozenSet[str]] = {}
            for when, key, person, roles in asked.approvals:
                since = self.members[key].compromised_since
                if person != asked.person and (since is None or when < since):
                    people[person] = people.get(person, frozenset()) | roles
            if exactly and all(suffice(needs, list(people.values())) for needs in rules):
                return number
        if rules:
            raise Impossible(f"the policy calls {kind} grave, and others have not agreed to it")
        return None

    def _active(self, key: str) -> Member:
        member = self.members.get(key)
        if member is None or member.revoked is not None:
            raise Impossible(f"key {shown(key)[:12]} does not speak")
        return member

    def _enrol(self, seq: int, key: Json) -> Member:
        member = Member(key, seq)
        if member.id in self.members or not member.roles <= set(self.roles):
            raise Impossible("the key is enrolled already, or has roles that the policy does not know")
        for other in self.members.values():
            alike = other.name.casefold() == member.name.casefold()
            if alike and (other.email is None) != (member.email is None):
                raise Impossible("somebody of that name is enrolled, with an address or without one")
        self.members[member.id] = member
        return member

    def _rotate(self, seq: int, body: Json) -> None:
        old, new = self._active(body["old"]), Member(body["key"], seq)
        if (new.name, new.email, new.kind) != (old.name, old.email, old.kind) or not new.roles <= old.roles:
            raise Impossible("a rotated key keeps its person, and gets no roles")
        self._enrol(seq, body["key"])
        old.revoked = seq

    def signer(self, size: int) -> Tuple[Optional[Member], str]:
        """The key that signs checkpoints of so many entries, and the one that does so beside."""
        found = [one for one in self.signs if one[0] < size] or self.signs[:1]
        return (self.members.get(found[-1][1]), found[-1][2]) if found else (None, "")

    def _appoint(self, seq: int, body: Json) -> None:
        """Another key signs checkpoints: it has signed the succession, and so has the one before."""
        text, signed = split_note(body["note"].encode())
        new, old = self._active(body["key"]), self.members[self.signs[-1][1]]
        known = [vkey_of(self.origin, member.public) for member in (old, new)]
        lines = text.split("\n")
        if (
            lines[:4] != ["mledger succession v1", self.origin, *known]
            or lines[-1]
            or len(lines) not in (5, 6)
            or (len(lines) == 6 and not is_beside(lines[4], self.origin))
        ):
            raise Impossible("the succession is another one than the event says")
        if (lines[3], lines[4]) == (lines[2], self.signs[-1][2]):
            raise Impossible("this key signs the checkpoints already")
        for member, needed in ((new, True), (old, old.revoked is None)):
            pointer = self.origin, note_key(self.origin, member.public)
            own = [(member.public, text.encode(), line[2]) for line in signed if line[:2] == pointer]
            if (needed and not own) or not all(check_signatures(own, self.pure)[0]):
                raise Impossible(f"the key of {shown(member.name)} has not signed the succession")
        self.signs.append((seq, new.id, lines[4]))

    def _revoke(self, seq: int, body: Json) -> None:
        member, said = self.members.get(body["key"]), body.get("compromised_since")
        if member is None:
            raise Impossible("a key is revoked that is not enrolled")
        since = None if said is None else int(said.partition(".")[0])
        if since is not None and since > seq:
            raise Impossible("a key is compromised since before its revocation")
        known = member.compromised_since
        if member.revoked is not None and (since is None or (known is not None and since >= known)):
            raise Impossible("a key that is revoked is revoked again")
        member.compromised_since = since
        member.revoked = seq if member.revoked is None else member.revoked

    def _role(self, given: bool, member: Member, role: str) -> None:
        if role not in (self.roles if given else member.roles):
            raise Impossible(f"there is no role {shown(role)} to give or to take")
        member.roles = member.roles | {role} if given else member.roles - {role}


# --- time-stamps (RFC 3161): who signed one (RFC 5652), and whether that leads to a root (RFC 5280)


class Unknown(Exception):  # noqa: N818
    """What this verifier cannot check: no finding, and nothing proved; says what it is."""


class Der(NamedTuple):
    """One value of DER: its tag, what is in it, and all of its bytes."""

    tag: int
    inner: bytes
    whole: bytes


def ders(data: bytes) -> List[Der]:
    """The values that stand one after the other; ValueError if this is no DER."""
    found, at = [], 0
    while at < len(data):
        length, start = (data[at + 1] if at + 1 < len(data) else 255), at + 2
        if length & 0x80:
            start += length & 0x7F
            length = int.from_bytes(data[at + 2 : start], "big") if start - at <= 6 else len(data)
        if start + length > len(data):
            raise ValueError("no DER")
        found.append(Der(data[at], data[start : start + length], data[at : start + length]))
        at = start + length
    return found


def within(data: bytes, *tags: int) -> List[Der]:
    """What is in the value that is in another one, and so on by these tags; ValueError if it is not so."""
    for tag in tags:
        (value,) = (one for one in ders(data)[:1] if one.tag == tag)
        data = value.inner
    return ders(data)


SIGNED_DATA, STAMP_INFO = bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d0109100104")
CONTENT_TYPE, DIGEST = bytes.fromhex("2a864886f70d010903"), bytes.fromhex("2a864886f70d010904")
STAMPING, IS_CA, PURPOSES = bytes.fromhex("2b06010505070308"), b"\x55\x1d\x13", b"\x55\x1d\x25"
HASHES = {
    bytes.fromhex("6086480165030402%02x" % at): name
    for at, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))
}
RSA, EC, EDWARDS = bytes.fromhex("2a864886f70d010101"), bytes.fromhex("2a8648ce3d0201"), b"\x2b\x65\x70"
SIGNERS = {
    **{
        bytes.fromhex("2a864886f70d0101%02x" % at): name
        for at, name in ((11, "sha256"), (12, "sha384"), (13, "sha512"))
    },
    **{
        bytes.fromhex("2a8648ce3d0403%02x" % at): name
        for at, name in ((2, "sha256"), (3, "sha384"), (4, "sha512"))
    },
}
"""Algorithms of signatures that name the hash."""
CURVES = {
    bytes.fromhex("2a8648ce3d030107"): (
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
        0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    bytes.fromhex("2b81040022"): (
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFC7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973,
        0xB3312FA7E23EE7E4988E056BE3F82D19181D9C6EFE8141120314088F5013875AC656398D8A2ED19D2A85C8EDD3EC2AEF,
        0xAA87CA22BE8B05378EB1C71EF320AD746E1D3B628BA79B9859F741E082542A385502F25DBF55296C3A545E3872760AB7,
        0x3617DE4A96262C6F5D9E98BF9292DC29F8F41DBD289A147CE9DA3113B5F0B8C00A60B1CE1D7E819D7A431D7C90EA0E5F,
    ),
}
"""The curves P-256 and P-384: the field, the order, b, and the base point; a is -3."""
Affine = Optional[Tuple[int, int]]


def signed_rsa(key: bytes, kind: str, message: bytes, signature: bytes) -> bool:
    """Whether an RSA key made a signature (RFC 8017, 8.2.2)."""
    modulus, exponent = (int.from_bytes(one.inner, "big") for one in within(key, 0x30))
    size, digest = -(-modulus.bit_length() // 8), hashlib.new(kind, message).digest()
    oid = next(oid for oid, name in HASHES.items() if name == kind)
    inner = b"\x30\x0d\x06\x09" + oid + b"\x05\x00\x04" + bytes([len(digest)]) + digest
    tail = b"\x00\x30" + bytes([len(inner)]) + inner
    expected = b"\x00\x01" + b"\xff" * (size - 2 - len(tail)) + tail
    number = int.from_bytes(signature, "big")
    sane = 2048 <= modulus.bit_length() <= 16384 and exponent.bit_length() <= 64
    return (
        sane
        and len(signature) == size
        and number < modulus
        and pow(number, exponent, modulus).to_bytes(size, "big") == expected
    )


def signed_ec(curve: bytes, key: bytes, kind: str, message: bytes, signature: bytes) -> bool:
    """Whether a key on a curve made a signature (ECDSA, FIPS 186-5)."""
    if curve not in CURVES:
        raise Unknown("a curve that this verifier does not know")
    p, order, b, *base = CURVES[curve]
    size = -(-p.bit_length() // 8)
    x, y = int.from_bytes(key[1 : 1 + size], "big"), int.from_bytes(key[1 + size :], "big")
    if len(key) != 1 + 2 * size or key[0] != 4 or (y * y - x * x * x + 3 * x - b) % p or max(x, y) >= p:
        return False
    r, s = (int.from_bytes(one.inner, "big") for one in within(signature, 0x30))
    if not 0 < r < order or not 0 < s < order:
        return False

    def plus(one: Affine, two: Affine) -> Affine:
        if one is None or two is None:
            return two if one is None else one
        if one[0] == two[0] and (one[1] + two[1]) % p == 0:
            return None
        over, under = (3 * one[0] ** 2 - 3, 2 * one[1]) if one == two else (one[1] - two[1], one[0] - two[0])
        slope = over * pow(under, -1, p) % p
        x = (slope * slope - one[0] - two[0]) % p
        return x, (slope * (one[0] - x) - one[1]) % p

    def times(number: int, point: Affine) -> Affine:
        total: Affine = None
        for bit in bin(number)[2:]:
            total = plus(total, total)
            total = plus(total, point) if bit == "1" else total
        return total

    digest = hashlib.new(kind, message).digest()
    number = int.from_bytes(digest, "big") >> max(0, 8 * len(digest) - order.bit_length())
    inverse = pow(s, -1, order)
    point = plus(times(number * inverse % order, (base[0], base[1])), times(r * inverse % order, (x, y)))
    return point is not None and point[0] % order == r


class Certificate:
    """What a certificate says, as far as it counts here; ValueError if it is none."""

    def __init__(self, data: bytes) -> None:
        """Take it apart."""
        self.whole = data
        self.said, algorithm, signature = within(data, 0x30)
        self.algorithm, self.signature = within(algorithm.whole, 0x30)[0].inner, signature.inner[1:]
        fields = within(self.said.whole, 0x30)
        fields = fields if fields[0].tag == 0xA0 else [fields[0], *fields]
        self.number, self.issuer, self.subject = fields[1].inner, fields[3].whole, fields[5].whole
        self.since, self.until = (moment_of(one) for one in within(fields[4].whole, 0x30))
        self.key = fields[6].whole
        self.is_ca = self.stamps = False
        for extension in within(
            next((one.inner for one in fields[7:] if one.tag == 0xA3), b"\x30\x00"), 0x30
        ):
            name, *critical, value = within(extension.whole, 0x30)
            if name.inner == IS_CA:
                self.is_ca = any(one.tag == 1 and one.inner == b"\xff" for one in within(value.inner, 0x30))
            elif name.inner == PURPOSES:
                purposes = [one.inner for one in within(value.inner, 0x30)]
                self.stamps = STAMPING in purposes and [one.inner for one in critical] == [b"\xff"]

    def signed(self, algorithm: bytes, kind: Optional[str], message: bytes, signature: bytes) -> bool:
        """Whether the key of this certificate made a signature. Unknown for other algorithms."""
        (name, *more), key = within(self.key, 0x30, 0x30), within(self.key, 0x30)[1].inner[1:]
        kind = SIGNERS.get(algorithm, kind)
        if name.inner == EDWARDS:
            return check_plainly([(key, message, signature)])[0]
        if kind is None or not (algorithm in SIGNERS or algorithm in (RSA, EC)):
            raise Unknown("a signature of an algorithm that this verifier does not know")
        if name.inner == RSA:
            return signed_rsa(key, kind, message, signature)
        if name.inner == EC:
            return signed_ec(more[0].inner, key, kind, message, signature)
        raise Unknown("a key of a kind that this verifier does not know")

    def leads(self, roots: List["Certificate"], others: List["Certificate"], time: str) -> bool:
        """Whether one of the roots stands over it, and all between were valid at a time."""
        seen, left = set(), [self]
        while left:
            one = left.pop()
            if one.whole in seen or not one.since <= time <= one.until:
                continue
            if any(root.whole == one.whole for root in roots):
                return True
            seen.add(one.whole)
            above = (issuer for issuer in [*roots, *others] if issuer.is_ca and issuer.subject == one.issuer)
            left += [it for it in above if it.signed(one.algorithm, None, one.said.whole, one.signature)]
        return False


def moment_of(value: Der) -> str:
    """The moment in a UTCTime or a GeneralizedTime, as this format writes it; ValueError if it is none."""
    text = value.inner.decode("ascii")
    if value.tag == 0x17:
        text = ("19" if text[:2] >= "50" else "20") + text
    match = re.fullmatch(r"([0-9]{14})(?:\.([0-9]{1,6})[0-9]*)?Z", text)
    if value.tag not in (0x17, 0x18) or match is None:
        raise ValueError("no time")
    time = datetime.strptime(match.group(1) + "+0000", "%Y%m%d%H%M%S%z")
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + (match.group(2) or "").ljust(6, "0") + "Z"


class Stamp(NamedTuple):
    """What a time-stamp proves: a time, give or take some seconds, by whom."""

    time: str
    slack: float
    by: str


def open_stamp(token: bytes, data: bytes, roots: Sequence[str]) -> Stamp:
    """What the answer of an authority proves of some bytes; ValueError if nothing, Unknown if who knows."""
    (answer,) = ders(token)
    status, content = within(answer.whole, 0x30)
    kind, wrapped = within(content.whole, 0x30)
    if within(status.whole, 0x30)[0].inner != b"\x00" or kind.inner != SIGNED_DATA or wrapped.tag != 0xA0:
        raise ValueError("the authority gave no time-stamp")
    fields = within(wrapped.inner, 0x30)
    holder, packed = within(fields[2].whole, 0x30)
    (info,) = within(packed.whole, 0xA0)
    said = within(info.inner, 0x30)
    hashed, imprint = within(said[2].whole, 0x30)
    kind_of_hash = HASHES.get(within(hashed.whole, 0x30)[0].inner)
    if holder.inner != STAMP_INFO or kind_of_hash is None:
        raise ValueError("the time-stamp is not written as such are")
    if hashlib.new(kind_of_hash, data).digest() != imprint.inner:
        raise ValueError("the time-stamp is of other bytes")
    time, accuracy = moment_of(said[4]), said[5] if len(said) > 5 and said[5].tag == 0x30 else None
    seconds = [one for one in within(accuracy.whole, 0x30) if one.tag == 2] if accuracy else []
    slack = 1 + (1 + int.from_bytes(seconds[0].inner, "big") if seconds else 1 if accuracy else 0)
    certificates = [Certificate(one.whole) for one in ders(fields[3].inner)] if fields[3].tag == 0xA0 else []
    (signer,) = within(fields[-1].whole, 0x31)
    if len(certificates) > 16:
        raise ValueError("the time-stamp brings too many certificates along")
    by = _signer(within(signer.whole, 0x30), info.inner, certificates)
    trusted = [Certificate(base64.b64decode("".join(root.split("-----")[2].split()))) for root in roots]
    if not by.stamps or not by.leads(trusted, certificates, time):
        raise ValueError("the time-stamp is by nobody whom a believed root names")
    return Stamp(time, slack, name_in(by.subject))


def _signer(fields: List[Der], info: bytes, certificates: List[Certificate]) -> Certificate:
    """The certificate of who signed what a time-stamp says; ValueError if none did."""
    issuer, number = within(fields[1].whole, 0x30)
    kind = HASHES.get(within(fields[2].whole, 0x30)[0].inner)
    by = [one for one in certificates if (one.issuer, one.number) == (issuer.whole, number.inner)]
    if not by or kind is None or fields[3].tag != 0xA0:
        raise ValueError("the time-stamp does not say who signed it")
    told = {
        name.inner: values.inner
        for name, values in (within(one.whole, 0x30) for one in ders(fields[3].inner))
    }
    if (within(told[CONTENT_TYPE])[0].inner, within(told[DIGEST])[0].inner) != (
        STAMP_INFO,
        hashlib.new(kind, info).digest(),
    ):
        raise ValueError("the time-stamp was signed for something else")
    # Signed as a set, and written as a member of the whole (RFC 5652, 5.4).
    message = b"\x31" + fields[3].whole[1:]
    if not by[0].signed(within(fields[4].whole, 0x30)[0].inner, kind, message, fields[5].inner):
        raise ValueError("the signature of the time-stamp does not hold")
    return by[0]


def name_in(subject: bytes) -> str:
    """The last text in a name of X.509, which is the common name of almost all."""
    texts = [within(part.whole, 0x31, 0x30)[1].inner for part in within(subject, 0x30)]
    return texts[-1].decode(errors="replace") if texts else "a time-stamping authority"


# --- what others say of the log: time anchors and cosignatures


class Claim(NamedTuple):
    """An anchor as it stands in the log, with the roots and the skew of the policy in force there."""

    seq: int
    number: str
    body: Json
    roots: Tuple[str, ...]
    skew: int


class Held(NamedTuple):
    """An anchor that holds: over the first `size` entries, at a time that may be wrong by `slack` seconds."""

    seq: int
    number: str
    size: int
    time: str
    slack: float
    by: str


def seconds_of(time: str) -> float:
    """A moment as seconds."""
    return datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp()


def is_later(time: str, than: str, seconds: float) -> bool:
    """Whether a moment lies more than so many seconds after another."""
    return time > than and seconds_of(time) - seconds_of(than) > seconds


class Witness(NamedTuple):
    """Who may cosign: what their verifier key says."""

    name: str
    hash: bytes
    public: bytes


def read_witness(vkey: str) -> Witness:
    """The witness of a verifier key; ValueError if it is none of a witness."""
    name, pointer, key = vkey.split("+", 2)
    raw = unbase64(key)
    if not name or len(raw) != 33 or raw[0] != 4 or pointer != sha256(name.encode() + b"\n" + raw)[:4].hex():
        raise ValueError("this is no verifier key of a witness")
    return Witness(name, bytes.fromhex(pointer), raw[1:])


class Vouching:
    """Whether what others say of the log holds; what it finds goes to the checker."""

    def __init__(self, checker: "Checker", tree: Tree) -> None:
        """Look at what the checker has read."""
        self.checker, self.tree = checker, tree
        self.held: List[Held] = []
        self.unknown: List[str] = []
        """What could not be checked, in words."""
        self.anchored = self.cosigned = ""
        self.now = datetime.fromtimestamp(time.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        trust = checker.trust or {}
        self.roots = tuple(trust.get("roots", ()))
        self.asked: Json = trust.get("witnesses") or self._by_policy()

    def run(self) -> None:
        """Check the anchors, what they prove, and the cosignatures."""
        for claim in self.checker.claims:
            self._anchor(claim)
        for held in self.held:
            self._compare(held)
        waiting = self._overdue()
        if self.held and not waiting:
            last = max(self.held, key=lambda held: held.time)
            self.anchored = (
                f"{len(self.held):,}, the last of {last.time[:10]} over {last.size:,} entries, by {last.by}"
            )
        self._cosignatures()

    def _by_policy(self) -> Json:
        """The witnesses that the policy in force asks for, if one can read who they are."""
        asked = self.checker.keyring.policy.get("witnesses") or {}
        try:
            good = [read_witness(vkey) for vkey in asked["keys"]] and asked.get("needed", 1) >= 1
            return dict(asked) if good and type(asked.get("days", 1)) is int else {}
        except (ValueError, KeyError, TypeError, AttributeError):
            return {}

    def _anchor(self, claim: Claim) -> None:
        """Hold the anchor if it proves a time, or note what is wrong with it."""
        find, where = self.checker.find, claim.number
        try:
            text, token = claim.body["checkpoint"].encode(), unbase64(claim.body["token"])
            note, told = open_note(text), claim.body.get("time")
            if claim.body["size"] != note.size:
                raise ValueError("its checkpoint is of another size")
            self.checker.compare_files(claim.number, text, token)
            if not self.checker.signs(note) or not 0 < note.size <= claim.seq:
                raise ValueError(
                    "its checkpoint is not signed by the ledger's key, or covers what came later"
                )
            if self.tree.root(note.size) != note.root:
                find("head.diverged", where, f"another history of {note.size} entries was anchored")
                return
            proved = self._prove(claim, text, token)
            if told != (proved.time if proved else None):
                raise ValueError(f"it says {shown(told)}, and proves another time")
        except Unknown as error:
            self.unknown.append(f"the anchor in event {where}: {error}")
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
            find("anchor.bad", where, f"this anchor proves nothing: {error}")
        else:
            if proved is not None:
                held = Held(claim.seq, where, note.size, *proved)
                self.held.append(held._replace(slack=held.slack + claim.skew))

    def _prove(self, claim: Claim, text: bytes, token: bytes) -> Optional[Stamp]:
        kind, roots = claim.body["kind"], self.roots or claim.roots
        if kind == "git":
            if text not in token:
                raise ValueError("the copy in git is not of this checkpoint")
            self.unknown.append(f"who signed the copy in git of event {claim.number}, if it is signed")
            return None
        if kind != "rfc3161":
            raise Unknown(f"this verifier does not know the kind {shown(kind)}")
        if not roots:
            raise Unknown("neither the trust file nor the policy names a root certificate")
        return open_stamp(token, text, roots)

    def _compare(self, held: Held) -> None:
        """Entries before the anchor are not dated after it, and those from it on are not dated before."""
        times, slack, find = self.checker.times, held.slack, self.checker.find
        if times[held.seq] and is_later(held.time, times[held.seq], slack):
            message = f"recorded {times[held.seq]}, after event {held.number} proved that it was {held.time}"
            find("time.anchored", f"entry {held.seq}", message)
        if times[held.size - 1] and is_later(times[held.size - 1], held.time, slack):
            message = (
                f"recorded {times[held.size - 1]}, and there at {held.time}, as event {held.number} proves"
            )
            find("time.anchored", f"entry {held.size - 1}", message)

    def _overdue(self) -> bool:
        """Whether something waits too long for an anchor; what was anchored too late is found as well."""
        terms, waiting = self.checker.terms, False
        for seq in sorted({0, *(held.size for held in self.held), *(at for at, _ in terms)}):
            days = next((days for at, days in reversed(terms) if at <= seq), None)
            made = self.checker.times[seq] if seq < self.tree.size else ""
            if not days or not made:
                continue
            then = min((held.time for held in self.held if held.size > seq), default="")
            if is_later(then or self.now, made, days * 86400):
                what = f"was anchored only {then[:10]}" if then else "is not anchored yet"
                message = f"of {made[:10]} {what}; the policy asks for it within {days} days"
                self.checker.find("anchor.overdue", f"entry {seq}", message)
                waiting = waiting or not then
        return waiting

    def _cosignatures(self) -> None:
        """Find the largest checkpoint that enough of the required witnesses have cosigned."""
        keys = [read_witness(vkey) for vkey in self.asked.get("keys", ())]
        needed, days = self.asked.get("needed", 1), self.asked.get("days")
        size, since, names = 0, 0, ""
        for covered, held in self._cosigned({(key.name, key.hash): key for key in keys}).items():
            if len(held) >= needed and covered > size:
                size, since = covered, sorted(held.values(), reverse=True)[needed - 1]
                names = ", ".join(sorted(held))
        day = datetime.fromtimestamp(since, timezone.utc).strftime("%Y-%m-%d")
        late = days is not None and time.time() - since > days * 86400
        if keys and size and not late:
            self.cosigned = f"{size:,} entries by {names}, {day}"
        elif keys and days:
            message = f"the newest are of {day}" if size else "there are not enough"
            message += f"; asked for are newer ones every {days} days"
            self.checker.find("witness.overdue", "the cosignatures", message)

    def _cosigned(self, known: Dict[Tuple[str, bytes], Witness]) -> Dict[int, Dict[str, int]]:
        """By size of a checkpoint who has cosigned it, and when; what does not hold is noted."""
        found: Dict[int, Dict[str, int]] = {}
        lines = dict.fromkeys((note[:4], line) for note in self.checker.sound for line in note.lines)
        for (_, size, _, text), (name, pointer, signature) in lines:
            key = known.get((name, pointer))
            if key is None:
                continue
            when = int.from_bytes(signature[:8], "big")
            message = b"cosignature/v1\ntime %d\n" % when + text
            signed = [(key.public, message, signature[8:])]
            if len(signature) != 72 or not check_signatures(signed, self.checker.pure)[0][0]:
                where = f"by {shown(name)} under the checkpoint of {size} entries"
                self.checker.find("witness.bad", "a cosignature", f"{where} does not hold")
            elif when <= time.time() + self.checker.keyring.skew:
                held = found.setdefault(size, {})
                held[name] = max(when, held.get(name, 0))
        return found


# --- approvals: on the ground of what a version enters a stage

MOVES = {
    "promotion.executed": ("version", "to_stage"),
    "deployment.recorded": ("version", "stage"),
    "rollback.executed": ("to_version", "stage"),
}
"""Types that bring a version into a stage, with the fields that name the two."""
COUNTED = {"promotion.requested", "promotion.approved", "promotion.rejected", "version.released", *MOVES}
Find = Callable[[str], Optional["Event"]]


class Act(NamedTuple):
    """One event that bears on approvals, with its author."""

    seq: int
    number: str
    kind: str
    stream: str
    key: str
    body: Json


class Promotion:
    """A request for a stage, and those who have approved it since nothing took that away."""

    def __init__(self, act: Act, person: str) -> None:
        """It was made by a person."""
        self.number, self.stream, self.person = act.number, act.stream, person
        self.version, self.stage = act.body["version"], act.body["to_stage"].casefold()
        self.approvals: List[Tuple[int, str, str, FrozenSet[str]]] = []
        """Entry, key, person, and the roles that they held."""


class Register:
    """The requests of a ledger, and whether those who must approve have done so."""

    def __init__(self, keyring: Keyring, find: Find) -> None:
        """Start with none; `find` finds an event by its number or id."""
        self.keyring, self._find = keyring, find
        self.requests: Dict[str, Promotion] = {}
        self.makers: Dict[Tuple[str, str], Set[str]] = {}

    def judge(self, act: Act) -> Iterator[Tuple[str, str]]:
        """The rule that an event breaks, and how."""
        asked = self._asked(act)
        if act.kind == "promotion.approved" and asked is not None:
            rules = [rule for rule in self._rules(asked.stage) if rule.get("independent")]
            if rules and self._person(act.key) in self.makers.get((act.stream, asked.version), ()):
                yield "four-eyes", "its author had a part in the version, and others are asked for"
        if act.kind not in MOVES:
            return
        version, stage = (act.body[name] for name in MOVES[act.kind])
        for rule in self._rules(stage.casefold()):
            if asked is None or (asked.version, asked.stage) != (version, stage.casefold()):
                yield "approvals.missing", f"{version} enters {stage} without a request for that"
                return
            if not self._suffice(rule, asked):
                wanted = " and ".join(f"{count} by {role}" for role, count in rule["needs"].items())
                yield (
                    "approvals.missing",
                    f"{version} enters {stage}, and not all approve: asked for {wanted}",
                )

    def note(self, act: Act) -> None:
        """Remember what an event says that its author may record."""
        asked, person = self._asked(act), self._person(act.key)
        if act.kind == "promotion.requested":
            self.requests[act.number] = Promotion(act, person)
        elif act.kind == "promotion.approved" and asked is not None:
            member = self.keyring.members[act.key]
            if member.kind == "person" and person != asked.person:
                asked.approvals.append((act.seq, act.key, person, frozenset(member.roles)))
        elif act.kind == "promotion.rejected" and asked is not None:
            asked.approvals.clear()
        elif act.kind == "rollback.executed":
            place = act.stream, act.body["from_version"], act.body["stage"].casefold()
            for request in self.requests.values():
                if (request.stream, request.version, request.stage) == place:
                    request.approvals.clear()
        elif act.kind == "version.released":
            named = [self._find(one) for one in [*act.body.get("decisions", ()), act.body.get("run")] if one]
            made = {
                event.key for event in named if event and event.kind in ("decision.proposed", "run.started")
            }
            makers = self.makers.setdefault((act.stream, act.body["version"]), set())
            makers |= {person, *map(self._person, made)}

    def _asked(self, act: Act) -> Optional[Promotion]:
        """The request that an event of its stream names, if it stands in an earlier entry."""
        found = self._find(act.body["request"]) if act.body.get("request") else None
        if found is None or found.seq >= act.seq or found.stream != act.stream:
            return None
        return self.requests.get(found.number)

    def _rules(self, stage: str) -> List[Json]:
        rules = self.keyring.policy.get("approvals", ())
        return [r for r in rules if not r.get("stages") or stage in map(str.casefold, r["stages"])]

    def _person(self, key: str) -> str:
        member = self.keyring.members.get(key)
        return key if member is None else member.person

    def _suffice(self, rule: Json, asked: Promotion) -> bool:
        """Whether enough people of each role have approved, those aside who count for nothing by now."""
        makers = self.makers.get((asked.stream, asked.version), set()) if rule.get("independent") else set()
        people: Dict[str, FrozenSet[str]] = {}
        for seq, key, person, roles in asked.approvals:
            since = self.keyring.members[key].compromised_since
            if person not in makers and (since is None or seq < since):
                people[person] = people.get(person, frozenset()) | roles
        return suffice(rule["needs"], list(people.values()))


# --- the whole


class Finding(NamedTuple):
    """One thing that is wrong: the rule, where, and what was seen."""

    rule: str
    where: str
    message: str

    @property
    def integrity(self) -> bool:
        """Whether the bundle can no longer be believed as it stands."""
        return self.rule not in POLICY_RULES


class Event(NamedTuple):
    """What later events may ask of an earlier one."""

    number: str
    seq: int
    kind: str
    stream: str
    key: str


class Checker:
    """One check of one bundle; read its fields when `run` is over."""

    def __init__(self, files: Files, trust: Optional[Json], pure: bool) -> None:
        """Check the files, and compare with what a trust file says."""
        self.files, self.trust, self.pure = files, trust, pure
        self.findings: List[Finding] = []
        self.keyring = Keyring(pure=pure)
        self.manifest: Json = {}
        self.note: Optional[Note] = None
        self.events: Dict[str, Event] = {}
        self.numbers: Dict[str, str] = {}
        self.redacted: List[str] = []
        self.signed: List[Tuple[int, str, bytes, bytes]] = []
        self.persons = self.good = self.attached = self.post_quantum = 0
        self.claims: List[Claim] = []
        self.terms: List[Tuple[int, Optional[int]]] = []
        self.times: List[str] = []
        self.sound: List[Note] = []
        self.vouching: Optional[Vouching] = None
        self.anchor_files: Dict[str, bytes] = {}
        self.kept: List[Tuple[str, Note]] = []
        self.present: Set[str] = set()
        self.unnamed: Set[str] = set()
        self.absent: List[str] = []
        self.left: List[str] = []
        self.register = Register(self.keyring, self._event)
        self.veiled: Dict[str, int] = {}
        """Streams of which bodies are withheld that bear on approvals, since which entry."""
        self.withheld: Set[str] = set()
        self.level: Optional[int] = None
        self.by = ""
        self.head, self.genesis, self.last_time = bytes(32), bytes(32), ""

    def find(self, rule: str, where: object, message: str) -> None:
        """Note one finding."""
        self.findings.append(Finding(rule, str(where), message))

    def run(self) -> None:
        """Check everything; Refused if there is nothing to be checked, or something is of another kind.

        Whoever may sign can have signed what no ledger writes, and no verdict rests on half a check.
        """
        try:
            self._all()
        except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as error:
            raise Refused(f"it holds what no ledger writes ({type(error).__name__})") from error

    def _all(self) -> None:
        self._manifest()
        note = self._note("checkpoint", "checkpoint")
        if note is None:
            raise Refused("its checkpoint is none")
        self.note = note
        names = sorted(name for name in self.files.names() if name.startswith("checkpoints/"))
        notes = ((name, self._note(name, name)) for name in names)
        self.kept = [(name, kept) for name, kept in notes if kept is not None]
        for name, kept in self.kept:
            if name.partition("/")[2].partition("-")[0] != str(kept.size):
                self.find("column.copy", name, f"it is a checkpoint of {kept.size} entries")
        tree = Tree()
        if note.size > 256 * sum(name.startswith("tile/entries/") for name in self.files.names()):
            raise Refused(f"its checkpoint is of {note.size:,} entries, which are not there")
        self._log(tree, note.size)
        for name in sorted(self.unnamed):
            self.find("store.stray", f"attachments/{name}", "no event names this file")
        self._tiles(tree)
        self._signatures()
        self._bodies_that_are_gone()
        self._disputed()
        self._checkpoints(tree)
        self.vouching = Vouching(self, tree)
        self.vouching.run()
        self._anchor_files()
        self._compare(tree)

    # --- what the bundle says of itself

    def _manifest(self) -> None:
        try:
            manifest = strict(self.files.read("manifest.json"))
            listed = {name: (file["size"], file["sha256"]) for name, file in manifest["files"].items()}
            known = manifest["format"] == "mledger-bundle" and manifest["v"] == 1
            self.withheld = {str.__str__(number) for number in manifest["withheld"]}  # text, or a TypeError
            manifest["left_out"], manifest["counts"] = list(manifest["left_out"]), dict(manifest["counts"])
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Refused("its manifest.json is none") from None
        if not known:
            raise Refused("its manifest is of a version that this verifier does not know")
        self.manifest = manifest
        there = self.files.names() - {"manifest.json"}
        for name in sorted(set(listed) - there):
            self.find("store.stray", shown(name), "the file is gone from the bundle")
        for name in sorted(there - set(listed)):
            self.find("store.stray", shown(name), "the file is not in the list of files")
        for name in sorted(there & set(listed)):
            self._file(name, listed[name])

    def _file(self, name: str, listed: Tuple[int, str]) -> None:
        digest = hashlib.sha256()
        for piece in self.files.pieces(name):
            digest.update(piece)
        if listed != (self.files.size(name), digest.hexdigest()):
            self.find("store.stray", name, "the file is not the one in the list of files")
        folder, _, rest = name.partition("/")
        if folder == "attachments":
            self.attached += 1
            self.unnamed.add(rest)
            if rest != digest.hexdigest():
                self.find("attachment.digest", name, "the attachment is not the file that events name so")
        if folder == "keys" and rest != self._key_id(self.files.read(name)) + ".pem":
            self.find("store.stray", name, "the key is not the one of that id")

    @staticmethod
    def _key_id(pem: bytes) -> str:
        lines = pem.decode(errors="replace").splitlines()
        try:
            return sha256(unbase64("".join(lines[1:-1]))).hex()
        except ValueError:
            return ""

    def _note(self, name: str, where: str) -> Optional[Note]:
        try:
            return open_note(self.files.read(name))
        except ValueError as error:
            self.find("checkpoint.bad", where, f"it is none: {error}")
            return None

    # --- the log

    def _log(self, tree: Tree, size: int) -> None:
        """Read every entry with its bodies, in order."""
        prev, last = bytes(32), ""
        now = datetime.fromtimestamp(time.time(), timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        for index in range(-(-size // 256)):
            path, width = tile_path("entries", index, size)
            try:
                held = split_entries(self.files.read(path), width)
            except ValueError as error:
                self.find("entry.format", path, str(error))
                held = [b""] * width
            bodies = self._bodies(index)
            for at, data in enumerate(held):
                seq, leaf = 256 * index + at, sha256(b"\x00" + data)
                tree.append(leaf)
                told = self._entry(seq, data, prev, last, now, bodies)
                self.times.append(told)
                last = told or last
                prev = leaf
                if seq == 0:
                    self.genesis = leaf
            for number in sorted(bodies):
                self.find("store.stray", number, "there is a body of an event that is not there")
        self.head, self.last_time = prev, last

    def _bodies(self, index: int) -> Dict[str, Tuple[bytes, bytes]]:
        name = f"bodies/{index_path(index)}.jsonl"
        found: Dict[str, Tuple[bytes, bytes]] = {}
        data = self.files.read(name)
        try:
            for line in data.decode().split("\n")[:-1]:
                row = strict(line.encode())
                if set(row) != {"event", "salt", "body"} or row["event"] in found:
                    raise ValueError("a line is damaged")
                found[row["event"]] = bytes.fromhex(row["salt"]), row["body"].encode()
            if data and not data.endswith(b"\n"):
                raise ValueError("the last line is damaged")
        except (ValueError, TypeError, AttributeError) as error:
            self.find("store.stray", name, f"the bodies cannot be read: {shown(error)}")
        return found

    def _entry(
        self,
        seq: int,
        data: bytes,
        prev: bytes,
        last: str,
        now: str,
        bodies: Dict[str, Tuple[bytes, bytes]],
    ) -> str:
        """Check one entry; its recorded time, or nothing if it cannot be read."""
        where = f"entry {seq}"
        try:
            entry = open_entry(data)
        except ValueError as error:
            self.find("entry.format", where, str(error))
            return ""
        said = entry.fields
        origin = said["ledger"] if seq == 0 else self.note.origin if self.note else ""
        skew = self.keyring.skew
        checks = (
            ("chain.seq", said["seq"] != seq, f"it is signed as entry {said['seq']}"),
            ("chain.link", said["prev"] != prev.hex(), "it follows another entry than the one before it"),
            ("chain.time", said["time"] < last, "it is recorded before the entry before it"),
            ("entry.leaf", entry.keyid != said["key"], "the envelope names another key than the payload"),
            ("entry.origin", said["ledger"] != origin, f"it belongs to {shown(said['ledger'])}"),
        )
        for rule, wrong, message in checks:
            if wrong:
                self.find(rule, where, message)
        self.signed.append((seq, said["key"], entry.message, entry.signature))
        self._judge(seq, said, self._events(seq, said, bodies))
        self._ahead(seq, said, now, skew if seq else self.keyring.skew)
        return str(said["time"])

    def _ahead(self, seq: int, said: Json, now: str, skew: int) -> None:
        """Find what is recorded later than now, or occurred later than it was recorded."""
        if is_later(said["time"], now, skew):
            self.find("time.future", f"entry {seq}", "it is recorded later than this clock allows")
        for at, event in enumerate(said["events"]):
            if is_later(event.get("at", ""), said["time"], skew):
                number = number_of(seq, at, len(said["events"]))
                self.find("time.future", number, f"it occurred {event['at']}, after it was recorded")

    def _events(self, seq: int, said: Json, bodies: Dict[str, Tuple[bytes, bytes]]) -> List[Optional[Json]]:
        """The bodies of an entry's events, None where there is none that can be believed."""
        found: List[Optional[Json]] = []
        count = len(said["events"])
        for at, event in enumerate(said["events"]):
            number = number_of(seq, at, count)
            self.events[number] = Event(number, seq, event["type"], event["stream"], said["key"])
            if event["id"] in self.numbers:
                self.find("event.twice", number, "the event id stands twice")
            self.numbers.setdefault(event["id"], number)
            if number not in bodies:
                found.append(None)
                self._gone(number, event["type"], event["stream"])
                continue
            salt, body = bodies.pop(number)
            found.append(self._body(number, event, salt, body))
        return found

    def _gone(self, number: str, kind: str, stream: str) -> None:
        """A body is not there: withheld, if the manifest says so and it may be."""
        if number in self.withheld and not governs(kind):
            self.left.append(number)
            if kind in COUNTED:
                self.veiled.setdefault(stream, self.events[number].seq)
        else:
            self.absent.append(number)

    def _body(self, number: str, event: Json, salt: bytes, body: bytes) -> Optional[Json]:
        self.present.add(number)
        if self.unnamed:
            runs = [run.decode() for run in re.findall(rb"[0-9a-f]{64,}", body)]
            self.unnamed -= {run[at : at + 64] for run in runs for at in range(len(run) - 63)}
        if len(salt) != 16 or sha256(salt + body).hex() != event["body"]:
            self.find("body.digest", number, f"the body of {event['type']} is not the one that was signed")
            return None
        self.good += 1
        try:
            value = strict(body)
        except ValueError as error:
            self.find("body.format", number, f"the body is not strict JSON: {error}")
            return None
        return value if isinstance(value, dict) else None

    # --- authority

    def _judge(self, seq: int, said: Json, bodies: List[Optional[Json]]) -> None:
        """Judge the events of one entry by what was in force before it; one that governs stands alone."""
        count = len(bodies)
        events = [(number_of(seq, at, count), event, bodies[at]) for at, event in enumerate(said["events"])]
        if seq == 0:
            self._open(said, events)
        keyring, before = self.keyring, len(self.findings)
        self._author(seq, said)
        sound = len(self.findings) == before
        self._count(seq, said, events, sound=sound)
        heard = {event["type"] for _, event, _ in events if keyring.hears(said["key"], event["type"])}
        for number, event, body in events:
            kind = event["type"]
            if kind == "ledger.opened":
                if seq:
                    self.find("chain.genesis", number, "the ledger is opened a second time")
            elif governs(kind) and count > 1:
                self.find("governance", number, f"{kind} does not stand alone in its entry")
            elif governs(kind) and kind in heard:
                self._govern(seq, number, event, body, said)
            elif kind in ANSWERS and not governs(kind) and body is not None:
                self._answer(seq, number, event, body, said["key"])
            if kind == "anchor.recorded" and body is not None:
                roots = tuple(keyring.policy.get("anchor_roots", ()))
                self.claims.append(Claim(seq, number, body, roots, keyring.skew))
        days = keyring.policy.get("anchor_days")
        if days != (self.terms[-1][1] if self.terms else None):
            self.terms.append((seq, days))

    def _count(
        self, seq: int, said: Json, events: List[Tuple[str, Json, Optional[Json]]], *, sound: bool
    ) -> None:
        """Judge what bears on approvals, and note it; and find what the policy asks of bodies."""
        acts = []
        required = self.keyring.policy.get("required", {}) if seq else {}
        for number, event, body in events:
            kind = event["type"]
            if body is not None and any(
                body.get(name) in (None, "", [], {}) for name in required.get(kind, ())
            ):
                self.find("policy.body", number, f"the body of {kind} lacks what the policy asks for")
            if kind in COUNTED and body is not None:
                acts.append(Act(seq, number, kind, event["stream"], said["key"], body))
        try:
            for act in acts:
                hidden = self.veiled.get(act.stream, seq) < seq  # an approval may be among what is withheld
                for rule, text in self.register.judge(act):
                    if rule != "approvals.missing" or not hidden:
                        self.find(rule, act.number, text)
            for act in acts if sound else ():
                self.register.note(act)
        except (KeyError, TypeError, AttributeError, ValueError):
            self.find("body.schema", acts[0].number, "a body that bears on approvals is not what it must be")

    def _open(self, said: Json, events: List[Tuple[str, Json, Optional[Json]]]) -> None:
        number, event, body = events[0]
        if len(events) > 1 or (event["type"], event["stream"]) != ("ledger.opened", "ledger") or body is None:
            self.find("chain.genesis", "entry 0", "it does not open the ledger")
            return
        try:
            self.keyring.apply(0, "ledger.opened", body)
        except Impossible as error:
            self.find("governance", number, str(error))
        if self.keyring.first != said["key"] or self.keyring.origin != said["ledger"]:
            self.find("chain.genesis", number, "the ledger is opened by another key, or under another name")

    def _author(self, seq: int, said: Json) -> None:
        where, member = f"entry {seq}", self.keyring.members.get(said["key"])
        if member is None:
            self.find("key.unknown", where, f"key {said['key'][:12]} is not enrolled")
            return
        self.persons += member.kind == "person"
        name, machine = shown(member.name), said["meaning"] == "machine"
        if member.revoked is not None and seq > member.revoked:
            self.find("key.revoked", where, f"the key of {name} was revoked at entry {member.revoked}")
        if said["signer"] != member.name:
            self.find("key.name", where, f"signed as {shown(said['signer'])} with the key of {name}")
        if machine != (member.kind == "machine"):
            self.find("key.meaning", where, f"a {member.kind} signs as {said['meaning']}")
        for kind in sorted({event["type"] for event in said["events"]}):
            if not self.keyring.may(member, kind):
                self.find("role.forbidden", where, f"{name} may not record {kind}")

    def _govern(self, seq: int, number: str, event: Json, body: Optional[Json], said: Json) -> None:
        kind, stream, key, keyring = event["type"], event["stream"], said["key"], self.keyring
        if body is None:
            self.find("governance", number, f"the body of {kind} is gone")
            return
        try:
            agreed = keyring.agreed(seq, kind, stream, body)
        except Impossible as error:
            self.find("approvals.missing", number, str(error))
            return
        before = len(self.findings)
        if kind == "record.redacted":
            self._redact(seq, number, body, said["time"])
        elif kind == "hold.placed":
            keyring.holds[number] = stream
        elif kind == "hold.lifted":
            self._lift(number, stream, body)
        elif kind == "act.requested":
            keyring.ask(seq, number, stream, body, key)
        elif kind in ("act.approved", "act.rejected"):
            self._agree(seq, number, event, body, key)
        try:
            keyring.apply(seq, kind, body)
        except Impossible as error:
            self.find("governance", number, str(error))
        if agreed is not None and len(self.findings) == before:
            del keyring.requests[agreed]

    def _agree(self, seq: int, number: str, event: Json, body: Json, key: str) -> None:
        found = self._event(body.get("request"))
        asked = self.keyring.requests.get(found.number) if found else None
        approve = event["type"] == "act.approved"
        if found is None or asked is None or asked.stream != event["stream"] or asked.seq >= seq:
            self.find("reference", number, "it answers no open request for an act of its stream")
        elif approve and self.keyring.members[key].person == asked.person:
            self.find("four-eyes", number, "its author answers an event of their own")
        else:
            self.keyring.answer(seq, found.number, key, approve)

    def _lift(self, number: str, stream: str, body: Json) -> None:
        event = self._event(body.get("hold"))
        if event is None or self.keyring.holds.get(event.number) != stream:
            self.find("reference", number, "it lifts no hold of its stream that is in force")
        else:
            del self.keyring.holds[event.number]

    def _redact(self, seq: int, number: str, body: Json, now: str) -> None:
        event, basis = self._event(body.get("event")), str(body.get("legal_basis"))
        if event is None or event.seq >= seq:
            self.find("reference", number, "it redacts an event that is not there")
        elif governs(event.kind):
            self.find("governance", number, f"it redacts a {event.kind}, which nobody may")
        elif event.kind in COUNTED and self.keyring.counts:
            self.find("governance", number, f"it redacts a {event.kind}, by which approvals are counted")
        elif self.keyring.keeps(event.kind, event.stream, self.times[event.seq], now, basis):
            self.find("retention.early", number, f"it redacts a {event.kind} that is kept longer")
        else:
            self.redacted.append(event.number)

    def _answer(self, seq: int, number: str, event: Json, body: Json, key: str) -> None:
        field, *wanted = ANSWERS[event["type"]]
        asked = self._event(body.get(field))
        if asked is None or asked.seq >= seq or asked.kind not in wanted or asked.stream != event["stream"]:
            self.find("reference", number, f"it answers no {' or '.join(wanted)} of its stream")
        elif event["type"] in self.keyring.four_eyes and self._same(key, asked.key):
            self.find("four-eyes", number, "its author answers an event of their own")

    def _event(self, reference: object) -> Optional[Event]:
        number = self.numbers.get(str(reference), str(reference))
        return self.events.get(number)

    def _same(self, one: str, other: str) -> bool:
        people = [self.keyring.members[key].person for key in (one, other) if key in self.keyring.members]
        return one == other or (len(people) == 2 and people[0] == people[1])

    # --- what needs the whole log

    def _tiles(self, tree: Tree) -> None:
        """Each tile of hashes holds the nodes that the entries make, and no tile is too many."""
        expected = {tile_path("entries", index, tree.size)[0] for index in range(-(-tree.size // 256))}
        for level, hashes in tree.levels.items():
            for index in range(-(-len(hashes) // 256)):
                path, width = tile_path(str(level), index, len(hashes))
                expected.add(path)
                if self.files.read(path) != b"".join(hashes[256 * index : 256 * index + width]):
                    self.find("tree.node", path, "the tile is not what the entries make")
        for name in sorted(self.files.names()):
            if name.startswith("tile/") and name not in expected:
                self.find("store.stray", name, "the tile is none of this log")

    def _signatures(self) -> None:
        members = self.keyring.members
        known = [entry for entry in self.signed if entry[1] in members]
        many = [(members[key].public, message, signature) for _, key, message, signature in known]
        verdicts, self.by = check_signatures(many, self.pure)
        for (seq, key, _, _), good in zip(known, verdicts):
            if not good:
                self.find("entry.signature", f"entry {seq}", f"not signed by key {key[:12]}")
        self.signed = known

    def _bodies_that_are_gone(self) -> None:
        named = set(self.redacted)
        for number in self.absent:
            if number not in named:
                self.find("body.missing", number, "the body is gone, and neither withheld nor redacted")
        for number in sorted(named & self.present):
            self.find("body.kept", number, "a redaction names this event; its body is still there")
        for number in sorted(self.withheld - set(self.left)):
            self.find(
                "store.stray", shown(number), "the manifest withholds what is there, or cannot be withheld"
            )
        counts = {
            "events": len(self.events),
            "disclosed": len(self.present),
            "withheld": len(self.left),
            "erased": len(self.absent),
        }
        if self.manifest["counts"] != counts:
            self.find("store.stray", "manifest.json", "it counts other events and bodies than there are")

    def _disputed(self) -> None:
        for seq, key, _, _ in self.signed:
            member = self.keyring.members[key]
            since, until = member.compromised_since, member.revoked
            if since is not None and until is not None and since <= seq <= until:
                message = f"the key of {shown(member.name)} may have been in other hands"
                self.find("key.disputed", f"entry {seq}", message)

    def _checkpoints(self, tree: Tree) -> None:
        """Each checkpoint is signed by the key that signs those of its size, over the root of the entries."""
        if self.note is None or self.keyring.signer(self.note.size)[0] is None:
            self.find("checkpoint.bad", "checkpoint", "there is no key to sign it")
            return
        for where, note in [("checkpoint", self.note), *self.kept]:
            if not self.signs(note):
                self.find("checkpoint.bad", where, "it is not signed by the key that signs the ledger's")
            elif not self.signs_beside(note):
                self.find("checkpoint.bad", where, "it lacks a line of ML-DSA-44 that holds")
            elif note.size > tree.size:
                self.find("head.rollback", where, f"it covers {note.size} entries, here are {tree.size}")
            elif tree.root(note.size) != note.root:
                self.find("head.diverged", where, "it is of another history")
            else:
                self.sound.append(note)
        signer = self.keyring.signer(self.note.size)[0]
        vkey = vkey_of(self.keyring.origin, signer.public) if signer else ""
        said = (self.note.origin, self.note.size, self.note.root.hex(), self.genesis.hex(), vkey)
        if said != tuple(self.manifest.get(name) for name in ("origin", "size", "root", "genesis", "vkey")):
            self.find("store.stray", "manifest.json", "it says another ledger than the one that is here")

    def signs(self, note: Note) -> bool:
        """Whether the key that signs checkpoints of its size has signed one of this ledger."""
        member, _ = self.keyring.signer(note.size)
        if member is None or note.origin != self.keyring.origin:
            return False
        pointer = note.origin, note_key(note.origin, member.public)
        own = [(member.public, note.text, line[2]) for line in note.lines if line[:2] == pointer]
        return bool(own) and all(check_signatures(own, self.pure)[0])

    def signs_beside(self, note: Note) -> bool:
        """Whether the key of ML-DSA-44 that signs beside the other has signed one, if there is such a key."""
        vkey = self.keyring.signer(note.size)[1]
        if not vkey:
            return True
        name, origin = (
            bytes([len(text)]) + text for text in (vkey.partition("+")[0].encode(), note.origin.encode())
        )
        tail = origin + bytes(8) + note.size.to_bytes(8, "big") + note.root
        public = unbase64(vkey.split("+", 2)[2])[1:]
        own = [line[2] for line in note.lines if line[:2] == pointer_of(vkey)]
        self.post_quantum += bool(own)
        return bool(own) and all(
            one[0] < 128 and check_lattice(public, b"subtree/v1\n\0" + name + one[:8] + tail, one[8:])
            for one in own
        )

    def compare_files(self, number: str, note: bytes, token: bytes) -> None:
        """Expect the files that hold an anchor for other programs."""
        self.anchor_files[f"anchors/{number}.checkpoint"] = note
        self.anchor_files[f"anchors/{number}.token"] = token

    def _anchor_files(self) -> None:
        """The files of anchors are those that the log records."""
        there = {name for name in self.files.names() if name.startswith("anchors/")}
        for name in sorted(there | set(self.anchor_files)):
            if name not in there or self.files.read(name) != self.anchor_files.get(name):
                self.find("store.stray", name, "the file is not the anchor that the log records")

    # --- what is known elsewhere

    def _compare(self, tree: Tree) -> None:
        trust = self.trust
        if trust is not None:
            head, where = trust["head"], "the trust file"
            size = head["size"]
            signer, beside = self.keyring.signer(size)
            vkey = vkey_of(self.keyring.origin, signer.public) if signer else ""
            if (trust["origin"], trust["vkey"], trust["genesis"], trust.get("also", beside)) != (
                self.keyring.origin,
                vkey,
                self.genesis.hex(),
                beside,
            ):
                self.find("head.diverged", where, "this is another ledger than the one that is trusted")
            elif size > tree.size:
                self.find("head.rollback", where, f"it knows {size} entries, here are {tree.size}")
            elif (tree.root(size).hex(), tree.levels[0][size - 1].hex()) != (head["root"], head["leaf"]):
                self.find("head.diverged", where, f"another history: its {size} entries are not those here")
            self.level = 2 if size > 1 else 1
            if self.level == 2 and self.vouching and self.vouching.anchored:
                self.level = 4 if self.vouching.cosigned else 3
        else:
            self.level = 0
        if any(finding.integrity for finding in self.findings):
            self.level = None

    @property
    def exit_code(self) -> int:
        """0 nothing is wrong, 1 findings of policy, 3 integrity is broken."""
        return 3 if self.level is None else 1 if self.findings else 0

    def unchecked(self) -> List[str]:
        """What was not checked, in words."""
        found = ["whether bodies fit their event types, or what a policy declares of types of its own"]
        if self.veiled:
            found.append(f"approvals on {', '.join(sorted(self.veiled))}: some are withheld")
        if self.left:
            found.append(
                "what the withheld body says"
                if len(self.left) == 1
                else f"what {len(self.left)} withheld bodies say"
            )
        reports = sum(name.startswith("reports/") for name in self.files.names())
        if reports:
            found.append(f"whether {reports} reports are what the events say: nobody signs them")
        if self.vouching:
            found += self.vouching.unknown
        if self.trust is None:
            found.append("whose ledger it is, and whether it is the newest: give --trust TRUST.json")
        return found


def vkey_of(origin: str, public: bytes) -> str:
    """The verifier key as it is published."""
    key = base64.b64encode(b"\x01" + public).decode()
    return f"{origin}+{note_key(origin, public).hex()}+{key}"


def pointer_of(vkey: str) -> Tuple[str, bytes]:
    """Name and hash of a verifier key, as lines of notes have them; nothing that is there if it is none."""
    name, _, rest = vkey.partition("+")
    try:
        return name, bytes.fromhex(rest.partition("+")[0])
    except ValueError:
        return name, b""


def is_beside(vkey: object, origin: str) -> bool:
    """Whether it is a verifier key of ML-DSA-44 under a name."""
    name, _, rest = str(vkey).partition("+")
    key = unbase64(rest.partition("+")[2])
    pointer = sha256(name.encode() + b"\n" + key)[:4]
    return (name, pointer_of(str(vkey))[1], len(key), key[:1]) == (origin, pointer, 1313, b"\x06")


TRUSTED = {"format", "v", "origin", "vkey", "genesis", "head"}


def read_trust(path: str) -> Json:
    """What a trust file says; Refused unless it is one."""
    with open(path, "rb") as file:
        data = file.read((1 << 20) + 1)
    try:
        row = strict(data)
        head, asked = row["head"], row.get("witnesses", {"keys": [], "needed": 1})
        hashes = [row["genesis"], head["leaf"], head["root"]]
        good = row["format"] == "mledger-trust" and row["v"] == 1 and all(map(HASH, hashes))
        good = good and TRUSTED <= set(row) <= TRUSTED | {"also", "roots", "witnesses"}
        counts = [head["size"], asked["needed"], asked.get("days", 1)]
        whom = [read_witness(vkey) for vkey in asked["keys"]]
        if (
            good
            and len(data) <= 1 << 20
            and all(type(count) is int and count > 0 for count in counts)
            and row.get("roots") != []
            and all(root.startswith("-----BEGIN CERTIFICATE-----\n") for root in row.get("roots", ()))
            and ("witnesses" not in row or len({key.name for key in whom}) >= asked["needed"])
            and row["vkey"].startswith(row["origin"] + "+")
            and ("also" not in row or is_beside(row["also"], row["origin"]))
        ):
            return dict(row)
    except (ValueError, KeyError, TypeError, AttributeError):
        pass
    raise Refused("this is no trust file")


# --- what people are told

LEVELS = {
    0: "consistent in itself",
    1: "consistent in itself, and the ledger that is trusted",
    2: "consistent in itself, and the ledger that is trusted, and it extends the head that is trusted",
    3: "consistent in itself, the ledger that is trusted, extends the head that is trusted, anchored in time",
    4: "consistent in itself, the ledger that is trusted, extends the head that is trusted, anchored in time,"
    " and cosigned by the required witnesses",
}


def by_whom(keyring: Keyring) -> str:
    """Who signs checkpoints, in words."""
    return "the first key" if len(keyring.signs) < 2 else f"{len(keyring.signs)} keys, one after the other"


def beside(checker: Checker) -> str:
    """How many checkpoints have a second signature, in words that go on."""
    return f", {checker.post_quantum:,} of them with ML-DSA-44 as well" if checker.post_quantum else ""


def report(checker: Checker, seconds: float) -> Iterator[str]:
    """The lines that a person reads."""
    for finding in checker.findings[:100]:
        mark = "BROKEN" if finding.integrity else "policy"
        yield f"{mark}  {finding.rule:<16} {shown(finding.where)}: {shown(finding.message)}"
    if len(checker.findings) > 100:
        yield f"… and {len(checker.findings) - 100:,} more: --json has all"
    if checker.findings:
        yield ""
    note, signed, members = checker.note, len(checker.signed), checker.keyring.members.values()
    revoked = sum(member.revoked is not None for member in members)
    rows = (
        ("ledger", shown(checker.keyring.origin)),
        ("files", f"{len(checker.files.names()) - 1:,}, as listed by the manifest"),
        ("log", f"{note.size if note else 0:,} entries with {len(checker.events):,} events"),
        ("signatures", f"{checker.persons:,} by persons, {signed - checker.persons:,} by machines"),
        ("keys", f"{len(members):,}, of which {revoked:,} revoked"),
        (
            "bodies",
            f"{checker.good:,} as signed, {len(checker.left):,} withheld, {len(checker.absent):,} erased",
        ),
        (
            "attachments",
            f"{checker.attached:,}, and {len(checker.manifest['left_out']):,} left out",
        ),
        ("checkpoints", f"{1 + len(checker.kept):,} by {by_whom(checker.keyring)}{beside(checker)}"),
        *others(checker),
        ("recorded", checker.last_time),
        ("head", checker.head.hex()),
        ("checked by", checker.by + (f", in {seconds:.1f} s" if seconds >= 2 else "")),
    )
    for name, text in [*rows, *zip(["not checked", *[""] * 9], checker.unchecked())]:
        for position, line in enumerate(textwrap.wrap(text, 66) or [""]):
            yield f"{'' if position else name:<13}{line}"
    yield ""
    if checker.level is None:
        yield "BROKEN: this is not what was signed, or not the ledger that is trusted. Keep the file."
    else:
        found = ", WITH FINDINGS," if checker.findings else ""
        yield from textwrap.wrap(f"VERIFIED{found} at level {checker.level}: {LEVELS[checker.level]}", 79)


def others(checker: Checker) -> List[Tuple[str, str]]:
    """What those outside vouch for, a row for each kind that was found."""
    vouching = checker.vouching
    rows = (
        ("anchored", vouching.anchored if vouching else ""),
        ("cosigned", vouching.cosigned if vouching else ""),
    )
    return [row for row in rows if row[1]]


def row_of(checker: Checker, seconds: float) -> Json:
    """The same for programs."""
    note = checker.note
    return {
        "origin": checker.keyring.origin,
        "entries": note.size if note else 0,
        "events": len(checker.events),
        "root": note.root.hex() if note else None,
        "head": checker.head.hex(),
        "genesis": checker.genesis.hex(),
        "recorded": checker.last_time,
        "level": checker.level,
        "signatures": len(checker.signed),
        "signatures_by": checker.by,
        "bodies": checker.good,
        "withheld": len(checker.left),
        "erased": len(checker.absent),
        "attachments": checker.attached,
        "left_out": len(checker.manifest["left_out"]),
        **dict(others(checker)),
        "not_checked": checker.unchecked(),
        "findings": [dict(finding._asdict(), integrity=finding.integrity) for finding in checker.findings],
        "seconds": round(seconds, 2),
        "exit_code": checker.exit_code,
    }


def main(arguments: Optional[Sequence[str]] = None) -> int:
    """Check what the command line names; the exit code."""
    parser = argparse.ArgumentParser(description="Checks a bundle of a ledger, with Python alone.")
    parser.add_argument("bundle", help="the zip, or the folder that it was unpacked into")
    parser.add_argument("--trust", metavar="TRUST.json", help="a trust file that came by another way")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--pure", action="store_true", help="check signatures here, without `cryptography`")
    asked = parser.parse_args(arguments)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")
    started, what = time.monotonic(), asked.trust
    try:
        trust = read_trust(asked.trust) if asked.trust else None
        what = asked.bundle
        with closing(Files(asked.bundle)) as files:
            checker = Checker(files, trust, asked.pure)
            checker.run()
    except Refused as error:
        sys.stderr.write(f"verify.py: {shown(what)}: {error}\n")
        return 2 if what == asked.trust else 3
    except OSError as error:
        sys.stderr.write(f"verify.py: {shown(what)}: {error.strerror}\n")
        return 2
    seconds = time.monotonic() - started
    lines = [json.dumps(row_of(checker, seconds), indent=2)] if asked.json else report(checker, seconds)
    sys.stdout.write("".join(line + "\n" for line in lines))
    return checker.exit_code


if __name__ == "__main__":
    sys.exit(main())
