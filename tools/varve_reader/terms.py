"""Terms of a full-text file: dictionary, lists, positions, trigrams, code words (INV-10 to INV-47)."""

import struct
from collections import namedtuple

from bytereader import read_varint, unpack
from errors import FormatError

TERMS_A_BLOCK = 16
LIST_BLOCK = 128
COUNT_BITS = 30
MAX_TERM, MAX_CODE_WORD = 250, 64
CODE = b"\1"
_DIGITS = frozenset(b"0123456789")
_HEXADECIMAL = frozenset(b"0123456789abcdef")

Term = namedtuple("Term", "text documentCount start listSize positionsSize")


def check_ends(ends, size, place, total, start):
    """Ends of pieces ascend and fill their bytes; errors name the entry."""
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
            if offsets[block] >= len(data) - start:
                raise FormatError("outOfBounds", 8 + 8 * block, "offset of a block")
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
        terms.append(Term(text, documents, place, list_size, positions_size))
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
    skips = [unpack("<III", data, term.start + 12 * block, middle) for block in range(whole)]
    documents, counts, firsts = [], [], []
    for last, block_end, _ in skips:
        after = start + block_end
        if after > middle or after < position + 5:
            raise FormatError("outOfBounds", position, "block of a list")
        found, own_counts, own_firsts = _block(
            data[position:after], documents[-1] if documents else -1, last)
        documents += found
        counts += [value + 1 for value in own_counts]
        firsts += own_firsts
        position = after
    last = documents[-1] if documents else -1
    for _ in range(term.documentCount - whole * LIST_BLOCK):
        value, position = read_varint(data, position, middle)
        last += (value >> 1) + 1
        documents.append(last)
        count = 1
        if not value & 1:
            count, position = read_varint(data, position, middle)
            if count > (1 << COUNT_BITS) - 2:
                raise FormatError("outOfBounds", position, "count")
            count += 2
        counts.append(count)
        first, position = read_varint(data, position, middle)
        firsts.append(first)
    if position != middle:
        raise FormatError("trailingBytes", position, "list")
    keys = []
    for number, (count, key) in enumerate(zip(counts, firsts), 1):
        if count - 1 > end - position:
            raise FormatError("truncated", position, "positions")
        found = [key]
        for _ in range(count - 1):
            step, position = read_varint(data, position, end)
            if step == 0:
                raise FormatError("outOfOrder", position - 1, "keys (INV-26)")
            key += step
            found.append(key)
        keys.append(found)
        if number % LIST_BLOCK == 0 and skips[number // LIST_BLOCK - 1][2] != position - middle:
            raise FormatError("inconsistent", term.start, "skip data (INV-21)")
    if position != end:
        raise FormatError("trailingBytes", position, "positions")
    return documents, keys


def _block(raw, before, last):
    """(documents, counts less 1, first keys) of a block behind a document (INV-22, INV-23)."""
    width, key_width, key_exceptions, count_width, count_exceptions = raw[:5]
    if width == 64:
        size = last - before
        position = 5 + (size + 7) // 8
        if size < LIST_BLOCK or position > len(raw):
            raise FormatError("inconsistent", 5, "bits of a block (INV-22)")
        bits = int.from_bytes(raw[5:position], "little")
        if bits >> size - 1 != 1:
            raise FormatError("inconsistent", position - 1, "last bit of a block (INV-22)")
        documents = [before + 1 + place for place in range(size) if bits >> place & 1]
    elif width > 32:
        raise FormatError("outOfBounds", 0, "width")
    else:
        position = 5 + 16 * width
        if position > len(raw):
            raise FormatError("inconsistent", 5, "differences of a block")
        documents, document = [], before
        for delta in _bits(raw[5:position], width):
            document += delta + 1
            documents.append(document)
    if len(documents) != LIST_BLOCK or documents[-1] != last:
        raise FormatError("inconsistent", 5, "documents of a block (INV-21)")
    firsts, position = _patched(raw, position, key_width, key_exceptions, 32)
    counts, position = _patched(raw, position, count_width, count_exceptions, COUNT_BITS)
    if position != len(raw):
        raise FormatError("inconsistent", position, "end of a block")
    return documents, counts, firsts


def _patched(raw, start, width, exceptions, bits):
    """128 numbers and where they end (INV-23)."""
    places = start + 16 * width
    position = places + exceptions
    if width > bits or exceptions > LIST_BLOCK or position > len(raw):
        raise FormatError("outOfBounds", start, "width or exceptions")
    numbers = _bits(raw[start:places], width)
    least = 0
    for place in raw[places:places + exceptions]:
        if not least <= place < LIST_BLOCK:
            raise FormatError("outOfOrder", places, "places of exceptions")
        least = place + 1
        above, position = read_varint(raw, position, len(raw))
        if not 0 < above <= (1 << bits) - 1 >> width:
            raise FormatError("outOfBounds", places, "exception")
        numbers[place] |= above << width
    return numbers, position


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
    check_ends(ends, 4, lists - 4 * count, len(data) - lists, lists)
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
