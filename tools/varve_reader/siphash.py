"""SipHash-2-4 with 128-bit output, for the salts of SEG-42."""

import struct

_MASK = 0xFFFFFFFFFFFFFFFF


def _rounds(v0, v1, v2, v3, count):
    """`count` SipRounds."""
    mask = _MASK
    for _ in range(count):
        v0 = (v0 + v1) & mask
        v1 = ((v1 << 13) & mask | v1 >> 51) ^ v0
        v0 = (v0 << 32) & mask | v0 >> 32
        v2 = (v2 + v3) & mask
        v3 = ((v3 << 16) & mask | v3 >> 48) ^ v2
        v0 = (v0 + v3) & mask
        v3 = ((v3 << 21) & mask | v3 >> 43) ^ v0
        v2 = (v2 + v1) & mask
        v1 = ((v1 << 17) & mask | v1 >> 47) ^ v2
        v2 = (v2 << 32) & mask | v2 >> 32
    return v0, v1, v2, v3


def siphash128(key, message):
    """The 16 bytes of SipHash-2-4-128 of any message."""
    k0, k1 = struct.unpack("<QQ", key)
    v0 = k0 ^ 0x736F6D6570736575
    v1 = k1 ^ 0x646F72616E646F6D ^ 0xEE
    v2 = k0 ^ 0x6C7967656E657261
    v3 = k1 ^ 0x7465646279746573
    whole = len(message) & ~7
    last = message[whole:] + bytes(7 - (len(message) - whole)) + bytes([len(message) & 0xFF])
    for word in struct.unpack("<%dQ" % (whole // 8 + 1), bytes(message[:whole]) + last):
        v3 ^= word
        v0, v1, v2, v3 = _rounds(v0, v1, v2, v3, 2)
        v0 ^= word
    v0, v1, v2, v3 = _rounds(v0, v1, v2 ^ 0xEE, v3, 4)
    first = v0 ^ v1 ^ v2 ^ v3
    v0, v1, v2, v3 = _rounds(v0, v1 ^ 0xDD, v2, v3, 4)
    return struct.pack("<QQ", first, v0 ^ v1 ^ v2 ^ v3)


_LANES = 256
_LANE_MASK = int.from_bytes((b"\xff" * 8 + bytes(8)) * _LANES, "little")
_ONES = int.from_bytes((b"\x01" + bytes(15)) * _LANES, "little")


def _lane_rounds(v0, v1, v2, v3, count):
    """SipRounds on many words at once: each in the low half of 128 bits of a long integer."""
    mask = _LANE_MASK
    for _ in range(count):
        v0 = (v0 + v1) & mask
        v1 = (v1 << 13 | v1 >> 51) & mask ^ v0
        v0 = (v0 << 32 | v0 >> 32) & mask
        v2 = (v2 + v3) & mask
        v3 = (v3 << 16 | v3 >> 48) & mask ^ v2
        v0 = (v0 + v3) & mask
        v3 = (v3 << 21 | v3 >> 43) & mask ^ v0
        v2 = (v2 + v1) & mask
        v1 = (v1 << 17 | v1 >> 47) & mask ^ v2
        v2 = (v2 << 32 | v2 >> 32) & mask
    return v0, v1, v2, v3


def salts(seed, count):
    """The salts of items 0 to count - 1 of a commit with that seed."""
    if count < 8:
        return [siphash128(seed, struct.pack("<Q", number)) for number in range(count)]
    result = []
    k0, k1 = struct.unpack("<QQ", seed)
    for base in range(0, count, _LANES):
        lanes = range(base, base + _LANES)
        message = int.from_bytes(struct.pack("<%dQ" % (2 * _LANES), *(x for n in lanes for x in (n, 0))), "little")
        v0 = (k0 ^ 0x736F6D6570736575) * _ONES
        v1 = (k1 ^ 0x646F72616E646F6D ^ 0xEE) * _ONES
        v2 = (k0 ^ 0x6C7967656E657261) * _ONES
        v3 = (k1 ^ 0x7465646279746573) * _ONES ^ message
        v0, v1, v2, v3 = _lane_rounds(v0, v1, v2, v3, 2)
        v0 ^= message
        length = (8 << 56) * _ONES
        v0, v1, v2, v3 = _lane_rounds(v0, v1, v2, v3 ^ length, 2)
        v0, v1, v2, v3 = _lane_rounds(v0 ^ length, v1, v2 ^ 0xEE * _ONES, v3, 4)
        first = v0 ^ v1 ^ v2 ^ v3
        v0, v1, v2, v3 = _lane_rounds(v0, v1 ^ 0xDD * _ONES, v2, v3, 4)
        both = (first | (v0 ^ v1 ^ v2 ^ v3) << 64).to_bytes(16 * _LANES, "little")
        for number in range(min(_LANES, count - base)):
            result.append(both[16 * number:16 * number + 16])
    return result
