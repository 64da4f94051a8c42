"""Blocks of a segment: header, checksums, compression (chapter 03)."""

import struct
import zlib
from collections import namedtuple

import lz4block
from crc32c import crc32c, crc32c_plain
from errors import FormatError

SIZE = 36
MAGIC = b"VBLK"
RECORDS, FACTS, COMMIT, FOOTER = 1, 2, 3, 4
MAX_RAW = 80 << 20
MAX_ITEMS = 1 << 20

BlockHeader = namedtuple(
    "BlockHeader",
    "kind compression storedByteCount rawByteCount firstSequence itemCount payloadChecksum")
_FORM = struct.Struct("<4sBBHIIQIII")
_FIELDS = ((0, 4), (4, 1), (5, 1), (6, 2), (8, 4), (12, 4), (16, 8), (24, 4), (28, 4), (32, 4))


def decode_header(data, offset=0, end=None):
    """The block header at an offset of a file; errors are relative to the block (SEG-2, 3, 5, 6, 8)."""
    end = len(data) if end is None else end
    if end - offset < SIZE:
        have = max(0, end - offset)
        if have >= 4 and bytes(data[offset:offset + 4]) != MAGIC:
            raise FormatError("badMagic", 0)
        for field, size in _FIELDS:
            if field + size > have:
                raise FormatError("truncated", field)
    raw = bytes(data[offset:offset + SIZE])
    magic, kind, compression, reserved, stored, size, first, items, payload, checksum = _FORM.unpack(raw)
    if magic != MAGIC:
        raise FormatError("badMagic", 0)
    if checksum != crc32c_plain(raw[:32]):
        raise FormatError("checksumMismatch", 32)
    if not 1 <= kind <= 4:
        raise FormatError("unknownTag", 4)
    if compression > 2:
        raise FormatError("unknownTag", 5)
    if reserved:
        raise FormatError("reservedNotZero", 6)
    if size > MAX_RAW:
        raise FormatError("outOfBounds", 12)
    if stored > size:
        raise FormatError("outOfBounds", 8)
    if compression == 0 and stored != size:
        raise FormatError("inconsistent", 8)
    if items > MAX_ITEMS:
        raise FormatError("outOfBounds", 24)
    if kind == COMMIT and compression != 0:
        raise FormatError("inconsistent", 5)
    if kind in (FACTS, FOOTER) and first != 0:
        raise FormatError("inconsistent", 16)
    return BlockHeader(kind, compression, stored, size, first, items, payload)


def check_payload(data, offset, header, end=None):
    """The stored payload of the block at `offset`, its checksum compared."""
    end = len(data) if end is None else end
    start = offset + SIZE
    if header.storedByteCount > end - start:
        raise FormatError("truncated", SIZE)
    stored = data[start:start + header.storedByteCount]
    if crc32c(stored) != header.payloadChecksum:
        raise FormatError("checksumMismatch", 28)
    return stored


def expand(stored, header):
    """The payload of a block from its stored form (ENV-8, ENV-10)."""
    size = header.rawByteCount
    if header.compression == 0:
        return bytes(stored)
    try:
        if header.compression == 1:
            return lz4block.decompress(stored, size)
        stream = zlib.decompressobj()
        payload = stream.decompress(bytes(stored), size + 1)
        if len(payload) == size and not stream.eof:
            payload += stream.decompress(stream.unconsumed_tail, 1)
        if len(payload) != size or not stream.eof or stream.unused_data or stream.unconsumed_tail:
            raise FormatError("decompressionFailed", 0, "zlib stream of another size")
        return payload
    except (zlib.error, FormatError) as error:
        raise FormatError("decompressionFailed", SIZE, str(error)) from None


def decode(data, offset=0, end=None, check=True):
    """(header, payload) of the block at an offset; errors are relative to the block."""
    header = decode_header(data, offset, end)
    if check:
        stored = check_payload(data, offset, header, end)
    else:
        stored = data[offset + SIZE:offset + SIZE + header.storedByteCount]
    return header, expand(stored, header)
