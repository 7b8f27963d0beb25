"""Zips that no bundle is.

Each is refused before a byte of content is read.
"""

import io
import struct
import warnings
import zipfile
from collections.abc import Mapping


def member(name: str = "reports/a", **fields: object) -> zipfile.ZipInfo:
    """One file of a zip, as bundles have them but for some fields."""
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.create_system, info.external_attr = 3, 0o100644 << 16
    for field, value in fields.items():
        setattr(info, field, value)
    return info


def zipped(*members: tuple[zipfile.ZipInfo, bytes], comment: bytes = b"") -> bytes:
    """The bytes of a zip."""
    out = io.BytesIO()
    with warnings.catch_warnings(action="ignore"), zipfile.ZipFile(out, "w") as archive:
        archive.comment = comment
        for info, data in members:
            archive.writestr(info, data)
    return out.getvalue()


def _overlapping() -> bytes:
    """A zip whose list names one file twice under two names: a bomb without compression."""
    data = zipped((member("reports/a"), b"x" * 1000), (member("reports/b"), b"x"))
    at = data.rindex(b"PK\x01\x02")
    entry = bytearray(data[at : data.rindex(b"PK\x05\x06")])
    entry[42:46] = struct.pack("<I", 0)
    return data[:at] + bytes(entry) + data[data.rindex(b"PK\x05\x06") :]


GOOD = zipped((member(), b"text"))
"""What the others are made from."""
ZIP_ATTACKS: Mapping[str, bytes] = {
    "It is an empty file.": b"",
    "It begins as a zip and goes on as text.": b"PK\x03\x04 and then some text",
    "Its last byte is cut off.": GOOD[:-1],
    "A file of ten million zeros is compressed, as a bomb is.": zipped(
        (member(compress_type=zipfile.ZIP_DEFLATED), bytes(10_000_000))
    ),
    "Two names are of one and the same bytes, as in a bomb without compression.": _overlapping(),
    "A name climbs out of the folder.": zipped((member("../../etc/cron.d/x"), b"x")),
    "A name climbs within the folder.": zipped((member("reports/../../x"), b"x")),
    "A name is an absolute path.": zipped((member("/etc/passwd"), b"x")),
    "A name has backslashes.": zipped((member("reports\\..\\x"), b"x")),
    "A file is a link.": zipped((member(external_attr=0o120777 << 16), b"/etc/passwd")),
    "A file is a folder.": zipped((member("reports/"), b"")),
    "A file is a device.": zipped((member(external_attr=0o020644 << 16), b"")),
    "A file has a name that no file of a bundle has.": zipped((member("setup.py"), b"x")),
    "A file is there twice.": zipped((member(), b"one"), (member(), b"two")),
    "The zip has a comment.": zipped((member(), b"x"), comment=b"run me"),
    "A file has a comment.": zipped((member(comment=b"run me"), b"x")),
    "Something stands before the zip.": b"#!/bin/sh\n" + GOOD,
    "Something stands behind the zip.": GOOD + b"and more",
    "A file is encrypted.": GOOD.replace(b"PK\x03\x04\x14\0\0\0", b"PK\x03\x04\x14\0\1\0").replace(
        b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\1\0"
    ),
    "A file has another name where it stands than in the list.": GOOD.replace(b"reports/a", b"reports/b", 1),
    "Two zips stand one behind the other.": GOOD + GOOD,
}
