"""Full-text files (chapter 06): documents, lengths, terms with their lists and positions, trigrams, values of fields."""

import hashlib
import struct
from collections import namedtuple

import column
import header
import metadata
import sections
from bytereader import read_varint, unpack
from crc32c import crc32c
from errors import FormatError

SUMMARY, ATTRIBUTES, DOCUMENTS, LENGTHS, TERMS, TRIGRAMS, POSTINGS = 32, 33, 34, 35, 36, 37, 38
CHECKSUMS, FIELD_VALUES, FIELD_NAMES = 40, 42, 43
SINGLE = (SUMMARY, ATTRIBUTES, DOCUMENTS, TERMS, TRIGRAMS, POSTINGS, CHECKSUMS, FIELD_NAMES)
PIECE = 65536
TERMS_A_BLOCK = 16
LIST_BLOCK = 128
MAX_TERM, MAX_CODE_WORD, MAX_ATTRIBUTES = 250, 64, 65536
CODE = b"\1"
_DIGITS = frozenset(b"0123456789")
_HEXADECIMAL = frozenset(b"0123456789abcdef")

Summary = namedtuple("Summary", "settings firstSequence recordCount documentCount wordCount")
Term = namedtuple("Term", "text place documentCount start listSize positionsSize")


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
        if section.kind not in SINGLE and section.kind not in (LENGTHS, FIELD_VALUES):
            raise FormatError("unknownTag", section.place)
        if section.sub:
            raise FormatError("reservedNotZero", section.place + 1)

    def _alignment(self, section):
        return 8

    def _check_extra(self, section):
        if section.kind in SINGLE and section.extra:
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
        self.terms = self._decoded(lambda data: decode_terms(data, len(self.postings) - 8), TERMS)
        self.trigrams = self._decoded(lambda data: decode_trigrams(data, len(self.terms)), TRIGRAMS)
        self._check_trigrams()
        return self

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
        plain = [number for number, term in enumerate(self.terms) if term.text[:1] != CODE]
        chosen = [number for number in plain if not machine_made(self.terms[number].text)]
        code_words = self.code_words()
        if code_words is None and len(plain) < len(self.terms):
            code_words = True
        if code_words is False and len(plain) < len(self.terms):
            self._fail("inconsistent", TERMS, 0, "code words against the settings (INV-44)")
        if ordinals not in {None: (plain, chosen), True: (chosen,), False: (plain,)}[code_words]:
            self._fail("inconsistent", TRIGRAMS, 0, "terms of the trigram index (INV-30)")
        expected = {}
        for number, ordinal in enumerate(ordinals):
            for trigram in trigrams_of(self.terms[ordinal].text):
                expected.setdefault(trigram, []).append(number)
        if expected != trigrams:
            self._fail("inconsistent", TRIGRAMS, 0, "trigrams are not those of the terms (INV-31)")

    def code_words(self):
        """`codeWords` of the settings, if they are ones without words and separators of their own (INV-5); else None."""
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
                documents, keys = decode_list(self.postings, term)
                if documents[-1] >= count:
                    raise FormatError("outOfBounds", term.start, "document")
                if any(found[-1] >> 16 >= widest for found in keys):
                    raise FormatError("outOfBounds", term.start + term.listSize, "attribute of a key")
            except FormatError as error:
                raise FormatError(error.code, error.offset + offset, "%r: %s" % (term.text, error.detail)) from None
            if term.text[:1] != CODE:
                for document, found in zip(documents, keys):
                    for key in found:
                        words[document * widest + (key >> 16)] += 1
            yield term.text, documents, keys
        for number, lengths in enumerate(self.lengths):
            if any(found > length for found, length in zip(words[number::widest], lengths)):
                self._fail("inconsistent", LENGTHS, number, "a document has more positions than words")
        self.positions = words


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
    _check_ends(ends, 8, 4, len(data) - start, start)
    return [data[start + first:start + end] for first, end in zip((0,) + ends, ends)]


def _check_ends(ends, size, place, total, start):
    position = 0
    for number, end in enumerate(ends):
        if not position <= end <= total:
            raise FormatError("outOfBounds", place + size * number, "end")
        position = end
    if position != total:
        raise FormatError("trailingBytes", start + position)


def decode_terms(data, postings_size):
    """The terms of the dictionary and where their lists stand (INV-10 to INV-14, INV-40)."""
    count, = unpack("<Q", data, 0)
    blocks = (count + TERMS_A_BLOCK - 1) // TERMS_A_BLOCK
    start = 8 + 8 * blocks
    if start > len(data):
        raise FormatError("truncated", 8)
    offsets = struct.unpack_from("<%dQ" % blocks, data, 8)
    terms, position, end, place, last = [], start, len(data), 0, b""
    for number in range(count):
        if number % TERMS_A_BLOCK == 0:
            block = number // TERMS_A_BLOCK
            if offsets[block] != position - start:
                raise FormatError("outOfOrder", 8 + 8 * block, "offset of a block")
            first, after = read_varint(data, position, end)
            if first != place:
                raise FormatError("inconsistent", position, "offset of the first list (INV-14)")
            position = after
        entry = position
        shared, position = read_varint(data, position, end)
        added, position = read_varint(data, position, end)
        if shared > (len(last) if number % TERMS_A_BLOCK else 0):
            raise FormatError("outOfBounds", entry, "bytes shared")
        if added > end - position:
            raise FormatError("truncated", entry, "term")
        text = last[:shared] + data[position:position + added]
        position += added
        if text <= last:
            raise FormatError("outOfOrder", entry, "terms (INV-10)")
        if len(text) > MAX_TERM:
            raise FormatError("outOfBounds", entry, "term (INV-40)")
        if text[:1] == CODE and not code_word(text[1:]):
            raise FormatError("inconsistent", entry, "no code word (INV-45, INV-46)")
        documents, position = read_varint(data, position, end)
        list_size, position = read_varint(data, position, end)
        positions_size, position = read_varint(data, position, end)
        if list_size + positions_size > postings_size - place:
            raise FormatError("outOfBounds", entry, "list or positions")
        if not 0 < documents <= list_size * LIST_BLOCK:
            raise FormatError("inconsistent", entry, "documents of a term")
        terms.append(Term(text, entry, documents, place, list_size, positions_size))
        place += list_size + positions_size
        last = text
    if position != end:
        raise FormatError("trailingBytes", position)
    if place != postings_size:
        raise FormatError("inconsistent", 0, "lists do not end where the postings do (INV-14, INV-27)")
    return terms


def decode_list(data, term):
    """(documents, keys of each) of a term (INV-20 to INV-26)."""
    middle, end = term.start + term.listSize, term.start + term.listSize + term.positionsSize
    whole = term.documentCount // LIST_BLOCK
    start = position = term.start + 12 * whole
    if start > middle:
        raise FormatError("truncated", term.start, "skip data")
    documents, counts, skips = [], [], []
    last = -1
    for _ in range(whole):
        delta_width, count_width = unpack("<BB", data, position, middle)
        if delta_width > 32 or count_width > 32:
            raise FormatError("outOfBounds", position, "width")
        after = position + 2 + 16 * (delta_width + count_width)
        if after > middle:
            raise FormatError("truncated", position, "block of a list")
        split = position + 2 + 16 * delta_width
        for delta in _bits(data[position + 2:split], delta_width):
            last += delta + 1
            documents.append(last)
        counts += [value + 1 for value in _bits(data[split:after], count_width)]
        position = after
        skips.append((last, position - start))
    for _ in range(term.documentCount - whole * LIST_BLOCK):
        value, position = read_varint(data, position, middle)
        last += (value >> 1) + 1
        documents.append(last)
        count = 1
        if not value & 1:
            count, position = read_varint(data, position, middle)
            count += 2
        counts.append(count)
    if position != middle:
        raise FormatError("trailingBytes", position, "list")
    keys = []
    for number, count in enumerate(counts, 1):
        if count > end - position:
            raise FormatError("truncated", position, "positions")
        key, position = read_varint(data, position, end)
        found = [key]
        for _ in range(count - 1):
            step, position = read_varint(data, position, end)
            if step == 0:
                raise FormatError("outOfOrder", position - 1, "keys (INV-26)")
            key += step
            found.append(key)
        keys.append(found)
        if number % LIST_BLOCK == 0:
            block = number // LIST_BLOCK - 1
            if struct.unpack_from("<III", data, term.start + 12 * block) != skips[block] + (position - middle,):
                raise FormatError("inconsistent", term.start + 12 * block, "skip data (INV-21)")
    if position != end:
        raise FormatError("trailingBytes", position, "positions")
    return documents, keys


def _bits(raw, width):
    """128 numbers of `width` bits, least significant bit first."""
    number, mask = int.from_bytes(raw, "little"), (1 << width) - 1
    return [number >> width * place & mask for place in range(LIST_BLOCK)]


def decode_trigrams(data, term_count):
    """(ordinals, {trigram: numbers of terms}) of section 37 (INV-32, INV-33)."""
    terms, count = unpack("<II", data, 0)
    lists = 8 + 4 * terms + 12 * count
    if lists > len(data):
        raise FormatError("truncated", 8)
    ordinals = list(struct.unpack_from("<%dI" % terms, data, 8))
    trigrams = struct.unpack_from("<%dQ" % count, data, 8 + 4 * terms)
    ends = struct.unpack_from("<%dI" % count, data, lists - 4 * count)
    if any(one >= other for one, other in zip(ordinals, ordinals[1:])):
        raise FormatError("outOfOrder", 8, "ordinals")
    if ordinals and ordinals[-1] >= term_count:
        raise FormatError("outOfBounds", 8, "ordinal")
    if any(one >= other for one, other in zip(trigrams, trigrams[1:])):
        raise FormatError("outOfOrder", 8 + 4 * terms, "trigrams")
    _check_ends(ends, 4, lists - 4 * count, len(data) - lists, lists)
    found, position = {}, lists
    for trigram, end in zip(trigrams, ends):
        last, numbers = -1, []
        while position < lists + end:
            delta, position = read_varint(data, position, lists + end)
            last += delta + 1
            numbers.append(last)
        if last >= terms or not numbers:
            raise FormatError("outOfBounds", position, "numbers of terms")
        found[trigram] = numbers
    return ordinals, found


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


def code_word(text):
    """Whether a text may stand behind the byte 1 (INV-45, INV-46), as far as that can be told without its content."""
    parts = text.replace(b"_", b".").replace(b"-", b".").split(b".")
    if text.lower() != text or len(text) > MAX_CODE_WORD:
        return False
    return all(parts) and len(parts) <= 6 and (text.isascii() if len(parts) > 1 else len(text) >= 2)


def machine_made(text):
    """INV-47."""
    digits = sum(byte in _DIGITS for byte in text)
    return len(text) > 40 or digits >= 3 or digits > 0 and (
        digits == len(text) or len(text) >= 16 or all(byte in _HEXADECIMAL for byte in text))


def trigrams_of(text):
    """The distinct trigrams of a term (INV-31)."""
    points = [1, *map(ord, text.decode("utf-8", "replace")), 1]
    return {first << 42 | second << 21 | third for first, second, third in zip(points, points[1:], points[2:])}


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
