"""Index files (chapter 05): sections, dictionary, trees, block map, statistics."""

import struct
from collections import namedtuple

import column
import filters
import header
import page
import sections
from crc32c import crc32c
from errors import FormatError

DICTIONARY, COLUMN, TREE, FILTER, BLOCK_MAP, STATISTICS = 1, 2, 3, 4, 5, 6
HASH, REPEATS, IDENTITY, TIME, PROJECT, SESSION, FACTS = 1, 2, 3, 4, 5, 6, 7
TREE_NAMES = {1: "hash", 2: "repeats", 3: "identity", 4: "time", 5: "project", 6: "session", 7: "facts"}
# Bytes of a key and of a value in each tree.
TREE_SHAPES = {1: (32, 4), 2: (12, 0), 3: (34, 4), 4: (12, 0), 5: (16, 0), 6: (16, 0), 7: (17, 20)}
STATISTICS_NAMES = ("messages", "occurrences", "echoes", "errors", "withoutTime", "contentByteCount",
                    "occurrenceByteCount", "facts")
FORGOTTEN = "forgotten"
REQUIRED = ([(DICTIONARY, 0)] + [(COLUMN, sub) for sub in column.ALL] + [(TREE, sub) for sub in TREE_NAMES]
            + [(FILTER, HASH), (FILTER, IDENTITY), (BLOCK_MAP, 0), (STATISTICS, 0)])
MapBlock = namedtuple("MapBlock", "firstSequence segment itemCount offset")


class Index(sections.SectionFile):
    """An index file whose header, table and trailer have been checked; sections are read on demand."""

    def __init__(self, data):
        super().__init__(data, header.INDEX)
        for key in REQUIRED:
            if key not in self.sections:
                raise FormatError("inconsistent", self.table_offset, "no section %d/%d" % key)

    def _key(self, section):
        return section.kind, section.sub

    def _check_kind(self, section):
        kind = section.kind
        if not 1 <= kind <= 6:
            raise FormatError("unknownTag", section.place)
        if kind in (COLUMN, TREE, FILTER):
            known = {COLUMN: column.ALL + (column.TURN_DURATION,), TREE: TREE_NAMES, FILTER: TREE_NAMES}[kind]
            if section.sub not in known:
                raise FormatError("unknownTag", section.place + 1)
        elif section.sub:
            raise FormatError("reservedNotZero", section.place + 1)

    def _alignment(self, section):
        return page.SIZE if section.kind == TREE else 8

    def _check_extra(self, section):
        if section.kind != TREE and section.extra:
            raise FormatError("reservedNotZero", section.place + 32)

    def raw(self, kind, sub=0, check=True):
        """(section, its bytes), the checksum of the table compared."""
        section = self.sections[kind, sub]
        data = bytes(self.data[section.offset:section.offset + section.byteCount])
        if check:
            sums = data if kind != TREE else b"".join(
                data[at:at + 4] for at in range(0, len(data), page.SIZE))
            if crc32c(sums) != section.checksum:
                raise FormatError("checksumMismatch", section.place + 4)
        return section, data

    def _decoded(self, decoder, kind, sub=0):
        section, data = self.raw(kind, sub)
        try:
            return section, decoder(data)
        except FormatError as error:
            raise error.shifted(section.offset) from None

    def dictionary(self):
        """The texts, ascending (BTR-32)."""
        section, texts = self._decoded(decode_dictionary, DICTIONARY)
        return self._counted(section, texts)

    def column(self, sub):
        """The values of a column."""
        if sub == column.TURN_DURATION and (COLUMN, sub) not in self.sections:
            sums = self.statistics()
            return [0] * (sums["occurrences"] + sums.get(FORGOTTEN, 0))
        section, values = self._decoded(lambda data: column.decode(data, True), COLUMN, sub)
        return self._counted(section, values)

    def filter(self, sub):
        """The filter of a tree."""
        section, found = self._decoded(filters.decode, FILTER, sub)
        if section.itemCount != 0:
            raise FormatError("inconsistent", section.place + 24)
        return found

    def block_map(self):
        """The blocks of records of the covered commits (BTR-31)."""
        section, blocks = self._decoded(decode_block_map, BLOCK_MAP)
        return self._counted(section, blocks)

    def statistics(self):
        """The counts by name; that of forgotten records only where there are some."""
        section, found = self._decoded(decode_statistics, STATISTICS)
        if section.itemCount != 1:
            raise FormatError("inconsistent", section.place + 24)
        return found

    @staticmethod
    def _counted(section, values):
        if section.itemCount != len(values):
            raise FormatError("inconsistent", section.place + 24, "itemCount is not %d" % len(values))
        return values

    def tree(self, sub):
        """(keys, values) of a whole tree; every page, its order, branches and root are checked."""
        section, data = self.raw(TREE, sub)
        root, height = section.extra & 0xFFFFFFFF, section.extra >> 32
        if len(data) % page.SIZE:
            raise FormatError("inconsistent", section.place + 16, "not whole pages")
        page_count = len(data) // page.SIZE
        if (height == 0) != (page_count == 0):
            raise FormatError("inconsistent", section.place + 32, "height")
        if height == 0:
            if section.itemCount:
                raise FormatError("inconsistent", section.place + 24)
            return [], []
        if root != page_count - 1:
            raise FormatError("inconsistent", section.place + 32, "root is not the last page")
        key_size, value_size = TREE_SHAPES[sub]
        keys, values = [], []
        above = []  # the same of the level that is being read
        children = None  # what the branches of this level must still list; None while leaves are read
        levels = 1
        for number in range(page_count):
            at = section.offset + number * page.SIZE
            try:
                found = page.decode(data[number * page.SIZE:(number + 1) * page.SIZE])
                if found.number != number:
                    raise FormatError("inconsistent", 4, "page number")
                if found.keyByteCount != key_size:
                    raise FormatError("inconsistent", 9, "keyByteCount")
                if found.kind == page.LEAF:
                    if children is not None:
                        raise FormatError("outOfOrder", 8, "leaf behind branches")
                    if found.valueByteCount != value_size:
                        raise FormatError("inconsistent", 12, "valueByteCount")
                    if keys and found.keys[0] <= keys[-1]:
                        raise FormatError("outOfOrder", page.HEADER, "first key")
                    keys += found.keys
                    values += found.values
                else:
                    if children is None or not children:
                        children, above = above, []
                        levels += 1
                    listed = list(zip(found.keys, (int.from_bytes(value, "little") for value in found.values)))
                    if listed != children[:len(listed)]:
                        raise FormatError("inconsistent", page.HEADER, "branch does not list its children")
                    children = children[len(listed):]
            except FormatError as error:
                raise error.shifted(at) from None
            above.append((found.keys[0], number))
        if children or len(above) != 1 or levels != height:
            raise FormatError("inconsistent", section.place + 32, "root or height")
        if len(keys) != section.itemCount:
            raise FormatError("inconsistent", section.place + 24, "itemCount")
        return keys, values


def decode_dictionary(data):
    """The texts of a dictionary; errors are relative to the section."""
    if len(data) < 4:
        raise FormatError("truncated", 0)
    count = struct.unpack_from("<I", data)[0]
    start = 4 + 8 * count
    if start > len(data):
        raise FormatError("truncated", 4 + (len(data) - 4) // 8 * 8)
    texts = []
    position, last = 0, None
    for number, end in enumerate(struct.unpack_from("<%dQ" % count, data, 4)):
        if end < position or end > len(data) - start:
            raise FormatError("outOfBounds", 4 + 8 * number)
        value = data[start + position:start + end]
        if last is not None and value <= last:
            raise FormatError("outOfOrder", 4 + 8 * number)
        texts.append(value)
        position, last = end, value
    if start + position != len(data):
        raise FormatError("trailingBytes", start + position)
    return texts


def decode_block_map(data):
    """The entries of a block map; errors are relative to the section."""
    if len(data) % 24:
        raise FormatError("truncated", len(data) // 24 * 24)
    return [MapBlock(*raw) for raw in struct.iter_unpack("<QIIQ", data)]


def decode_statistics(data):
    """The counts by name: eight, and a ninth where there are forgotten records."""
    if len(data) < 64 or 64 < len(data) < 72:
        raise FormatError("truncated", len(data) // 8 * 8)
    if len(data) > 72:
        raise FormatError("trailingBytes", 72)
    found = dict(zip(STATISTICS_NAMES + (FORGOTTEN,), struct.unpack("<%dQ" % (len(data) // 8), data)))
    if found.get(FORGOTTEN) == 0:
        raise FormatError("inconsistent", 64, "a count of forgotten records where there are none")
    return found


def to_json(data):
    """An index that is read by itself: header, section table, digest; every section is decoded and checked."""
    found = Index(data)
    found.check_layout()
    found.dictionary()
    for sub in column.ALL:
        found.column(sub)
    for sub in TREE_NAMES:
        found.tree(sub)
    for sub in (HASH, IDENTITY):
        found.filter(sub)
    found.block_map()
    head = found.header
    return {
        "header": {"kind": head.kind, "number": head.number, "storeID": head.storeID.hex(),
                   "version": head.version},
        "sections": [
            {"kind": section.kind, "sub": section.sub, "checksum": section.checksum, "offset": section.offset,
             "byteCount": section.byteCount, "itemCount": section.itemCount, "extra": section.extra}
            for section in found.sections.values()],
        "digest": found.digest().hex(), "statistics": found.statistics()}
