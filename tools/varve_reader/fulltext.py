"""Full-text files (chapter 06): sections, documents, lengths, lists of terms, trigrams, values of fields."""

import bisect
import hashlib
import struct
from collections import namedtuple

import column
import header
import metadata
import sections
import terms as inverted
from bytereader import unpack
from crc32c import crc32c
from errors import FormatError

SUMMARY, ATTRIBUTES, DOCUMENTS, LENGTHS, TERMS, TRIGRAMS, POSTINGS = 32, 33, 34, 35, 36, 37, 38
CHECKSUMS, FIELD_VALUES, FIELD_NAMES, GREP_GROUPS, GREP_FILTERS = 40, 42, 43, 44, 45
SINGLE = (SUMMARY, ATTRIBUTES, DOCUMENTS, TERMS, TRIGRAMS, POSTINGS, CHECKSUMS, FIELD_NAMES)
GREP = (GREP_GROUPS, GREP_FILTERS)
PIECE = 65536
MAX_ATTRIBUTES = 65536
MAX_OCCURRENCES = (1 << 32) - 2

Summary = namedtuple("Summary", "settings firstSequence recordCount documentCount wordCount")


class FullText(sections.SectionFile):
    """A full-text file whose header, table and trailer have been checked; `read` checks the rest."""

    def __init__(self, data):
        super().__init__(data, header.FULL_TEXT)
        for kind in SINGLE:
            if (kind, 0) not in self.sections:
                raise FormatError("inconsistent", self.table_offset, "no section %d (INV-2)" % kind)

    def _key(self, section):
        return section.kind, section.extra

    def _check_kind(self, section):
        if section.kind not in SINGLE + GREP + (LENGTHS, FIELD_VALUES):
            raise FormatError("unknownTag", section.place)
        if section.sub:
            raise FormatError("reservedNotZero", section.place + 1)

    def _alignment(self, section):
        return 8

    def _check_extra(self, section):
        if section.kind in SINGLE + GREP and section.extra:
            raise FormatError("inconsistent", section.place + 32, "more than one section of its kind")

    def raw(self, kind, number=0):
        """(section, its bytes), the checksum of the table compared; that of the postings is in `postings` (INV-3)."""
        section = self.sections[kind, number]
        data = bytes(self.data[section.offset:section.offset + section.byteCount])
        if kind != POSTINGS and crc32c(data) != section.checksum:
            raise FormatError("checksumMismatch", section.place + 4)
        return section, data

    def _decoded(self, decoder, kind, number=0):
        section, data = self.raw(kind, number)
        try:
            return decoder(data)
        except FormatError as error:
            raise error.shifted(section.offset) from None

    def _fail(self, code, kind, number, detail):
        raise FormatError(code, self.sections[kind, number].offset, detail)

    def read(self):
        """Decodes and checks every section; lists and positions are read by `lists`."""
        self.check_layout()
        self.summary = self._decoded(decode_summary, SUMMARY)
        self.attributes = self._decoded(decode_texts, ATTRIBUTES)
        self.field_names = self._decoded(decode_texts, FIELD_NAMES)
        if self.attributes[:1] != [b"content"]:
            self._fail("inconsistent", ATTRIBUTES, 0, "the first attribute is not `content`")
        if len(self.attributes) > MAX_ATTRIBUTES:
            self._fail("outOfBounds", ATTRIBUTES, 0, "attributes (INV-42)")
        for kind, names in ((LENGTHS, self.attributes), (FIELD_VALUES, self.field_names)):
            if {number for found, number in self.sections if found == kind} != set(range(len(names))):
                raise FormatError("inconsistent", self.table_offset, "sections of kind %d (INV-2)" % kind)
        count, rows = self.summary.documentCount, self.summary.recordCount
        if rows > MAX_OCCURRENCES:
            self._fail("outOfBounds", SUMMARY, 0, "recordCount")
        self.documents = self._decoded(lambda data: column.decode(data, True), DOCUMENTS)
        if len(self.documents) != count:
            self._fail("inconsistent", DOCUMENTS, 0, "documentCount")
        if any(one >= other for one, other in zip(self.documents, self.documents[1:])):
            self._fail("outOfOrder", DOCUMENTS, 0, "documents (INV-1)")
        if self.documents and self.documents[-1] >= rows:
            self._fail("outOfBounds", DOCUMENTS, 0, "a document behind the sequences covered")
        self.lengths = [self._decoded(lambda data: column.decode(data, True), LENGTHS, number)
                        for number in range(len(self.attributes))]
        for number, lengths in enumerate(self.lengths):
            if len(lengths) != count:
                self._fail("inconsistent", LENGTHS, number, "a length for each document")
        if sum(map(sum, self.lengths)) != self.summary.wordCount:
            self._fail("inconsistent", SUMMARY, 0, "wordCount is not the sum of the lengths")
        self.values = [self._decoded(lambda data: decode_values(data, rows), FIELD_VALUES, number)
                       for number in range(len(self.field_names))]
        self.postings = self._postings()
        self.terms = self._decoded(lambda data: inverted.decode_terms(data, len(self.postings) - 8), TERMS)
        self.trigrams = self._decoded(lambda data: inverted.decode_trigrams(data, len(self.terms)), TRIGRAMS)
        self._check_trigrams()
        self.groups = None
        if ((GREP_GROUPS, 0) in self.sections) != ((GREP_FILTERS, 0) in self.sections):
            raise FormatError("inconsistent", self.table_offset, "one of sections 44 and 45 (INV-2)")
        if (GREP_GROUPS, 0) in self.sections:
            self.filters = self.raw(GREP_FILTERS)[1]
            self.groups = self._decoded(lambda data: decode_groups(data, rows, len(self.filters)), GREP_GROUPS)
        return self

    def lacks(self, row, content):
        """Three bytes of a content of an occurrence whose bit its filter lacks, or None (INV-55 to INV-57)."""
        place = bisect.bisect_right([end for end, _ in self.groups], row)
        start = self.groups[place - 1][1] if place else 0
        found = self.filters[start:self.groups[place][1]]
        for three in grams(content):
            bit = gram_bit(three, len(found))
            if not found[bit >> 3] >> (bit & 7) & 1:
                return three
        return None

    def _postings(self):
        """The postings section, its pieces compared with their checksums (INV-3, INV-27)."""
        section, data = self.raw(POSTINGS)
        sums_section, sums = self.raw(CHECKSUMS)
        if section.checksum != crc32c(sums):
            raise FormatError("checksumMismatch", section.place + 4, "INV-3")
        if len(sums) != (len(data) + PIECE - 1) // PIECE * 4:
            raise FormatError("inconsistent", sums_section.place + 16, "a checksum for each piece")
        for number, (expected,) in enumerate(struct.iter_unpack("<I", sums)):
            if crc32c(data[number * PIECE:(number + 1) * PIECE]) != expected:
                raise FormatError("checksumMismatch", section.offset + number * PIECE)
        if len(data) < 8:
            raise FormatError("truncated", section.offset, "8 zero bytes (INV-27)")
        if any(data[-8:]):
            raise FormatError("reservedNotZero", section.offset + len(data) - 8, "INV-27")
        return data

    def _check_trigrams(self):
        """INV-30: with unknown settings and no code word among the terms, either of two sets may be meant."""
        ordinals, trigrams = self.trigrams
        plain = [number for number, term in enumerate(self.terms) if term.text[:1] != inverted.CODE]
        chosen = [number for number in plain if not inverted.machine_made(self.terms[number].text)]
        code_words = self.code_words()
        if code_words is None and len(plain) < len(self.terms):
            code_words = True
        if code_words is False and len(plain) < len(self.terms):
            self._fail("inconsistent", TERMS, 0, "code words against the settings (INV-44)")
        if ordinals not in {None: (plain, chosen), True: (chosen,), False: (plain,)}[code_words]:
            self._fail("inconsistent", TRIGRAMS, 0, "terms of the trigram index (INV-30)")
        expected = {}
        for number, ordinal in enumerate(ordinals):
            for trigram in inverted.trigrams_of(self.terms[ordinal].text):
                expected.setdefault(trigram, []).append(number)
        if expected != trigrams:
            self._fail("inconsistent", TRIGRAMS, 0, "trigrams are not those of the terms (INV-31)")

    def code_words(self):
        """`codeWords` of the settings, if they have no words and separators of their own (INV-5); else None."""
        for code_words in (True, False):
            for attributes in (None, self.attributes[1:]):
                tree = metadata.encode({
                    b"attributes": attributes, b"codeWords": code_words, b"dictionary": [],
                    b"fields": self.field_names, b"nonSeparators": [], b"separators": [],
                    b"stopWords": [b"a", b"an", b"the"], b"version": 1})
                if hashlib.sha256(tree).digest() == self.summary.settings:
                    return code_words
        return None

    def lists(self):
        """(text, documents, keys of each document) of each term, every list and position checked."""
        count, widest = self.summary.documentCount, len(self.attributes)
        offset = self.sections[POSTINGS, 0].offset
        words = [0] * (count * widest)
        for term in self.terms:
            try:
                documents, keys = inverted.decode_list(self.postings, term)
                if documents[-1] >= count:
                    raise FormatError("outOfBounds", term.start, "document")
                if any(found[-1] >> 16 >= widest for found in keys):
                    raise FormatError("outOfBounds", term.start + term.listSize, "attribute of a key")
            except FormatError as error:
                raise FormatError(error.code, error.offset + offset, "%r: %s" % (term.text, error.detail)) from None
            if term.text[:1] != inverted.CODE:
                for document, found in zip(documents, keys):
                    for key in found:
                        words[document * widest + (key >> 16)] += 1
            yield term.text, documents, keys
        for number, lengths in enumerate(self.lengths):
            if any(found > length for found, length in zip(words[number::widest], lengths)):
                self._fail("inconsistent", LENGTHS, number, "a document has more positions than words")
        self.positions = words


_FOLDED = bytes(0x30 if 0x30 <= byte < 0x3A else byte | 0x20 if 0x41 <= byte < 0x5B else byte for byte in range(256))


def grams(content):
    """The distinct threes of bytes of a content (INV-56)."""
    found = set()
    for line in content.translate(_FOLDED).split(b"\n"):
        found.update(line[at:at + 3] for at in range(len(line) - 2))
    return found


def gram_bit(three, size):
    """INV-57."""
    value = int.from_bytes(three, "big") * 0x9E3779B1 % (1 << 32) >> 13
    return value * size * 8 >> 19


def decode_groups(data, rows, size):
    """[(endRow, endOffset)] (INV-54)."""
    if len(data) % 12:
        raise FormatError("truncated", 0, "groups")
    found = list(struct.iter_unpack("<IQ", data))
    last = (0, 0)
    for number, group in enumerate(found):
        if group[0] <= last[0] or group[1] <= last[1] or group[1] - last[1] > 65536:
            raise FormatError("outOfOrder", number * 12, "INV-54")
        last = group
    if last != (rows, size):
        raise FormatError("inconsistent", 0, "the end of the last group (INV-54)")
    return found


def decode_summary(data):
    """Section 32."""
    if len(data) > 64:
        raise FormatError("trailingBytes", 64)
    return Summary(*unpack("<32sQQQQ", data, 0))


def decode_texts(data):
    """A text list (INV-6)."""
    count, = unpack("<I", data, 0)
    start = 4 + 8 * count
    if start > len(data):
        raise FormatError("truncated", 4)
    ends = struct.unpack_from("<%dQ" % count, data, 4)
    inverted.check_ends(ends, 8, 4, len(data) - start, start)
    return [data[start + first:start + end] for first, end in zip((0,) + ends, ends)]


def decode_values(data, rows):
    """(distinct values, how many of each occurrence, their places, flags) of a declared field (INV-50 to INV-53)."""
    sizes = unpack("<4Q", data, 0)
    if 32 + sum(sizes) != len(data):
        raise FormatError("trailingBytes" if 32 + sum(sizes) < len(data) else "truncated", 0, "parts")
    parts, start = [], 32
    for number, size in enumerate(sizes):
        part = data[start:start + size]
        try:
            parts.append(column.decode(part, True) if number else decode_texts(part))
        except FormatError as error:
            raise error.shifted(start) from None
        start += size
    values, counts, places, flags = parts
    for value in values:
        if value[:1] not in (b"\1", b"\2"):
            raise FormatError("unknownTag", 32, "value")
        if (len(value) != 9) if value[0] == 1 else (len(value) < 2):
            raise FormatError("inconsistent", 32, "value (INV-51)")
    if len(set(values)) != len(values):
        raise FormatError("inconsistent", 32, "values are not distinct")
    if len(counts) != rows or len(flags) != rows or sum(counts) != len(places):
        raise FormatError("inconsistent", 0, "columns over the occurrences covered")
    if any(place >= len(values) for place in places) or any(flag > 7 for flag in flags):
        raise FormatError("outOfBounds", 0, "place of a value, or flags")
    if any(count and not flag & 1 for count, flag in zip(counts, flags)):
        raise FormatError("inconsistent", 0, "values of a field that is not there")
    return values, counts, places, flags


def to_json(data):
    """A full-text file that is read by itself: every section is decoded and checked."""
    found = FullText(data).read()
    postings = sum(len(documents) for _, documents, _ in found.lists())
    head = found.header
    summary = found.summary._asdict()
    summary["settings"] = found.summary.settings.hex()
    return {
        "header": {"kind": head.kind, "number": head.number, "storeID": head.storeID.hex(),
                   "version": head.version},
        "sections": [
            {"kind": section.kind, "sub": section.sub, "checksum": section.checksum, "offset": section.offset,
             "byteCount": section.byteCount, "itemCount": section.itemCount, "extra": section.extra}
            for section in found.sections.values()],
        "digest": found.digest().hex(), "summary": summary, "terms": len(found.terms), "postings": postings}
