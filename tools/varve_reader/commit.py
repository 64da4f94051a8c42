"""Commit frames (SEG-25 to SEG-31, SEG-44)."""

import hashlib
import struct
from collections import namedtuple

from errors import FormatError

SIZE = 120
SEED = 40  # where the seed stands
_FORM = struct.Struct("<QQIIQq16s32s32s")
_OFFSETS = ((0, 8), (8, 8), (16, 4), (20, 4), (24, 8), (32, 8), (40, 16), (56, 32), (88, 32))
NO_HISTORY = bytes(32)

Commit = namedtuple(
    "Commit",
    "number firstSequence recordCount factCount blockByteCount time seed recordsDigest historyDigest")


def decode(payload):
    """The frame in the payload of a block of kind 3."""
    for offset, size in _OFFSETS:
        if offset + size > len(payload):
            raise FormatError("truncated", offset)
    if len(payload) > SIZE:
        raise FormatError("trailingBytes", SIZE)
    return Commit(*_FORM.unpack(payload))


def history(previous, frame):
    """The history digest that a frame must hold behind `previous` (SEG-28)."""
    return hashlib.sha256(previous + struct.pack(
        "<QQIIq", frame.number, frame.firstSequence, frame.recordCount, frame.factCount, frame.time)
        + frame.recordsDigest).digest()


def to_json(frame):
    """All fields, bytes as hex."""
    return {name: value.hex() if isinstance(value, bytes) else value for name, value in frame._asdict().items()}
