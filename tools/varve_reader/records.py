"""Records of a segment (SEG-9 to SEG-16, SEG-50, SEG-52), their identity (SEG-12) and digest (SEG-40)."""

import hashlib
import struct

from bytereader import read_counted, read_varint, signed64, varint, zigzag_decode, zigzag_encode
from errors import FormatError
import metadata as trees

KINDS = {
    1: "prompt", 2: "answer", 3: "thinking", 4: "toolInput", 5: "toolOutput", 6: "log", 7: "file", 8: "todo",
    9: "plan", 10: "summary", 11: "title", 12: "shell", 13: "progress", 14: "meta", 15: "raw",
}
META = 14
TEXT_NAMES = ("project", "session", "role", "level", "component", "phase", "tool", "model", "branch", "agent",
              "host", "path", "source")
HOST, PATH = 10, 11
NUMBER_NAMES = ("line", "offset", "length", "part", "incarnation", "run")
BIT_METADATA, BIT_ERROR, BIT_ECHO, BIT_REPEATED, BIT_REFERENCE, BIT_SALT, BIT_PROMOTED = (
    1 << bit for bit in range(21, 28))
_RESERVED = 0xF0000000
_STORED = BIT_REPEATED | BIT_REFERENCE | BIT_SALT | BIT_PROMOTED
FORGOTTEN = 255
FLAGS_FORGOTTEN = 2
MAX_CONTENT = 64 << 20
MAX_METADATA = 1 << 20
MAX_TEXT = 64 << 10
_NO_TEXTS = (None,) * 13


class Record:
    """One record as it is stored; a field that is absent is None, an absent number 0.

    Of a forgotten one only `forgotten`, its digest, is left: it is no occurrence and has no fields.
    """

    __slots__ = ("sequence", "kind", "presence", "texts", "time", "extractedAt", "line", "offset", "length", "part",
                 "incarnation", "run", "metadata", "salt", "content", "repeated", "reference", "forgotten")

    @property
    def error(self):
        return bool(self.presence & BIT_ERROR)

    @property
    def promoted(self):
        return bool(self.presence & BIT_PROMOTED)

    @property
    def echo(self):
        """Whether it is an echo now: a promoted record was one at most (SEG-52)."""
        return bool(self.presence & BIT_ECHO) and not self.promoted

    @property
    def flags(self):
        """Its row in the column of flags (COL-8)."""
        return FLAGS_FORGOTTEN if self.forgotten is not None else self.kind << 2 | self.echo << 1 | self.error

    @property
    def turn_duration(self):
        """Milliseconds of the turn that it closes, 0 if it closes none (CON-53)."""
        if self.forgotten is not None or self.kind != META or self.metadata is None:
            return 0
        try:
            tree = trees.decode(self.metadata)
        except FormatError:
            return 0
        if not isinstance(tree, dict) or tree.get("subtype") != "turn_duration":
            return 0
        duration = tree.get("durationMs")
        return duration if type(duration) is int and duration > 0 else 0


def decode(payload, first_sequence, item_count, check_metadata=False):
    """The records of a block's payload; with `check_metadata` their trees are decoded too."""
    end = len(payload)
    raw, position = read_varint(payload, 0, end)
    base_time = zigzag_decode(raw)
    start = position
    count, position = read_varint(payload, position, end)
    if count > end - position:
        raise FormatError("outOfBounds", start, "count of texts")
    texts = []
    for _ in range(count):
        value, position = read_counted(payload, position, end, MAX_TEXT)
        texts.append(value)
    records = []
    for number in range(item_count):
        size, start = read_varint(payload, position, end)
        if size > end - start:
            raise FormatError("truncated", position, "record")
        position = start + size
        records.append(_decode_body(payload, start, position, texts, base_time, first_sequence + number,
                                    check_metadata))
    if position != end:
        raise FormatError("trailingBytes", position)
    return records


def _decode_body(data, position, end, texts, base_time, sequence, check_metadata):
    """One body of SEG-10 that fills the bytes from `position` to `end`."""
    record = Record()
    record.sequence = sequence
    if position >= end:
        raise FormatError("truncated", position, "kind")
    kind = data[position]
    record.forgotten = None
    if kind == FORGOTTEN:
        return _decode_forgotten(record, data, position, end)
    if not 1 <= kind <= 15:
        raise FormatError("unknownTag", position, "kind")
    record.kind = kind
    position += 1
    if end - position < 4:
        raise FormatError("truncated", position, "presence")
    presence = int.from_bytes(data[position:position + 4], "little")
    if presence & _RESERVED:
        raise FormatError("reservedNotZero", position, "presence")
    if presence & BIT_REPEATED and presence & BIT_REFERENCE:
        raise FormatError("inconsistent", position, "repeated and reference")
    if presence & BIT_REPEATED and presence & BIT_PROMOTED:
        raise FormatError("inconsistent", position, "repeated and promoted (SEG-52)")
    record.presence = presence
    position += 4
    if presence & 0x1FFF:
        found = [None] * 13
        for bit in range(13):
            if presence >> bit & 1:
                index, after = read_varint(data, position, end)
                if index >= len(texts):
                    raise FormatError("outOfBounds", position, TEXT_NAMES[bit])
                found[bit] = texts[index]
                position = after
        record.texts = tuple(found)
    else:
        record.texts = _NO_TEXTS
    record.time = record.extractedAt = None
    if presence & 1 << 13:
        raw, position = read_varint(data, position, end)
        record.time = signed64(base_time + zigzag_decode(raw))
    if presence & 1 << 14:
        raw, position = read_varint(data, position, end)
        record.extractedAt = signed64(base_time + zigzag_decode(raw))
    record.line = record.offset = record.length = record.part = record.incarnation = record.run = 0
    if presence & 1 << 15:
        record.line, position = read_varint(data, position, end)
    if presence & 1 << 16:
        record.offset, position = read_varint(data, position, end)
    if presence & 1 << 17:
        record.length, position = read_varint(data, position, end)
    if presence & 1 << 18:
        start = position
        record.part, position = read_varint(data, position, end)
        if record.part > 0xFFFF:
            raise FormatError("outOfBounds", start, "part")
    if presence & 1 << 19:
        start = position
        record.incarnation, position = read_varint(data, position, end)
        if record.incarnation > 0xFFFFFFFF:
            raise FormatError("outOfBounds", start, "incarnation")
    if presence & 1 << 20:
        record.run, position = read_varint(data, position, end)
    record.metadata = record.salt = record.content = record.repeated = record.reference = None
    if presence & BIT_METADATA:
        record.metadata, position = read_counted(data, position, end, MAX_METADATA)
        if check_metadata:
            try:
                trees.decode(record.metadata)
            except FormatError as error:
                raise error.shifted(position - len(record.metadata)) from None
    if presence & BIT_SALT:
        if end - position < 16:
            raise FormatError("truncated", position, "salt")
        record.salt = bytes(data[position:position + 16])
        position += 16
    if presence & BIT_REPEATED:
        start = position
        record.repeated, position = read_varint(data, position, end)
        if record.repeated == 0 or record.repeated >= sequence:
            raise FormatError("inconsistent", start, "not an earlier record")
    elif presence & BIT_REFERENCE:
        if end - position < 32:
            raise FormatError("truncated", position, "chunk")
        chunk = bytes(data[position:position + 32])
        offset, position = read_varint(data, position + 32, end)
        length, after = read_varint(data, position, end)
        if length > MAX_CONTENT:
            raise FormatError("outOfBounds", position, "length")
        position = after
        if position >= end:
            raise FormatError("truncated", position, "encoding")
        encoding = data[position]
        if encoding > 1:
            raise FormatError("unknownTag", position, "encoding")
        position += 1
        record.reference = (chunk, offset, length, encoding)
    else:
        if end - position > MAX_CONTENT:
            raise FormatError("outOfBounds", position, "content")
        record.content = data[position:end]
        position = end
    if position != end:
        raise FormatError("trailingBytes", position)
    return record


def _decode_forgotten(record, data, position, end):
    """What is left of a forgotten record, 37 bytes from `position` on (SEG-50)."""
    if end - position < 5:
        raise FormatError("truncated", position + 1, "presence")
    if any(data[position + 1:position + 5]):
        raise FormatError("reservedNotZero", position + 1, "presence of a forgotten record")
    if end - position < 37:
        raise FormatError("truncated", position + 5, "digest")
    if end - position > 37:
        raise FormatError("trailingBytes", position + 37)
    record.kind, record.presence, record.texts = FORGOTTEN, 0, _NO_TEXTS
    record.forgotten = bytes(data[position + 5:end])
    record.time = record.extractedAt = None
    record.line = record.offset = record.length = record.part = record.incarnation = record.run = 0
    record.metadata = record.salt = record.content = record.repeated = record.reference = None
    return record


_scopes = {}


def scope(record):
    """The 16 scope bytes of an identity."""
    key = (record.texts[HOST], record.texts[PATH], record.incarnation)
    found = _scopes.get(key)
    if found is None:
        if len(_scopes) > 1 << 20:
            _scopes.clear()
        raw = b"%s\0%s\0%s" % (key[0] or b"", key[1] or b"", struct.pack("<I", key[2]))
        found = _scopes[key] = hashlib.sha256(raw).digest()[:16]
    return found


_PLACE = struct.Struct(">QH")


def identity(record, content_hash):
    """The 34 bytes of SEG-12."""
    return scope(record) + _PLACE.pack(record.offset, record.part) + content_hash[:8]


def digest(record, content_hash, salt):
    """The digest of a record (SEG-40); `salt` is that of its number, unless the record holds its own or its digest."""
    if record.forgotten is not None:
        return record.forgotten
    presence = record.presence
    parts = [record.salt or salt, content_hash, scope(record),
             struct.pack("<BI", record.kind, presence & ~_STORED)]
    if presence & 0x1FFF:
        for bit, value in enumerate(record.texts):
            if value is not None and bit != HOST and bit != PATH:
                parts.append(varint(len(value)))
                parts.append(value)
    if presence & 0x1FE000:
        if presence & 1 << 13:
            parts.append(varint(zigzag_encode(record.time)))
        if presence & 1 << 14:
            parts.append(varint(zigzag_encode(record.extractedAt)))
        for bit, value in ((15, record.line), (16, record.offset), (17, record.length), (18, record.part),
                           (19, record.incarnation), (20, record.run)):
            if presence >> bit & 1:
                parts.append(varint(value))
    if presence & BIT_METADATA:
        parts.append(varint(len(record.metadata)))
        parts.append(record.metadata)
    return hashlib.sha256(b"".join(parts)).digest()


def to_json(record):
    """The fields of a record that are present, and how its content is stored; only the digest of a forgotten one."""
    if record.forgotten is not None:
        return {"forgotten": record.forgotten.hex()}
    out = fields_to_json(record)
    if record.repeated is not None:
        out["content"] = {"repeated": record.repeated}
    elif record.reference is not None:
        chunk, offset, length, encoding = record.reference
        out["content"] = {"reference": {"chunk": chunk.hex(), "offset": offset, "length": length,
                                        "encoding": encoding}}
    else:
        out["content"] = {"inline": bytes(record.content).hex()}
    if record.salt is not None:
        out["salt"] = record.salt.hex()
    return out


def fields_to_json(record):
    """The fields of a record without content and salt."""
    presence = record.presence
    out = {"kind": KINDS[record.kind]}
    for bit, name in enumerate(TEXT_NAMES):
        if record.texts[bit] is not None:
            out[name] = trees.text(record.texts[bit])
    for bit, name in enumerate(("time", "extractedAt") + NUMBER_NAMES, 13):
        if presence >> bit & 1:
            out[name] = getattr(record, name)
    if record.metadata is not None:
        out["metadata"] = trees.decode(record.metadata)
    if presence & BIT_ERROR:
        out["error"] = True
    if presence & BIT_ECHO:
        out["echo"] = True
    if presence & BIT_PROMOTED:
        out["promoted"] = True
    return out
