"""Metadata trees (MET-1 to MET-6)."""

import struct

from bytereader import read_counted, read_varint, varint, zigzag_decode, zigzag_encode
from errors import FormatError

MAX_DEPTH = 64
OBJECT = 7


class NumberText(str):
    """A JSON number that is kept as its text (tag 8)."""


def text(data):
    """A text for JSON; bytes that are not UTF-8 show as escapes (ENV-5)."""
    return data.decode("utf-8", "backslashreplace")


def decode(data):
    """The value of a whole tree (MET-6)."""
    value, position = _value(data, 0, len(data), 0)
    if position != len(data):
        raise FormatError("trailingBytes", position)
    return value


def _value(data, position, end, depth):
    if position >= end:
        raise FormatError("truncated", position, "tag")
    tag = data[position]
    start = position + 1
    if tag == 0:
        return None, start
    if tag == 1:
        return False, start
    if tag == 2:
        return True, start
    if tag == 3:
        number, position = read_varint(data, start, end)
        return zigzag_decode(number), position
    if tag == 4:
        if end - start < 8:
            raise FormatError("truncated", start)
        return struct.unpack_from("<d", data, start)[0], start + 8
    if tag == 5:
        value, position = read_counted(data, start, end)
        return text(value), position
    if tag == 8:
        value, position = read_counted(data, start, end)
        return NumberText(text(value)), position
    if tag not in (6, 7):
        raise FormatError("unknownTag", position)
    if depth >= MAX_DEPTH:
        raise FormatError("outOfBounds", position, "nesting")
    count, position = read_varint(data, start, end)
    if count > end - position:
        raise FormatError("outOfBounds", start, "count of members")
    if tag == 6:
        values = []
        for _ in range(count):
            value, position = _value(data, position, end, depth + 1)
            values.append(value)
        return values, position
    members = {}
    for _ in range(count):
        key, position = read_counted(data, position, end)
        members[text(key)], position = _value(data, position, end, depth + 1)
    return members, position


def encode(value):
    """The tree of a value without doubles and kept numbers; texts are bytes."""
    if value is None or isinstance(value, bool):
        return bytes(({None: 0, False: 1, True: 2}[value],))
    if isinstance(value, int):
        return b"\3" + varint(zigzag_encode(value))
    if isinstance(value, bytes):
        return b"\5" + varint(len(value)) + value
    if isinstance(value, list):
        return b"\6" + varint(len(value)) + b"".join(map(encode, value))
    return b"\7" + varint(len(value)) + b"".join(
        varint(len(key)) + key + encode(member) for key, member in value.items())
