"""Split block Bloom filters over keys of a tree (FLT-1 to FLT-5)."""

import struct

from errors import FormatError

SALTS = (0x47B6137B, 0x44974D91, 0x8824AD5B, 0xA2B7289D, 0x705495C7, 0x2DF1424B, 0x9EFC4947, 0x5C6BFB31)
_MASK = 0xFFFFFFFFFFFFFFFF
_IDENTITY = struct.Struct(">8xQQHQ")


class Filter:
    """The words of a filter."""

    def __init__(self, block_count, words):
        self.block_count = block_count
        self.words = words

    def may_hold(self, key):
        """Whether the filter lets a key of 64 bits pass (FLT-4)."""
        start = ((key >> 32) * self.block_count >> 32) * 8
        low = key & 0xFFFFFFFF
        words = self.words
        for number, salt in enumerate(SALTS, start):
            if not words[number] >> (((low * salt) & 0xFFFFFFFF) >> 27) & 1:
                return False
        return True


def decode(data):
    """The filter in a section."""
    for offset in (0, 4):
        if offset + 4 > len(data):
            raise FormatError("truncated", offset)
    block_count, zero = struct.unpack_from("<II", data)
    if zero:
        raise FormatError("reservedNotZero", 4)
    if len(data) < 8 + 32 * block_count:
        raise FormatError("truncated", 8 + (len(data) - 8) // 32 * 32)
    if len(data) > 8 + 32 * block_count:
        raise FormatError("trailingBytes", 8 + 32 * block_count)
    return Filter(block_count, struct.unpack_from("<%dI" % (8 * block_count), data, 8))


def hash_key(content_hash):
    """The key of a content hash (FLT-2)."""
    return int.from_bytes(content_hash[:8], "big")


def identity_key(identity):
    """The key of an identity (FLT-3)."""
    scope, offset, part, content = _IDENTITY.unpack(identity)
    x = content ^ scope ^ ((offset + (part << 48)) * 0x9E3779B97F4A7C15 & _MASK)
    x ^= x >> 33
    x = x * 0xFF51AFD7ED558CCD & _MASK
    x ^= x >> 33
    x = x * 0xC4CEB9FE1A85EC53 & _MASK
    return x ^ x >> 33
