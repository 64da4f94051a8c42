"""The file header (chapter 01)."""

import struct
from collections import namedtuple

from crc32c import crc32c
from errors import FormatError

SIZE = 40
MAGIC = b"VRVE"
SEGMENT, MANIFEST, CURRENT, TAIL, INDEX, FULL_TEXT, BACKUP = 1, 2, 3, 4, 5, 6, 7
NAMES = {1: "segment", 2: "manifest", 3: "CURRENT", 4: "TAIL", 5: "index", 6: "full text", 7: "backup record"}

Header = namedtuple("Header", "version kind number storeID")


def decode(data, kind=None):
    """The header at the start of a file; with `kind` the file must be of it (ENV-12, ENV-14)."""
    if bytes(data[0:4]) != MAGIC[:len(data[0:4])] or len(data) < 4:
        raise FormatError("badMagic" if len(data) >= 4 else "truncated", 0)
    if len(data) < 6:
        raise FormatError("truncated", 4)
    version = struct.unpack_from("<H", data, 4)[0]
    if version not in (1, 2):
        raise FormatError("unsupportedVersion", 4)
    if len(data) < SIZE:
        # The first field that does not fit.
        for offset, size in ((6, 1), (7, 1), (8, 8), (16, 16), (32, 4), (36, 4)):
            if offset + size > len(data):
                raise FormatError("truncated", offset)
    if struct.unpack_from("<I", data, 36)[0] != crc32c(bytes(data[0:36])):
        raise FormatError("checksumMismatch", 36)
    if data[6] not in NAMES:
        raise FormatError("unknownTag", 6)
    known = 2 if data[6] == FULL_TEXT else 1
    if version != known:
        raise FormatError("outdatedVersion" if version < known else "unsupportedVersion", 4)
    if data[7] != 0:
        raise FormatError("reservedNotZero", 7)
    if any(data[32:36]):
        raise FormatError("reservedNotZero", 32)
    if kind is not None and data[6] != kind:
        raise FormatError("wrongKind", 6)
    return Header(version, data[6], struct.unpack_from("<Q", data, 8)[0], bytes(data[16:32]))
