"""Pages of the B+trees (BTR-13 to BTR-19)."""

import struct
from collections import namedtuple

from crc32c import crc32c
from errors import FormatError

SIZE = 4096
HEADER = 16
LEAF, BRANCH = 1, 2
_FORM = struct.Struct("<IIBBHBBH")

Page = namedtuple("Page", "checksum number kind keyByteCount valueByteCount prefixCount keys values")


def decode(data):
    """The page in 4,096 bytes; errors are relative to the page."""
    if len(data) != SIZE:
        if len(data) > SIZE:
            raise FormatError("trailingBytes", SIZE)
        for offset, size in ((0, 4), (4, 4), (8, 1), (9, 1), (10, 2), (12, 1), (13, 1), (14, 2)):
            if offset + size > len(data):
                raise FormatError("truncated", offset)
        raise FormatError("truncated", HEADER)
    data = bytes(data)
    checksum, number, kind, key_size, count, value_size, prefix_size, reserved = _FORM.unpack_from(data)
    if crc32c(data[4:]) != checksum:
        raise FormatError("checksumMismatch", 0)
    if kind not in (LEAF, BRANCH):
        raise FormatError("unknownTag", 8)
    if count == 0:
        raise FormatError("outOfBounds", 10)
    if kind == BRANCH and value_size != 4:
        raise FormatError("inconsistent", 12)
    if prefix_size > key_size:
        raise FormatError("outOfBounds", 13)
    if reserved:
        raise FormatError("reservedNotZero", 14)
    rest = key_size - prefix_size
    stride = rest + value_size
    start = HEADER + prefix_size
    end = start + count * stride
    if end > SIZE:
        raise FormatError("outOfBounds", 10)
    prefix = data[HEADER:start]
    keys = [prefix + data[at:at + rest] for at in range(start, end, stride)] if stride else [prefix] * count
    values = [data[at:at + value_size] for at in range(start + rest, end + rest, stride)] if stride else [b""] * count
    last = keys[0]
    for place in range(1, count):
        key = keys[place]
        if key <= last:
            raise FormatError("outOfOrder", start + place * stride)
        last = key
    if shared(keys[0], last) != prefix_size:
        raise FormatError("inconsistent", 13)
    if data.count(0, end) != SIZE - end:
        raise FormatError("reservedNotZero", end)
    return Page(checksum, number, kind, key_size, value_size, prefix_size, keys, values)


def shared(left, right):
    """How many leading bytes two keys of the same size share (BTR-16)."""
    count = 0
    for one, other in zip(left, right):
        if one != other:
            break
        count += 1
    return count


def to_json(page):
    """The page with its whole keys."""
    return {"number": page.number, "kind": page.kind, "keyByteCount": page.keyByteCount,
            "valueByteCount": page.valueByteCount, "prefixCount": page.prefixCount,
            "entries": [{"key": key.hex(), "value": value.hex()} for key, value in zip(page.keys, page.values)]}
