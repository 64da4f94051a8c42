"""Files of sections (chapters 05 and 06): header, section table, trailer, layout."""

import hashlib
import struct
from collections import namedtuple

import header
from crc32c import crc32c, crc32c_plain
from errors import FormatError

TRAILER = 24
ENTRY = 40
MAX_SECTIONS = 65536
_ENTRY_FORM = struct.Struct("<BBHIQQQQ")

Section = namedtuple("Section", "kind sub checksum offset byteCount itemCount extra place")


class SectionFile:
    """A file whose header, table and trailer have been checked. A kind of file says how its entries are checked:
    `_key` (what tells sections apart), `_check_kind`, `_alignment`, `_check_extra`."""

    def __init__(self, data, kind_of_file):
        self.data = data
        self.header = header.decode(data, kind_of_file)
        end = len(data)
        start = end - TRAILER
        if start < header.SIZE:
            raise FormatError("truncated", end, "trailer")
        raw = bytes(data[start:end])
        table, count, checksum, magic, own = struct.unpack("<QII4sI", raw)
        if magic != b"VEND":
            raise FormatError("badMagic", start + 16)
        if own != crc32c_plain(raw[:20]):
            raise FormatError("checksumMismatch", start + 20)
        if count > MAX_SECTIONS:
            raise FormatError("outOfBounds", start + 8)
        if not header.SIZE <= table <= start:
            raise FormatError("outOfBounds", start)
        if table + count * ENTRY != start:
            raise FormatError("inconsistent", start + 8)
        self.table = bytes(data[table:start])
        if crc32c(self.table) != checksum:
            raise FormatError("checksumMismatch", start + 12)
        self.table_offset = table
        self.sections = {}
        for number in range(count):
            place = table + number * ENTRY
            kind, sub, reserved, check, offset, size, items, extra = _ENTRY_FORM.unpack_from(self.table,
                                                                                              number * ENTRY)
            section = Section(kind, sub, check, offset, size, items, extra, place)
            self._check_kind(section)
            if reserved:
                raise FormatError("reservedNotZero", place + 2)
            if offset < header.SIZE or offset > table or offset % self._alignment(section):
                raise FormatError("outOfBounds", place + 8)
            if size > table - offset:
                raise FormatError("outOfBounds", place + 16)
            self._check_extra(section)
            if self._key(section) in self.sections:
                raise FormatError("inconsistent", place)
            self.sections[self._key(section)] = section

    def digest(self):
        """BTR-30, INV-4."""
        return hashlib.sha256(bytes(self.data[:header.SIZE]) + self.table).digest()

    def check_layout(self):
        """Sections do not overlap, and bytes between them are zero."""
        position = header.SIZE
        for section in sorted(self.sections.values(), key=lambda section: (section.offset, section.byteCount)):
            if section.byteCount == 0:
                continue
            if section.offset < position:
                raise FormatError("inconsistent", section.place + 8, "sections overlap")
            if any(self.data[position:section.offset]):
                raise FormatError("reservedNotZero", position, "between sections")
            position = section.offset + section.byteCount
        if any(self.data[position:self.table_offset]):
            raise FormatError("reservedNotZero", position, "between sections")
