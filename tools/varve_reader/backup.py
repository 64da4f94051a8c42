"""Records of backups (chapter 07)."""

import struct
from collections import namedtuple

import header
from crc32c import crc32c
from errors import FormatError

MAX_MANIFESTS = 16
MAX_SEGMENTS = 1 << 20
_SEGMENT = struct.Struct("<QQ32s")

Segment = namedtuple("Segment", "id byteCount digest")
Backup = namedtuple("Backup", "storeID generation time contentDigest manifests segments")


def decode(data):
    """The record in the bytes of its file."""
    head = header.decode(data, header.BACKUP)
    end = len(data) - 4
    if end < header.SIZE:
        raise FormatError("truncated", len(data))
    if struct.unpack_from("<I", data, end)[0] != crc32c(bytes(data[:end])):
        raise FormatError("checksumMismatch", end)
    if end < 88:
        raise FormatError("truncated", end)
    time, digest, manifest_count, segment_count = struct.unpack_from("<q32sII", data, 40)
    if not 1 <= manifest_count <= MAX_MANIFESTS or segment_count > MAX_SEGMENTS:
        raise FormatError("outOfBounds", 80)
    if segment_count * _SEGMENT.size > end - 88:
        raise FormatError("outOfBounds", 80)
    position, manifests = 88, []
    for _ in range(manifest_count):
        if position + 4 > end:
            raise FormatError("truncated", position)
        count = struct.unpack_from("<I", data, position)[0]
        position += 4
        if count > end - position:
            raise FormatError("truncated", position)
        manifests.append(bytes(data[position:position + count]))
        position += count
    segments = []
    for _ in range(segment_count):
        if position + _SEGMENT.size > end:
            raise FormatError("truncated", position)
        segments.append(Segment(*_SEGMENT.unpack_from(data, position)))
        position += _SEGMENT.size
    if position != end:
        raise FormatError("trailingBytes", position)
    return Backup(head.storeID, head.number, time, digest, manifests, segments)


def to_json(found):
    """All fields of a record."""
    return {"storeID": found.storeID.hex(), "generation": found.generation, "time": found.time,
            "contentDigest": found.contentDigest.hex(), "manifests": [file.hex() for file in found.manifests],
            "segments": [{"id": one.id, "byteCount": one.byteCount, "digest": one.digest.hex()}
                         for one in found.segments]}
