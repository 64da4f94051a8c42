"""Columns of an index (COL-1 to COL-9)."""

import struct

from bytereader import zigzag_decode
from errors import FormatError

ROWS = 1024
TEXT_COLUMNS = range(12)
TIME, FLAGS, MESSAGE, BYTE_COUNT, RUN = 32, 33, 34, 35, 36
# The only one that may be missing: then it is 0 in every row (COL-10).
TURN_DURATION = 37
ALL = tuple(TEXT_COLUMNS) + (TIME, FLAGS, MESSAGE, BYTE_COUNT, RUN)
_WORDS = {8: "<%dB", 16: "<%dH", 32: "<%dI", 64: "<%dQ"}


def decode(data, check_base=False):
    """The values of a column; with `check_base` a base that is not the least value is an error (COL-5)."""
    size = len(data)
    for offset in (0, 4):
        if offset + 4 > size:
            raise FormatError("truncated", offset)
    row_count, block_count = struct.unpack_from("<II", data)
    if block_count != (row_count + ROWS - 1) // ROWS:
        raise FormatError("inconsistent", 4)
    start = 8 + 4 * block_count
    if start > size:
        raise FormatError("truncated", 8 + (size - 8) // 4 * 4)
    offsets = struct.unpack_from("<%dI" % block_count, data, 8)
    values = []
    position = start
    for number in range(block_count):
        if offsets[number] != position - start:
            raise FormatError("outOfOrder", 8 + 4 * number)
        rows = min(ROWS, row_count - number * ROWS)
        if position + 8 > size:
            raise FormatError("truncated", position)
        if position + 9 > size:
            raise FormatError("truncated", position + 8)
        base = struct.unpack_from("<Q", data, position)[0]
        width = data[position + 8]
        if width > 56 and width != 64:
            raise FormatError("outOfBounds", position + 8)
        byte_count = (rows * width + 7) // 8
        if position + 9 + byte_count > size:
            raise FormatError("truncated", position + 9)
        block = _unpack(bytes(data[position + 9:position + 9 + byte_count]), width, rows, position + 9)
        if check_base and min(block) != 0:
            raise FormatError("inconsistent", position, "base is not the least value")
        if base:
            if base + max(block) > 0xFFFFFFFFFFFFFFFF:
                raise FormatError("outOfBounds", position, "value over 64 bits")
            block = [value + base for value in block]
        values += block
        position += 9 + byte_count
    if position + 8 > size:
        raise FormatError("truncated", position)
    if any(data[position:position + 8]):
        raise FormatError("reservedNotZero", position)
    if position + 8 != size:
        raise FormatError("trailingBytes", position + 8)
    return values


def _unpack(raw, width, rows, place):
    """`rows` numbers of `width` bits, least significant bit first."""
    if width == 0:
        return [0] * rows
    form = _WORDS.get(width)
    if form:
        return list(struct.unpack(form % rows, raw))
    values = []
    mask = (1 << width) - 1
    shifts = range(0, 8 * width, width)
    for start in range(0, len(raw), width):
        # Eight rows fill `width` bytes exactly.
        number = int.from_bytes(raw[start:start + width], "little")
        values += [number >> shift & mask for shift in shifts]
    if any(values[rows:]) or (rows * width % 8 and raw[-1] >> (rows * width % 8)):
        raise FormatError("reservedNotZero", place, "padding")
    return values[:rows]


def time_value(time):
    """A time as it stands in column 32 (COL-7)."""
    return 0 if time is None else ((time << 1) ^ (time >> 63)) + 1


def time_of(value):
    """The time that a value of column 32 stands for."""
    return None if value == 0 else zigzag_decode(value - 1)
