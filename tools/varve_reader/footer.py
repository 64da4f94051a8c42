"""The footer and trailer of a sealed segment (SEG-32 to SEG-36)."""

import struct
from collections import namedtuple

from crc32c import crc32c_plain
from errors import FormatError

ENTRY = 32
TRAILER = 16
_FORM = struct.Struct("<QQIB3sII")

FooterEntry = namedtuple("FooterEntry", "offset firstSequence itemCount kind storedByteCount rawByteCount")


def decode(payload, item_count=None):
    """The entries of a footer's payload."""
    if item_count is not None and len(payload) > item_count * ENTRY:
        raise FormatError("trailingBytes", item_count * ENTRY)
    if len(payload) % ENTRY or (item_count is not None and len(payload) < item_count * ENTRY):
        raise FormatError("truncated", len(payload) // ENTRY * ENTRY)
    entries = []
    last = -1
    for start in range(0, len(payload), ENTRY):
        offset, first, items, kind, reserved, stored, raw = _FORM.unpack_from(payload, start)
        if offset <= last:
            raise FormatError("outOfOrder", start)
        if not 1 <= kind <= 3:
            raise FormatError("unknownTag", start + 20)
        if any(reserved):
            raise FormatError("reservedNotZero", start + 21)
        last = offset
        entries.append(FooterEntry(offset, first, items, kind, stored, raw))
    return entries


def decode_trailer(data, end=None):
    """The offset of the footer block that the last 16 bytes of a sealed segment name; errors are file offsets."""
    end = len(data) if end is None else end
    start = end - TRAILER
    if start < 40:
        raise FormatError("truncated", end, "trailer")
    raw = bytes(data[start:end])
    if raw[8:12] != b"VEND":
        raise FormatError("badMagic", start + 8)
    if struct.unpack_from("<I", raw, 12)[0] != crc32c_plain(raw[:12]):
        raise FormatError("checksumMismatch", start + 12)
    offset = struct.unpack_from("<Q", raw)[0]
    if not 40 <= offset < start:
        raise FormatError("outOfBounds", start)
    return offset
