"""Checked reading of integers, varints and counted bytes (chapter 01).

`truncated` names the offset of the field that does not fit: for a counted field that of its count.
"""

import struct

from errors import FormatError

_MASK = 0xFFFFFFFFFFFFFFFF


def read_varint(data, position, end):
    """(value, next position) of a varint that must end at or before `end` (ENV-2, ENV-3)."""
    if position >= end:
        raise FormatError("truncated", position, "varint")
    byte = data[position]
    if byte < 0x80:
        return byte, position + 1
    start = position
    value = byte & 0x7F
    shift = 7
    while True:
        position += 1
        if position >= end:
            raise FormatError("truncated", start, "varint")
        byte = data[position]
        if shift == 63 and byte > 1:
            raise FormatError("nonCanonicalVarint", start, "varint over 64 bits")
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0:
                raise FormatError("nonCanonicalVarint", start)
            return value, position + 1
        shift += 7


def zigzag_decode(value):
    """The signed integer of a zigzag varint (ENV-4)."""
    return (value >> 1) ^ -(value & 1)


def zigzag_encode(value):
    """The unsigned integer that stands for a signed one of 64 bits."""
    return ((value << 1) ^ (value >> 63)) & _MASK


def varint(value):
    """The shortest form of a varint."""
    if value < 0x80:
        return bytes((value,))
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def signed64(value):
    """A sum wrapped to a signed integer of 64 bits (SEG-11)."""
    value &= _MASK
    return value - (1 << 64) if value >> 63 else value


def read_counted(data, position, end, limit=None):
    """(bytes, next position) of a counted field."""
    count, start = read_varint(data, position, end)
    if limit is not None and count > limit:
        raise FormatError("outOfBounds", position, "counted field over its limit")
    if count > end - start:
        raise FormatError("truncated", position, "counted field")
    return bytes(data[start:start + count]), start + count


def unpack(form, data, offset, end=None):
    """The values of a `struct` form at an offset; each field of its own is checked by the caller's table."""
    size = struct.calcsize(form)
    if offset < 0 or offset + size > (len(data) if end is None else end):
        raise FormatError("truncated", offset)
    return struct.unpack_from(form, data, offset)


def require_zero(data, offset, count):
    """Reserved bytes must be zero; the error is at the first byte of the field."""
    if any(data[offset:offset + count]):
        raise FormatError("reservedNotZero", offset)
