"""Manifests, CURRENT and TAIL (chapter 04)."""

import struct
from collections import namedtuple

import header
from crc32c import crc32c
from errors import FormatError

ACTIVE, SEALED, CUT = 1, 2, 3
MAX_FILES = 1 << 20
_FIXED = struct.Struct("<32sqQQQQ32sQQII")
_FIXED_OFFSETS = ((40, 32), (72, 8), (80, 8), (88, 8), (96, 8), (104, 8), (112, 32), (144, 8), (152, 8), (160, 4),
                  (164, 4))
_ENTRIES = 168
_ENTRY = struct.Struct("<QQQQB32s")
_FULL_TEXT = struct.Struct("<QQQQ32s32s")

SegmentEntry = namedtuple("SegmentEntry", "id byteCount firstSequence recordCount state digest")
IndexEntry = namedtuple("IndexEntry", "id byteCount firstSequence recordCount level digest")
FullTextEntry = namedtuple("FullTextEntry", "id byteCount firstSequence recordCount digest settings")
Manifest = namedtuple(
    "Manifest",
    "generation storeID previous time indexedSegment indexedOffset commitNumber nextSequence historyDigest "
    "nextSegmentID nextIndexID segmentCount indexCount segments indexes fullTexts")
Current = namedtuple("Current", "generation storeID manifestDigest")
Tail = namedtuple("Tail", "generation storeID bootID segment offset commitNumber")


def _check_fields(data, fields):
    for offset, size in fields:
        if offset + size > len(data):
            raise FormatError("truncated", offset)


def decode(data):
    """The manifest in the bytes of its file."""
    head = header.decode(data, header.MANIFEST)
    _check_fields(data, _FIXED_OFFSETS)
    fixed = _FIXED.unpack_from(data, 40)
    segment_count, index_count = fixed[9], fixed[10]
    if segment_count > MAX_FILES:
        raise FormatError("outOfBounds", 160)
    if index_count > MAX_FILES:
        raise FormatError("outOfBounds", 164)
    end = _ENTRIES + (segment_count + index_count) * _ENTRY.size
    if len(data) < end + 4:
        whole = min((len(data) - _ENTRIES) // _ENTRY.size, segment_count + index_count)
        raise FormatError("truncated", _ENTRIES + whole * _ENTRY.size)
    entries = end
    if len(data) > end + 4:
        end = _full_text_end(data, end)
    if struct.unpack_from("<I", data, end)[0] != crc32c(bytes(data[:end])):
        raise FormatError("checksumMismatch", end)
    segments, indexes = [], []
    for number in range(segment_count + index_count):
        raw = _ENTRY.unpack_from(data, _ENTRIES + number * _ENTRY.size)
        (segments if number < segment_count else indexes).append(
            SegmentEntry(*raw) if number < segment_count else IndexEntry(*raw))
    full_texts = [FullTextEntry(*raw) for raw in _FULL_TEXT.iter_unpack(data[entries + 4:end])]
    result = Manifest(head.number, head.storeID, *fixed, segments, indexes, full_texts)
    _check(result)
    _check_full_texts(result, entries + 4)
    return result


def _full_text_end(data, start):
    """Where the full-text entries end whose count stands at `start` (MAN-20)."""
    count = struct.unpack_from("<I", data, start)[0]
    if count == crc32c(bytes(data[:start])):
        # The checksum of a manifest without full-text files, and something behind it.
        raise FormatError("trailingBytes", start + 4)
    if count == 0:
        raise FormatError("inconsistent", start, "no full-text files, but a count of them")
    if count > MAX_FILES:
        raise FormatError("outOfBounds", start)
    end = start + 4 + count * _FULL_TEXT.size
    if len(data) < end + 4:
        whole = min((len(data) - start - 4) // _FULL_TEXT.size, count)
        raise FormatError("truncated", start + 4 + whole * _FULL_TEXT.size)
    if len(data) > end + 4:
        raise FormatError("trailingBytes", end + 4)
    return end


def _check(manifest):
    """MAN-5 to MAN-7, MAN-15 and the ids, which need not ascend: the order of the entries is that of the log."""
    start = _ENTRIES
    sequence, ids = 1, set()
    if manifest.nextSegmentID > 1 << 32:
        raise FormatError("outOfBounds", 144)
    if manifest.nextIndexID > 1 << 48:
        raise FormatError("outOfBounds", 152)
    for number, entry in enumerate(manifest.segments):
        if entry.id >= 1 << 32:
            raise FormatError("outOfBounds", start)
        if entry.id in ids or not 0 < entry.id < manifest.nextSegmentID:
            raise FormatError("inconsistent", start)
        if entry.byteCount < header.SIZE:
            raise FormatError("outOfBounds", start + 8)
        if entry.firstSequence != sequence:
            raise FormatError("outOfOrder", start + 16)
        if not 1 <= entry.state <= 3:
            raise FormatError("unknownTag", start + 32)
        if (entry.state == ACTIVE) != (number == len(manifest.segments) - 1):
            raise FormatError("inconsistent", start + 32)
        if entry.state != SEALED and any(entry.digest):
            raise FormatError("reservedNotZero", start + 33)
        ids.add(entry.id)
        sequence += entry.recordCount
        start += _ENTRY.size
    if sequence != manifest.nextSequence:
        raise FormatError("inconsistent", 104, "segments end at %d" % sequence)
    if manifest.segments and not any(entry.id == manifest.indexedSegment for entry in manifest.segments):
        raise FormatError("inconsistent", 80)
    if manifest.indexedOffset < header.SIZE:
        raise FormatError("outOfBounds", 88)
    sequence = 1
    ids = set()
    for entry in manifest.indexes:
        if entry.id in ids or not 0 < entry.id < manifest.nextIndexID:
            raise FormatError("inconsistent", start)
        if entry.firstSequence != sequence:
            raise FormatError("outOfOrder", start + 16)
        ids.add(entry.id)
        sequence += entry.recordCount
        start += _ENTRY.size
    if sequence != manifest.nextSequence:
        raise FormatError("inconsistent", 104, "indexes end at %d" % sequence)


def _check_full_texts(manifest, start):
    """MAN-21 and the ids, which are from the same numbers as those of indexes."""
    sequence = 1
    ids = {entry.id for entry in manifest.indexes}
    for entry in manifest.fullTexts:
        if entry.id in ids or not 0 < entry.id < manifest.nextIndexID:
            raise FormatError("inconsistent", start, "id")
        if entry.firstSequence != sequence:
            raise FormatError("outOfOrder", start + 16)
        ids.add(entry.id)
        sequence += entry.recordCount
        if sequence > manifest.nextSequence:
            raise FormatError("inconsistent", start + 24, "full-text files go further than the indexes")
        if entry.settings != manifest.fullTexts[0].settings:
            raise FormatError("inconsistent", start + 64, "full-text files of different settings")
        start += _FULL_TEXT.size


def decode_current(data):
    """CURRENT, exactly 76 bytes (MAN-13)."""
    head = header.decode(data, header.CURRENT)
    _check_fields(data, ((40, 32), (72, 4)))
    if len(data) > 76:
        raise FormatError("trailingBytes", 76)
    if struct.unpack_from("<I", data, 72)[0] != crc32c(bytes(data[:72])):
        raise FormatError("checksumMismatch", 72)
    return Current(head.number, head.storeID, bytes(data[40:72]))


def decode_tail(data):
    """TAIL, exactly 84 bytes."""
    head = header.decode(data, header.TAIL)
    _check_fields(data, ((40, 16), (56, 8), (64, 8), (72, 8), (80, 4)))
    if len(data) > 84:
        raise FormatError("trailingBytes", 84)
    if struct.unpack_from("<I", data, 80)[0] != crc32c(bytes(data[:80])):
        raise FormatError("checksumMismatch", 80)
    boot, segment, offset, number = struct.unpack_from("<16sQQQ", data, 40)
    return Tail(head.number, head.storeID, boot, segment, offset, number)


def to_json(value):
    """The fields of any of the three, bytes as hex, entries as objects."""
    out = {}
    for name, field in value._asdict().items():
        if name == "fullTexts" and not field:
            continue
        if isinstance(field, bytes):
            field = field.hex()
        elif isinstance(field, list):
            field = [to_json(entry) for entry in field]
        out[name] = field
    return out
