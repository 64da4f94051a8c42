"""Records of backups (chapter 07)."""

import struct
from collections import namedtuple

import header
from crc32c import crc32c
from errors import FormatError

MAX_MANIFESTS = 16
MAX_SEGMENTS = 1 << 20
_FILE = struct.Struct("<QQ32s")

File = namedtuple("File", "id byteCount digest")
Backup = namedtuple("Backup", "storeID generation time contentDigest manifests segments indexes forgettingCount")


def _files(data, position, end, count):
    """So many files at a position, and where they end."""
    if count > 2 * MAX_SEGMENTS or count * _FILE.size > end - position:
        raise FormatError("outOfBounds", position)
    files = [File(*_FILE.unpack_from(data, position + at * _FILE.size)) for at in range(count)]
    return files, position + count * _FILE.size


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
    if segment_count * _FILE.size > end - 88:
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
    segments, position = _files(data, position, end, segment_count)
    indexes, forgettings = [], 0
    if position < end:
        if end - position < 4:
            raise FormatError("truncated", position)
        start, count = position, struct.unpack_from("<I", data, position)[0]
        indexes, position = _files(data, position + 4, end, count)
        if end - position < 8:
            raise FormatError("truncated", position)
        forgettings = struct.unpack_from("<Q", data, position)[0]
        position += 8
        if count == 0 and forgettings == 0:
            raise FormatError("inconsistent", start)
    if position != end:
        raise FormatError("trailingBytes", position)
    return Backup(head.storeID, head.number, time, digest, manifests, segments, indexes, forgettings)


def to_json(found):
    """All fields of a record."""
    return {"storeID": found.storeID.hex(), "generation": found.generation, "time": found.time,
            "contentDigest": found.contentDigest.hex(), "manifests": [file.hex() for file in found.manifests],
            "segments": _to_json(found.segments), "indexes": _to_json(found.indexes),
            "forgettingCount": found.forgettingCount}


def _to_json(files):
    return [{"id": one.id, "byteCount": one.byteCount, "digest": one.digest.hex()} for one in files]
